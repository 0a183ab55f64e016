/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/shadow.h"

#include <ev.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/tally.h"
#include "candidate/shadow_asker.h"
#include "conn/ipconn.h"
#include "conn/witness.h"
#include "policy/counters.h"
#include "policy/rates.h"

#define GOODBYE 0.5 /* seconds that the end of the region waits for the thread */
#define LOOK 0.01   /* seconds until the loop tries a step again that the thread prevented */

struct shadow {
	struct region *region;
	struct witness witness;       /* of the worker, until the shadow ends */
	struct loader *loader;        /* owned, while it loads */
	struct generation *candidate; /* owned */
	struct host_world world;      /* its counters and rates are owned */
	struct shadow_asker *asker;   /* owned; NULL: it does not ask yet */
	ev_async over, differs;       /* woken by the thread: at its end, and when it has found differences */
	struct timer look;
	bool ending;
	char name[PATH_SIZE], why[80];
	double since;
	struct share share;
	_Atomic uint64_t connections; /* chosen ones */
	uint64_t generation;          /* the kept one that is asked; 0: files */
	void (*done)(void *arg, const char *why);
	void *arg;
};

/* --- the world of the candidate --------------------------------------------------------------- */

/* The status of an ipconn is heard from the live answers only. */
static bool
shadow_ipconn(void *arg, const void *view, const char *name, struct ipconn_view *out)
{
	(void)arg;
	(void)view;
	(void)name;
	(void)out;
	return false;
}

static size_t
shadow_ipconns(void *arg, const void *view, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	(void)arg;
	(void)view;
	(void)applid;
	(void)networkid;
	(void)out;
	(void)max;
	return 0;
}

/* In the thread of the shadow. */
static bool
shadow_defined(void *arg, const void *view, const char *name, struct ipconn_view *out)
{
	const struct shadow *s = arg;
	const struct ipconn_def *d = s->candidate != NULL ? definition_ipconn(s->candidate->definition, name) : NULL;

	(void)view;
	if (d != NULL)
		resource_view_installed(d, out);
	return d != NULL;
}

/* --- hearing ---------------------------------------------------------------------------------- */

/* A connection about which a canary decides is not chosen: its verdicts are not the live ones. */
static bool
chosen(const struct shadow *s, const struct conn *c)
{
	const struct facts *f = c->facts;

	if (c->generation != c->worker->generation)
		return false;
	if (f->way == WAY_OUT)
		return share_has_dialled(&s->share, ipconn_dialled(c), f->peer.host);
	return share_has_accepted(&s->share, f->tcpipservice, &f->peer.addr);
}

static void
put(struct shadow *s, struct question *q)
{
	if (!shadow_asker_put(s->asker, q))
		timer_set(&s->look, LOOK);
}

/* At home. */
static void
shadow_put(struct post *post)
{
	struct question *q = (struct question *)((char *)post - offsetof(struct question, post));

	if (q->shadow->ending)
		question_free(q);
	else
		put(q->shadow, q);
}

/* The asker hears the home only. The questions of a connection come before the connection itself (conn/move.h). */
static void
send_home(struct shadow *s, const struct worker *w, struct question *q)
{
	if (q == NULL)
		return;
	q->shadow = s;
	q->post.run = shadow_put;
	mailbox_send(w->crew->mailbox[0], &q->post);
}

static void
shadow_answered(void *arg, struct conn *c, const struct ask *a)
{
	struct shadow *s = arg;

	if (s->asker == NULL)
		return;
	if (a->door == DOOR_ADMIT && c->witnessed != s->share.key && chosen(s, c)) {
		c->witnessed = s->share.key;
		tally_add(&s->connections, 1);
	}
	if (c->witnessed != s->share.key)
		return;
	if (worker_is_home(c->worker))
		put(s, question_of(c, a));
	else
		send_home(s, c->worker, question_of(c, a));
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
	ev_ref(s->region->worker.loop);
	ev_async_stop(s->region->worker.loop, &s->differs);
}

/* The thread has left its last question. At its low priority it may not have ended yet, and the loop does not wait. */
static void
bury(struct shadow *s)
{
	if (!gates_know(s->region) || !shadow_asker_free(s->asker, 0)) {
		timer_set(&s->look, LOOK);
		return;
	}
	stop_watching(s);
	free_shadow(s);
}

static void
report(struct shadow *s, const char *why)
{
	void (*done)(void *arg, const char *why) = s->done;

	s->done = NULL;
	if (done != NULL)
		done(s->arg, why);
}

/* The command that began the shadow is answered when each gate has the shadow. False: a gate does not have it yet. */
static bool
tell_begun(struct shadow *s)
{
	if (gates_know(s->region))
		report(s, NULL);
	return s->done == NULL;
}

/*
 * Questions wait for the thread, differences for the recorder, or the command for the gates; after the end, the thread
 * is waited for.
 */
