/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/answer_source.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool
is_replay(const struct lhost *h)
{
	return h->now.tape != NULL && h->now.tape->playing;
}

static bool
is_overlaid(const struct lhost *h)
{
	return h->now.tape->overlaid;
}

/* Whether the tape is closed to a counter or rate of that name. */
static bool
lacks(const struct lhost *h, const char *what, const char *name)
{
	return !is_overlaid(h) && answer_tape_lacks(h->now.tape, what, name);
}

/* ---- counters */

/* The counters of an overlay go on from the number that the script was given. */
static void
follow_counter(const struct lhost *h, const char *name, size_t len, double expires, enum counters_answer a, int64_t value)
{
	if (is_overlaid(h) && (a == COUNTERS_NUMBER || a == COUNTERS_EXHAUSTED))
		counters_put(h->world->counters, name, len, value, expires, clock_span());
}

static void
keep_counter(const struct lhost *h, enum taped_kind kind, const char *name, const struct counter_use *u,
	enum counters_answer a, int64_t value)
{
	struct taped *one = answer_tape_add(h->now.tape, kind, name);

	if (one == NULL)
		return;
	one->counter.use = *u;
	one->counter.answer = a;
	one->counter.value = value;
}

static bool
has_value(const struct taped *one)
{
	return one != NULL && (one->counter.answer == COUNTERS_NUMBER || one->counter.answer == COUNTERS_EXHAUSTED);
}

/*
 * The number after `last` in a range that may be another one than last is of; with same, last itself when the range has
 * it.
 */
static enum counters_answer
next_in_range(const struct counter_use *u, int64_t last, bool same, int64_t *out)
{
	*out = last;
	if (same && last >= u->min && last <= u->max)
		return COUNTERS_NUMBER;
	if (last >= u->max && !u->wrap)
		return COUNTERS_EXHAUSTED;
	*out = last >= u->max || last < u->min ? u->min : last + 1;
	return COUNTERS_NUMBER;
}

static bool
same_use(const struct counter_use *a, const struct counter_use *b)
{
	return a->min == b->min && a->max == b->max && a->wrap == b->wrap && a->expires == b->expires;
}

/*
 * A next that is not on the tape counts on from the last answer played, else from the current value. The counter does
 * not move.
 */
static enum counters_answer
count_on(const struct lhost *h, const char *name, const struct counter_use *u, enum counters_answer now, int64_t last, int64_t *out)
{
	const struct taped *before = answer_tape_last(h->now.tape, TAPED_NEXT, name);

	if (has_value(before))
		last = before->counter.value;
	else if (now == COUNTERS_UNUSED) {
		*out = u->min;
		return COUNTERS_NUMBER;
	}
	return next_in_range(u, last, false, out);
}

static enum counters_answer
replay_next(const struct lhost *h, const char *name, size_t len, const struct counter_use *u, int64_t *out, double *expires)
{
	int64_t last = 0;
	enum counters_answer now = counters_peek(h->world->counters, name, len, u->expires, clock_span(), &last, expires), a;
	const struct taped *then;

	if (now != COUNTERS_NUMBER && now != COUNTERS_UNUSED) /* a wrong name, or another `expires`, is the same fault as at a door */
		return now;
	then = answer_tape_hear(h->now.tape, TAPED_NEXT, name);
	if (then == NULL && is_overlaid(h))
		return counters_next(h->world->counters, name, len, u, clock_span(), out, expires);
	if (then != NULL && same_use(&then->counter.use, u)) {
		*out = then->counter.value;
		follow_counter(h, name, len, u->expires, then->counter.answer, *out);
		return then->counter.answer;
	}
	if (has_value(then))
		a = next_in_range(u, then->counter.value, then->counter.answer == COUNTERS_NUMBER, out);
	else if (!has_value(answer_tape_last(h->now.tape, TAPED_NEXT, name)) && lacks(h, "counter", name))
		return COUNTERS_NONE;
	else
		a = count_on(h, name, u, now, last, out);
	keep_counter(h, TAPED_NEXT, name, u, a, *out);
	follow_counter(h, name, len, u->expires, a, *out);
	return a;
}

enum counters_answer
answer_source_next(const struct lhost *h, const char *name, size_t len, const struct counter_use *u, int64_t *out, double *expires)
{
	enum counters_answer a;

	if (h->world == NULL || h->world->counters == NULL)
		return COUNTERS_NONE;
	if (u->min > u->max)
		return COUNTERS_BAD_RANGE;
	if (is_replay(h))
		return replay_next(h, name, len, u, out, expires);
	a = counters_next(h->world->counters, name, len, u, clock_span(), out, expires);
	keep_counter(h, TAPED_NEXT, name, u, a, *out);
	return a;
}

/* The last next of this re-ask; else the next peek on the tape, and the last one again after them. NULL: none. */
static const struct taped *
replay_peek(const struct lhost *h, const char *name)
{
	const struct taped *counted = answer_tape_last(h->now.tape, TAPED_NEXT, name), *then = answer_tape_hear(h->now.tape, TAPED_PEEK, name);

	if (has_value(counted))
		return counted;
	return then != NULL ? then : answer_tape_last(h->now.tape, TAPED_PEEK, name);
}

