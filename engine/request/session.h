/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session: slots for conversations on one socket (IPIC.md 1.2). The dialler of a socket begins conversations on it (send sessions), the listener serves
 * them (receive sessions). An ipconn's sessions of a direction are spread over its sockets of that direction.
 */
#ifndef SALLYPORT_SESSION_H
#define SALLYPORT_SESSION_H

#include "ipic/flow.h"
#include "conn/ipconn.h"
#include "conn/riders.h"

struct session; /* one conversation's slot in use */

/* One request to be sent to a partner; its owner keeps it until done() was called or it was cancelled. */
struct shipment {
	struct shipment *next;      /* while it waits for a session */
	struct ipconn *ipconn;      /* filled in by session_ship */
	struct request head;
	const void *data;           /* borrowed until done */
	size_t len;
	int ccsid;
	/* NULL, or called when its session is there and it is about to go: completes the head. A sentence (static): it must not go; done() comes then. */
	const char *(*ready)(struct shipment *s);
	/* the answer */
	const unsigned char *answer; /* borrowed, valid inside done() */
	size_t answer_len;
	int answer_ccsid;
	unsigned sense;             /* SENSE_NONE: answered */
	char message[MESSAGE_SIZE];
	const char *why;            /* static: why not, in words */
	void (*done)(struct shipment *s);
	void *arg;
	struct session *session;    /* while it has one */
	double queued;              /* clock_span() */
};

/* The conversations, as conn/ calls them (riders.h). */
extern const struct riders session_riders;

/* session_out.c: sends a request to i: on a free send session at once, or queued as queuelimit and maxqtime allow (IPIC.md 5.1). done() comes once, perhaps before
 * this returns (refused then). i RELEASED with a host and port: it is acquired first. */
void session_ship(struct ipconn *i, struct shipment *s);
void session_ship_cancel(struct shipment *s); /* done() will not be called; the partner is told by expd */
/* i became ACQUIRED, or a session ended: who waits goes on. i was released: who waits fails. */
void session_work_queue(struct ipconn *i);

/* Work under way: conversations of either direction. A release waits for it. */
unsigned session_busy(const struct ipconn *i);
/* session_all.c: the purge type an operator typed ("purge", "forcepurge", "cancel", "forcecancel", "kill"; in any case), static; NULL: none of them. */
const char *session_purge_word(const char *typed);
/* Ends all of it: IS7 or expd `how` (a purge type). */
void session_purge(struct ipconn *i, const char *how);

/* session_all.c, for inquire: values of one session. */
struct session_view {
	char ipconn[NAME_SIZE], connection[CONNECTION_SIZE];
	uint32_t conv;
	const char *direction; /* "SEND" "RECEIVE" */
	const char *state;     /* "IDLE" "SEND" "RECEIVE" "WORK" */
	int msg;
	char tran[TRAN_SIZE], program[NAME_SIZE], userid[NAME_SIZE];
	size_t bytes;
	double seconds;        /* since it began */
};
void session_each(const struct ipconn *i, void (*fn)(void *arg, const struct session_view *v), void *arg);

#endif
