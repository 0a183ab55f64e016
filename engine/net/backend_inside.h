/* SPDX-License-Identifier: Apache-2.0 */
/* backend_inside: what backend.c (pools of connections, the loop) and transfer.c (one request) tell each other; nobody else includes this. */
#ifndef SALLYPORT_BACKEND_INSIDE_H
#define SALLYPORT_BACKEND_INSIDE_H

#include <curl/curl.h>

#include "net/backend.h"
#include "net/timer.h"

struct watch;

struct pool { /* connections that were verified against one ring, so that none outlives a reload's change of rings */
	struct pool *next;
	struct backend *backend;
	struct ring *ring; /* counted; NULL: the system's store */
	CURLM *multi;      /* owned */
	struct timer timer;
	struct watch *watches;
	struct transfer *first; /* of those that are under way */
	unsigned transfers;
	bool broken;       /* curl failed in the middle of its sockets, for want of memory: it forgets some then, and its tables are not to be trusted */
};

struct backend {
	struct ev_loop *loop; /* borrowed */
	struct pool *pools;   /* owned; the current one is in front */
};

/* The pool for that ring, in front from now on; NULL: no memory. */
struct pool *backend_pool(struct backend *b, struct ring *ring);
/* curl is through with it. */
void transfer_judge(struct transfer *x, CURLcode rc);
/* Ends all of a broken pool's. */
void transfer_end_all(struct pool *p);

#endif
