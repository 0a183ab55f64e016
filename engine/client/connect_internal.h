/* SPDX-License-Identifier: Apache-2.0 */
/* connect_internal: what connect_peer.c, which leads to the acceptance, connect_requests.c, which sends requests then, and connect_stay.c, which leads to the end, share. */
#ifndef SALLYPORT_CONNECT_INTERNAL_H
#define SALLYPORT_CONNECT_INTERNAL_H

#include "client/connect_peer.h"
#include "ipic/ipic.h"
#include "net/interrupt.h"
#include "net/io.h"
#include "net/timer.h"

struct connect_peer;

struct connect_link { /* one socket */
	struct connect_peer *peer;
	unsigned n;
	struct connect_peer_outcome *outcome;
	struct io io;
	struct ipic_reader reader;
	bool open;    /* io is */
	bool shaken;  /* the TLS handshake is done on our side */
	bool heard;   /* a byte of an answer has come */
	bool through; /* accepted */
	bool asked;   /* the region asked for release here */
};

struct connect_peer {
	const struct connect_peer_options *o;
	struct connect_peer_result *result;
	char host[HOST_SIZE]; /* where it dials: o's, or where it was redirected to */
	int port;
	struct ev_loop *loop;
	struct connect_link link[CONNECT_PEER_SOCKETS];
	struct connect_requests *requests; /* under way or over; NULL: none */
	struct timer timer; /* of the phase: the answer, the requests, the hold, the goodbye */
	struct interrupt interrupt;
	bool releasing; /* one of the two has asked for it */
	bool was_cut;
	bool finished;  /* what is still open is being closed */
};

/* Begins the stay: called once, when all sockets are accepted and all requests have ended. Holds, then releases (or cuts). */
void connect_peer_stay(struct connect_peer *c);

#endif
