/* SPDX-License-Identifier: Apache-2.0 */
/* listen: a tcpipservice's listening socket: open, accept in bounded turns, step back when descriptors run out, close. */
#ifndef SALLYPORT_LISTEN_H
#define SALLYPORT_LISTEN_H

#include <ev.h>
#include <stdbool.h>

#include "addr.h"
#include "fault.h"
#include "generation.h"
#include "timer.h"
#include "worker.h"

enum openstatus { LISTEN_CLOSED, LISTEN_OPEN };

/* Lives as long as the region knows the tcpipservice; connections point to it, so it is counted. */
struct listener {
	struct listener *next;
	unsigned refs; /* of the region and of each connection accepted here */
	struct worker *worker; /* borrowed */
	char tcpipservice[NAME_SIZE];
	enum openstatus openstatus;
	struct addr own;       /* where it listens; the real port */
	int fd;                /* owned; -1 closed */
	ev_io watcher;
	struct timer backoff;  /* EMFILE */
	int spare;             /* a descriptor kept to close-accept-close with */
	unsigned connections, halfopen; /* sockets accepted here and still there; of these not yet through CAPEX */
};

struct listener *listener_new(struct worker *w, const char *tcpipservice);
struct listener *listener_ref(struct listener *l);
void listener_unref(struct listener *l); /* the last one closes */
/* Binds and listens per the service's definition in the worker's current generation. Messages SP0004, DFHSO0109, SP0006. -1 with a sentence. */
int listener_open(struct listener *l, struct fault *f);
/* Stops listening (message SP0005); accepted sockets live on. Idempotent. */
void listener_close(struct listener *l);

#endif
