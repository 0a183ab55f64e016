/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A script may build names from data of peers, so that the index is a balanced tree (tsearch), which no choice of names
 * makes slow. Counters that expire are in a heap too, the next to expire at its top, so that a full set finds room
 * without a search.
 */
#include "policy/counters.h"

#include <math.h>
#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define EXPIRES_UNSAID -1 /* of a counter of a mock, until its first use */
#define COMPLAINT_SECONDS 60
#define DROPPED_AT_ONCE 64 /* expired counters that one counters_next frees */

struct counter {
	struct counter *before, *behind; /* in the order of their beginning */
	int64_t last;
	double expires; /* seconds; 0: never */
	double from;    /* time of its first counters_next */
	size_t place;   /* in the heap, when it expires */
	size_t len;
	char name[COUNTER_NAME_MAX];
};

struct counters {
	pthread_mutex_t lock; /* of all members below */
	void *root;           /* of tsearch; owns the counters */
	size_t n;
	struct counter *first, *newest;
	struct cursors walks;  /* along `behind` */
	struct counter **heap; /* owned; the counters are borrowed */
	size_t nheap, room;
	double silent_until; /* no message about a full set before that time */
};

const char *
counters_reason(enum counters_answer a)
{
	static const char *const reasons[] = {
#define X(id, reason) reason,
		COUNTERS_ANSWERS(X)
#undef X
	};

	return reasons[a];
}

struct counters *
counters_new(void)
{
	struct counters *s = calloc(1, sizeof *s);

	if (s != NULL && pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return NULL;
	}
	return s;
}

