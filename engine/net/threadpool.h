/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threadpool: a few threads beside a loop, for what would hold it: resolving names, hashing passwords. A bounded queue; the answer comes back
 * on the loop. Nothing of a loop, a Lua state or a connection is touched by work(). Every function here is called on the loop's thread.
 */
#ifndef SALLYPORT_THREADPOOL_H
#define SALLYPORT_THREADPOOL_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct threadpool;

/* First member of the thing to be done; its owner allocates it. From threadpool_submit on it is the threadpool's until done() or drop() is called. */
struct threadpool_job {
	struct threadpool_job *next;
	void (*work)(struct threadpool_job *job); /* on a thread of the threadpool; all signals are blocked there */
	void (*done)(struct threadpool_job *job); /* on the loop; owns and frees the job. Not called after threadpool_cancel */
	void (*drop)(struct threadpool_job *job); /* frees the job when it was cancelled or the threadpool ends; on the loop's thread */
	bool cancelled;                     /* the threadpool's; the loop's thread only */
};

/* threads >= 1, at most queue_max jobs waiting besides those being worked on. NULL: no memory. Threads start with the first job: until then
 * the threadpool costs none, and a loop without jobs under way is not kept running by it. */
struct threadpool *threadpool_new(struct ev_loop *loop, unsigned threads, size_t queue_max);
/* -1: the queue is full or there is no thread; the job stays the caller's. */
int threadpool_submit(struct threadpool *c, struct threadpool_job *job);
/* Nobody waits for it any more: done() will not be called, drop() will: before this returns when no thread has begun the job, else from the loop
 * when work() is over. Not after done() was called. */
void threadpool_cancel(struct threadpool *c, struct threadpool_job *job);
size_t threadpool_waiting(const struct threadpool *c); /* jobs no thread has begun */
#define THREADPOOL_GOODBYE 1 /* seconds */
/* Waits a second for the jobs being worked on, drops all others. A thread that is not back then (a resolver without a network) is left to itself, and
 * its job with it: a region's end waits for nobody. Not from a done(). NULL is fine. */
void threadpool_free(struct threadpool *c);

#endif
