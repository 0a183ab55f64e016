/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thread: starts a thread and waits for its end, with a time limit where the thread may hang in a disk or resolver
 * call.
 */
#ifndef SALLYPORT_THREAD_H
#define SALLYPORT_THREAD_H

#include <pthread.h>
#include <stdbool.h>

struct thread; /* a running thread, until thread_ended is true, or thread_join or thread_wait returns */

/*
 * Starts work(arg) with all signals blocked except those of its own faults; the loop's thread gets the others. Returns
 * 0 and sets *t, or returns the error of pthread_create (ENOMEM too).
 */
int thread_start(struct thread **t, void (*work)(void *arg), void *arg);
/* Waits at most `seconds` for the end of the thread. True: it has ended, and t is gone. */
bool thread_ended(struct thread *t, double seconds);
/*
 * Waits at most `seconds` for the end of the thread; t is gone afterwards. False: it has not ended in time and goes on
 * alone; memory that it uses must not be freed then.
 */
bool thread_join(struct thread *t, double seconds);
/* Waits for the end of the thread without a limit; t is gone afterwards. */
void thread_wait(struct thread *t);
/*
 * A condition variable that uses the monotonic clock, and a wait on it with the lock held: 0, or -1 when the time is
 * over.
 */
void thread_cond_init(pthread_cond_t *cond);
int thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, double seconds);

#endif