void
counters_free(struct counters *s)
{
	if (s == NULL)
		return;
	tdestroy(s->root, free);
	free(s->heap);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- the heap */

static double
expiry_of(const struct counter *c)
{
	return c->expires > 0 ? c->from + c->expires : INFINITY;
}

static void
heap_put(struct counters *s, size_t place, struct counter *c)
{
	s->heap[place] = c;
	c->place = place;
}

/* Puts c into the heap, from the free place on up or down. */
static void
heap_settle(struct counters *s, size_t place, struct counter *c)
{
	size_t below;

	while (place > 0 && expiry_of(s->heap[(place - 1) / 2]) > expiry_of(c)) {
		heap_put(s, place, s->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	while ((below = 2 * place + 1) < s->nheap) {
		if (below + 1 < s->nheap && expiry_of(s->heap[below + 1]) < expiry_of(s->heap[below]))
			below++;
		if (expiry_of(s->heap[below]) >= expiry_of(c))
			break;
		heap_put(s, place, s->heap[below]);
		place = below;
	}
	heap_put(s, place, c);
}

/* False without memory. */
static bool
heap_add(struct counters *s, struct counter *c)
{
	size_t room = s->room > 0 ? 2 * s->room : 64;
	struct counter **grown;

	if (s->nheap == s->room) {
		grown = realloc(s->heap, room * sizeof(struct counter *));
		if (grown == NULL)
			return false;
		s->heap = grown;
		s->room = room;
	}
	s->nheap++;
	heap_settle(s, s->nheap - 1, c);
	return true;
}

static void
heap_remove(struct counters *s, const struct counter *c)
{
	struct counter *last = s->heap[--s->nheap];

	if (last != c)
		heap_settle(s, c->place, last);
}

/* ---- the tree */

static int
counters_compare(const void *a, const void *b)
{
	const struct counter *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->name, y->name, x->len);
}

static bool
make_key(struct counter *key, const char *name, size_t len)
{
	if (len == 0 || len > COUNTER_NAME_MAX)
		return false;
	memset(key, 0, sizeof *key);
	key->len = len;
	memcpy(key->name, name, len);
	return true;
}

static struct counter *
find_counter(const struct counters *s, const struct counter *key)
{
	void *const *at = tfind(key, &s->root, counters_compare);

	return at != NULL ? *at : NULL;
}

static void
drop_counter(struct counters *s, struct counter *c)
{
	if (c->expires > 0)
		heap_remove(s, c);
	tdelete(c, &s->root, counters_compare);
	cursors_leave(&s->walks, c, c->before, c->behind);
	*(c->before != NULL ? &c->before->behind : &s->first) = c->behind;
	*(c->behind != NULL ? &c->behind->before : &s->newest) = c->before;
	s->n--;
	free(c);
}

/* Adds a copy of the key. NULL without memory. */
static struct counter *
add_counter(struct counters *s, const struct counter *key)
{
	struct counter *c = malloc(sizeof *c);

	if (c == NULL)
		return NULL;
	*c = *key;
	if (c->expires > 0 && !heap_add(s, c)) {
		free(c);
		return NULL;
	}
	if (tsearch(c, &s->root, counters_compare) == NULL) {
		if (c->expires > 0)
			heap_remove(s, c);
		free(c);
		return NULL;
	}
	c->before = s->newest;
	c->behind = NULL;
	*(s->newest != NULL ? &s->newest->behind : &s->first) = c;
	s->newest = c;
	s->n++;
	return c;
}

/* ---- counting; all under the lock */

static void
drop_expired(struct counters *s, double now)
{
	for (unsigned i = 0; i < DROPPED_AT_ONCE && s->nheap > 0 && expiry_of(s->heap[0]) <= now; i++)
		drop_counter(s, s->heap[0]);
}

/* The counter of that name, unless it has expired. */
static struct counter *
find_alive(const struct counters *s, const struct counter *key, double now)
{
	struct counter *c = find_counter(s, key);

	return c != NULL && expiry_of(c) > now ? c : NULL;
}

/* The value after `last` in min..max; min when last is outside of the range. */
static enum counters_answer
next_value(const struct counter_use *u, int64_t last, int64_t *out)
{
	*out = last;
	if (last >= u->max && !u->wrap)
		return COUNTERS_EXHAUSTED;
	*out = last >= u->max || last < u->min ? u->min : last + 1;
	return COUNTERS_NUMBER;
}

/* Compares `expires` with the counter's own; the first use of a counter of a mock sets it. */
static enum counters_answer
agree_expires(struct counters *s, struct counter *c, double expires)
{
	if (c->expires != EXPIRES_UNSAID)
		return c->expires == expires ? COUNTERS_NUMBER : COUNTERS_OTHER_EXPIRES;
	c->expires = expires;
	if (expires > 0 && !heap_add(s, c)) {
		c->expires = EXPIRES_UNSAID;
		return COUNTERS_NO_MEMORY;
	}
	return COUNTERS_NUMBER;
}

static enum counters_answer
begin_counter(struct counters *s, struct counter *key, const struct counter_use *u, double now, int64_t *out)
{
	struct counter *expired = find_counter(s, key), *c;

	if (expired != NULL)
		drop_counter(s, expired);
	if (s->n >= COUNTERS_MAX)
		return COUNTERS_FULL;
	key->expires = u->expires;
	key->from = now;
	c = add_counter(s, key);
	if (c == NULL)
		return COUNTERS_NO_MEMORY;
	c->last = *out = u->min;
	return COUNTERS_NUMBER;
}

static enum counters_answer
next_number(struct counters *s, struct counter *key, const struct counter_use *u, double now, int64_t *out, double *expires)
{
	struct counter *c;
	enum counters_answer a;

	drop_expired(s, now);
	c = find_alive(s, key, now);
	a = c != NULL ? agree_expires(s, c, u->expires) : COUNTERS_NUMBER;
	if (c != NULL && a == COUNTERS_NUMBER) /* a counter of a mock that has just got its `expires` may have expired */
		c = find_alive(s, key, now);
	if (a != COUNTERS_NUMBER) {
		*expires = c->expires;
		return a;
	}
	if (c == NULL)
		return begin_counter(s, key, u, now, out);
	a = next_value(u, c->last, out);
	c->last = *out;
	return a;
}

enum counters_answer
counters_next(struct counters *s, const char *name, size_t len, const struct counter_use *u, double now, int64_t *out, double *expires)
{
	struct counter key;
	enum counters_answer a;

	if (!make_key(&key, name, len))
		return COUNTERS_BAD_NAME;
	if (u->min > u->max)
		return COUNTERS_BAD_RANGE;
	pthread_mutex_lock(&s->lock);
	a = next_number(s, &key, u, now, out, expires);
	pthread_mutex_unlock(&s->lock);
	return a;
}

static enum counters_answer
peek_number(struct counters *s, const struct counter *key, double expires, double now, int64_t *out, double *its)
{
	struct counter *c = find_alive(s, key, now);
	enum counters_answer a = c != NULL ? agree_expires(s, c, expires) : COUNTERS_UNUSED;

	if (a == COUNTERS_NUMBER && expiry_of(c) <= now)
		a = COUNTERS_UNUSED;
	if (c != NULL) {
		*out = c->last;
		*its = c->expires;
	}
	return a;
}

enum counters_answer
counters_peek(struct counters *s, const char *name, size_t len, double expires, double now, int64_t *out, double *its)
{
	struct counter key;
	enum counters_answer a;

	if (!make_key(&key, name, len))
		return COUNTERS_BAD_NAME;
	pthread_mutex_lock(&s->lock);
	a = peek_number(s, &key, expires, now, out, its);
	pthread_mutex_unlock(&s->lock);
	return a;
}

bool
counters_set(struct counters *s, const char *name, size_t len, int64_t last, double now)
{
	struct counter key;
	bool ok = make_key(&key, name, len);

	if (!ok)
		return false;
	key.last = last;
	key.from = now;
	key.expires = EXPIRES_UNSAID;
	pthread_mutex_lock(&s->lock);
	ok = find_counter(s, &key) == NULL && s->n < COUNTERS_MAX && add_counter(s, &key) != NULL;
	pthread_mutex_unlock(&s->lock);
	return ok;
}

/* ---- showing */

#define LOOKS 64 /* expired counters that one step passes over */

void
counters_walk(struct counters *s, struct cursor *c)
{
	pthread_mutex_lock(&s->lock);
	cursor_open(&s->walks, c, s->first, false);
	pthread_mutex_unlock(&s->lock);
}

static void
show_counter(const struct counter *c, double now, struct counter_view *v)
{
	*v = (struct counter_view){ .last = c->last, .expires = c->expires > 0 ? c->expires : 0,
		.left = c->expires > 0 ? expiry_of(c) - now : 0 };
	memcpy(v->name, c->name, c->len);
}

bool
counters_show(struct counters *s, struct cursor *at, double now, struct counter_view *out)
{
	const struct counter *c;
	bool more;

	out->name[0] = '\0';
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < LOOKS && out->name[0] == '\0' && (c = at->at) != NULL; i++) {
		at->at = c->behind;
		if (expiry_of(c) > now)
			show_counter(c, now, out);
	}
	more = at->at != NULL;
	pthread_mutex_unlock(&s->lock);
	return more;
}

void
counters_leave(struct counters *s, struct cursor *c)
{
	pthread_mutex_lock(&s->lock);
	cursor_close(&s->walks, c);
	pthread_mutex_unlock(&s->lock);
}

bool
counters_complains(struct counters *s, double now)
{
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = now >= s->silent_until;
	if (yes)
		s->silent_until = now + COMPLAINT_SECONDS;
	pthread_mutex_unlock(&s->lock);
	return yes;
}

size_t
counters_count(struct counters *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->n;
	pthread_mutex_unlock(&s->lock);
	return n;
}
