/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callers: the callers of one listening socket, as one worker accepts them. Each worker watches a descriptor of its own
 * for the socket; the kernel gives a caller to the worker that accepts first. A worker that has used more CPU time than
 * another one lately stops watching for 10 ms; the home also stops while a gate has little load. A struct callers
 * belongs to the thread of its worker.
 */
#ifndef SALLYPORT_CALLERS_H
#define SALLYPORT_CALLERS_H

#include <ev.h>
#include <sys/resource.h>

#include "conn/conn.h"
#include "net/timer.h"

struct callers {
	struct worker *worker;     /* borrowed */
	struct entrance *entrance; /* borrowed from the listener */
	int fd;                    /* borrowed: the listening socket; -1: it is not watched */
	struct addr own;           /* the address of the socket */
	ev_io watcher;             /* active while fd is not -1, but for the time of `pause` */
	struct timer pause;        /* after EMFILE, or when the callers are left to other workers */
	int spare;                 /* owned: a descriptor kept for the time when no other is left */
	rlim_t unreserved;         /* the number of descriptors that connections may use, as far as it is known */
	/* The socket does not listen any more, and its watcher is stopped. NULL: nobody is told. */
	void (*broken)(void *arg, int error);
	void *arg;
};

/* Prepares callers that watch nothing. c must stay in place. */
void callers_init(struct callers *c, struct worker *w, struct entrance *e, void (*broken)(void *arg, int error), void *arg);
/*
 * Watches fd, which listens and does not block: while the entrance is open, each caller becomes a connection of the
 * worker. While it is closed, the home accepts each caller and resets it, and a gate leaves the callers alone.
 */
void callers_watch(struct callers *c, int fd);
/* Watches no more; the caller closes the descriptor. Idempotent. */
void callers_stop(struct callers *c);
/* Accepts the callers that wait, for at most `seconds`, while the entrance is open. */
void callers_accept(struct callers *c, double seconds);

#endif
