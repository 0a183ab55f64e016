/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_wait: the way of each function that waits: its answer comes from the mock, the answer tape or the world; for
 * the world the script is suspended, through the one coroutine that script_call resumes. The record gets each answer.
 */
#ifndef SALLYPORT_LHOST_WAIT_H
#define SALLYPORT_LHOST_WAIT_H

#include "policy/lhost_internal.h"
#include "policy/waits.h"

struct jsontext;

#define LHOST_DIGITS 32 /* of a digest in the name of a call: 128 bits of SHA-256 */

enum { LHOST_WAIT_DOWN = 4, LHOST_WAIT_CALL }; /* on the stack: the value of down, the call; the arguments are below */

struct lhost_waiting;

struct lhost_wait_function {
	const char *name; /* "resolve"; of its answers in the record too */
	const char *mock; /* the part of the mock, a table by the argument; NULL: a mock answers nothing */
	/* Adds the arguments and the answer to the record. */
	void (*keep)(struct jsontext *j, const struct wait_call *c, const struct waited *a);
	/* Writes the answer in a few words. Returns out. */
	const char *(*words)(const struct waited *a, char *out, size_t size);
	/* Pushes the answer, and returns the number of its values. [-0, +n, may throw] */
	int (*push)(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, const struct waited *a);
	/* Makes the answer of the value on the top, which the mock has. [-1, +1, may throw] */
	void (*push_mocked)(struct lua_State *L, struct lhost *h);
	/* The next members may be absent. The answer of the mock, in place of push_mocked. [may throw] */
	int (*mocked)(struct lua_State *L, struct lhost *h, struct lhost_waiting *s);
	/*
	 * Prepares the question before it goes to the world. reads: a re-ask makes it, whose tape does not have the
	 * call; it must change nothing. Raises nothing.
	 */
	void (*before)(const struct lhost *h, struct lhost_waiting *s, bool reads);
	/* Hears each answer of the world, and may put one in the place of a missing one. Raises nothing. */
	void (*heard)(const struct lhost *h, struct lhost_waiting *s, struct waited *a);
	const char *down; /* without `down` a missing answer is nil and this reason, and no error */
	size_t size;      /* of its struct, which begins with a struct lhost_waiting; 0: it is that */
};

struct lhost_waiting { /* a call on the stack of its function; the question reads it while the script is suspended */
	struct wait_call call;
	const struct lhost_wait_function *function; /* static */
	bool barred; /* the region does not allow the call: no answer of the world */
	bool has_down;
	char down[TEXT_SIZE]; /* the text of the refusal service_down */
};

/* Pushes an empty call to LHOST_WAIT_CALL; at most three arguments stay. [-0, +*, may throw] */
struct lhost_waiting *lhost_wait_push(struct lua_State *L, const struct lhost_wait_function *f, enum wait_kind kind, double seconds);
/*
 * Takes the option `key` with the value on the top when it is `timeout` or `down`. False: it is another one. [-0, +0,
 * may throw]
 */
bool lhost_wait_option(struct lua_State *L, struct lhost_waiting *s, const char *key);
/*
 * Ends a call without an answer, for a mock: by `down`, the refusal service_down, nil and a reason, or an error.
 * Returns the number of values. [may throw]
 */
int lhost_wait_down(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, const char *why);
/* Adds the call, and the body and the status of its answer, to the record: `keep` of some functions. */
void lhost_wait_keep_body(struct jsontext *j, const struct wait_call *c, const struct waited *a);
/* Answers the call: the end of its function. asked: the key in the part of the mock. [may throw] */
int lhost_wait_ask(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, const char *asked);

#endif
