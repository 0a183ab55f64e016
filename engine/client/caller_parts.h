/* SPDX-License-Identifier: Apache-2.0 */
/* caller_parts: what caller.c, which leads to the acceptance, errands.c, which sends requests then, and stay.c, which leads to the end, share. */
#ifndef SALLYPORT_CALLER_PARTS_H
#define SALLYPORT_CALLER_PARTS_H

#include "client/caller.h"
#include "ipic/http.h"
#include "net/interrupt.h"
#include "net/io.h"
#include "net/timer.h"

struct caller;

struct link { /* one socket */
	struct caller *caller;
	unsigned n;
	struct caller_outcome *outcome;
	struct io io;
	struct http_reader reader;
	bool open;    /* io is */
	bool shaken;  /* the TLS handshake is done on our side */
	bool heard;   /* a byte of an answer has come */
	bool through; /* accepted */
	bool asked;   /* the region asked for release here */
};

struct caller {
	const struct caller_options *o;
	struct caller_result *result;
	char host[HOST_SIZE]; /* where it dials: o's, or where it was redirected to */
	int port;
	struct ev_loop *loop;
	struct link link[CALLER_SOCKETS];
	struct errands *errands; /* under way or over; NULL: none */
	struct timer timer; /* of the phase: the answer, the requests, the hold, the goodbye */
	struct interrupt interrupt;
	bool releasing; /* one of the two has asked for it */
	bool was_cut;
	bool finished;  /* what is still open is being closed */
};

/* Closes every socket politely; when the last is gone the loop ends. Idempotent. */
void caller_finish(struct caller *c);
/* Closes one at once. */
void caller_close(struct link *l);

/* Every socket and every request that was asked for has been answered: hold, then release (or cut). */
void stay_begin(struct caller *c);
/* A signal to end: the first call releases the accepted sockets (or cuts them, as the options say); the second call ends at once. */
void stay_interrupt(struct caller *c);
/* A command of the region's on an accepted socket. */
void stay_request(struct link *l, const struct is_header *is);
/* An answer to a command of ours. */
void stay_answer(struct link *l);
/* An accepted socket is gone. */
void stay_lost(struct link *l);

#endif
