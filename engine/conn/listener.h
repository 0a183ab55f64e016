/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener: the listening socket of a tcpipservice: opens, accepts a bounded number per turn, pauses when no descriptor
 * is left, closes.
 */
#ifndef SALLYPORT_LISTENER_H
#define SALLYPORT_LISTENER_H

#include <ev.h>
#include <stdbool.h>

#include "conn/conn.h"
#include "base/fault.h"
#include "net/timer.h"
#include "conn/worker.h"

/* One per tcpipservice; it lives until the region has ended, because connections point to entrance. */
struct listener {
	struct listener *next;
	struct worker *worker; /* borrowed */
	struct entrance entrance; /* for its connections: name, address (with the real port), counts */
	int fd;                /* owned; -1 closed */
	ev_io watcher;
	struct timer backoff;  /* the pause after EMFILE */
	bool urm_set;          /* an operator changed its urm; the next reload undoes that, with a message */
	bool yielded;          /* closed for a reload; opened again when the reload is refused */
	int spare;             /* a descriptor kept for the time when no other is left */
};

/* Makes a closed listener, owned by the caller. NULL: no memory. */
struct listener *listener_new(struct worker *w, const char *tcpipservice);
void listener_free(struct listener *l); /* closes it; no connection of it may live; NULL is fine */
/*
 * Binds and listens by the service's definition in the worker's current generation. -1 with a sentence. Messages
 * SP0004, DFHSO0109, SP0006.
 */
int listener_open(struct listener *l, struct fault *f);
/* The same by definition d, which need not be in use yet. */
int listener_open_as(struct listener *l, const struct tcpipservice_def *d, struct fault *f);
/* Accepts the callers that wait, then stops listening (message SP0005). Accepted sockets stay open. Idempotent. */
void listener_close(struct listener *l);

#endif
