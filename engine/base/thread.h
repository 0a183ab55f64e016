/* SPDX-License-Identifier: Apache-2.0 */
/* thread: starts a thread beside a loop and waits for its end, with a bound where the thread may hang in a call of a disk or a resolver. */
#ifndef SALLYPORT_THREAD_H
#define SALLYPORT_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts work(arg) with all signals blocked: they are the loop's thread's. 0, or the error of pthread_create. */
int thread_start(pthread_t *thread, void *(*work)(void *arg), void *arg);
/* Waits for its end at most that long; true: it has ended and is joined. */
bool thread_ended(pthread_t thread, double seconds);
/* Waits for its end. False: it has not ended within that time and is left to itself; all it looks at must then stay. */
bool thread_join(pthread_t thread, double seconds);
/* A condition variable of the monotonic clock, and a wait on it, with the lock held: 0, or -1 when the time is over. */
void thread_cond_init(pthread_cond_t *cond);
int thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, double seconds);

#endif
