/* SPDX-License-Identifier: Apache-2.0 */
#include "net/mailbox.h"

#include "net/backlog.h"

#include <ev.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#define POSTS_PER_TURN 64 /* then other watchers of the loop have their turn */

struct mailbox {
	struct ev_loop *loop; /* borrowed */
	ev_async arrived;
	struct post *due;     /* the loop has looked at its descriptors since they were sent */
	uint64_t before;      /* the mark of the steps of that turn that wait (backlog.h), when `marked` */
	bool marked;
	pthread_mutex_t lock; /* guards first and last */
	struct post *first, **last;
};

/* The posts that were sent until now, in their order. */
static struct post *
collect(struct mailbox *m)
{
	struct post *all;

	pthread_mutex_lock(&m->lock);
	all = m->first;
	m->first = NULL;
	m->last = &m->first;
	pthread_mutex_unlock(&m->lock);
	return all;
}

/* Runs the due posts, at most `most` of them. True: there was one. */
static bool
run_due(struct mailbox *m, unsigned most)
{
	bool any = m->due != NULL;

	for (unsigned n = 0; n < most && m->due != NULL; n++) {
		struct post *post = m->due;

		m->due = post->next;
		post->run(post);
	}
	return any;
}

/* Whether the steps were taken that were due before the posts were sent. */
static bool
is_time(struct mailbox *m)
{
	if (!m->marked)
		m->before = backlog_mark(m->loop);
	m->marked = true;
	return backlog_passed(m->loop, m->before);
}

/*
 * Runs the posts of the turn before, and lets those that came since wait for the next turn. The watcher comes last in
 * its turn, so that the events that happened before a post was sent have been handled then.
 */
static void
mailbox_on_arrived(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct mailbox *m = watcher->data;

	(void)events;
	if (is_time(m))
		run_due(m, POSTS_PER_TURN);
	if (m->due == NULL) {
		m->due = collect(m);
		m->marked = false;
	}
	if (m->due != NULL)
		ev_async_send(loop, &m->arrived);
}

struct mailbox *
mailbox_new(struct ev_loop *loop)
{
	struct mailbox *m = calloc(1, sizeof *m);

	if (m == NULL)
		return NULL;
	m->loop = loop;
	m->last = &m->first;
	pthread_mutex_init(&m->lock, NULL); /* cannot fail on Linux */
	ev_async_init(&m->arrived, mailbox_on_arrived);
	ev_set_priority(&m->arrived, EV_MINPRI);
	m->arrived.data = m;
	ev_async_start(loop, &m->arrived);
	ev_unref(loop);
	return m;
}

void
mailbox_send(struct mailbox *m, struct post *post)
{
	post->next = NULL;
	pthread_mutex_lock(&m->lock);
	*m->last = post;
	m->last = &post->next;
	ev_async_send(m->loop, &m->arrived);
	pthread_mutex_unlock(&m->lock);
}

bool
mailbox_empty(struct mailbox *m)
{
	bool any = false;

	do {
		any |= run_due(m, UINT_MAX);
		m->due = collect(m);
	} while (m->due != NULL);
	return any;
}

void
mailbox_free(struct mailbox *m)
{
	if (m == NULL)
		return;
	ev_ref(m->loop);
	ev_async_stop(m->loop, &m->arrived);
	pthread_mutex_destroy(&m->lock);
	free(m);
}
