/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/counters.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define EXPIRES_UNSAID -1 /* of a counter of a mock, until its first use */

struct counter {
	struct named named; /* first */
	int64_t last;
	double expires; /* seconds; 0: never */
	double from;    /* time of its first counters_next */
};

struct counters {
	pthread_mutex_t lock; /* of the set and its counters */
	struct named_set set;
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
	named_free(&s->set);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- counting; all under the lock */

/* The counter of that name, unless it has expired. */
static struct counter *
find_alive(const struct counters *s, const char *name, size_t len, double now)
{
	return (struct counter *)named_alive(&s->set, name, len, now);
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

/* Sets `expires` of a counter that has none yet. False without memory. */
static bool
set_expires(struct counters *s, struct counter *c, double expires)
{
	c->expires = expires;
	return expires <= 0 || named_end(&s->set, &c->named, c->from + expires);
}

/* Compares `expires` with the counter's own; the first use of a counter of a mock sets it. */
static enum counters_answer
agree_expires(struct counters *s, struct counter *c, double expires)
{
	if (c->expires != EXPIRES_UNSAID)
		return c->expires == expires ? COUNTERS_NUMBER : COUNTERS_OTHER_EXPIRES;
	if (set_expires(s, c, expires))
		return COUNTERS_NUMBER;
	c->expires = EXPIRES_UNSAID;
	return COUNTERS_NO_MEMORY;
}

/* Adds a counter. NULL without memory. */
static struct counter *
add_counter(struct counters *s, const char *name, size_t len, int64_t last, double expires, double now)
{
	struct counter *c = (struct counter *)named_add(&s->set, name, len, sizeof *c);

	if (c == NULL)
		return NULL;
	c->last = last;
	c->from = now;
	if (set_expires(s, c, expires))
		return c;
	named_drop(&s->set, &c->named);
	return NULL;
}

static enum counters_answer
begin_counter(struct counters *s, const char *name, size_t len, const struct counter_use *u, double now, int64_t *out)
{
	struct named *expired = named_find(&s->set, name, len);

	if (expired != NULL)
		named_drop(&s->set, expired);
	if (named_full(&s->set))
		return COUNTERS_FULL;
	*out = u->min;
	return add_counter(s, name, len, u->min, u->expires, now) != NULL ? COUNTERS_NUMBER : COUNTERS_NO_MEMORY;
}

static enum counters_answer
next_number(struct counters *s, const char *name, size_t len, const struct counter_use *u, double now, int64_t *out, double *expires)
{
	struct counter *c;
	enum counters_answer a;

	named_drop_ended(&s->set, now);
	c = find_alive(s, name, len, now);
	a = c != NULL ? agree_expires(s, c, u->expires) : COUNTERS_NUMBER;
	if (c != NULL && a == COUNTERS_NUMBER) /* a counter of a mock that has just got its `expires` may have expired */
		c = find_alive(s, name, len, now);
	if (a != COUNTERS_NUMBER) {
		*expires = c->expires;
		return a;
	}
	if (c == NULL)
		return begin_counter(s, name, len, u, now, out);
	a = next_value(u, c->last, out);
	c->last = *out;
	return a;
}

static bool
name_fits(size_t len)
{
	return len > 0 && len <= COUNTER_NAME_MAX;
}

enum counters_answer
counters_next(struct counters *s, const char *name, size_t len, const struct counter_use *u, double now, int64_t *out, double *expires)
{
	enum counters_answer a;

	if (!name_fits(len))
		return COUNTERS_BAD_NAME;
	if (u->min > u->max)
		return COUNTERS_BAD_RANGE;
	pthread_mutex_lock(&s->lock);
	a = next_number(s, name, len, u, now, out, expires);
	pthread_mutex_unlock(&s->lock);
	return a;
}

static enum counters_answer
peek_number(struct counters *s, const char *name, size_t len, double expires, double now, int64_t *out, double *its)
{
	struct counter *c = find_alive(s, name, len, now);
	enum counters_answer a = c != NULL ? agree_expires(s, c, expires) : COUNTERS_UNUSED;

	if (a == COUNTERS_NUMBER && c->named.ends <= now)
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
	enum counters_answer a;

	if (!name_fits(len))
		return COUNTERS_BAD_NAME;
	pthread_mutex_lock(&s->lock);
	a = peek_number(s, name, len, expires, now, out, its);
	pthread_mutex_unlock(&s->lock);
	return a;
}

bool
counters_set(struct counters *s, const char *name, size_t len, int64_t last, double now)
{
	bool ok;

	if (!name_fits(len))
		return false;
	pthread_mutex_lock(&s->lock);
	ok = named_find(&s->set, name, len) == NULL && !named_full(&s->set) && add_counter(s, name, len, last, EXPIRES_UNSAID, now) != NULL;
	pthread_mutex_unlock(&s->lock);
	return ok;
}

void
counters_put(struct counters *s, const char *name, size_t len, int64_t last, double expires, double now)
{
	struct named *before;

	if (!name_fits(len))
		return;
	pthread_mutex_lock(&s->lock);
	before = named_find(&s->set, name, len);
	if (before != NULL)
		named_drop(&s->set, before);
	named_drop_ended(&s->set, now);
	if (!named_full(&s->set))
		add_counter(s, name, len, last, expires, now);
	pthread_mutex_unlock(&s->lock);
}

/* ---- showing */

void
counters_walk(struct counters *s, struct cursor *c)
{
	pthread_mutex_lock(&s->lock);
	named_walk(&s->set, c);
	pthread_mutex_unlock(&s->lock);
}

static void
show_counter(const struct counter *c, double now, struct counter_view *v)
{
	*v = (struct counter_view){ .last = c->last, .expires = c->expires > 0 ? c->expires : 0,
		.left = c->expires > 0 ? c->named.ends - now : 0 };
	memcpy(v->name, c->named.name, c->named.len);
}

bool
counters_show(struct counters *s, struct cursor *at, double now, struct counter_view *out)
{
	const struct counter *c;
	bool more;

	out->name[0] = '\0';
	pthread_mutex_lock(&s->lock);
	c = (const struct counter *)named_step(at, now, &more);
	if (c != NULL)
		show_counter(c, now, out);
	pthread_mutex_unlock(&s->lock);
	return more;
}

void
counters_leave(struct counters *s, struct cursor *c)
{
	pthread_mutex_lock(&s->lock);
	named_leave(&s->set, c);
	pthread_mutex_unlock(&s->lock);
}

bool
counters_complains(struct counters *s, double now)
{
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = named_complains(&s->set, now);
	pthread_mutex_unlock(&s->lock);
	return yes;
}

size_t
counters_count(struct counters *s)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = s->set.n;
	pthread_mutex_unlock(&s->lock);
	return n;
}
