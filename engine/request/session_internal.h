/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_internal: a session, for session.c (both sides), session_in.c (receive side), session_out.c (send side),
 * session_all.c, session_riders.c.
 */
#ifndef SALLYPORT_SESSION_INTERNAL_H
#define SALLYPORT_SESSION_INTERNAL_H

#include "request/session.h"
#include "request/task.h"

/*
 * A session sends at most FLOW_PACE elements in a turn, and only while less than OUT_FULL bytes wait in the socket.
 * IS7, pacing messages and expd are sent above that; a connection with more than OUT_MOST bytes unread is closed.
 */
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
	/*
	 * Ends the session. A send session hands sense, message and why (static) to its shipment; a receive session has
	 * no use for them.
	 */
	void (*deliver)(struct session *s, unsigned sense, const char *message, const char *why);
};

extern const struct session_side session_in_side, session_out_side;

struct session {
	const struct session_side *side;
	struct session *next, *prev; /* conn->sessions; next also links worker->ended */
	struct conn *conn;           /* borrowed */
	struct ipconn *ipconn;       /* borrowed */
	bool sending;                /* a send session: this side began the conversation */
	bool resumed;                /* not its first exchange */
	bool working;                /* the task runs */
	bool waits;                  /* it has data to send, and the socket has no room */
	struct flow flow;
	struct task task;            /* of the exchange under way, on a receive session */
	struct shipment *shipment;   /* borrowed, on a send session */
	char program[NAME_SIZE];     /* the program of the exchange before */
	struct timer patience;       /* runs while a message is incomplete in either direction */
	double began;                /* worker.turn of its begin */
	size_t counted;              /* its bytes in worker->held and ipconn->held */
};

/* Makes a session on c, at the end of the list of c. NULL: no memory. */
struct session *session_new(struct conn *c, uint32_t conv, const struct session_side *side);
/* Takes s out of the list and cancels its task. Sends nothing. s is freed at the end of the turn. */
void session_end(struct session *s);
/* After the end of a session of i: sends what waits in the queue, and continues a release. */
void session_after(struct ipconn *i);
/* session_end, then session_after. */
void session_over(struct session *s);
/* A part of a message has come: counts it, notes a pacing message that is due, and starts the time-out for the rest. */
void session_more(struct session *s);
/* The session of the conversation; NULL: none. */
struct session *session_find(const struct conn *c, uint32_t conv);

/* Counts the bytes of s in worker->held and ipconn->held. */
void session_count(struct session *s);
/*
 * True when len more bytes of c's partner may be held: all partners together stay within conversation_kilobytes, and
 * one partner may not hold more than is left for all others.
 */
bool session_affords(const struct conn *c, size_t len);
/* Sends what can be sent now: begins or continues the answer or the request. s may have ended when this returns. */
void session_pump(struct session *s);

/*
 * Queues an element on the conn `arg` (flow_emit). -1: it cannot be queued; a timer closes the connection (c->choked,
 * traffic_timeout).
 */
int session_emit(void *arg, enum ipic_kind kind, const struct is_header *is, const void *body, size_t len);
/* Prints DFHIS1023 and counts the error. */
void session_say_error(struct conn *c, uint32_t conv, enum conversation_error code);
/*
 * Prints DFHIS1023 (DFHIS1021 when e has no code) and ends the conversation: a receive session by an IS7 of e->sense, a
 * send session by expd. more: other elements of it may be on their way.
 */
void session_broken(struct session *s, const struct flow_error *e, bool more);
/* Elements of conv that come later are ignored. */
void session_let_pass(struct conn *c, uint32_t conv);

/* session_in.c: takes an element of a conversation that has no session. */
void session_in_begin(struct conn *c, const struct is_header *is, const char *body, size_t len);

/* Sends the pacing messages that are due on c (riders.h). */
void session_taken(struct conn *c);
/* c has room again: the sessions that wait for room continue to send (riders.h). */
void session_flushed(struct conn *c);
/* Frees the sessions that ended in this turn (riders.h). */
void session_bury(struct worker *w);
/* c is gone: cancels its tasks, fails its shipments, counts its open conversations as in doubt (riders.h). */
void session_lost(struct conn *c);

#endif
