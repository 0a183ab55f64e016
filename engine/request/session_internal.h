/* SPDX-License-Identifier: Apache-2.0 */
/* session_internal: one conversation's slot, as session.c (slots), session_in.c (receive side) and session_out.c (send side) share it. */
#ifndef SALLYPORT_SESSION_INTERNAL_H
#define SALLYPORT_SESSION_INTERNAL_H

#include "request/session.h"
#include "request/task.h"

/* Data goes out in turns of at most FLOW_PACE elements while less than OUT_FULL bytes wait in a socket. A partner that has so much unread that
 * OUT_MOST is passed by what cannot wait (IS7, pacing, expd) is closed. */
#define OUT_FULL ((size_t)1024 * 1024)
#define OUT_MOST ((size_t)2 * OUT_FULL)

/* What differs between a receive session and a send session. session_in.c and session_out.c each define one. */
struct session_side {
	bool sending;         /* this side began the conversation */
	enum flow_state turn; /* the state of the flow in which begin() is due */
	/* Takes an element of the conversation; body is borrowed for the call. */
	void (*take)(struct session *s, const struct is_header *is, const char *body, size_t len);
	/* Begins the answer, or the request. -1: no memory, or too much data. */
	int (*begin)(struct session *s);
	/* Ends the session. A send session hands sense, message and why (static) to its shipment; a receive session has no use for them. */
	void (*deliver)(struct session *s, unsigned sense, const char *message, const char *why);
};

extern const struct session_side session_in_side, session_out_side;

struct session {
	const struct session_side *side;
	struct session *next, *prev; /* conn->sessions; next also links worker->ended */
	struct conn *conn;           /* borrowed */
	struct ipconn *ipconn;       /* borrowed */
	bool sending;                /* we began it: a send session */
	bool resumed;                /* not its first exchange */
	bool working;                /* task runs */
	bool waits;                  /* has something to send, and the socket had no room */
	struct flow flow;
	struct task task;            /* of the exchange under way, on a receive session */
	struct shipment *shipment;   /* borrowed, on a send session */
	char program[NAME_SIZE];     /* what the exchange before named */
	struct timer patience;       /* runs while a message is half in or half out */
	double began;                /* clock_span() */
	size_t counted;              /* what of it is in worker->held */
};

/* A slot on c, at the end of its list. NULL: no memory. */
struct session *session_new(struct conn *c, uint32_t conv, const struct session_side *side);
/* Gives the slot back: its task is cancelled, nothing is sent or told. Freed at the end of the turn. */
void session_end(struct session *s);
/* What a session's end lets go on: who waits for one, a release. */
void session_after(struct ipconn *i);
/* Both. */
void session_over(struct session *s);
/* Half a message is in: it is counted, its pacing message perhaps due, and the other half must come in time. */
void session_more(struct session *s);
/* The living conversation of that id; NULL: none. */
struct session *session_find(const struct conn *c, uint32_t conv);

/* Its bytes into worker->held. */
void session_count(struct session *s);
/* Whether c's partner may have so many bytes more held: all of what is held may not pass the limit, and what one partner has not what is left to all, so
 * that there is always some for others. */
bool session_affords(const struct conn *c, size_t len);
/* Sends what may be sent now: begins the answer or the request, or goes on with it. It may have ended when this returns. */
void session_pump(struct session *s);

/* Queues an element on the conn `arg` (flow.h, emit). One that cannot be queued ends the conn (choked, traffic_timeout). */
int session_emit(void *arg, enum ipic_kind kind, const struct is_header *is, const void *body, size_t len);
/* Message DFHIS1023, counted. */
void session_say_error(struct conn *c, uint32_t conv, enum conversation_error code);
/* DFHIS1023 (DFHIS1021 when e has no code), and the end of that conversation: an IS7 of e->sense, or expd from a send session. more: elements of it may
 * still be on their way. */
void session_broken(struct session *s, const struct flow_error *e, bool more);
/* Elements of conv that still come are passed over. */
void session_let_pass(struct conn *c, uint32_t conv);

/* session_in.c: takes an element of a conversation that has no session. */
void session_in_begin(struct conn *c, const struct is_header *is, const char *body, size_t len);

/* Sends the pacing messages that are due on c (riders.h). */
void session_taken(struct conn *c);
/* c has room again: the sessions that wait for room continue to send (riders.h). */
void session_flushed(struct conn *c);
/* Frees the sessions that ended in this turn (riders.h). */
void session_bury(struct worker *w);
/* session_all.c: the socket is gone: its tasks are cancelled, its shipments fail, open conversations count as in doubt. */
void session_lost(struct conn *c);

#endif
