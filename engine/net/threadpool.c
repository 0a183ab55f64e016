/* SPDX-License-Identifier: Apache-2.0 */
#include "net/threadpool.h"

#include "base/clock.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdlib.h>

struct job_list { /* a list of jobs */
	struct threadpool_job *first, **last;
	size_t n;
};

struct threadpool {
	struct ev_loop *loop; /* borrowed */
	ev_async ready;       /* wakes the loop when a job is finished; active for the life of the threadpool, without keeping the loop running */
	pthread_mutex_t lock; /* guards `more` to `ending` */
	pthread_cond_t more;
	struct job_list waiting;
	struct job_list finished;
	unsigned idle;        /* threads without a job */
	bool ending;
	/* used on the loop's thread only */
	size_t queue_max;
	size_t out;         /* jobs submitted, neither done nor dropped; while there are any, the loop keeps running */
	unsigned nthreads;  /* started */
	unsigned wanted;
	struct thread *thread[]; /* wanted */
};

/* --- lists of jobs --- */

static void
list_clear(struct job_list *l)
{
	*l = (struct job_list){ .first = NULL };
	l->last = &l->first;
}

static void
list_add(struct job_list *l, struct threadpool_job *job)
{
	job->next = NULL;
	*l->last = job;
	l->last = &job->next;
	l->n++;
}

static struct threadpool_job *
list_take(struct job_list *l)
{
	struct threadpool_job *job = l->first;

	if (job == NULL)
		return NULL;
	l->first = job->next;
	if (l->first == NULL)
		l->last = &l->first;
	l->n--;
	return job;
}

static bool
list_remove(struct job_list *l, const struct threadpool_job *job)
{
	struct threadpool_job **at = &l->first;

	while (*at != NULL && *at != job)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = job->next;
	if (*at == NULL)
		l->last = at;
	l->n--;
	return true;
}

/* --- the threads --- */

/* Waits for the next job; NULL: the threadpool ends. Jobs that still wait then are dropped. */
static struct threadpool_job *
next_job(struct threadpool *c)
{
	struct threadpool_job *job = NULL;

	pthread_mutex_lock(&c->lock);
	c->idle++;
	while (!c->ending && c->waiting.first == NULL)
		pthread_cond_wait(&c->more, &c->lock);
	c->idle--;
	if (!c->ending)
		job = list_take(&c->waiting);
	pthread_mutex_unlock(&c->lock);
	return job;
}

static void
threadpool_work(void *arg)
{
	struct threadpool *c = arg;
	struct threadpool_job *job;

	while ((job = next_job(c)) != NULL) {
		job->work(job);
		pthread_mutex_lock(&c->lock);
		list_add(&c->finished, job);
		if (!c->ending) /* else the loop may be freed already */
			ev_async_send(c->loop, &c->ready);
		pthread_mutex_unlock(&c->lock);
	}
}

/* Starts a thread for a further job when all threads may have one. -1: there is no thread. */
static int
start_thread(struct threadpool *c)
{
	bool idle;

	pthread_mutex_lock(&c->lock);
	idle = c->idle > c->waiting.n;
	pthread_mutex_unlock(&c->lock);
	if (!idle && c->nthreads < c->wanted && thread_start(&c->thread[c->nthreads], threadpool_work, c) == 0)
		c->nthreads++;
	return c->nthreads > 0 ? 0 : -1;
}

/* --- the loop's side --- */

static void
one_more(struct threadpool *c)
{
	if (c->out++ == 0)
		ev_ref(c->loop);
}

static void
one_less(struct threadpool *c)
{
	if (--c->out == 0)
		ev_unref(c->loop);
}

static struct threadpool_job *
next_finished(struct threadpool *c)
{
	struct threadpool_job *job;

	pthread_mutex_lock(&c->lock);
	job = list_take(&c->finished);
	pthread_mutex_unlock(&c->lock);
	return job;
}

static void
drop(struct threadpool *c, struct threadpool_job *job)
{
	one_less(c);
	job->drop(job);
}

/*
 * libev merges several sends into one call, so this empties the whole list. One job at a time: a done() may cancel a
 * later job of the list.
 */
static void
threadpool_on_ready(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct threadpool *c = watcher->data;
	struct threadpool_job *job;

	(void)loop;
	(void)events;
	while ((job = next_finished(c)) != NULL) {
		if (job->cancelled) {
			drop(c, job);
			continue;
		}
		one_less(c);
		job->done(job);
	}
}

struct threadpool *
threadpool_new(struct ev_loop *loop, unsigned threads, size_t queue_max)
{
	struct threadpool *c = calloc(1, sizeof *c + threads * sizeof *c->thread);

	if (c == NULL)
		return NULL;
	c->loop = loop;
	c->wanted = threads;
	c->queue_max = queue_max;
	list_clear(&c->waiting);
	list_clear(&c->finished);
	pthread_mutex_init(&c->lock, NULL); /* neither call can fail on Linux */
	pthread_cond_init(&c->more, NULL);
	ev_async_init(&c->ready, threadpool_on_ready);
	c->ready.data = c;
	ev_async_start(loop, &c->ready);
	ev_unref(loop);
	return c;
}

int
threadpool_submit(struct threadpool *c, struct threadpool_job *job)
{
	bool room;

	if (start_thread(c) < 0)
		return -1;
	job->cancelled = false;
	pthread_mutex_lock(&c->lock);
	room = c->waiting.n < c->queue_max;
	if (room)
		list_add(&c->waiting, job);
	pthread_mutex_unlock(&c->lock);
	if (!room)
		return -1;
	one_more(c);
	pthread_cond_signal(&c->more);
	return 0;
}

void
threadpool_cancel(struct threadpool *c, struct threadpool_job *job)
{
	bool begun;

	pthread_mutex_lock(&c->lock);
	begun = !list_remove(&c->waiting, job);
	pthread_mutex_unlock(&c->lock);
	if (begun)
		job->cancelled = true;
	else
		drop(c, job);
}

size_t
threadpool_waiting(const struct threadpool *c)
{
	struct threadpool *mine = (struct threadpool *)c; /* the lock is taken; the contents stay unchanged */
	size_t n;

	pthread_mutex_lock(&mine->lock);
	n = mine->waiting.n;
	pthread_mutex_unlock(&mine->lock);
	return n;
}

/* False: a thread still works when the time is over. */
static bool
end_threads(struct threadpool *c)
{
	double until = clock_span() + THREADPOOL_GOODBYE;
	bool all = true;

	pthread_mutex_lock(&c->lock);
	c->ending = true;
	pthread_cond_broadcast(&c->more);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->nthreads; i++) {
		double left = until - clock_span();

		all &= thread_join(c->thread[i], left > 0 ? left : 0);
	}
	return all;
}

static void
drop_all(struct threadpool *c)
{
	struct job_list left = c->waiting, more;
	struct threadpool_job *job;

	pthread_mutex_lock(&c->lock);
	more = c->finished;
	list_clear(&c->waiting);
	list_clear(&c->finished);
	pthread_mutex_unlock(&c->lock);
	while ((job = list_take(&left)) != NULL || (job = list_take(&more)) != NULL)
		drop(c, job);
}

void
threadpool_free(struct threadpool *c)
{
	bool alone;

	if (c == NULL)
		return;
	alone = end_threads(c);
	drop_all(c);
	ev_ref(c->loop);
	ev_async_stop(c->loop, &c->ready);
	if (!alone)
		return; /* a thread that still works keeps the memory that it uses */
	pthread_cond_destroy(&c->more);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
