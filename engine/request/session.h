/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session: the sessions of an ipconn; each holds one conversation at a time (IPIC.md 1.2). The side that dialled a
 * socket begins conversations on it (send sessions); the other side serves them (receive sessions). The sessions of a
 * direction are spread over the sockets of it.
 */
#ifndef SALLYPORT_SESSION_H
#define SALLYPORT_SESSION_H

#include "ipic/flow.h"
#include "conn/ipconn.h"
#include "conn/riders.h"

struct session; /* a session in use */

/* One request to a partner. The owner keeps it until done() is called or it is cancelled. */
struct shipment {
	struct shipment *next;      /* in the queue of the ipconn */
	struct ipconn *ipconn;      /* set by session_ship */
	struct request head;
	const void *data;           /* borrowed until done() */
	size_t len;
	int ccsid;
	/*
	 * NULL, or called before the request is sent on its session: completes the head. Returns NULL, or a static
	 * sentence: do not send it; done() is called.
	 */
	const char *(*ready)(struct shipment *s);
	/* the answer */
	const unsigned char *answer; /* borrowed; valid inside done() */
	size_t answer_len;
	int answer_ccsid;
	unsigned sense;             /* SENSE_NONE: answered */
	char message[MESSAGE_SIZE];
	const char *why;            /* static: the reason of a failure */
	void (*done)(struct shipment *s);
	void *arg;
	struct session *session;    /* NULL: it has none */
	double queued;              /* clock_span() of session_ship */
};

/* The callbacks of conversations for conn/ (riders.h). */
extern const struct riders session_riders;

/*
 * Sends a request to i: at once when a send session is free, else queued within queuelimit and maxqtime (IPIC.md 5.1).
 * done() is called once; when the request is refused, before this returns. An ipconn that is RELEASED and has a host
 * and port is acquired first.
 */
void session_ship(struct ipconn *i, struct shipment *s);
void session_ship_cancel(struct shipment *s); /* done() is not called; an expd ends the conversation at the partner */
/* i became ACQUIRED, or a session ended: sends what waits in its queue. i was released: fails what waits. */
void session_work_queue(struct ipconn *i);

/* The number of conversations in both directions. A release waits until it is 0. */
unsigned session_busy(const struct ipconn *i);
/*
 * The purge type that an operator typed ("purge", "forcepurge", "cancel", "forcecancel", "kill"; case is ignored).
 * Static; NULL: another word.
 */
const char *session_purge_word(const char *typed);
/* Ends all conversations of i by IS7, or by the expd `how` (a purge type). */
void session_purge(struct ipconn *i, const char *how);

/* The values of one session, for INQUIRE. */
struct session_view {
	char ipconn[NAME_SIZE], connection[CONNECTION_SIZE];
	uint32_t conv;
	const char *direction; /* "SEND" "RECEIVE" */
	const char *state;     /* "IDLE" "SEND" "RECEIVE" "WORK" */
	int msg;
	char tran[TRAN_SIZE], program[NAME_SIZE], userid[NAME_SIZE];
	size_t bytes;
	double seconds;        /* age of the conversation */
};
/* Calls fn for each session of i that is in use. v is valid inside the call. */
void session_each(const struct ipconn *i, void (*fn)(void *arg, const struct session_view *v), void *arg);

#endif
