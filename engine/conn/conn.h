/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn: one socket's walk along the corridor. conn_enter alone assigns its stage, conn_close alone ends it, with a reason;
 * conn_refused alone turns a "no" into its line, its record and its counts.
 *
 * Nothing is freed under a caller's feet: a closed connection lies in worker->graves until conn_bury at the end of the turn.
 */
#ifndef SALLYPORT_CONN_H
#define SALLYPORT_CONN_H

#include "policy/facts.h"
#include "policy/generation.h"
#include "ipic/http.h"
#include "net/io.h"
#include "base/log.h"
#include "policy/policy.h"
#include "policy/record.h"
#include "conn/stages.h"
#include "conn/statistics.h"
#include "net/timer.h"
#include "ipic/wire.h"
#include "conn/worker.h"

/* What a connection needs to know of where it came in; the first member of a listener. Counted by the listener's owner. */
struct entrance {
	char tcpipservice[NAME_SIZE];
	struct addr own;       /* where it listens */
	bool any;              /* bound to a wildcard: ask each socket for its own address */
	bool open;             /* accepts now */
	unsigned connections;  /* sockets accepted here and still there */
	unsigned halfopen;     /* of these not yet through CAPEX */
	struct service_statistics statistics;
};

#define CONN_REQUESTS 4 /* of ours, not yet answered, at most */
#define CONN_PASSING 16

struct conn {
	struct conn *next, *prev;      /* worker->conns; next also links graves */
	struct worker *worker;         /* borrowed */
	struct entrance *entrance;     /* borrowed from its listener, which outlives its connections; NULL: way out */
	struct dial *dial;             /* way out, until the connection stands; owned (dial.c) */
	unsigned place;                /* in its ipconn, while it has one: enum socket_place */
	struct generation *generation; /* counted */
	const struct service *service; /* in generation */
	enum conn_stage stage;
	struct facts facts;
	struct record *record; /* borrowed from worker->records until record_close */
	struct io io;
	struct timer timer; /* of the stage */
	bool io_opened;
	bool halfopen;  /* counted as such in entrance and peers */
	bool refused;   /* conn_refused has spoken */
	struct answer_tape tape; /* what counters answered to it */
	uint64_t asked;   /* number of the generation it was last re-asked under */
	char userid[NAME_SIZE]; /* what certify said then; becomes a fact when that generation is taken on */
	bool sysplex;           /* what admit said then; the same */
	struct ask ask; /* the door being asked, and who goes on when it is answered */
	void (*decided)(struct conn *c);
	enum tls_judgement judgement;
	struct http_reader reader; /* of the message under way */
	struct session *sessions; /* in use on this socket, a list; the head's prev is the tail (session.h) */
	unsigned nsessions;
	uint32_t conversation;    /* the id we gave last */
	uint32_t passing[CONN_PASSING]; /* conversations that ended while elements of theirs were on their way, as a ring; 0 free */
	unsigned passed;          /* where the next one is noted */
	bool pacing_due;          /* of at least one of its conversations */
	bool choked;              /* an element could not be queued: to be closed */
	bool early;               /* data has come that waits for the end of our acquire */
	struct ipconn *ipconn; /* not NULL from the moment its 200 is queued (way out: from the dial on) until it is released */
	/* after CAPEX */
	enum is_name request[CONN_REQUESTS]; /* ours, waiting for their answers, oldest first */
	unsigned nrequests;
	unsigned missed; /* heartbeats in a row */
	double heard;    /* clock_span() of the last message */
	size_t unread;   /* bytes of answers to cmd, queued since all was sent */
	bool said_goodbye; /* release was asked or answered */
};

/* Takes fd. A connection in stage NEW with its facts, counted in worker, entrance and peers; NULL (fd closed) without memory. */
struct conn *conn_new(struct worker *w, struct entrance *e, int fd, const struct addr *peer);

/* A connection in stage NEW, without a descriptor yet, in that place of i (enum socket_place, free until now): it is about to dial `host` for i.
 * Counted in worker alone: what it is connected to did not call. NULL without memory. */
struct conn *conn_new_out(struct ipconn *i, unsigned place, const char *host);
/* Takes fd, whose connect is under way, and waits until it stands; conn_unreach gives it up again. The peer is facts.peer.addr. */
void conn_reach(struct conn *c, int fd);
void conn_unreach(struct conn *c);

/* Assigns the stage: stops the old one's timer, starts the new one's (seconds; 0 none). */
void conn_enter(struct conn *c, enum conn_stage stage, double seconds);

enum conn_ending { CONN_AT_ONCE, CONN_POLITELY };
/* Ends the socket, for a reason (a few words for SP0030 and the record). Idempotent. Politely: flush, half-close, discard (engine/ipic/README.md).
 * If it belonged to an ipconn, that loses it (release_lost). */
void conn_close(struct conn *c, enum conn_ending how, const char *why);

/* A refusal: message m (SP0021, SP0031, DFHSO0123 …), record, outcome, counts. Does not close. door: NULL when the engine refused
 * outside a door; policy NULL: none. reason: CAPEX's word or NULL. */
void conn_refused(struct conn *c, enum message m, const char *door, const char *policy, const struct verdict *v, const char *reason);

/* The engine's own refusal: a verdict by code and text, an entry in the record, then as conn_refused. */
void conn_engine_refused(struct conn *c, enum message m, const char *code, const char *reason, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Queues one HTTP message: a request when status is 0, else that answer. type NULL: no Content-Type. -1: there is no room for it, and nothing was queued. */
int conn_send(struct conn *c, int status, const char *is, const char *type, const void *body, size_t len);

/* Puts a question to the connection's policy with the facts as they stand and facts.now = now; decided(c) is called with the verdict in
 * c->ask.verdict. Prints SP0020 when the door opened. */
void conn_ask(struct conn *c, enum door door, void (*decided)(struct conn *c));

/* It is through CAPEX: no longer half-open. Idempotent. */
void conn_through(struct conn *c);

/* An installed connection goes over to another generation. False (and nothing changed): that generation has no such tcpipservice, or it was
 * dialled and is not through yet: it finishes its walk under its own. */
bool conn_adopt(struct conn *c, struct generation *g);

/* The neighbourhood of its peer, by which log_refusal sums up. Returns out. */
const char *conn_around(const struct conn *c, char out[ADDR_TEXT]);

/* Frees what was closed in this turn. The worker calls it when nothing of a connection is on the stack. */
void conn_bury(struct worker *w);

void conn_event(struct conn *c, const char *what); /* into the record, with the time */

#endif
