/* SPDX-License-Identifier: Apache-2.0 */
/*
 * waits: the calls of the library for which a script is suspended, of one worker: the work that each one waits for, its
 * time limit, and the limits of their number. The end of a call takes it off its work, so that a late answer finds
 * nobody.
 */
#ifndef SALLYPORT_WAITS_H
#define SALLYPORT_WAITS_H

#include "base/addr.h"
#include "base/fault.h"
#include "policy/wait_places.h"
#include "policy/waited.h"
#include "store/store.h"

struct ev_loop;
struct wait;
struct waits;

#define WAIT_HEADERS 16
#define WAIT_BODY_MAX (64 * 1024) /* bytes of an answer of http */

struct ring;

enum wait_kind {
	WAIT_SLEEP,   /* the time itself is the answer */
	WAIT_RESOLVE, /* the addresses of a name, or the names of an address */
	WAIT_HTTP,    /* the answer of an HTTP server */
	WAIT_STORE,   /* the reply of the shared store */
	WAIT_KINDS
};

struct wait_call { /* the call of a script */
	enum wait_kind kind;
	double seconds;         /* of a sleep; else the time after which there is no answer. Above 0 */
	char name[WAITED_NAME]; /* of resolve: the name, or the address in numbers */
	char text[WAITED_CALL]; /* struct waited, call */
	/* of http; borrowed until the call has ended */
	const char *url, *method;
	const char *type;       /* of the body; NULL: application/octet-stream */
	const void *body;
	size_t len;
	const char *header[WAIT_HEADERS]; /* "Name: value" */
	size_t headers;
	struct store_question store; /* of store: its words are borrowed likewise */
};

struct wait_limits {
	double seconds;         /* of wall time that one question may wait, all its calls together */
	unsigned all, prefix;   /* suspended questions: of the region, and about peers of one neighbourhood (/24, /48) */
	const char *hosts;      /* borrowed: the words "HOST:PORT" that http may ask; "" none */
	struct ring *ring;      /* borrowed: of https; NULL: the system's store */
};

struct wait_request {
	const struct wait_call *call; /* borrowed during waits_begin */
	struct addr peer;             /* of family 0: none */
	struct wait_limits limits;
	double waited;                /* seconds that the question has waited before */
	/*
	 * Called once, from the loop, never inside waits_begin, and not after waits_cancel. The answer belongs to the
	 * callee. NULL: the question has waited as long as it may, or there is no memory.
	 */
	void (*done)(void *arg, struct waited *answer);
	void *arg;
};

/*
 * Makes an empty set. loop is borrowed and must outlive it. The limits count its calls together with those of `beside`,
 * the set of another worker; NULL: its calls count alone. Returns NULL: no memory.
 */
struct waits *waits_new(struct ev_loop *loop, const struct waits *beside);
/* No call may be waiting. NULL is fine. */
void waits_free(struct waits *all);
/* The number of suspended calls, with those of the sets beside it. */
unsigned waits_count(const struct waits *all);
/* The number of questions that the limit has ended, likewise. */
uint64_t waits_limited(const struct waits *all, enum waits_limit which);
/* The function of the library, without `policy.`. Static. */
const char *waits_call(enum wait_kind kind);
/* Has ended() called at the end of each call, in each way, with the seconds that it waited; arg is borrowed. */
void waits_watch(struct waits *all, void (*ended)(void *arg, enum wait_kind kind, double seconds), void *arg);

/* Sets the client for WAIT_STORE, which must outlive the set. Borrowed; NULL, the value at the start: none. */
void waits_use_store(struct waits *all, struct store *store);

/* Begins to wait. NULL with a sentence that names the limit: there are too many, or there is no memory. */
struct wait *waits_begin(struct waits *all, const struct wait_request *r, struct fault *f);
/* done() is not called. Must not be called after done(). */
void waits_cancel(struct wait *w);
/* Ends the call in the next turn, with done(arg, NULL). */
void waits_hurry(struct wait *w);

#endif
