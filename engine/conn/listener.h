/* SPDX-License-Identifier: Apache-2.0 */
/* listener: the listening socket of a tcpipservice: opens and closes it, and has the workers watch it. */
#ifndef SALLYPORT_LISTENER_H
#define SALLYPORT_LISTENER_H

#include <stdbool.h>

#include "base/fault.h"
#include "conn/callers.h"
#include "net/errand.h"

/* A socket that a listener keeps while it is closed, because it could not bind it again. */
enum kept {
	KEPT_NO,
	KEPT_OWN,    /* this process has bound it, with rights that it has no more */
	KEPT_SHARED, /* the service manager has it too, and accepts for the next start */
};

/* One that waits until a listener has ended its connections; a member of its owner, which lives until `run`. */
struct listener_wait {
	struct listener_wait *next;
	void (*run)(struct listener_wait *wait); /* called once, at the home */
};

/* The callers as one worker accepts them, and the home's order to a gate. */
struct listening {
	struct callers callers;
	int given; /* owned: a descriptor of the socket, which the gate watches from the next visit on; -1: none */
};

/*
 * One per tcpipservice, owned by the home; it lives until the region has ended, because connections point to entrance.
 * An errand tells the gates of each opening and closing.
 */
struct listener {
	struct errand errand;  /* first; under way while `telling` */
	struct listener *next;
	struct worker *worker; /* borrowed: the home */
	struct entrance entrance; /* for its connections: name, address (with the real port), counts */
	int fd;                /* owned; -1 none. A closed listener with a kept socket turns its callers away */
	enum kept kept;
	bool urm_set;          /* an operator changed its urm; the next reload undoes that, with a message */
	bool yielded;          /* closed for a reload; opened again when the reload is refused */
	bool shared;           /* the gates accept its callers too (listener_share) */
	bool telling;          /* the gates are being told */
	bool untold;           /* the listener has changed meanwhile: tell them again */
	struct listener_wait *waiting; /* for the gates, which are being told; a list */
	struct listener_wait *late;    /* for the gates, which will be told again; a list */
	struct listening at[]; /* one for each worker, by its number */
};

/* Makes a closed listener of the home w, owned by the caller. NULL: no memory. */
struct listener *listener_new(struct worker *w, const char *tcpipservice);
/* Whether no connection of l lives, and no gate is being told: l may be freed. */
bool listener_idle(const struct listener *l);
/* Frees l, which is idle or was never opened; closes it when it is still open. NULL is fine. */
void listener_free(struct listener *l);
/*
 * Binds and listens by the service's definition in the worker's current generation. -1 with a sentence. Messages
 * SP0004, DFHSO0109, SP0006.
 */
int listener_open(struct listener *l, struct fault *f);
/* The same by definition d, which need not be in use yet. */
int listener_open_as(struct listener *l, const struct tcpipservice_def *d, struct fault *f);
/*
 * From now on the gates accept the callers too, while l is open: to be called when their generations define its
 * tcpipservice. Idempotent.
 */
void listener_share(struct listener *l);
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
 * Ends at once the connections of all workers that came in by l and belong to no ipconn, also those on their way home;
 * not those that are accepted later. True: the gates end theirs after the call, and wait->run is called then. False:
 * all have ended, and wait is not used.
 */
bool listener_cut(struct listener *l, struct listener_wait *wait);
/* As listener_close, and the callers that wait are reset. */
void listener_abandon(struct listener *l);
/*
 * As listener_close, for good: no listener_open can follow. The callers of a socket that the service manager has too
 * stay in its queue, for the next start.
 */
void listener_end(struct listener *l);

#endif
