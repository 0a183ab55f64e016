/* SPDX-License-Identifier: Apache-2.0 */
/* listener: a tcpipservice's listening socket: open, accept in bounded turns, step back when descriptors run out, close. */
#ifndef SALLYPORT_LISTENER_H
#define SALLYPORT_LISTENER_H

#include <ev.h>
#include <stdbool.h>

#include "conn/conn.h"
#include "base/fault.h"
#include "net/timer.h"
#include "conn/worker.h"

/* Lives until the region has ended: connections point into it. */
struct listener {
	struct listener *next;
	struct worker *worker; /* borrowed */
	struct entrance entrance; /* what its connections see of it: name, address (with the real port), counts */
	int fd;                /* owned; -1 closed */
	ev_io watcher;
	struct timer backoff;  /* EMFILE */
	bool urm_set;          /* an operator changed its urm; the next reload undoes that, and says so */
	bool yielded;          /* closed for its successor in a reload; opened again when that is refused */
	int spare;             /* a descriptor kept to close-accept-close with */
};

struct listener *listener_new(struct worker *w, const char *tcpipservice);
void listener_free(struct listener *l); /* closes; no connection of it may live; NULL is fine */
/* Binds and listens per the service's definition in the worker's current generation. Messages SP0004, DFHSO0109, SP0006. -1 with a sentence. */
int listener_open(struct listener *l, struct fault *f);
/* The same by a definition that is not (yet) in use. */
int listener_open_as(struct listener *l, const struct tcpipservice_def *d, struct fault *f);
/* Takes in who waits to be accepted, then stops listening (message SP0005); accepted sockets live on. Idempotent. */
void listener_close(struct listener *l);

#endif