enum counters_answer
answer_source_peek(const struct lhost *h, const char *name, size_t len, double expires, int64_t *out, double *its)
{
	struct counter_use u = { .expires = expires };
	const struct taped *then;
	enum counters_answer a;

	if (h->world == NULL || h->world->counters == NULL)
		return COUNTERS_NONE;
	a = counters_peek(h->world->counters, name, len, expires, clock_span(), out, its);
	if (!is_replay(h)) {
		keep_counter(h, TAPED_PEEK, name, &u, a, *out);
		return a;
	}
	then = a == COUNTERS_NUMBER || a == COUNTERS_UNUSED ? replay_peek(h, name) : NULL;
	if (then == NULL && (a == COUNTERS_NUMBER || a == COUNTERS_UNUSED) && lacks(h, "counter", name))
		return COUNTERS_NONE;
	if (then == NULL)
		return a;
	*out = then->counter.value;
	follow_counter(h, name, len, expires, then->counter.answer, *out);
	return has_value(then) ? COUNTERS_NUMBER : then->counter.answer;
}

/* ---- rates */

static void
keep_take(const struct lhost *h, const char *name, const struct rate_terms *t, double n, enum rates_answer a, const struct rate_take *got)
{
	struct taped *one = answer_tape_add(h->now.tape, TAPED_TAKE, name);

	if (one == NULL)
		return;
	one->rate.terms = *t;
	one->rate.n = n;
	one->rate.answer = a;
	one->rate.got = *got;
}

static bool
same_take(const struct taped *then, const struct rate_terms *t, double n)
{
	const struct rate_terms *old = &then->rate.terms;

	return old->count == t->count && old->per == t->per && old->burst == t->burst && then->rate.n == n;
}

static bool
was_judged(const struct taped *one)
{
	return one != NULL && (one->rate.answer == RATES_TAKEN || one->rate.answer == RATES_WAIT);
}

/* The tokens for a take that is not on the tape: those after the last take that was played, else the present ones. */
static double
left_on(const struct lhost *h, const char *name, size_t len)
{
	const struct taped *before = answer_tape_last(h->now.tape, TAPED_TAKE, name);

	if (!was_judged(before))
		return rates_left(h->world->rates, name, len, clock_span());
	return fmin(before->rate.got.left, before->rate.terms.burst) - (before->rate.answer == RATES_TAKEN ? before->rate.n : 0);
}

/* The rates of an overlay go on from the tokens that the script was told of. */
static void
follow_rate(const struct lhost *h, const char *name, size_t len, const struct rate_terms *t, double n, enum rates_answer a, double left)
{
	if (is_overlaid(h) && (a == RATES_TAKEN || a == RATES_WAIT))
		rates_put(h->world->rates, name, len, t, fmin(left, t->burst) - (a == RATES_TAKEN ? n : 0), clock_span());
}

/* The answer that was given; other terms are judged by the tokens that there were. */
static enum rates_answer
replay_take(const struct lhost *h, const char *name, size_t len, const struct rate_terms *t, double n, struct rate_take *out)
{
	const struct taped *then = answer_tape_hear(h->now.tape, TAPED_TAKE, name);
	enum rates_answer a;

	if (then == NULL && is_overlaid(h))
		return rates_take(h->world->rates, name, len, t, n, clock_span(), out);
	if (then != NULL && (same_take(then, t, n) || !was_judged(then))) {
		*out = then->rate.got;
		follow_rate(h, name, len, t, n, then->rate.answer, out->left);
		return then->rate.answer;
	}
	if (then != NULL ? isnan(then->rate.got.left) : !was_judged(answer_tape_last(h->now.tape, TAPED_TAKE, name)))
		if (lacks(h, "rate", name))
			return RATES_NONE;
	out->left = then != NULL ? then->rate.got.left : left_on(h, name, len);
	a = rates_judge(t, out->left, n, &out->wait);
	keep_take(h, name, t, n, a, out);
	follow_rate(h, name, len, t, n, a, out->left);
	return a;
}

enum rates_answer
answer_source_take(const struct lhost *h, const char *name, size_t len, const struct rate_terms *t, double n, struct rate_take *out)
{
	enum rates_answer a;

	*out = (struct rate_take){ .wait = 0 };
	if (h->world == NULL || h->world->rates == NULL)
		return RATES_NONE;
	if (is_replay(h))
		return replay_take(h, name, len, t, n, out);
	a = rates_take(h->world->rates, name, len, t, n, clock_span(), out);
	keep_take(h, name, t, n, a, out);
	return a;
}

/* ---- ipconns */

