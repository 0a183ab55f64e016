/* SPDX-License-Identifier: Apache-2.0 */
#include "region/version_store.h"

#include "base/log.h"
#include "base/thread.h"
#include "config/definition.h"
#include "net/timer.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_SECONDS 1.0
#define ANSWER_SECONDS 2.0
#define CLOSE_SECONDS 2.0

struct version_store {
	struct version_files *files; /* owned; the thread's, after the start */
	char path[PATH_SIZE];
	struct ev_loop *loop;        /* borrowed */
	ev_async tried;              /* woken by the thread after each try */
	struct timer late;           /* the end of the time that done may wait */
	void (*done)(void *arg, const char *why); /* NULL: none waits. The loop's, as the next two */
	void *arg;
	uint64_t awaited;            /* the ticket that done waits for */
	struct thread *thread;       /* NULL: not started */
	pthread_mutex_t lock;        /* of the members below */
	pthread_cond_t wake;         /* wakes the thread: a set is there, or the region ends */
	struct version_set *set;     /* owned; waits for the thread. NULL: none */
	uint64_t ticket;             /* of that set */
	uint64_t put, tried_to, stored; /* tickets: the last one given, the last one that was tried, the last one written */
	char why[sizeof((struct fault *)0)->text]; /* the reason of the last failure */
	bool failing, stop, abandoned;
	struct log *log;             /* borrowed; NULL after the region has ended without the thread */
};

/* --- the thread ------------------------------------------------------------------------------- */

/* Waits for a set; NULL: the region ends, and none waits. With the lock. */
static struct version_set *
await(struct version_store *s, uint64_t *ticket)
{
	struct version_set *set;

	while (s->set == NULL && !s->stop)
		pthread_cond_wait(&s->wake, &s->lock);
	set = s->set;
	s->set = NULL;
	*ticket = s->ticket;
	return set;
}

/* Takes the result of a try. With the lock. */
static void
conclude(struct version_store *s, uint64_t ticket, const char *why)
{
	bool failed = why != NULL;

	if (failed != s->failing)
		log_say(s->log, failed ? MSG_SP0093 : MSG_SP0094, "directory", s->path, "why", why, NULL);
	s->failing = failed;
	s->tried_to = ticket;
	if (failed)
		snprintf(s->why, sizeof s->why, "%s", why);
	else
		s->stored = ticket;
	if (!s->abandoned)
		ev_async_send(s->loop, &s->tried);
}

/* Whether a set that could not be written shall be tried: no other one waits, and the region goes on. With the lock. */
static bool
is_left(struct version_store *s)
{
	if (s->failing && s->set == NULL && !s->stop)
		thread_cond_wait(&s->wake, &s->lock, RETRY_SECONDS);
	return s->failing && s->set == NULL && !s->stop;
}

static void
version_store_work(void *arg)
{
	struct version_store *s = arg;
	struct version_set *set;
	uint64_t ticket;

	pthread_mutex_lock(&s->lock);
	while ((set = await(s, &ticket)) != NULL) {
		do {
			struct fault f;
			int rc;

			pthread_mutex_unlock(&s->lock);
			rc = version_files_write(s->files, set, &f);
			pthread_mutex_lock(&s->lock);
			conclude(s, ticket, rc < 0 ? f.text : NULL);
		} while (is_left(s));
		version_set_free(set);
	}
	pthread_mutex_unlock(&s->lock);
	version_files_close(s->files);
}

/* --- on the loop ------------------------------------------------------------------------------ */

static void
answer(struct version_store *s, const char *why)
{
	void (*done)(void *arg, const char *why_) = s->done;

	timer_stop(&s->late);
	s->done = NULL;
	if (done != NULL)
		done(s->arg, why);
}

static void
version_store_on_tried(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct version_store *s = watcher->data;
	char why[sizeof s->why] = "";
	bool tried, stored;

	(void)loop;
	(void)events;
	pthread_mutex_lock(&s->lock);
	tried = s->tried_to >= s->awaited;
	stored = s->stored >= s->awaited;
	memcpy(why, s->why, sizeof why);
	pthread_mutex_unlock(&s->lock);
	if (stored || tried)
		answer(s, stored ? NULL : why);
}

