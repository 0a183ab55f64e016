/* SPDX-License-Identifier: Apache-2.0 */
#include "net/mailbox.h"

#include <ev.h>
#include <pthread.h>
#include <stdlib.h>

#define POSTS_PER_TURN 64 /* then other watchers of the loop have their turn */

struct mailbox {
	struct ev_loop *loop; /* borrowed */
	ev_async arrived;
	pthread_mutex_t lock; /* guards first and last */
	struct post *first, **last;
};

static struct post *
take(struct mailbox *m)
{
	struct post *post;

	pthread_mutex_lock(&m->lock);
	post = m->first;
	if (post != NULL)
		m->first = post->next;
	if (m->first == NULL)
		m->last = &m->first;
	pthread_mutex_unlock(&m->lock);
	return post;
}

static void
mailbox_on_arrived(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct mailbox *m = watcher->data;
	struct post *post;

	(void)events;
	for (int n = 0; n < POSTS_PER_TURN; n++) {
		post = take(m);
		if (post == NULL)
			return;
		post->run(post);
	}
	ev_async_send(loop, &m->arrived); /* libev merges sends: there may be more posts, and no further send for them */
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
	struct post *post;
	bool any = false;

	while ((post = take(m)) != NULL) {
		any = true;
		post->run(post);
	}
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
