/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waited: the answer that a call of the library waited for: by the world, by an answer tape or by a mock. Immutable
 * after it was made, and counted, because tapes are copied to another thread.
 */
#ifndef SALLYPORT_WAITED_H
#define SALLYPORT_WAITED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define WAITED_NAMES 8
#define WAITED_NAME 256
#define WAITED_CALL 320

enum waited_store { /* the status of an answer of the store */
	WAITED_NONE,  /* there is nothing under the key; the body is empty */
	WAITED_TEXT,  /* the body is the value, or the words of a script */
	WAITED_LOCAL, /* the region decided without the store; the body has the words */
};

struct waited {
	atomic_uint refs;
	char call[WAITED_CALL]; /* the function and its arguments: two calls with the same text are the same question */
	char why[160];          /* why there is no answer; "" there is one */
	double seconds;         /* that the call took */
	char name[WAITED_NAMES][WAITED_NAME]; /* addresses, or names */
	size_t n;
	int status; /* of http; of the store: enum waited_store */
	char *body; /* owned; of http and the store: len bytes */
	size_t len;
};

/* Makes an answer without a name for the call, of one reference. NULL: no memory. */
struct waited *waited_new(const char *call);
/*
 * Makes an answer of its members in a record: asked ("resolve", "http", "store.get"), words (the name; the call),
 * reason (NULL or "": there is an answer). NULL: asked is no call that waits, or no memory.
 */
struct waited *waited_recorded(const char *asked, const char *words, const char *reason, double milliseconds);
/* Adds a name; further ones than WAITED_NAMES are left out. Copied. */
void waited_add(struct waited *w, const char *name);
/* Sets the answer of http or of the store, in place of a failure; copies the body. -1: no memory, and w says so. */
int waited_answer(struct waited *w, int status, const void *body, size_t len);
/* Sets why there is no answer. */
void waited_fail(struct waited *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a reference. Returns w. NULL is fine. */
struct waited *waited_ref(struct waited *w);
/* Gives a reference back; the last one frees w. NULL is fine. Any thread. */
void waited_unref(struct waited *w);

#endif
