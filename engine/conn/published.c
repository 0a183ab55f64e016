/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/published.h"

#include "base/keyed.h"
#include "config/definition.h"
#include "conn/dues.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct published_view {
	struct keyed_link by_name; /* first */
	struct published_view *next, *prev; /* in the order of installation */
	struct ipconn_brief brief;
};

#define SLICE 256 /* views that a walk looks at while it has the lock */

struct walk { /* of a thread of a gate through the views */
	struct walk *next;
	struct published_view *at; /* the next one to look at; NULL: the walk is at its end */
};

struct published {
	_Atomic unsigned wanted; /* how often the home waits for the lock: a walk does not take it again before */
	pthread_mutex_t lock;    /* of the members below, and of the views */
	struct keyed names;
	struct published_view *first, *last;
	struct walk *walks;
	struct dues *dues; /* borrowed; NULL: each ipconn is settled */
};

struct published *
published_new(void)
{
	struct published *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	if (keyed_open(&p->names) == 0 && pthread_mutex_init(&p->lock, NULL) == 0)
		return p;
	keyed_close(&p->names);
	free(p);
	return NULL;
}

void
published_free(struct published *p)
{
	if (p == NULL)
		return;
	while (p->first != NULL)
		published_drop(p, p->first);
	keyed_close(&p->names);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* For the home, which does not wait for the whole walk of a gate. */
static void
lock_first(struct published *p)
{
	atomic_fetch_add(&p->wanted, 1);
	pthread_mutex_lock(&p->lock);
	atomic_fetch_sub(&p->wanted, 1);
}

static uint64_t
hash_name(const struct published *p, const char *name)
{
	return keyed_hash(&p->names, name, strlen(name));
}

struct published_view *
published_add(struct published *p, const struct ipconn_brief *b)
{
	struct published_view *one = calloc(1, sizeof *one);

	if (one == NULL)
		return NULL;
	one->brief = *b;
	lock_first(p);
	keyed_add(&p->names, &one->by_name, hash_name(p, b->def->ipconn));
	if (p->dues != NULL)
		dues_take(p->dues, b->def);
	one->prev = p->last;
	*(p->last != NULL ? &p->last->next : &p->first) = one;
	p->last = one;
	pthread_mutex_unlock(&p->lock);
	return one;
}

void
published_change(struct published *p, struct published_view *old, const struct ipconn_brief *b)
{
	lock_first(p);
	old->brief = *b;
	pthread_mutex_unlock(&p->lock);
}

void
published_drop(struct published *p, struct published_view *old)
{
	lock_first(p);
	for (struct walk *w = p->walks; w != NULL; w = w->next)
		if (w->at == old)
			w->at = old->next;
	keyed_drop(&p->names, &old->by_name);
	*(old->prev != NULL ? &old->prev->next : &p->first) = old->next;
	*(old->next != NULL ? &old->next->prev : &p->last) = old->prev;
	pthread_mutex_unlock(&p->lock);
	free(old);
}

void
published_succeed(struct published *p, struct dues *d)
{
	lock_first(p);
	p->dues = d;
	pthread_mutex_unlock(&p->lock);
}

/* --- look-ups, under the lock ----------------------------------------------------------------- */

static bool
is_hidden(const struct published *p, const struct published_view *one)
{
	return p->dues != NULL && dues_hide(p->dues, one->brief.def);
}

static const struct published_view *
find(const struct published *p, const char *name)
{
	uint64_t hash = hash_name(p, name);
	const struct published_view *one = (struct published_view *)keyed_next(&p->names, NULL, hash);

	while (one != NULL && strcmp(one->brief.def->ipconn, name) != 0)
		one = (struct published_view *)keyed_next(&p->names, &one->by_name, hash);
	return one != NULL && !is_hidden(p, one) ? one : NULL;
}

bool
published_ipconn(struct published *p, const char *name, struct ipconn_view *out)
{
	const struct published_view *one;
	const struct ipconn_def *due;
	bool found;

	pthread_mutex_lock(&p->lock);
	one = find(p, name);
	due = one == NULL && p->dues != NULL ? definition_ipconn(p->dues->now, name) : NULL;
	found = one != NULL || (due != NULL && dues_has(p->dues, due));
	if (one != NULL)
		resource_view(&one->brief, out);
	else if (found)
		resource_view_installed(due, out);
	pthread_mutex_unlock(&p->lock);
	return found;
}

static bool
fits(const struct ipconn_def *d, const char *applid, const char *networkid)
{
	return (applid == NULL || strcmp(applid, d->applid) == 0) && (networkid == NULL || strcmp(networkid, d->networkid) == 0);
}

/* Lets the home have the lock that this thread has. */
static void
let_go(struct published *p)
{
	pthread_mutex_unlock(&p->lock);
	while (atomic_load(&p->wanted) > 0)
		sched_yield();
	pthread_mutex_lock(&p->lock);
}

static void
end_walk(struct published *p, const struct walk *w)
{
	struct walk **at = &p->walks;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
}

/* Behind the last view, under the same lock: a definition that is installed between two locks would be missing. */
static size_t
list_due(const struct published *p, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	const struct ipconn_def *d;
	size_t n = 0, at = 0;

	while (p->dues != NULL && n < max && (d = dues_next(p->dues, &at)) != NULL)
		if (fits(d, applid, networkid))
			resource_view_installed(d, &out[n++]);
	return n;
}

size_t
published_ipconns(struct published *p, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	struct walk w = { .next = NULL };
	size_t n = 0;

	pthread_mutex_lock(&p->lock);
	w = (struct walk){ .next = p->walks, .at = p->first };
	p->walks = &w;
	for (unsigned looked = 1; w.at != NULL && n < max; looked++) {
		if (fits(w.at->brief.def, applid, networkid) && !is_hidden(p, w.at))
			resource_view(&w.at->brief, &out[n++]);
		w.at = w.at->next;
		if (looked % SLICE == 0)
			let_go(p);
	}
	end_walk(p, &w);
	n += list_due(p, applid, networkid, out + n, max - n);
	pthread_mutex_unlock(&p->lock);
	return n;
}
