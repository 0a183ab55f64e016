/* SPDX-License-Identifier: Apache-2.0 */
#include "region/follow.h"

#include "base/clock.h"
#include "base/text.h"
#include "net/threadpool.h"
#include "net/timer.h"
#include "region/region.h"
#include "region/reload.h"
#include "region/rules_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct refusal { /* serial 0: none */
	uint64_t serial;
	char digest[RULES_DIGEST], why[RULES_WHY];
};

struct keeping { /* puts the file back as it was before a reload that was refused */
	struct threadpool_job job; /* the first member */
	struct followed by;
	struct bundle *rules; /* counted */
};

struct follow {
	struct region *region;       /* borrowed */
	struct threadpool *pool;     /* owned: one thread, so that files are written in order */
	struct timer look;
	struct followed by;          /* of the current generation; sysplex "": no look */
	bool follows;
	char name[RULES_REGION];
	struct store_call *asked;    /* NULL: none */
	struct rules_news *news, *before; /* owned; news NULL: none yet */
	struct bundle *taken;        /* counted */
	struct rules_head target;    /* of the fetch, the reload, or ready */
	struct rules_fetch *fetch;   /* NULL: none */
	struct bundle *ready;        /* counted: verified, and waits for its reload */
	bool reloading;
	struct refusal refused;
	unsigned failures;           /* since rules were taken */
	double again;                /* clock_span() before which no bundle is fetched */
	bool expired;                /* SP0163 was said about the rules in use */
};

static uint64_t
serial_of(const struct follow *w)
{
	return w->taken != NULL ? w->taken->head.serial : 0;
}

static void
say(struct follow *w, enum message message, uint64_t serial, const char *key, const char *text)
{
	char number[24];

	log_say(w->region->log, message, "sysplex", w->by.sysplex, "#serial", log_number(number, (int64_t)serial), key, text, NULL);
}

/* --- the end of a try ------------------------------------------------------------------------- */

/* Pauses grow while tries fail, so that a store which names other bytes at each look costs little. */
static void
rest(struct follow *w)
{
	double pause = FOLLOW_SECONDS;

	for (unsigned i = 0; i < w->failures && pause < FOLLOW_PAUSE_SECONDS; i++)
		pause *= 2;
	w->failures++;
	w->again = clock_span() + (pause < FOLLOW_PAUSE_SECONDS ? pause : FOLLOW_PAUSE_SECONDS);
}

static void
refuse(struct follow *w, const char *why)
{
	w->refused.serial = w->target.serial;
	memcpy(w->refused.digest, w->target.digest, sizeof w->refused.digest);
	text_printable(w->refused.why, sizeof w->refused.why, why, strlen(why));
	say(w, MSG_SP0162, w->target.serial, "why", why);
	rest(w);
	timer_set(&w->look, 0);
}

/* --- taking ----------------------------------------------------------------------------------- */

static void
follow_keep(struct threadpool_job *job)
{
	const struct keeping *k = (const struct keeping *)job;
	struct fault unsaid; /* the reload that was refused has said more */

	followed_keep(&k->by, k->rules, &unsaid);
}

static void
follow_kept(struct threadpool_job *job)
{
	struct keeping *k = (struct keeping *)job;

	bundle_unref(k->rules);
	free(k);
}

/* A reload that was refused may have written the file. */
static void
keep_taken(struct follow *w)
{
	struct keeping *k = calloc(1, sizeof *k);

	if (k == NULL)
		return;
	*k = (struct keeping){ .job = { .work = follow_keep, .done = follow_kept, .drop = follow_kept }, .by = w->by, .rules = bundle_ref(w->taken) };
	if (threadpool_submit(w->pool, &k->job) < 0)
		follow_kept(&k->job);
}

