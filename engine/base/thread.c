/* SPDX-License-Identifier: Apache-2.0 */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define NS 1000000000L

struct thread {
	pthread_t id;
	pthread_mutex_t lock; /* guards the two flags */
	pthread_cond_t end;
	bool ended;           /* work has returned */
	bool alone;           /* nobody waits: the thread frees this itself */
	void (*work)(void *arg);
	void *arg;
};

static void
drop(struct thread *t)
{
	pthread_cond_destroy(&t->end);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static void *
thread_run(void *arg)
{
	struct thread *t = arg;
	bool alone;

	t->work(t->arg);
	pthread_mutex_lock(&t->lock);
	t->ended = true;
	alone = t->alone;
	pthread_cond_signal(&t->end);
	pthread_mutex_unlock(&t->lock);
	if (alone)
		drop(t);
	return NULL;
}

/*
 * The signal of a fault is sent to the thread that caused it, also when blocked; its handler runs only when it is not
 * blocked.
 */
static int
create(struct thread *t)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	sigset_t all, old;
	int error;

	sigfillset(&all);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		sigdelset(&all, faults[i]);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&t->id, NULL, thread_run, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

int
thread_start(struct thread **out, void (*work)(void *arg), void *arg)
{
	struct thread *t = calloc(1, sizeof *t);
	int error;

	if (t == NULL)
		return ENOMEM;
	t->work = work;
	t->arg = arg;
	pthread_mutex_init(&t->lock, NULL);
	thread_cond_init(&t->end);
	error = create(t);
	if (error != 0)
		drop(t);
	else
		*out = t;
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

void
thread_wait(struct thread *t)
{
	pthread_join(t->id, NULL);
	drop(t);
}

/* Waits for the flag, and lets the thread go alone when the time is over and give_up is set. */
static bool
wait_for_end(struct thread *t, double seconds, bool give_up)
{
	struct timespec until = in(seconds);
	bool ended;

	pthread_mutex_lock(&t->lock);
	while (!t->ended && pthread_cond_timedwait(&t->end, &t->lock, &until) != ETIMEDOUT)
		;
	ended = t->ended;
	t->alone = !ended && give_up;
	if (t->alone)
		pthread_detach(t->id);
	pthread_mutex_unlock(&t->lock);
	if (ended)
		thread_wait(t);
	return ended;
}

bool
thread_ended(struct thread *t, double seconds)
{
	return wait_for_end(t, seconds, false);
}

bool
thread_join(struct thread *t, double seconds)
{
	return wait_for_end(t, seconds, true);
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
