/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/shadow.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/sum.h"
#include "candidate/shadow_asker.h"
#include "candidate/shadow_equal.h"
#include "conn/witness.h"
#include "policy/counters.h"
#include "policy/rates.h"
#include "region/loader.h"

#define GOODBYE 0.5 /* seconds that the end of the region waits for the thread */
#define LOOK 0.01   /* seconds until the loop looks again whether the thread has ended */

struct shadow {
	struct region *region;
	struct witness witness;       /* of the worker, until the shadow ends */
	struct loader *loader;        /* owned, while it loads */
	struct generation *candidate; /* owned */
	struct host_world world;      /* its counters and rates are owned */
	struct shadow_asker *asker;   /* owned; NULL: it does not ask yet */
	ev_async over;                /* woken by the thread at its end */
	struct timer look;
	bool ending;
	char name[PATH_SIZE], tcpipservice[NAME_SIZE], why[80];
	double since, share;
	uint64_t key, connections, generation; /* generation: the kept one that is asked; 0: files */
	void (*done)(void *arg, const char *why);
	void *arg;
};

/* --- the world of the candidate --------------------------------------------------------------- */

/* The status of an ipconn is heard from the live answers only. */
static bool
shadow_ipconn(void *arg, const char *name, struct ipconn_view *out)
{
	(void)arg;
	(void)name;
	(void)out;
	return false;
}

static size_t
shadow_ipconns(void *arg, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	(void)arg;
	(void)applid;
	(void)networkid;
	(void)out;
	(void)max;
	return 0;
}

/* In the thread of the shadow. */
static bool
shadow_defined(void *arg, const char *name, struct ipconn_view *out)
{
	const struct shadow *s = arg;
	const struct ipconn_def *d = s->candidate != NULL ? definition_ipconn(s->candidate->definition, name) : NULL;

	if (d != NULL)
		*out = (struct ipconn_view){ .def = *d, .inservice = d->inservice == YES };
	return d != NULL;
}

/* --- hearing ---------------------------------------------------------------------------------- */

/* A keyed hash of the address and the listener, or of the dialled ipconn, decides, so that a peer cannot choose. */
static bool
chosen(const struct shadow *s, const struct conn *c)
{
	const struct facts *f = &c->facts;
	const char *name = f->way == WAY_OUT ? c->service->ipconn != NULL ? c->service->ipconn->ipconn : "" : f->tcpipservice;
	uint64_t h = sum_add(SUM_BEGIN, &s->key, sizeof s->key);

	if (s->tcpipservice[0] != '\0' && strcmp(s->tcpipservice, f->tcpipservice) != 0)
		return false;
	h = sum_add(h, name, strlen(name));
	if (f->way == WAY_IN)
		h = sum_add(h, f->peer.addr.bytes, sizeof f->peer.addr.bytes);
	h = sum_add(h, &s->key, sizeof s->key);
	h = (h ^ h >> 32) * 0x9E3779B97F4A7C15u;
	return (double)(h >> 11) / 9007199254740992.0 * 100 < s->share; /* 2^53 */
}

