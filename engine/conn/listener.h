/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener: the listening socket of a tcpipservice: opens, accepts a bounded number per turn, pauses when no descriptor
 * is left, closes.
 */
#ifndef SALLYPORT_LISTENER_H
#define SALLYPORT_LISTENER_H

#include <ev.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "conn/conn.h"
#include "base/fault.h"
#include "net/timer.h"
#include "conn/worker.h"

/* A socket that a listener keeps while it is closed, because it could not bind it again. */
enum kept {
	KEPT_NO,
	KEPT_OWN,    /* this process has bound it, with rights that it has no more */
	KEPT_SHARED, /* the service manager has it too, and accepts for the next start */
};

/* One per tcpipservice; it lives until the region has ended, because connections point to entrance. */
struct listener {
	struct listener *next;
	struct worker *worker; /* borrowed */
	struct entrance entrance; /* for its connections: name, address (with the real port), counts */
	int fd;                /* owned; -1 none. A closed listener with a kept socket turns its callers away */
	enum kept kept;
	ev_io watcher;         /* active while there is a socket, but for the pause of backoff */
	struct timer backoff;  /* the pause after EMFILE */
	bool urm_set;          /* an operator changed its urm; the next reload undoes that, with a message */
	bool yielded;          /* closed for a reload; opened again when the reload is refused */
	int spare;             /* a descriptor kept for the time when no other is left */
	rlim_t unreserved;     /* the number of descriptors that connections may use, as far as it is known */
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
/*
 * Gives a closed listener a listening socket (taken), which it keeps (KEPT_NO: until it is closed). While the listener
 * is closed, each caller is accepted and reset at once. Open, it logs SP0114 when the socket is bound to another
 * address than the definition wants: the socket counts.
 */
void listener_keep(struct listener *l, int fd, enum kept kept);
/* Logs SP0114 when the kept socket of l has another address than d wants. Does nothing for another listener. */
void listener_judge(const struct listener *l, const struct tcpipservice_def *d);
/*
 * Accepts the callers that wait, then serves no more of them (message SP0005). Accepted sockets stay open. A kept
 * socket stays, so that listener_open can follow. Idempotent.
 */
void listener_close(struct listener *l);
/*
 * The same for good: no listener_open can follow. The callers of a socket that the service manager has too stay in its
 * queue, for the next start.
 */
void listener_end(struct listener *l);

#endif
