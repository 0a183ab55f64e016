/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threadpool: a few threads for work that would block the loop: name resolution, password hashing. The queue is
 * bounded; results come back on the loop. work() must not use a loop, a Lua state or a connection. Every function here
 * must be called on the loop's thread.
 */
#ifndef SALLYPORT_THREADPOOL_H
#define SALLYPORT_THREADPOOL_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct threadpool;

/*
 * The first member of an object that describes the work; the owner allocates the object. From threadpool_submit until
 * done() or drop() the threadpool owns it.
 */
struct threadpool_job {
	struct threadpool_job *next;
	void (*work)(struct threadpool_job *job); /* on a thread of the threadpool; all signals are blocked there */
	void (*done)(struct threadpool_job *job); /* on the loop; owns and frees the job. Not called after threadpool_cancel */
	void (*drop)(struct threadpool_job *job); /* frees the job when it was cancelled or the threadpool ends; on the loop */
	bool cancelled;                     /* used by the threadpool only, on the loop's thread */
};

/*
 * threads >= 1; at most queue_max jobs wait besides those under way. NULL: no memory. A thread starts with a job for
 * which no thread is free. A threadpool without jobs under way does not keep its loop running.
 */
struct threadpool *threadpool_new(struct ev_loop *loop, unsigned threads, size_t queue_max);
/* -1: the queue is full or no thread could be started; the caller keeps the job. */
int threadpool_submit(struct threadpool *c, struct threadpool_job *job);
/*
 * Cancels a job: drop() is called instead of done(): inside this call when no thread has begun the job, else from the
 * loop after work(). Must not be called after done().
 */
void threadpool_cancel(struct threadpool *c, struct threadpool_job *job);
size_t threadpool_waiting(const struct threadpool *c); /* jobs that no thread has begun */
#define THREADPOOL_GOODBYE 1 /* seconds */
/*
 * Waits a second for the jobs under way and drops all others. A thread that still works then (a resolver without a
 * network) is detached and keeps its job, so that the end of a region never hangs. Must not be called from a done().
 * NULL is fine.
 */
void threadpool_free(struct threadpool *c);

#endif