/* A formerly autoinstalled ipconn: as it is installed now, else as its template is defined now, with its own names. */
static void
view_autoinstalled(const struct lhost *h, const struct ipconn_then *then, struct ipconn_view *out)
{
	const struct host_world *w = h->world;

	if (w->ipconn(w->arg, h->now.view, then->ipconn, out) && out->autoinstalled)
		return;
	if (then->template[0] == '\0' || !w->defined(w->arg, h->now.view, then->template, out)) {
		*out = (struct ipconn_view){ .inservice = true };
		attribute_defaults(resource_ipconn, &out->def);
	}
	out->def.template_ = TEMPLATE_UNSAID;
	memcpy(out->def.ipconn, then->ipconn, sizeof out->def.ipconn);
	memcpy(out->def.applid, then->applid, sizeof out->def.applid);
	memcpy(out->def.networkid, then->networkid, sizeof out->def.networkid);
}

/* The current definition with the former status. False: there is no such ipconn. */
static bool
view_then(const struct lhost *h, const char *name, const struct ipconn_then *then, struct ipconn_view *out)
{
	if (!h->world->defined(h->world->arg, h->now.view, name, out)) {
		if (!then->there || !then->autoinstalled)
			return false;
		view_autoinstalled(h, then, out);
	}
	if (!then->there)
		return true;
	out->autoinstalled = then->autoinstalled;
	out->inservice = then->inservice;
	out->connstatus = then->connstatus;
	memcpy(out->template, then->template, sizeof out->template);
	if (then->connstatus == CONN_ACQUIRED) {
		out->def.sendcount = then->sendcount;
		out->def.receivecount = then->receivecount;
	}
	return true;
}

bool
answer_source_ipconn(const struct lhost *h, const char *name, struct ipconn_view *out)
{
	const struct host_world *w = h->world;
	struct taped *one;
	bool found;

	if (w == NULL || w->ipconn == NULL)
		return false;
	if (is_replay(h)) {
		one = answer_tape_hear(h->now.tape, TAPED_IPCONN, name);
		if (one == NULL)
			one = answer_tape_last(h->now.tape, TAPED_IPCONN, name);
		if (one == NULL && answer_tape_lacks(h->now.tape, "ipconn", name))
			return false;
		return one != NULL ? view_then(h, name, &one->ipconn, out) : w->ipconn(w->arg, h->now.view, name, out);
	}
	found = w->ipconn(w->arg, h->now.view, name, out);
	one = answer_tape_add(h->now.tape, TAPED_IPCONN, name);
	if (one != NULL && found)
		one->ipconn = answer_tape_then(out);
	return found;
}

static bool
fits_filter(const struct ipconn_view *v, const char *applid, const char *networkid)
{
	return (applid == NULL || strcmp(applid, v->def.applid) == 0) && (networkid == NULL || strcmp(networkid, v->def.networkid) == 0);
}

static bool
is_member(const struct taped *list, const char *name)
{
	for (size_t i = 1; i <= list->list.named; i++)
		if (strcmp(list[i].name, name) == 0)
			return true;
	return false;
}

/* The former members that still exist, and the ipconns that are defined now and were no members. */
static size_t
replay_list(const struct lhost *h, const struct taped *list, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	size_t n = h->world->ipconns(h->world->arg, h->now.view, applid, networkid, out, max), left = 0;

	if (list->list.named < list->list.n) /* its members are not on the tape: as many of the current ones */
		return n < list->list.n ? n : list->list.n;
	if (n == max && max < ANSWER_SOURCE_IPCONNS)
		return max;
	for (size_t i = 0; i < n; i++)
		if (!out[i].autoinstalled && !is_member(list, out[i].def.ipconn))
			out[left++] = out[i];
	for (size_t i = 1; i <= list->list.named && left < max; i++)
		left += view_then(h, list[i].name, &list[i].ipconn, &out[left]) && fits_filter(&out[left], applid, networkid);
	return left;
}

const struct taped *
answer_source_list(const struct lhost *h, const char *applid, const char *networkid)
{
	const struct taped *list = NULL;
	char filter[ANSWER_TAPE_NAME];

	answer_tape_filter(filter, applid, networkid);
	if (!is_replay(h))
		return NULL;
	list = answer_tape_hear(h->now.tape, TAPED_LIST, filter);
	if (list == NULL)
		list = answer_tape_last(h->now.tape, TAPED_LIST, filter);
	if (list == NULL || list->list.named < list->list.n)
		answer_tape_lacks(h->now.tape, "ipconns", filter);
	return list;
}

size_t
answer_source_ipconns(const struct lhost *h, const struct taped *list, const char *applid, const char *networkid,
	struct ipconn_view *out, size_t max)
{
	const struct host_world *w = h->world;

	if (w == NULL || w->ipconns == NULL)
		return 0;
	return list != NULL ? replay_list(h, list, applid, networkid, out, max) : w->ipconns(w->arg, h->now.view, applid, networkid, out, max);
}

void
answer_source_keep(const struct lhost *h, const char *applid, const char *networkid, const struct ipconn_view *view, size_t n)
{
	char filter[ANSWER_TAPE_NAME];

	if (h->now.tape == NULL || is_replay(h))
		return;
	answer_tape_filter(filter, applid, networkid);
	answer_tape_add_list(h->now.tape, filter, view, n);
}
