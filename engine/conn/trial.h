/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial: one connection that is walked through the doors and the rules of the engine without a socket and without an
 * effect: nothing is sent, logged, counted, installed or put into the region's records. The doors are asked as in a
 * re-ask: counters and names are peeked at and counted on, and stay as they are. The result is a record of the same
 * form as that of a real connection, which the trial owns.
 */
#ifndef SALLYPORT_TRIAL_H
#define SALLYPORT_TRIAL_H

#include "conn/conn.h"
#include "conn/ipconn.h"
#include "tls/presented.h"

struct trial;

#define TRIAL_NAME "ask" /* stands for the id of a connection in the facts and the record */

/* The counts of facts.load that the question sets; a count below 0 is taken from the region. */
struct trial_load {
	long halfopen, connections, from_peer, from_prefix, refused_from_peer;
};

/* The parts of a walk, in their order. */
enum trial_part { TRIAL_ADMIT, TRIAL_TLS, TRIAL_CAPEX, TRIAL_BIND, TRIAL_IPCONN };

/*
 * A recorded connection that is walked again under other scripts and definitions. The state of the region is as
 * recorded: its limits, the load, the answers to scripts, the presence of a pair or a token. The callbacks see each
 * decision; trial_stop ends the walk.
 */
struct trial_past {
	enum trial_part last;            /* the record has this part of the walk, and no later one */
	const struct facts *facts;       /* borrowed: as recorded, without the certificate */
	const struct installed *installed; /* borrowed: the ipconn that it became a socket of; NULL: none */
	bool certified;                  /* a certificate was presented */
	bool joined;                     /* its ipconn was there: a further socket, a call-back, an ipconn autoinstalled before */
	/* A door will be asked: sets *now and the tape of the connection, whose items are dropped before. */
	void (*before)(void *arg, struct trial *t, enum door door, double *now);
	/* A door has answered; or (script NULL and no question) the engine has decided in its place. */
	void (*after)(void *arg, struct trial *t, enum door door, const char *script, const struct verdict *v);
	/* A rule of the engine refuses, at a stage. */
	void (*ruled)(void *arg, struct trial *t, enum stage stage, const struct verdict *v);
	/*
	 * The certificate as a handshake by c judges it, a new reference; NULL with *why. Called when one was
	 * presented.
	 */
	struct certificate *(*verify)(void *arg, struct trial *t, const struct tls_config *c, struct cert_fault *why);
	void *arg;
};

/* The decisions of a walk as they are made. No callback may end or free the trial. */
struct trial_watch {
	/* A door has answered, by its script or, without one, by its default. */
	void (*asked)(void *arg, enum door door, const struct verdict *v);
	/* The engine has decided in place of a door, or by a rule. */
	void (*ruled)(void *arg, const struct verdict *v);
	void *arg;
};

struct trial_question { /* every pointer is borrowed until trial_free */
	struct worker *worker;
	struct generation *generation;
	const char *tcpipservice; /* way in: the listener; NULL: way out */
	bool further;             /* way in: a further socket; its first one is that of the region, or is walked before */
	bool before;              /* it is walked before a further socket: `socket` and `token` of the CAPEX do not count */
	const char *ipconn;       /* way out: the ipconn that is dialled; NULL: way in */
	bool has_peer;            /* way out without it: the host of the ipconn, when that is numeric */
	struct addr peer;
	int tls;                  /* 12, 13; 0: the peer uses none; -1: the best of this side, and none where nothing calls for TLS */
	const char *sni;          /* "" none */
	const struct presented *presented; /* the peer's certificates; n is 0: none */
	struct certificate *certificate;   /* of a recorded connection, verified then; counts when presented is empty. NULL: none */
	const char *capex;        /* the body of the CAPEX (engine/ipic/README.md), capex_len bytes */
	size_t capex_len;
	double now;               /* seconds since 1970: facts.now, and the time at which certificates are verified */
	struct trial_load load;
	bool all;                 /* a door after a refusal is asked too */
	const struct trial_past *past; /* NULL: the state is that of the region, and the walk goes to its end */
	bool unrecorded;          /* no record is made */
	const struct trial_watch *watch; /* NULL: none */
	struct answer_tape *answers; /* of the recorded connection, to calls that wait; the walk takes the items. NULL: none */
	struct ipconn *self;      /* the ipconn that the recorded connection belongs to now: it does not stand in its own way; NULL */
};

struct trial {
	const struct trial_question *q; /* borrowed */
	struct conn *conn;        /* owned; in no list of a worker, without a socket */
	struct records *records;  /* owned; hold the one record */
	struct ipconn partner;    /* the ipconn as it would be installed, when `matched`; in no registry */
	struct engagement engagement; /* of `partner` */
	struct ipconn_def defined; /* of `partner`, when no definition and no ipconn has it */
	bool matched;
	bool refused;             /* a door or a rule has refused */
	bool stopped;             /* trial_stop */
	double now;               /* of the next question, seconds since 1970 */
	char code[CODE_SIZE];     /* of the first refusal; "" none */
	struct trial *first;      /* owned: the walk of the first socket, of a further one; NULL: none, or the region has it */
	struct trial_question of_first;
	const struct ipconn *joins; /* borrowed: the ipconn of the first socket; NULL: none */
	struct request request;   /* facts.request and facts.users of the connection, when a request was put whose users are known */
	struct users users;
	const struct ipconn *presumed; /* borrowed: seen by scripts as installed (struct recheck_view); NULL: none */
};

/*
 * Walks the connection. The caller owns the trial. NULL with a sentence: the question does not fit the definitions, or
 * there is no memory. A refusal is a result, not a failure. Runs scripts, each within its limits.
 */
struct trial *trial_run(const struct trial_question *q, struct fault *f);
/* NULL is fine. */
void trial_free(struct trial *t);

/* True when the connection was accepted: not refused, and not redirected to another listener. */
bool trial_accepted(const struct trial *t);
/* Ends the walk: no later step is taken. */
void trial_stop(struct trial *t);
/* Prepares a question at a door: t->now, and the tape of a past connection. */
void trial_prepare(struct trial *t, enum door door);
/* Tells the past of a decision of the engine in place of a door. */
void trial_decided(struct trial *t, enum door door, const struct verdict *v);
/* Adds an event to the record: a check that was not made, or the reason why the walk ended. */
void trial_note(struct trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Says in an entry for a question after a refusal (`all`) that it is one. Before a refusal: nothing. */
void trial_mark(const struct trial *t, struct record_entry *e);
/* Asks a->door with a->script and a->facts, which the caller sets, as in a re-ask. The verdict is in a->verdict. */
void trial_put(struct trial *t, struct ask *a);

#endif
