/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <signal.h>
#include <time.h>

#define NS 1000000000L

int
thread_start(pthread_t *thread, void *(*work)(void *arg), void *arg)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(thread, NULL, work, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

static struct timespec
in(double seconds)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += (time_t)seconds;
	at.tv_nsec += (long)((seconds - (double)(time_t)seconds) * NS);
	if (at.tv_nsec >= NS) {
		at.tv_nsec -= NS;
		at.tv_sec++;
	}
	return at;
}

bool
thread_ended(pthread_t thread, double seconds)
{
	struct timespec until = in(seconds);

	return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

bool
thread_join(pthread_t thread, double seconds)
{
	if (thread_ended(thread, seconds))
		return true;
	pthread_detach(thread);
	return false;
}

void
thread_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

int
thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, double seconds)
{
	struct timespec until = in(seconds);

	return pthread_cond_timedwait(cond, lock, &until) == 0 ? 0 : -1;
}