static void
version_store_on_late(void *arg)
{
	struct version_store *s = arg;
	char why[sizeof s->path + 60];

	snprintf(why, sizeof why, "%s: the disk did not answer within %d seconds", s->path, (int)ANSWER_SECONDS);
	answer(s, why);
}

static struct version_set *
set_of(const struct versions *vs, uint64_t last)
{
	const struct version *current = versions_current(vs);
	struct version_set *set = calloc(1, sizeof *set);
	size_t n = versions_count(vs);

	if (set != NULL && (set->item = calloc(n + 1, sizeof *set->item)) == NULL) {
		free(set);
		return NULL;
	}
	for (size_t i = 0; set != NULL && i < n; i++)
		set->item[set->n++] = version_ref(versions_at(vs, i));
	if (set == NULL)
		return NULL;
	set->last = last;
	set->pinned = versions_pinned(vs) && current != NULL ? current->number : 0;
	return set;
}

void
version_store_put(struct version_store *s, const struct versions *vs, uint64_t last, void (*done)(void *arg, const char *why), void *arg)
{
	struct version_set *set = set_of(vs, last), *old = NULL;

	answer(s, "another load came before it was written");
	s->done = done;
	s->arg = arg;
	pthread_mutex_lock(&s->lock);
	s->awaited = ++s->put;
	if (set == NULL) {
		conclude(s, s->put, "no memory");
	} else {
		old = s->set;
		s->set = set;
		s->ticket = s->put;
		pthread_cond_signal(&s->wake);
	}
	pthread_mutex_unlock(&s->lock);
	version_set_free(old);
	if (done != NULL)
		timer_set(&s->late, ANSWER_SECONDS);
}

void
version_store_forget(struct version_store *s)
{
	s->done = NULL;
	timer_stop(&s->late);
}

bool
version_store_failing(struct version_store *s)
{
	bool failing;

	pthread_mutex_lock(&s->lock);
	failing = s->failing;
	pthread_mutex_unlock(&s->lock);
	return failing;
}

/* --- beginning and end ------------------------------------------------------------------------ */

struct version_store *
version_store_new(struct version_files *files)
{
	struct version_store *s = calloc(1, sizeof *s);

	if (s == NULL) {
		version_files_close(files);
		return NULL;
	}
	s->files = files;
	snprintf(s->path, sizeof s->path, "%s", version_files_path(files));
	pthread_mutex_init(&s->lock, NULL);
	thread_cond_init(&s->wake);
	return s;
}

const char *
version_store_path(const struct version_store *s)
{
	return s->path;
}

/* The watcher does not keep the loop running. */
int
version_store_start(struct version_store *s, struct ev_loop *loop, struct log *log, struct fault *f)
{
	s->loop = loop;
	s->log = log;
	timer_init(&s->late, loop, version_store_on_late, s);
	ev_async_init(&s->tried, version_store_on_tried);
	s->tried.data = s;
	if (thread_start(&s->thread, version_store_work, s) != 0) {
		s->thread = NULL;
		return fault_set(f, "%s: no thread to write it", s->path);
	}
	ev_async_start(loop, &s->tried);
	ev_unref(loop);
	return 0;
}

static void
end_watching(struct version_store *s)
{
	version_store_forget(s);
	ev_ref(s->loop);
	ev_async_stop(s->loop, &s->tried);
}

/* False: the disk does not answer; the thread keeps s. */
static bool
end_thread(struct version_store *s)
{
	struct log *log;

	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	if (thread_join(s->thread, CLOSE_SECONDS))
		return true;
	pthread_mutex_lock(&s->lock);
	log = s->log;
	s->log = NULL;
	s->abandoned = true;
	pthread_mutex_unlock(&s->lock);
	log_say(log, MSG_SP0093, "directory", s->path, "why", "the region ends, and the disk did not answer within 2 seconds", NULL);
	return false;
}

void
version_store_close(struct version_store *s)
{
	if (s == NULL)
		return;
	if (s->thread == NULL) {
		version_files_close(s->files);
	} else {
		bool ended = end_thread(s);

		end_watching(s);
		if (!ended)
			return;
	}
	version_set_free(s->set);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
