/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connect_requests: the requests that a partner sends after its acceptance: a number of requests in a number of
 * parallel conversations, spread over the sockets. Uses the flow of the region (ipic/flow.h).
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
	bool wanted;         /* false: no requests */
	struct request head;
	struct buf data;     /* the bytes to send; freed by connect_data_free */
	int ccsid;           /* the code page that the requests name; 0: none */
	int count;           /* the number of requests */
	int parallel;        /* conversations at a time, at most; fewer when fewer sessions were agreed on */
	bool open;           /* sends several requests in a conversation, while the region leaves it open */
	/* to break rules, for tests */
	bool over_count;     /* opens `parallel` conversations also above the agreed sessions */
	bool no_pacing;      /* does not wait for pacing messages */
	bool hold_pacing;    /* never sends pacing messages */
};

enum connect_requests_end { CONNECT_REQUESTS_NONE, CONNECT_REQUESTS_ANSWERED, CONNECT_REQUESTS_FAILED };

struct connect_requests_result {
	int sent, answered, failed; /* failed: ended by IS7 or an expedited command */
	int conversations;          /* the number of parallel conversations */
	double seconds;
	double bytes;               /* the data of requests and answers */
	char trouble[160];          /* the reason why some requests have no end; "": all have ended */
	/* of the request that ended last: */
	enum connect_requests_end last;
	struct buf answer;          /* its data; freed by the caller of connect_peer_run */
	int ccsid;
	unsigned sense;
	char message[MESSAGE_SIZE];
};

struct connect_requests;

/*
 * Begins in the next turn of the loop; connect_peer_stay is called when all requests have ended. Borrows c, which owns
 * the result. NULL: there are no requests, or they cannot begin (result.trouble has the reason); the caller goes on.
 */
struct connect_requests *connect_requests_begin(struct connect_peer *c);
/* NULL is fine. */
void connect_requests_free(struct connect_requests *e);
/* Takes a message of a conversation. e may be NULL in this call and the next two. */
void connect_requests_take(struct connect_requests *e, struct connect_link *l, const struct ipic_message *m);
/* Continues the conversations of a socket that has room again. */
void connect_requests_flushed(struct connect_requests *e, struct connect_link *l);
/* Ends the requests: no more messages will come. `why` becomes the trouble of those without an end. */
void connect_requests_lost(struct connect_requests *e, const char *why);

#endif
