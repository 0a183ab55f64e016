/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn: one socket, from accept or dial to its end. Only conn_enter assigns the stage, only conn_close ends the socket,
 * and only conn_refused reports a refusal (log line, record, counts).
 *
 * A caller may still hold a pointer to a closed connection: it stays in worker->graves until conn_bury at the end of
 * the turn.
 */
#ifndef SALLYPORT_CONN_H
#define SALLYPORT_CONN_H

#include "policy/facts.h"
#include "policy/generation.h"
#include "net/io.h"
#include "base/log.h"
#include "policy/policy.h"
#include "policy/record.h"
#include "conn/peers.h"
#include "conn/stages.h"
#include "conn/statistics.h"
#include "conn/totals.h"
#include "net/timer.h"
#include "ipic/ipic.h"
#include "conn/worker.h"

/* The part of a listener that its connections see. */
struct entrance {
	char tcpipservice[NAME_SIZE];
	struct addr own;       /* the address it listens on */
	bool any;              /* bound to a wildcard address: each socket is asked for its own address */
	_Atomic bool open;     /* it accepts sockets now */
	_Atomic uint64_t watched; /* a bit for each worker that watches the socket now (callers.c) */
	_Atomic unsigned cuts; /* how many times its connections were ended at once (listener_cut) */
	_Atomic unsigned connections; /* accepted sockets that are not gone yet; a tally, as the next one */
	_Atomic unsigned halfopen;    /* of these, the sockets whose CAPEX is not accepted yet */
	struct service_statistics statistics;
};

#define CONN_REQUESTS 4 /* limit of this side's unanswered commands */
#define CONN_PASSING 16

struct recheck_walk;

struct conn {
	struct conn *next, *prev;      /* in worker->conns; next also in worker->graves */
	struct worker *worker;         /* borrowed; conn/move gives c to another one */
	struct conn *leaving;          /* in worker->leaving */
	struct post post;              /* on the way to another worker */
	struct entrance *entrance;     /* borrowed from the listener, which outlives its connections; NULL: outbound */
	unsigned cuts;                 /* entrance->cuts before c was accepted (callers.c) */
	struct dial *dial;             /* outbound, until the socket is connected; owned (dial.c) */
	struct store_call *seeking;    /* in stage SEEKING: the question to the store (ha.c) */
	unsigned place;                /* in ipconn->socket, while ipconn is not NULL: enum socket_place */
	struct generation *generation; /* counted */
	uint64_t canary;               /* the mark of the canary that decides about c (canary.h); 0: none */
	const struct service *service; /* borrowed from generation */
	enum conn_stage stage;
	const struct facts *facts; /* those of its question, or borrowed from its record (conn_learn) */
	struct record *record; /* borrowed from worker->records; NULL from its end on */
	struct record *ended;  /* the same, from the end of c until conn_bury */
	struct io io;
	struct timer timer; /* the time limit of the stage */
	bool io_opened;
	bool halfopen;  /* counted as half-open in entrance and peers */
	struct peers_socket counted; /* its place in peers */
	unsigned earlier; /* open sockets of the region when c was counted, without c */
	unsigned around;  /* inbound: half-open sockets of the neighbourhood of the peer then, without c */
	bool refused;   /* conn_refused was called */
	double shaking; /* clock_span() when its TLS handshake began */
	uint64_t witnessed; /* of the worker's witness (witness.h), which sets it at the door admit; 0: c is not chosen */
	struct answer_tape tape; /* the answers that counters gave to its policies */
	uint64_t asked;   /* number of the generation whose doors were last asked again */
	char userid[NAME_SIZE]; /* certify's answer then; becomes a fact when c adopts that generation */
	bool sysplex;           /* admit's answer then; becomes a fact at the same time */
	struct notes *notes;    /* counted: the notes of its doors then; likewise */
	struct recheck_walk *recheck; /* borrowed: the re-ask of its ipconn, while a script waits that was asked about c; NULL: none */
	bool hearing;   /* the script of the question waits or has waited, and the peer was heard meanwhile */
	bool pausing;   /* io was paused before that */
	struct ask *ask; /* owned: the question to a door; NULL: c is installed, and no door is asked any more */
	void (*decided)(struct conn *c); /* takes its verdict */
	enum tls_judgement judgement;
	struct ipic_reader reader; /* of the message that is being read */
	struct session *sessions; /* sessions in use on this socket, a list; the head's prev is the tail (session.h) */
	unsigned nsessions;
	uint32_t conversation;    /* the conversation id that this side gave last */
	uint32_t passing[CONN_PASSING]; /* a ring of ended conversations whose elements may still arrive; 0 free */
	unsigned passed;          /* index of the next slot in passing */
	bool pacing_due;          /* for at least one of its conversations */
	bool choked;              /* an element could not be queued: c must be closed */
	bool early;               /* data waits in the buffer until the ipconn is ACQUIRED */
	struct ipconn *ipconn; /* set from the queued 200 (outbound: from the dial) until the release */
	/* in stage INSTALLED */
	enum is_name request[CONN_REQUESTS]; /* this side's commands that wait for their answers, oldest first */
	unsigned nrequests;
	unsigned missed; /* unanswered heartbeats in a row */
	double heard;    /* worker.turn of the last message */
	size_t unread;   /* bytes of answers to cmd that were queued since the output was last empty */
	struct conn *held_next, *held_prev; /* in stage HELD or STANDBY: neighbours in the worker's list of it */
	uint64_t ticket;                    /* of its record in the recorder's queue */
	bool release_answered; /* the partner has answered the release of this side */
};

