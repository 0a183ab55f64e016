/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: one thread: its loop and what its connections need. Data only: everything below the house reaches the region's
 * things through here, and nothing is at file scope.
 */
#ifndef SALLYPORT_WORKER_H
#define SALLYPORT_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "conn/statistics.h"

struct ev_loop;
struct log;
struct records;
struct peers;
struct counters;
struct registry;
struct generation;
struct conn;
struct entrance;
struct recheck_view;
struct threadpool;
struct passwords;
struct recovery;
struct http_client;
struct task;
struct converting;
struct session;
struct riders;

struct worker {
	struct ev_loop *loop;           /* owned */
	struct log *log;                /* borrowed from the region */
	struct records *records;        /* borrowed */
	struct peers *peers;            /* borrowed */
	struct counters *counters;            /* borrowed: counters */
	struct registry *registry;      /* borrowed: the installed ipconns */
	struct generation *generation;  /* counted: the current one; a connection takes its own reference at birth */
	struct conn *conns;             /* every living connection of this worker, a list */
	struct cursors walks;           /* of inquire, along conns */
	struct conn *graves;            /* closed in this turn; freed at its end */
	char boot[8];                   /* first part of connection ids: differs from start to start */
	uint64_t born;                  /* second part */
	unsigned sockets;               /* open now, counted against maxsockets */
	struct socket_statistics statistics;
	uint64_t suggested;             /* the counter behind suggested APPLIDs (IPIC.md 6.2) */
	bool draining;
	struct threadpool *threadpool;              /* borrowed: threads that resolve names */
	struct passwords *passwords;    /* borrowed */
	struct recovery *recovery;      /* borrowed */
	struct http_client *backend;        /* owned: HTTP to programs at a URL; NULL until one is used */
	struct task *tasks;             /* every request being run, a list */
	struct converting *converting;  /* conversions of large data that are not done: the last of a ring (program_convert.c) */
	size_t held;                    /* bytes of conversations' data in memory */
	const struct riders *riders;    /* the conversations on its connections; static */
	struct session *ended;          /* conversations that ended in this turn; freed at its end */
	const struct recheck_view *recheck; /* set while policies are re-asked: what they see then; else NULL */
	/* region's: the listener of a tcpipservice, borrowed; NULL: none of that name */
	struct entrance *(*entrance)(struct worker *w, const char *tcpipservice);
	void (*idle)(struct worker *w); /* region's: called when a draining worker has lost its last connection */
	void *house;                    /* region's own */
};

#endif
