/* SPDX-License-Identifier: Apache-2.0 */
/* backend_inside: what http_client.c (pools of connections, the loop) and http_transfer.c (one request) tell each other; nobody else includes this. */
#ifndef SALLYPORT_BACKEND_INSIDE_H
#define SALLYPORT_BACKEND_INSIDE_H

#include <curl/curl.h>

#include "net/http_client.h"
#include "net/timer.h"

struct watch;

struct pool { /* connections that were verified against one ring, so that none outlives a reload's change of rings */
	struct pool *next;
	struct http_client *backend;
	struct ring *ring; /* counted; NULL: the system's store */
	CURLM *multi;      /* owned */
	struct timer timer;
	struct watch *watches;
	struct http_transfer *first; /* of those that are under way */
	unsigned transfers;
	bool broken;       /* curl failed in the middle of its sockets, for want of memory: it forgets some then, and its tables are not to be trusted */
};

struct http_client {
	struct ev_loop *loop; /* borrowed */
	struct pool *pools;   /* owned; the current one is in front */
};

/* The pool for that ring, in front from now on; NULL: no memory. */
struct pool *http_client_pool(struct http_client *b, struct ring *ring);
/* curl is through with it. */
void http_transfer_judge(struct http_transfer *x, CURLcode rc);
/* Ends all of a broken pool's. */
void http_transfer_end_all(struct pool *p);

#endif