/*
 * Makes an inbound connection in stage NEW from fd, which it takes, with its facts; counts it in worker, entrance and
 * peers. own: the address of the listening socket; for a wildcard, fd is asked for its own. NULL: no memory, or the
 * tcpipservice is not defined; fd is closed then.
 */
struct conn *conn_new(struct worker *w, struct entrance *e, int fd, const struct addr *peer, const struct addr *own);

/*
 * Makes an outbound connection in stage NEW without a descriptor, which will dial `host` for i. It takes the free place
 * `place` (enum socket_place) of i and counts in the worker only. NULL: no memory.
 */
struct conn *conn_new_out(struct ipconn *i, unsigned place, const char *host);

/*
 * The facts of c, to add to them, while a door may be asked about c. An installed connection shares the facts of its
 * record, which an operator reads: they change by record_facts only.
 */
struct facts *conn_learn(struct conn *c);

/* The memory of a connection, of its question and its facts, all zero; owned by the caller. NULL: no memory. */
struct conn *conn_memory(void);
/* Frees it. NULL is fine. */
void conn_memory_free(struct conn *c);

/*
 * conn_reach takes fd, whose connect is in progress, and waits for the end of the connect; the peer is facts.peer.addr.
 * conn_unreach closes that descriptor again and returns to stage DIALLING.
 */
void conn_reach(struct conn *c, int fd);
void conn_unreach(struct conn *c);

/* Inbound, before CONN_ADMITTED: hears the end of the peer while the admit door waits. */
void conn_hear(struct conn *c);

/* Assigns the stage: stops the timer of the old stage and starts the timer of the new one (seconds; 0: no limit). */
void conn_enter(struct conn *c, enum conn_stage stage, double seconds);

enum conn_ending { CONN_AT_ONCE, CONN_POLITELY };
/*
 * Ends the socket. why: a few words for SP0030 and the record, copied. Idempotent. CONN_POLITELY: send what is queued,
 * half-close, discard input (engine/ipic/README.md). An ipconn that owns the socket is released (release_lost).
 */
void conn_close(struct conn *c, enum conn_ending how, const char *why);

/*
 * Whether the connections that came in by the entrance of c were ended at once after c was accepted; c ends then too.
 */
bool conn_cut(struct conn *c);
/* Ends by conn_cut the connections of w that came in by e and belong to no ipconn, but for those that are ending. */
void conn_cut_all(struct worker *w, const struct entrance *e);

/*
 * Reports a refusal: message m (SP0021, SP0031, DFHSO0123 and others), record, outcome, counts. Does not close c. door:
 * NULL when the engine refused outside a door. policy: the script, or NULL. reason: the reason of the CAPEX answer, or
 * NULL.
 */
void conn_refused(struct conn *c, enum message m, const char *door, const char *policy, const struct verdict *v, const char *reason);

/*
 * Reports a refusal that the engine decided: makes a verdict of code and text, adds an entry to the record, calls
 * conn_refused.
 */
void conn_engine_refused(struct conn *c, enum message m, const char *code, const char *reason, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * Queues the message that b holds, and frees b. put: what the ipic_put_ function that filled b returned. -1: it was not
 * put, or there is no room for it; nothing was queued then.
 */
int conn_send(struct conn *c, struct buf *b, int put);

/*
 * Asks a door of the connection's policy, with its facts and facts.now = now. Calls decided(c) with the verdict in
 * c->ask->verdict, at once or, when the script waits, later: then the timer of the stage is stopped until the step goes
 * on. Message SP0020 when the door accepted.
 */
void conn_ask(struct conn *c, enum door door, void (*decided)(struct conn *c));

/*
 * The same inside a handshake: while the script waits, the handshake and the time limit of the stage are as they were.
 */
void conn_ask_shaking(struct conn *c, enum door door, void (*decided)(struct conn *c));
/* Whether a script that c's question was put to is suspended. */
bool conn_waits(const struct conn *c);
/* Ends the question that c waits for, if there is one: decided(c) is not called. why: for the record. */
void conn_ask_no_more(struct conn *c, const char *why);

/* Puts c into the list of its worker, or takes it out. */
void conn_enlist(struct conn *c);
void conn_delist(struct conn *c);

/* c is no longer half-open: its CAPEX is accepted, or c ends. Idempotent. */
void conn_through(struct conn *c);

/*
 * Moves an installed connection to generation g. False, and nothing changed: g does not define its tcpipservice, or c
 * is outbound and not installed yet (it keeps its generation until it is installed).
 */
bool conn_adopt(struct conn *c, struct generation *g);

/* Prints the neighbourhood (/24, /48) of the peer, by which log_refusal counts. Returns out. */
const char *conn_around(const struct conn *c, char out[ADDR_TEXT]);

/*
 * Frees the connections that were closed in this turn. The worker calls it when no function of a connection is on the
 * stack.
 */
void conn_bury(struct worker *w);
/* Buries, and frees the memory that the worker keeps for connections. At the end of the worker. */
void conn_end(struct worker *w);

/* Each adds `what` to the record, with the time: a text that is never freed, or a copy (record_event). */
void conn_event(struct conn *c, const char *what);
void conn_event_copy(struct conn *c, const char *what);

#endif
