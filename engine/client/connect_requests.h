/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_requests: the requests a partner sends once it was accepted: so many in all, so many conversations at a time, spread over its sockets.
 * It uses the region's own flow.
 */
#ifndef SALLYPORT_CONNECT_REQUESTS_H
#define SALLYPORT_CONNECT_REQUESTS_H

#include "base/buf.h"
#include "ipic/request.h"
#include "ipic/ipic.h"

struct connect_peer;
struct ipic_message;
struct connect_link;

struct connect_requests_options {
	bool wanted;         /* false: no requests at all */
	struct request head;
	struct buf data;     /* as it is sent; owned by whoever fills it */
	int ccsid;           /* what the data is said to be; 0 nothing */
	int count;           /* requests in all */
	int parallel;        /* conversations at a time, at most; fewer when fewer were agreed on */
	bool open;           /* one exchange after another in a conversation, as long as the region leaves it open */
	/* to be a bad partner */
	bool over_count;     /* as many conversations as `parallel` says, whatever was agreed */
	bool no_pacing;      /* does not wait for pacing messages */
	bool hold_pacing;    /* says none */
};

enum connect_requests_end { CONNECT_REQUESTS_NONE, CONNECT_REQUESTS_ANSWERED, CONNECT_REQUESTS_FAILED };

struct connect_requests_result {
	int sent, answered, failed; /* failed: ended by IS7 or an expedited command */
	int conversations;          /* how many were at work at a time */
	double seconds;
	double bytes;               /* of data, of requests and answers together */
	char trouble[160];          /* why not all of them came to an end; "" they did */
	/* the last to end */
	enum connect_requests_end last;
	struct buf answer;          /* its data; the caller frees it */
	int ccsid;
	unsigned sense;
	char message[MESSAGE_SIZE];
};

struct connect_requests;

/* Begins; connect_stay_begin is called when all have come to an end. NULL when there is nothing to do or it could not begin (trouble says), and the
 * caller goes on at once. */
struct connect_requests *connect_requests_begin(struct connect_peer *c);
void connect_requests_free(struct connect_requests *e); /* NULL is fine */
/* A message of a conversation. */
void connect_requests_take(struct connect_requests *e, struct connect_link *l, const struct ipic_message *m);
/* The socket has room again. */
void connect_requests_flushed(struct connect_requests *e, struct connect_link *l);
/* No more will come: what is not at its end yet is lost. */
void connect_requests_lost(struct connect_requests *e, const char *why);

#endif
