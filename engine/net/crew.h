/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crew: a few threads beside a loop, for what would hold it: resolving names, hashing passwords. A bounded queue; the answer comes back
 * on the loop. Nothing of a loop, a Lua state or a connection is touched by work(). Every function here is called on the loop's thread.
 */
#ifndef SALLYPORT_CREW_H
#define SALLYPORT_CREW_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct crew;

/* First member of the thing to be done; its owner allocates it. From crew_submit on it is the crew's until done() or drop() is called. */
struct crew_job {
	struct crew_job *next;
	void (*work)(struct crew_job *job); /* on a thread of the crew; all signals are blocked there */
	void (*done)(struct crew_job *job); /* on the loop; owns and frees the job. Not called after crew_cancel */
	void (*drop)(struct crew_job *job); /* frees the job when it was cancelled or the crew ends; on the loop's thread */
	bool cancelled;                     /* the crew's; the loop's thread only */
};

/* threads >= 1, at most queue_max jobs waiting besides those being worked on. NULL: no memory. Threads start with the first job: until then
 * the crew costs none, and a loop without jobs under way is not kept running by it. */
struct crew *crew_new(struct ev_loop *loop, unsigned threads, size_t queue_max);
/* -1: the queue is full or there is no thread; the job stays the caller's. */
int crew_submit(struct crew *c, struct crew_job *job);
/* Nobody waits for it any more: done() will not be called, drop() will: before this returns when no thread has begun the job, else from the loop
 * when work() is over. Not after done() was called. */
void crew_cancel(struct crew *c, struct crew_job *job);
size_t crew_waiting(const struct crew *c); /* jobs no thread has begun */
#define CREW_GOODBYE 1 /* seconds */
/* Waits a second for the jobs being worked on, drops all others. A thread that is not back then (a resolver without a network) is left to itself, and
 * its job with it: a region's end waits for nobody. Not from a done(). NULL is fine. */
void crew_free(struct crew *c);

#endif