static void
shadow_answered(void *arg, struct conn *c, const struct ask *a)
{
	struct shadow *s = arg;

	if (s->asker == NULL)
		return;
	if (a->door == DOOR_ADMIT && c->witnessed != s->key && chosen(s, c)) {
		c->witnessed = s->key;
		s->connections++;
	}
	if (c->witnessed == s->key)
		shadow_asker_put(s->asker, question_of(c, a));
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
free_shadow(struct shadow *s)
{
	struct region *r = s->region;

	if (s->candidate != NULL)
		s->candidate->log = NULL; /* no SP0013: it was never in use */
	generation_unref(s->candidate);
	counters_free(s->world.counters);
	rates_free(s->world.rates);
	r->shadow = NULL;
	free(s);
}

static void
stop_watching(struct shadow *s)
{
	timer_stop(&s->look);
	ev_ref(s->region->worker.loop);
	ev_async_stop(s->region->worker.loop, &s->over);
}

/* The thread has left its last question. At its low priority it may not have ended yet, and the loop does not wait. */
static void
shadow_look(void *arg)
{
	struct shadow *s = arg;

	if (!shadow_asker_free(s->asker, 0)) {
		timer_set(&s->look, LOOK);
		return;
	}
	stop_watching(s);
	free_shadow(s);
}

static void
shadow_on_over(struct ev_loop *loop, ev_async *watcher, int events)
{
	(void)loop;
	(void)events;
	shadow_look(watcher->data);
}

/* In the thread of the shadow. */
static void
shadow_over(void *arg)
{
	struct shadow *s = arg;

	ev_async_send(s->region->worker.loop, &s->over);
}

static void
report(struct shadow *s, const char *why)
{
	void (*done)(void *arg, const char *why) = s->done;

	s->done = NULL;
	if (done != NULL)
		done(s->arg, why);
}

/* The witness is gone already. */
static void
shadow_end(void *arg, const char *why)
{
	struct shadow *s = arg;

	s->ending = true;
	snprintf(s->why, sizeof s->why, "%s", why);
	if (s->asker == NULL)
		return; /* shadow_loaded frees it */
	log_say(s->region->log, MSG_SP0101, "candidate", s->name, "why", why, NULL);
	shadow_asker_end(s->asker);
}

int
shadow_stop(struct region *r, const char *why, struct fault *f)
{
	if (r->shadow == NULL || r->shadow->ending)
		return fault_set(f, "there is no shadow");
	witness_end(&r->worker, why);
	return 0;
}

void
shadow_close(struct region *r)
{
	struct shadow *s = r->shadow;
	bool ended;

	if (s == NULL)
		return;
	witness_end(&r->worker, "the region ends");
	if (s->loader != NULL) {
		ended = loader_cancel(s->loader);
		report(s, "the region ends");
	} else {
		shadow_asker_end(s->asker);
		ended = shadow_asker_free(s->asker, GOODBYE);
		stop_watching(s);
	}
	if (ended)
		free_shadow(s);
	else
		r->hanging = true;
}

/* --- the beginning ---------------------------------------------------------------------------- */

static void
give_up(struct shadow *s, const char *why)
{
	struct region *r = s->region;

	if (!s->ending)
		r->worker.witness = NULL;
	report(s, why);
	free_shadow(s);
}

static int
start_asking(struct shadow *s, struct fault *f)
{
	struct region *r = s->region;

	if (s->tcpipservice[0] != '\0' && definition_tcpipservice(s->candidate->definition, s->tcpipservice) == NULL)
		return fault_set(f, "--tcpipservice %s: there is no tcpipservice of that name", s->tcpipservice);
	if (shadow_equal(r->worker.generation, s->candidate, f) < 0)
		return -1;
	timer_init(&s->look, r->worker.loop, shadow_look, s);
	ev_async_init(&s->over, shadow_on_over);
	s->over.data = s;
	ev_async_start(r->worker.loop, &s->over);
	ev_unref(r->worker.loop); /* it does not keep the loop running */
	s->asker = shadow_asker_start(s->candidate, r->log, shadow_over, s, f);
	if (s->asker != NULL)
		return 0;
	stop_watching(s);
	return -1;
}

/* The first fault, and how many there are. */
static void
blame(const struct faults *faults, struct fault *f)
{
	char line[900] = "no memory";
	size_t i = 0;

	while (i < faults->n && faults->entry[i].level != FAULT_ERROR)
		i++;
	if (i < faults->n)
		faults_print(faults, i, line, sizeof line);
	fault_set(f, "%s", line);
	if (faults->errors > 1)
		fault_set(f, "%s (and %zu more; sallyport check lists them)", line, faults->errors - 1);
}

static void
shadow_loaded(void *arg, struct generation *g, struct version *v, struct faults *faults)
{
	struct shadow *s = arg;
	struct fault f = { "" };
	char share[24];

	version_unref(v);
	s->loader = NULL;
	s->candidate = g;
	if (s->ending)
		fault_set(&f, "the shadow did not begin: %s", s->why);
	else if (g == NULL)
		blame(faults, &f);
	faults_free(faults);
	if (f.text[0] != '\0' || start_asking(s, &f) < 0) {
		give_up(s, f.text);
		return;
	}
	s->since = clock_wall();
	snprintf(share, sizeof share, "%g%%", s->share);
	log_say(s->region->log, MSG_SP0100, "candidate", s->name, "share", share, "tcpipservice", s->tcpipservice, NULL);
	report(s, NULL);
}

/* The definition of the live generation with another directory of scripts. NULL: no memory. */
static struct definition *
with_scripts(const struct region *r, const char *policies)
{
	struct definition *d = definition_copy(r->worker.generation->definition);

	if (d != NULL)
		snprintf(d->region.policies, sizeof d->region.policies, "%s", policies);
	return d;
}

static int
load(struct shadow *s, const struct shadow_order *o, struct fault *f)
{
	struct region *r = s->region;
	struct loader_order l = { .file = o->file != NULL ? o->file : r->file, .from = o->number > 0 ? versions_find(r->versions, o->number) : NULL,
		.options = region_load_options(r) };

	l.options.world = &s->world;
	if (o->number > 0 && l.from == NULL)
		return fault_set(f, "generation %llu is not kept; policy list shows the kept ones", (unsigned long long)o->number);
	if (o->policies != NULL && (l.definition = with_scripts(r, o->policies)) == NULL)
		return fault_set(f, "no memory for a shadow");
	s->loader = loader_start(r->worker.loop, &l, shadow_loaded, s);
	return s->loader != NULL ? 0 : fault_set(f, "no memory or no thread for a shadow");
}

static int
furnish(struct shadow *s, const struct shadow_order *o)
{
	if (o->number > 0)
		snprintf(s->name, sizeof s->name, "%llu", (unsigned long long)o->number);
	else
		snprintf(s->name, sizeof s->name, "%s", o->policies != NULL ? o->policies : o->file);
	snprintf(s->tcpipservice, sizeof s->tcpipservice, "%s", o->tcpipservice != NULL ? o->tcpipservice : "");
	s->world = (struct host_world){ .counters = counters_new(), .rates = rates_new(), .ipconn = shadow_ipconn, .ipconns = shadow_ipconns,
		.defined = shadow_defined, .arg = s };
	s->witness = (struct witness){ .answered = shadow_answered, .end = shadow_end, .arg = s };
	return s->world.counters != NULL && s->world.rates != NULL && getrandom(&s->key, sizeof s->key, 0) == sizeof s->key ? 0 : -1;
}

int
shadow_begin(struct region *r, const struct shadow_order *o, struct fault *f)
{
	struct shadow *s;

	if (r->worker.draining)
		return fault_set(f, "the region is shutting down");
	if (r->shadow != NULL)
		return fault_set(f, r->shadow->ending ? "the last shadow is ending; try again" : "there is a shadow already; shadow stop ends it");
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return fault_set(f, "no memory for a shadow");
	*s = (struct shadow){ .region = r, .generation = o->number, .share = o->share, .done = o->done, .arg = o->arg };
	r->shadow = s;
	fault_set(f, "no memory for a shadow");
	if (furnish(s, o) < 0 || load(s, o, f) < 0) {
		free_shadow(s);
		return -1;
	}
	s->key |= s->key == 0; /* 0: not chosen */
	r->worker.witness = &s->witness;
	return 0;
}

uint64_t
shadow_generation(const struct region *r)
{
	return r->shadow != NULL && !r->shadow->ending ? r->shadow->generation : 0;
}

/* --- showing ---------------------------------------------------------------------------------- */

json_t *
shadow_row(const struct region *r)
{
	const struct shadow *s = r->shadow;
	json_t *row;

	if (s == NULL || s->ending)
		return NULL;
	row = json_pack("{s:s, s:s, s:s, s:f, s:I}", "candidate", s->name, "state", s->asker != NULL ? "ASKING" : "LOADING", "tcpipservice", s->tcpipservice,
		"share", s->share, "connections", (json_int_t)s->connections);
	if (s->asker != NULL) {
		json_object_set_new(row, "since", json_real(s->since));
		shadow_asker_show(s->asker, row);
	}
	return row;
}
