/* SPDX-License-Identifier: Apache-2.0 */
/* connect_internal: what connect_peer.c, which leads to the acceptance, connect_requests.c, which sends requests then, and connect_stay.c, which leads to the end, share. */
#ifndef SALLYPORT_CONNECT_INTERNAL_H
#define SALLYPORT_CONNECT_INTERNAL_H

#include "client/connect_peer.h"
#include "ipic/ipic.h"
#include "net/interrupt.h"
#include "net/io.h"
#include "net/timer.h"

struct caller;

struct link { /* one socket */
	struct caller *caller;
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

struct caller {
	const struct connect_peer_options *o;
	struct connect_peer_result *result;
	char host[HOST_SIZE]; /* where it dials: o's, or where it was redirected to */
	int port;
	struct ev_loop *loop;
	struct link link[CONNECT_PEER_SOCKETS];
	struct connect_requests *errands; /* under way or over; NULL: none */
	struct timer timer; /* of the phase: the answer, the requests, the hold, the goodbye */
	struct interrupt interrupt;
	bool releasing; /* one of the two has asked for it */
	bool was_cut;
	bool finished;  /* what is still open is being closed */
};

/* Closes every socket politely; when the last is gone the loop ends. Idempotent. */
void connect_peer_finish(struct caller *c);
/* Closes one at once. */
void connect_peer_close(struct link *l);

/* Every socket and every request that was asked for has been answered: hold, then release (or cut). */
void connect_stay_begin(struct caller *c);
/* A signal to end: the first call releases the accepted sockets (or cuts them, as the options say); the second call ends at once. */
void connect_stay_interrupt(struct caller *c);
/* A command of the region's on an accepted socket. */
void connect_stay_request(struct link *l, enum is_name name);
/* An answer to a command of ours. */
void connect_stay_answer(struct link *l);
/* An accepted socket is gone. */
void connect_stay_lost(struct link *l);

#endif