static void
follow_reloaded(void *arg, const struct reload_report *report)
{
	struct follow *w = arg;
	char why[sizeof ((struct fault *)0)->text] = "no memory";

	w->reloading = false;
	if (report->done) {
		say(w, MSG_SP0161, w->target.serial, "note", w->taken != NULL ? w->taken->head.note : "");
		timer_set(&w->look, 0);
		return;
	}
	for (size_t i = report->faults->n; i > 0; i--)
		if (report->faults->entry[i - 1].level == FAULT_ERROR)
			faults_print(report->faults, i - 1, why, sizeof why);
	keep_taken(w);
	refuse(w, why);
}

/* Begins the reload, or tries it again at the next look, when another one is under way. */
static void
take_ready(struct follow *w)
{
	char by[VERSION_BY];
	struct reload_order o = { .rules = w->ready, .note = w->ready->head.note, .by = by, .done = follow_reloaded, .arg = w };
	struct fault f;

	snprintf(by, sizeof by, "serial %llu", (unsigned long long)w->ready->head.serial);
	w->reloading = reload_begin(w->region, &o, &f) == 0;
	if (!w->reloading)
		return;
	bundle_unref(w->ready);
	w->ready = NULL;
}

static void
follow_fetched(void *arg, enum rules_fetched outcome, struct bundle *b, const char *why)
{
	struct follow *w = arg;

	w->fetch = NULL;
	if (outcome == RULES_REFUSED) {
		refuse(w, why);
	} else if (outcome == RULES_UNREACHED) {
		rest(w);
	} else {
		w->ready = b;
		take_ready(w);
	}
}

/* The head that this region shall take; NULL: none is new. */
static const struct rules_head *
wanted(const struct follow *w)
{
	const struct rules_head *h = &w->news->all, *c = &w->news->canary;

	if (c->serial > h->serial && strcmp(c->region, w->name) == 0)
		h = c;
	if (h->serial <= serial_of(w) || (h->serial == w->refused.serial && strcmp(h->digest, w->refused.digest) == 0))
		return NULL;
	return h;
}

static void
act(struct follow *w)
{
	const struct rules_head *h;
	struct rules_fetch_order o = { .store = w->region->worker.store, .pool = w->pool, .head = &w->target, .by = &w->by, .follows = true, .last = serial_of(w) };
	struct fault f;

	if (!w->follows || w->fetch != NULL || w->reloading || w->region->worker.draining)
		return;
	if (w->ready != NULL) {
		take_ready(w);
		return;
	}
	h = w->news != NULL && clock_span() >= w->again ? wanted(w) : NULL;
	if (h == NULL)
		return;
	w->target = *h;
	w->fetch = rules_fetch_begin(&o, follow_fetched, w, &f);
	if (w->fetch == NULL)
		refuse(w, f.text);
}

/* --- the reports of others -------------------------------------------------------------------- */

static const struct rules_report *
find(const struct rules_news *news, const char *region)
{
	for (size_t i = 0; news != NULL && i < news->n; i++)
		if (strcmp(news->report[i].region, region) == 0)
			return &news->report[i];
	return NULL;
}

/* Tells each refusal of another region once. */
static void
tell_refusals(struct follow *w)
{
	char number[24];

	for (size_t i = 0; i < w->news->n; i++) {
		const struct rules_report *now = &w->news->report[i], *was = find(w->before, now->region);

		if (now->refused == 0 || strcmp(now->region, w->name) == 0 || (was != NULL && was->refused == now->refused && strcmp(was->why, now->why) == 0))
			continue;
		log_say(w->region->log, MSG_SP0164, "sysplex", w->by.sysplex, "region", now->region, "#serial", log_number(number, (int64_t)now->refused), "why",
			now->why, NULL);
	}
}

static void
tell_expiry(struct follow *w)
{
	char number[24];

	if (w->taken == NULL || w->expired || !bundle_has_expired(w->taken, clock_wall()))
		return;
	w->expired = true;
	say(w, MSG_SP0163, w->taken->head.serial, "#expires", log_number(number, (int64_t)w->taken->head.expires));
}

/* --- looking ---------------------------------------------------------------------------------- */

static void
own_report(const struct follow *w, struct rules_report *out)
{
	*out = (struct rules_report){ .taken = serial_of(w), .expires = w->taken != NULL ? w->taken->head.expires : 0, .refused = w->refused.serial };
	memcpy(out->region, w->name, sizeof out->region);
	memcpy(out->why, w->refused.why, sizeof out->why);
}

