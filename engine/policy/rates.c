/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bucket is kept as the time at which it is full again: `ends` of its item. Its tokens follow from that time and its
 * terms, so that no timer fills buckets, and the items that have ended are the full buckets.
 */
#include "policy/rates.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDING 0.01 /* of a token: seconds since the machine's start have some nanoseconds of error */

struct rate {
	struct named named; /* first */
	struct rate_terms terms; /* count 0: of a mock, until its first take */
	double left, from;       /* of such a bucket: its tokens, and when it had them */
};

struct rates {
	pthread_mutex_t lock; /* of the set and its buckets */
	struct named_set set;
};

const char *
rates_reason(enum rates_answer a)
{
	static const char *const reasons[] = {
#define X(id, reason) reason,
		RATES_ANSWERS(X)
#undef X
	};

	return reasons[a];
}

struct rates *
rates_new(void)
{
	struct rates *s = calloc(1, sizeof *s);

	if (s != NULL && pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return NULL;
	}
	return s;
}

void
rates_free(struct rates *s)
{
	if (s == NULL)
		return;
	named_free(&s->set);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- taking; all under the lock */

static bool
name_fits(size_t len)
{
	return len > 0 && len <= RATE_NAME_MAX;
}

/* Seconds for one token. */
static double
cost_of(const struct rate_terms *t)
{
	return t->per / t->count;
}

/* The tokens of a bucket that is not full. */
static double
tokens_of(const struct rate *r, double now)
{
	return r->terms.burst - (r->named.ends - now) / cost_of(&r->terms);
}

enum rates_answer
rates_judge(const struct rate_terms *t, double left, double n, double *wait)
{
	double have = fmin(left, t->burst);

	*wait = n <= have + ROUNDING ? 0 : (n - have) * cost_of(t);
	return *wait > 0 ? RATES_WAIT : RATES_TAKEN;
}

/*
 * Gives the bucket these terms and tokens; a little below zero after a take that rounding allowed. False without
 * memory.
 */
static bool
fill(struct rates *s, struct rate *r, const struct rate_terms *t, double tokens, double now)
{
	if (!named_end(&s->set, &r->named, now + (t->burst - fmin(tokens, t->burst)) * cost_of(t)))
		return false;
	r->terms = *t;
	return true;
}

/*
 * The bucket of that name when it is not full under its own terms. A bucket of a mock gets its terms here. NULL: it is
 * full, or there is none.
 */
static struct rate *
find_used(struct rates *s, const char *name, size_t len, const struct rate_terms *t, double now)
{
	struct rate *r = (struct rate *)named_alive(&s->set, name, len, now);

	if (r == NULL || r->terms.count > 0)
		return r;
	if (!fill(s, r, t, r->left, r->from))
		return NULL;
	return r->named.ends > now ? r : NULL;
}

/* A full bucket, with an item of its own. NULL: no room (*a is RATES_FULL) or no memory. */
static struct rate *
begin_rate(struct rates *s, const char *name, size_t len, enum rates_answer *a)
{
	struct named *ended = named_find(&s->set, name, len);

	if (ended != NULL)
		named_drop(&s->set, ended);
	*a = named_full(&s->set) ? RATES_FULL : RATES_NO_MEMORY;
	return *a == RATES_FULL ? NULL : (struct rate *)named_add(&s->set, name, len, sizeof(struct rate));
}

static enum rates_answer
take(struct rates *s, const char *name, size_t len, const struct rate_terms *t, double n, double now, struct rate_take *out)
{
	struct rate *r;
	enum rates_answer a, failed = RATES_NO_MEMORY;

	named_drop_ended(&s->set, now);
	r = find_used(s, name, len, t, now);
	out->left = r != NULL ? tokens_of(r, now) : INFINITY;
	a = rates_judge(t, out->left, n, &out->wait);
	if (r == NULL && (r = begin_rate(s, name, len, &failed)) == NULL)
		return failed;
	if (fill(s, r, t, fmin(out->left, t->burst) - (a == RATES_TAKEN ? n : 0), now))
		return a;
	named_drop(&s->set, &r->named);
	return RATES_NO_MEMORY;
}

enum rates_answer
rates_take(struct rates *s, const char *name, size_t len, const struct rate_terms *t, double n, double now, struct rate_take *out)
{
	enum rates_answer a;

	*out = (struct rate_take){ .wait = 0 };
	if (!name_fits(len))
		return RATES_BAD_NAME;
	pthread_mutex_lock(&s->lock);
	a = take(s, name, len, t, n, now, out);
	pthread_mutex_unlock(&s->lock);
	return a;
}

double
rates_left(struct rates *s, const char *name, size_t len, double now)
{
	const struct rate *r;
	double left;

	if (!name_fits(len))
		return INFINITY;
	pthread_mutex_lock(&s->lock);
	r = (const struct rate *)named_alive(&s->set, name, len, now);
	left = r == NULL ? INFINITY : r->terms.count > 0 ? tokens_of(r, now) : r->left;
	pthread_mutex_unlock(&s->lock);
	return left;
}

bool
rates_set(struct rates *s, const char *name, size_t len, double left, double now)
{
	struct rate *r = NULL;

	if (!name_fits(len))
		return false;
	pthread_mutex_lock(&s->lock);
	if (named_find(&s->set, name, len) == NULL && !named_full(&s->set))
		r = (struct rate *)named_add(&s->set, name, len, sizeof *r);
	if (r != NULL) {
		r->left = left;
		r->from = now;
	}
	pthread_mutex_unlock(&s->lock);
	return r != NULL;
}

void
rates_put(struct rates *s, const char *name, size_t len, const struct rate_terms *t, double left, double now)
{
	enum rates_answer a;
	struct rate *r;

	if (!name_fits(len))
		return;
	pthread_mutex_lock(&s->lock);
	named_drop_ended(&s->set, now);
	r = begin_rate(s, name, len, &a);
	if (r != NULL && !fill(s, r, t, fmin(left, t->burst), now))
		named_drop(&s->set, &r->named);
	pthread_mutex_unlock(&s->lock);
}

/* ---- showing */

void
rates_walk(struct rates *s, struct cursor *c)
{
	pthread_mutex_lock(&s->lock);
	named_walk(&s->set, c);
	pthread_mutex_unlock(&s->lock);
}

bool
rates_show(struct rates *s, struct cursor *c, double now, struct rate_view *out)
{
	const struct rate *r;
	bool more;

	*out = (struct rate_view){ .name = "" };
	pthread_mutex_lock(&s->lock);
	r = (const struct rate *)named_step(c, now, &more);
	if (r != NULL) {
		memcpy(out->name, r->named.name, r->named.len);
		out->terms = r->terms;
		out->left = fmax(0, tokens_of(r, now));
		out->full = r->named.ends - now;
	}
	pthread_mutex_unlock(&s->lock);
	return more;
}

void
rates_leave(struct rates *s, struct cursor *c)
{
	pthread_mutex_lock(&s->lock);
	named_leave(&s->set, c);
	pthread_mutex_unlock(&s->lock);
}

bool
rates_complains(struct rates *s, double now)
{
	bool yes;

	pthread_mutex_lock(&s->lock);
	yes = named_complains(&s->set, now);
	pthread_mutex_unlock(&s->lock);
	return yes;
}