static void
shadow_look(void *arg)
{
	struct shadow *s = arg;

	if (s->ending)
		bury(s);
	else if (!tell_begun(s))
		timer_set(&s->look, GATES_PAUSE);
	else if (!shadow_asker_hand(s->asker))
		timer_set(&s->look, LOOK);
}

static void
shadow_on_over(struct ev_loop *loop, ev_async *watcher, int events)
{
	(void)loop;
	(void)events;
	bury(watcher->data);
}

/* In the thread of the shadow. */
static void
shadow_over(void *arg)
{
	struct shadow *s = arg;

	ev_async_send(s->region->worker.loop, &s->over);
}

static void
shadow_on_differs(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct shadow *s = watcher->data;

	(void)loop;
	(void)events;
	if (!s->ending)
		shadow_look(s);
}

/* In the thread of the shadow. */
static void
shadow_differs(void *arg)
{
	struct shadow *s = arg;

	ev_async_send(s->region->worker.loop, &s->differs);
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
	report(s, NULL);
	gates_tell(s->region);
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

/* The watchers do not keep the loop running. */
static void
watch(struct shadow *s, ev_async *watcher, void (*woken)(struct ev_loop *, ev_async *, int))
{
	ev_async_init(watcher, woken);
	watcher->data = s;
	ev_async_start(s->region->worker.loop, watcher);
	ev_unref(s->region->worker.loop);
}

static int
start_asking(struct shadow *s, struct fault *f)
{
	struct region *r = s->region;
	struct shadow_asker_order o = { .candidate = s->candidate, .name = s->name, .recorder = r->recorder, .log = r->log, .differs = shadow_differs,
		.over = shadow_over, .arg = s };

	if (candidate_fits(r->worker.generation, s->candidate, "shadow", f) < 0)
		return -1;
	timer_init(&s->look, r->worker.loop, shadow_look, s);
	watch(s, &s->over, shadow_on_over);
	watch(s, &s->differs, shadow_on_differs);
	s->asker = shadow_asker_start(&o, f);
	if (s->asker != NULL)
		return 0;
	stop_watching(s);
	return -1;
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
		candidate_blame(faults, &f);
	faults_free(faults);
	if (f.text[0] != '\0' || start_asking(s, &f) < 0) {
		give_up(s, f.text);
		return;
	}
	s->witness.everywhere = true;
	gates_tell(s->region);
	s->since = clock_wall();
	snprintf(share, sizeof share, "%g%%", s->share.percent);
	log_say(s->region->log, MSG_SP0100, "candidate", s->name, "share", share, "tcpipservice", s->share.tcpipservice, NULL);
	shadow_look(s);
}

static int
load(struct shadow *s, const struct shadow_order *o, struct fault *f)
{
	struct generation_options options = region_load_options(s->region);

	options.world = &s->world;
	options.gates = 0; /* one thread asks it */
	s->loader = candidate_load(s->region, &o->candidate, &options, shadow_loaded, s, f);
	return s->loader != NULL ? 0 : -1;
}

static int
furnish(struct shadow *s, const struct shadow_order *o)
{
	candidate_print(&o->candidate, s->name, sizeof s->name);
	s->world = (struct host_world){ .counters = counters_new(), .rates = rates_new(), .ipconn = shadow_ipconn, .ipconns = shadow_ipconns,
		.defined = shadow_defined, .arg = s };
	s->witness = (struct witness){ .answered = shadow_answered, .end = shadow_end, .arg = s };
	return s->world.counters != NULL && s->world.rates != NULL ? share_draw(&s->share) : -1;
}

int
shadow_begin(struct region *r, const struct shadow_order *o, struct fault *f)
{
	struct shadow *s;

	if (r->worker.draining)
		return fault_set(f, "the region is shutting down");
	if (r->shadow != NULL)
		return fault_set(f, r->shadow->ending ? "the last shadow is ending; try again" : "there is a shadow already; shadow stop ends it");
	if (candidate_share(r, &o->share, f) < 0)
		return -1;
	s = calloc(1, sizeof *s);
	if (s == NULL)
		return fault_set(f, "no memory for a shadow");
	*s = (struct shadow){ .region = r, .generation = o->candidate.number, .share = o->share, .done = o->done, .arg = o->arg };
	r->shadow = s;
	fault_set(f, "no memory for a shadow");
	if (furnish(s, o) < 0 || load(s, o, f) < 0) {
		free_shadow(s);
		return -1;
	}
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
	row = json_pack("{s:s, s:s, s:s, s:f, s:I}", "candidate", s->name, "state", s->asker != NULL ? "ASKING" : "LOADING", "tcpipservice", s->share.tcpipservice,
		"share", s->share.percent, "connections", (json_int_t)tally_total(&s->connections));
	if (s->asker != NULL) {
		json_object_set_new(row, "since", json_real(s->since));
		shadow_asker_show(s->asker, row);
	}
	return row;
}