static void
follow_heard(void *arg, const struct store_reply *r, const char *why)
{
	struct follow *w = arg;
	struct rules_news *news = w->before;

	(void)why;
	w->asked = NULL;
	if (r == NULL || rules_read_news(r, news) < 0)
		return;
	w->before = w->news != NULL ? w->news : calloc(1, sizeof *w->before);
	w->news = news;
	tell_refusals(w);
	act(w);
}

static void
follow_look(void *arg)
{
	struct follow *w = arg;
	struct rules_report own;
	struct fault none;

	tell_expiry(w);
	if (w->before == NULL)
		w->before = calloc(1, sizeof *w->before);
	own_report(w, &own);
	if (w->asked == NULL && w->before != NULL)
		w->asked = rules_ask(w->region->worker.store, w->by.sysplex, w->follows ? &own : NULL, follow_heard, w, &none);
	timer_set(&w->look, FOLLOW_SECONDS);
}

/* --- its life --------------------------------------------------------------------------------- */

static void
forget_news(struct follow *w)
{
	if (w->asked != NULL)
		store_cancel(w->asked);
	w->asked = NULL;
	free(w->news);
	free(w->before);
	w->news = w->before = NULL;
}

static void
drop_try(struct follow *w)
{
	rules_fetch_cancel(w->fetch);
	w->fetch = NULL;
	bundle_unref(w->ready);
	w->ready = NULL;
}

void
follow_use(struct region *r)
{
	struct follow *w = r->follow;
	const struct region_def *d = &r->worker.generation->definition->region;
	bool other = strcmp(w->by.sysplex, d->sysplex) != 0;

	if (other)
		forget_news(w);
	if (other || d->follow != YES)
		drop_try(w);
	w->by = followed_of(d);
	w->follows = d->follow == YES;
	snprintf(w->name, sizeof w->name, "%s.%s", d->networkid, d->applid);
	if (d->sysplex[0] != '\0')
		timer_set(&w->look, 0);
	else
		timer_stop(&w->look);
}

void
follow_swapped(struct region *r, struct bundle *rules)
{
	struct follow *w = r->follow;

	w->expired = w->expired && rules == w->taken;
	bundle_ref(rules);
	bundle_unref(w->taken);
	w->taken = rules;
	w->refused = (struct refusal){ .serial = 0 };
	w->failures = 0;
	w->again = 0;
	follow_use(r);
}

int
follow_begin(struct region *r, struct bundle *rules)
{
	struct follow *w = calloc(1, sizeof *w);

	if (w == NULL)
		return -1;
	w->pool = threadpool_new(r->worker.loop, 1, 16);
	if (w->pool == NULL) {
		free(w);
		return -1;
	}
	w->region = r;
	w->taken = bundle_ref(rules);
	timer_init(&w->look, r->worker.loop, follow_look, w);
	r->follow = w;
	return 0;
}

void
follow_free(struct follow *w)
{
	if (w == NULL)
		return;
	timer_stop(&w->look);
	drop_try(w);
	forget_news(w);
	threadpool_free(w->pool);
	bundle_unref(w->taken);
	free(w);
}

/* --- its views -------------------------------------------------------------------------------- */

bool
follow_does(const struct region *r)
{
	return r->follow->follows;
}

struct bundle *
follow_taken(const struct region *r)
{
	return r->follow->taken;
}

struct threadpool *
follow_pool(const struct region *r)
{
	return r->follow->pool;
}

const struct rules_news *
follow_news(const struct region *r)
{
	return r->follow->news;
}

bool
follow_report(const struct region *r, const char *region, struct rules_report *out)
{
	const struct follow *w = r->follow;
	const struct rules_report *of = find(w->news, region);

	if (strcmp(region, w->name) == 0) {
		own_report(w, out);
		return w->follows;
	}
	if (of != NULL)
		*out = *of;
	return of != NULL;
}
