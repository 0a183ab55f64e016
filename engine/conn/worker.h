/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: one thread with its loop and the objects that its connections need. Data only. conn/ and request/ reach the
 * region's objects through this struct; no state is at file scope.
 */
#ifndef SALLYPORT_WORKER_H
#define SALLYPORT_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/owner.h"
#include "net/errand.h"

struct ev_loop;
struct log;
struct records;
struct peers;
struct counters;
struct registry;
struct generation;
struct conn;
struct ipconn;
struct notice;
struct entrance;
struct threadpool;
struct passwords;
struct recovery;
struct recorder;
struct http_client;
struct task;
struct converting;
struct session;
struct riders;
struct totals;
struct witness;
struct metrics;
struct published;
struct canary;
struct claims;
struct cluster;
struct store;
struct waits;

struct worker;

/*
 * The workers of a region by their numbers. Worker 0 is the home: ipconns, sessions and operators are there, and the
 * connections whose CAPEX was read. The others are gates: they accept, shake hands and read the CAPEX.
 */
struct crew {
	unsigned n;
	struct worker *worker[ERRAND_WORKERS];   /* borrowed */
	struct mailbox *mailbox[ERRAND_WORKERS]; /* borrowed */
};

struct worker {
	struct ev_loop *loop;               /* owned */
	unsigned number;                    /* in crew; 0: the home */
	const struct crew *crew;            /* borrowed; NULL: it is alone */
	double turn;                        /* clock_span() when the present turn of the loop began */
	struct owner thread;                /* that runs the loop; not set in a worker that does not run */
	struct log *log;                    /* borrowed from the region */
	struct records *records;            /* borrowed */
	struct peers *peers;                /* borrowed */
	struct counters *counters;          /* borrowed */
	struct registry *registry;          /* borrowed; the installed ipconns, at the home */
	struct published *published;        /* borrowed; the ipconns as gates see them; NULL: the home is alone */
	struct generation *generation;      /* counted; the current one; each connection holds a reference of its own */
	struct conn *conns;                 /* the connections of this worker, a list */
	struct cursors walks;               /* cursors of inquire in conns */
	struct notice *notices;             /* that the delete door is asked about, and whose scripts wait; a list (notice.c) */
	struct conn *graves;                /* connections closed in this turn; freed at its end */
	struct conn *spare;                 /* owned: memory for the next connections, a list */
	unsigned spares;                    /* its length */
	struct conn *leaving;               /* of a gate: connections that move home at the end of this turn (move.h) */
	struct totals *totals;              /* borrowed; the counts that all workers share */
	struct metrics *metrics;            /* borrowed; NULL in a worker that does not run */
	uint64_t suggested;                 /* the counter behind suggested APPLIDs (IPIC.md 6.2) */
	bool draining;
	struct threadpool *threadpool;      /* borrowed; resolves names */
	struct passwords *passwords;        /* borrowed */
	struct waits *waits;                /* borrowed; the suspended questions */
	struct store *store;                /* owned; the client of the shared store */
	struct claims *claims;              /* borrowed; of the home, in its sysplex (claiming.h); NULL: a gate, or a trial */
	struct cluster *cluster;            /* borrowed; of the home: it chooses regions for partners (cluster.h); else NULL */
	struct recovery *recovery;          /* borrowed */
	struct conn *first_held, *last_held; /* connections in stage HELD, a list in the order of their tickets */
	struct conn *first_standby, *last_standby; /* of the home: connections in stage STANDBY, a list */
	double standby_until;               /* clock_span() up to which each CAPEX stands by; 0: none does */
	struct recorder *recorder;          /* borrowed; NULL: the definition names no file of records */
	struct http_client *backend;        /* owned: HTTP to programs at a URL; NULL until one is used */
	struct task *tasks;                 /* the running requests, a list */
	struct converting *converting;      /* the last of a ring of conversions in progress (program_convert.c) */
	size_t held;                        /* bytes of conversations' data in memory */
	const struct riders *riders;        /* the callbacks for conversations; static */
	struct session *ended;              /* conversations that ended in this turn; freed at its end */
	const struct canary *canary;        /* borrowed: decides about a share of the connections; NULL: none */
	const struct witness *witness;      /* borrowed: hears the doors; NULL: none */
	/*
	 * Set while a reload brings the ipconns to the new generation in slices: does it with one of them at once, or
	 * releases it when it was refused, so that no work of it is done by the old rule. NULL: no reload does so.
	 */
	void (*succeed)(struct ipconn *i);
	/* set by the region: returns the entrance of a tcpipservice, borrowed; NULL: not defined */
	struct entrance *(*entrance)(struct worker *w, const char *tcpipservice);
	void (*idle)(struct worker *w);     /* set by the region: a draining worker has no connection and no notice left */
	void *region;                       /* the struct region of this worker, for its callbacks */
};

static inline bool
worker_is_home(const struct worker *w)
{
	return w->number == 0;
}

/* The number of the region's workers. */
static inline unsigned
worker_count(const struct worker *w)
{
	return w->crew != NULL ? w->crew->n : 1;
}

#endif
