/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/canary_run.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "candidate/canary_rule.h"
#include "conn/canary.h"
#include "conn/release.h"
#include "policy/facts_json.h"
#include "policy/generations.h"
#include "region/reask.h"

enum phase { CANARY_LOADING, CANARY_DECIDING, CANARY_RETURNING, CANARY_ENDED };

struct counts { /* of the canary, or of the live generation since its start */
	uint64_t connections; /* whose door admit has answered */
	struct canary_tally tally;
};

struct canary_run {
	struct region *region;
	struct canary canary;          /* of the worker, until the canary ends */
	struct loader *loader;         /* owned, while it loads */
	struct generation *generation; /* counted, from the load to the last question after the end; else NULL */
	struct reask reask;            /* after the end */
	bool asked;                    /* its questions are over */
	struct reload_change *untold;  /* of the reask: the first refusal that is not logged yet */
	struct timer slice;            /* of the end; before it, of the wait for the gates */
	enum phase phase;
	bool by_rule;                  /* a rule has ended it */
	char name[PATH_SIZE], why[256];
	double since, ended;           /* seconds since 1970 */
	uint64_t number, kept;         /* of its generation; kept: the same for a kept generation, 0: files */
	pthread_mutex_t lock;          /* guards error to rule: each worker counts its answers */
	char error[TEXT_SIZE + PLACE_SIZE + 64]; /* the last one of its scripts */
	struct counts own, live;
	bool ruled;                    /* a rule holds, for the reason ruling, which does not change any more */
	char ruling[256];
	struct canary_rule rule[CANARY_RULES];
	size_t rules;
	struct post holds;             /* a gate tells the home that a rule holds; once */
	struct canary_run *before;     /* owned: the ended one, until this one decides; NULL: none */
	json_t *last;                  /* owned: the row of the one before, from then on; NULL: none */
	struct canary_waiter begun, stopped; /* the commands that wait */
};

static void
report(struct canary_waiter *w, const char *why)
{
	struct canary_waiter told = *w;

	w->done = NULL;
	if (told.done != NULL)
		told.done(told.arg, why);
}

static void
free_run(struct canary_run *run)
{
	if (run == NULL)
		return;
	free_run(run->before);
	timer_stop(&run->slice);
	reask_end(&run->reask);
	generation_unref(run->generation);
	for (size_t i = 0; i < run->rules; i++)
		canary_rule_free(&run->rule[i]);
	json_decref(run->last);
	pthread_mutex_destroy(&run->lock);
	free(run);
}

/* --- showing ---------------------------------------------------------------------------------- */

static const char *
print_share(const struct canary_run *run, char out[24])
{
	snprintf(out, 24, "%g%%", run->canary.share.percent);
	return out;
}

static const char *
print_peer(const struct canary_run *run, char out[ADDR_TEXT])
{
	out[0] = '\0';
	return run->canary.share.by_peer ? addr_prefix_print(&run->canary.share.peer, out, ADDR_TEXT) : out;
}

static const char *
print_rules(const struct canary_run *run, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < run->rules && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i > 0 ? "," : "", run->rule[i].text);
	return out;
}

static json_t *
rules_of(const struct canary_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->rules; i++)
		json_array_append_new(list, json_string(run->rule[i].text));
	return list;
}

static void
put_counts(json_t *row, const char *before, const struct counts *c)
{
	const struct {
		const char *name;
		uint64_t n;
	} all[] = { { "connections", c->connections }, { "asked", c->tally.asked }, { "refused", c->tally.refused }, { "errors", c->tally.errors } };
	char key[32];

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		snprintf(key, sizeof key, "%s%s", before, all[i].name);
		json_object_set_new(row, key, json_integer((json_int_t)all[i].n));
	}
}

/* A copy, for a reader. */
static struct counts
copy(struct canary_run *run, const struct counts *c)
{
	struct counts now;

	pthread_mutex_lock(&run->lock);
	now = *c;
	pthread_mutex_unlock(&run->lock);
	return now;
}

static void
put_counted(json_t *row, struct canary_run *run)
{
	struct counts own = copy(run, &run->own), live = copy(run, &run->live);

	put_counts(row, "", &own);
	put_counts(row, "live_", &live);
	pthread_mutex_lock(&run->lock);
	json_object_set_new(row, "error", facts_json_sentence(run->error));
	pthread_mutex_unlock(&run->lock);
}

static json_t *
row_of(struct canary_run *run)
{
	static const char *const states[] = { "LOADING", "DECIDING", "RETURNING", "ENDED" };
	char peer[ADDR_TEXT];
	json_t *row;

	if (run == NULL)
		return NULL;
	row = json_pack("{s:s, s:s, s:I, s:f, s:s, s:s, s:o}", "candidate", run->name, "state", states[run->phase], "generation", (json_int_t)run->number,
		"share", run->canary.share.percent, "peer", print_peer(run, peer), "tcpipservice", run->canary.share.tcpipservice, "rules", rules_of(run));
	put_counted(row, run);
	json_object_set_new(row, "why", json_string(run->why));
	if (run->since > 0)
		json_object_set_new(row, "since", json_real(run->since));
	if (run->ended > 0)
		json_object_set_new(row, "ended", json_real(run->ended));
	return row;
}

json_t *
canary_run_row(const struct region *r)
{
	struct canary_run *run = r->canary;
	json_t *row = row_of(run), *last;

	if (run == NULL)
		return NULL;
	last = run->before != NULL ? row_of(run->before) : json_incref(run->last);
	if (last != NULL)
		json_object_set_new(row, "last", last);
	return row;
}

uint64_t
canary_run_generation(const struct region *r)
{
	return r->worker.canary != NULL && r->canary != NULL ? r->canary->kept : 0;
}

uint64_t
canary_run_mark(const struct region *r)
{
	return r->canary != NULL && r->canary->phase != CANARY_ENDED ? r->canary->canary.share.key : 0;
}

/* --- after the end ---------------------------------------------------------------------------- */

static void
finish(struct canary_run *run)
{
	reask_end(&run->reask);
	generation_unref(run->generation);
	run->generation = NULL;
	run->phase = CANARY_ENDED;
	report(&run->stopped, NULL);
}

/* True when the canary let i in, and it was not brought back yet. */
static bool
is_out(const struct canary_run *run, const struct ipconn *i)
{
	return i->engaged->canary == run->canary.share.key;
}

/* Moves i to the live generation, or releases it. */
static void
bring_back(struct canary_run *run, struct ipconn *i)
{
	i->engaged->canary = 0;
	ipconn_adopt(i, run->region->worker.generation);
	if (i->engaged->doomed)
		release_purging(i, "purge", "refused by the live generation");
}

static void
bring_refused(struct canary_run *run, struct reload_change *c)
{
	struct ipconn *i = registry_name(run->region->registry, c->name);

	if (i == NULL || !is_out(run, i))
		return;
	if (c->refusal != NULL)
		reask_tell(&run->reask, c, MSG_SP0106, "the live generation after a canary");
	bring_back(run, i);
}

/*
 * Brings ipconns back until a slice is over: the refused ones in the order of the questions, then the others. False:
 * some are left.
 */
static bool
bring_some(struct canary_run *run)
{
	double until = clock_span() + REASK_SLICE_SECONDS;
	struct ipconn *next;

	for (; run->untold != NULL; run->untold = run->untold->next) {
		if (clock_span() > until)
			return false;
		bring_refused(run, run->untold);
	}
	for (struct ipconn *i = registry_engaged(run->region->registry); i != NULL; i = next) {
		next = i->engaged->next;
		if (!is_out(run, i))
			continue;
		if (clock_span() > until)
			return false;
		bring_back(run, i);
	}
	return true;
}

/* True when all ipconns that the canary let in were asked about, in this slice or before. */
static bool
asked_all(struct canary_run *run)
{
	if (!run->asked && reask_some(&run->reask) == 0) {
		run->asked = true;
		run->untold = run->reask.changes.first;
	}
	return run->asked;
}

/* The command that began the canary is answered when each gate has the canary: it decides on all later connections. */
static void
tell_begun(struct canary_run *run)
{
	if (gates_know(run->region))
		report(&run->begun, NULL);
	else
		timer_set(&run->slice, GATES_PAUSE);
}

/*
 * While another reask is under way, the live generation may change; not from the first question on until the last
 * ipconn is back.
 */
static void
canary_run_go_on(void *arg)
{
	struct canary_run *run = arg;
	struct region *r = run->region;

	if (run->phase == CANARY_DECIDING) {
		tell_begun(run);
		return;
	}
	run->reask.generation = r->worker.generation;
	if ((r->worker.draining || (asked_all(run) && bring_some(run))) && gates_know(r))
		finish(run);
	else
		timer_set(&run->slice, reask_pause(&run->reask));
}

static void
say_ended(struct canary_run *run)
{
	struct counts own = copy(run, &run->own), live = copy(run, &run->live);
	char connections[24], asked[24], refused[24], errors[24], live_asked[24], live_refused[24];

	log_say(run->region->log, run->by_rule ? MSG_SP0105 : MSG_SP0104, "candidate", run->name, "why", run->why,
		"#connections", log_number(connections, (int64_t)own.connections), "#asked", log_number(asked, (int64_t)own.tally.asked),
		"#refused", log_number(refused, (int64_t)own.tally.refused), "#errors", log_number(errors, (int64_t)own.tally.errors),
		"#live_asked", log_number(live_asked, (int64_t)live.tally.asked),
		"#live_refused", log_number(live_refused, (int64_t)live.tally.refused), NULL);
}

/* A connection may be on the stack, so that the questions begin in the next turn. */
static void
canary_run_end(void *arg, const char *why)
{
	struct canary_run *run = arg;

	snprintf(run->why, sizeof run->why, "%s", why);
	run->by_rule = why == run->ruling;
	if (run->phase == CANARY_LOADING)
		return; /* canary_run_loaded frees it */
	report(&run->begun, NULL);
	run->phase = CANARY_RETURNING;
	run->ended = clock_wall();
	gates_tell(run->region);
	say_ended(run);
	timer_set(&run->slice, 0);
}

int
canary_run_stop(struct region *r, const char *why, const struct canary_waiter *waiter, struct fault *f)
{
	struct canary_run *run = r->canary;

	if (run == NULL || r->worker.canary == NULL)
		return fault_set(f, "there is no canary");
	run->stopped = *waiter;
	canary_end(&r->worker, why);
	return 0;
}

void
canary_run_close(struct region *r)
{
	struct canary_run *run = r->canary;

	if (run == NULL)
		return;
	canary_end(&r->worker, "the region ends");
	if (run->loader != NULL)
		r->hanging |= !loader_cancel(run->loader);
	report(&run->begun, "the region ends");
	report(&run->stopped, NULL);
	r->canary = NULL;
	free_run(run);
}

/* --- its answers ------------------------------------------------------------------------------ */

/* True: the verdict of that door says whether a connection gets in. */
static bool
lets_in(enum door d)
{
	return d == DOOR_ADMIT || d == DOOR_CERTIFY || d == DOOR_BIND || d == DOOR_INSTALL;
}

static bool
is_error(const struct verdict *v)
{
	return v->kind == VERDICT_REFUSE && (strcmp(v->code, "policy_error") == 0 || strcmp(v->code, "policy_limit") == 0);
}

static void
count(struct counts *c, const struct ask *a, const struct canary_tally *t)
{
	c->connections += a->door == DOOR_ADMIT && !a->facts->recheck;
	c->tally.asked += t->asked;
	c->tally.refused += t->refused;
	c->tally.errors += t->errors;
}

static void
keep_error(struct canary_run *run, const struct ask *a)
{
	const struct verdict *v = &a->verdict;

	char at[PLACE_SIZE + 24] = "";

	if (v->file[0] != '\0')
		snprintf(at, sizeof at, " at %s:%d", v->file, v->line);
	snprintf(run->error, sizeof run->error, "%s: %s%s: %s", door_name(a->door), v->code, at, v->text);
}

/* Under the lock. True, once: a rule holds, and run->ruling says which. */
static bool
judge(struct canary_run *run, double now)
{
	for (size_t i = 0; i < run->rules && !run->ruled; i++)
		if (canary_rule_holds(&run->rule[i], now, run->ruling, sizeof run->ruling))
			return run->ruled = true;
	return false;
}

/* Counts an answer. True: a rule holds now. */
static bool
take(struct canary_run *run, const struct ask *a, bool live)
{
	bool counts = a->script != NULL && lets_in(a->door), holds;
	struct canary_tally t = { .asked = counts, .refused = counts && a->verdict.kind == VERDICT_REFUSE, .errors = is_error(&a->verdict) };
	double now = clock_span();

	pthread_mutex_lock(&run->lock);
	count(live ? &run->live : &run->own, a, &t);
	if (t.errors > 0 && !live)
		keep_error(run, a);
	for (size_t i = 0; i < run->rules; i++)
		canary_rule_count(&run->rule[i], live, &t, now);
	holds = !live && judge(run, now);
	pthread_mutex_unlock(&run->lock);
	return holds;
}

/* At home. The canary may have ended meanwhile for another reason. */
static void
canary_run_holds(struct post *post)
{
	struct canary_run *run = (struct canary_run *)((char *)post - offsetof(struct canary_run, holds));
	struct worker *home = &run->region->worker;

	if (home->canary == &run->canary)
		canary_end(home, run->ruling);
}

static void
canary_run_answered(void *arg, const struct worker *w, const struct ask *a, bool live)
{
	struct canary_run *run = arg;

	if (!take(run, a, live))
		return;
	if (worker_is_home(w))
		canary_run_holds(&run->holds);
	else
		mailbox_send(w->crew->mailbox[0], &run->holds);
}

/* --- the beginning ---------------------------------------------------------------------------- */

static void
say_begun(const struct canary_run *run)
{
	char number[24], share[24], peer[ADDR_TEXT], rules[CANARY_RULES * CANARY_RULE_TEXT];

	log_say(run->region->log, MSG_SP0103, "candidate", run->name, "#generation", log_number(number, (int64_t)run->number), "share", print_share(run, share),
		"peer", print_peer(run, peer), "tcpipservice", run->canary.share.tcpipservice, "rules", print_rules(run, rules, sizeof rules), NULL);
}

/* It did not begin: the canary before it is shown again. */
static void
give_up(struct canary_run *run, const char *why)
{
	struct region *r = run->region;

	if (r->worker.canary == &run->canary)
		r->worker.canary = NULL;
	r->canary = run->before;
	run->before = NULL;
	report(&run->begun, why);
	report(&run->stopped, NULL);
	free_run(run);
}

/* The one before is shown as its row only. */
static void
replace(struct canary_run *run)
{
	run->last = row_of(run->before);
	json_object_del(run->last, "last");
	free_run(run->before);
	run->before = NULL;
}

/* The number must not be used again after a restart. A reload that is under way writes it itself. */
static void
keep_number(const struct canary_run *run)
{
	if (run->region->store != NULL && run->region->reload == NULL)
		region_save(run->region, NULL, NULL);
}

static void
canary_run_loaded(void *arg, struct generation *g, struct version *v, struct faults *faults)
{
	struct canary_run *run = arg;
	struct region *r = run->region;
	struct fault f = { "" };

	version_unref(v);
	run->loader = NULL;
	run->generation = g;
	if (run->why[0] != '\0')
		fault_set(&f, "the canary did not begin: %s", run->why);
	else if (g == NULL)
		candidate_blame(faults, &f);
	faults_free(faults);
	if (f.text[0] != '\0' || candidate_fits(r->worker.generation, g, "canary", &f) < 0) {
		if (g != NULL)
			g->log = NULL; /* no SP0013: it was never in use */
		give_up(run, f.text);
		return;
	}
	generations_add(r->living, g);
	run->phase = CANARY_DECIDING;
	run->since = clock_wall();
	run->canary.generation = g;
	gates_tell(r);
	replace(run);
	keep_number(run);
	say_begun(run);
	tell_begun(run);
}

/* "refused>2%/1m,error>0" */
static int
read_rules(struct canary_run *run, const char *text, struct fault *f)
{
	const struct share *s = &run->canary.share;
	double now = clock_span();

	for (const char *at = text, *next; at != NULL; at = next) {
		size_t len = strcspn(at, ",");
		char one[2 * CANARY_RULE_TEXT];

		next = at[len] == ',' ? at + len + 1 : NULL;
		snprintf(one, sizeof one, "%.*s", (int)len, at);
		if (run->rules == CANARY_RULES)
			return fault_set(f, "a canary has at most %d rules", CANARY_RULES);
		if (canary_rule_read(&run->rule[run->rules++], one, now, f) < 0)
			return -1;
		if (run->rule[run->rules - 1].above_live && s->percent >= 100 && !s->by_peer && s->tcpipservice[0] == '\0')
			return fault_set(f, "%s compares with the live generation, which decides about no connection beside --share 100%%: give a smaller share", one);
	}
	return 0;
}

/*
 * A kept generation keeps its number. Files, and the current generation beside itself, get a new one: by the number the
 * region knows whose answers a connection has.
 */
static void
take_number(struct canary_run *run, uint64_t kept)
{
	struct region *r = run->region;
	bool own = kept != 0 && kept != r->worker.generation->number;

	run->kept = kept;
	run->number = own ? kept : ++r->generations;
}

static int
load(struct canary_run *run, const struct canary_order *o, struct fault *f)
{
	struct generation_options options;

	if (read_rules(run, o->rules, f) < 0)
		return -1;
	if (share_draw(&run->canary.share) < 0)
		return fault_set(f, "no random bytes for a canary");
	if (o->candidate.number != 0 && versions_find(run->region->versions, o->candidate.number) == NULL)
		return fault_set(f, "generation %llu is not kept; policy list shows the kept ones", (unsigned long long)o->candidate.number);
	take_number(run, o->candidate.number);
	options = region_load_options(run->region);
	options.number = run->number;
	run->loader = candidate_load(run->region, &o->candidate, &options, canary_run_loaded, run, f);
	return run->loader != NULL ? 0 : -1;
}

/* -1 with a sentence: no canary can begin now. */
static int
check_state(const struct region *r, struct fault *f)
{
	if (r->worker.draining)
		return fault_set(f, "the region is shutting down");
	if (r->worker.canary != NULL)
		return fault_set(f, "there is a canary already; canary stop ends it");
	if (r->canary != NULL && r->canary->phase != CANARY_ENDED)
		return fault_set(f, "the last canary is ending; try again");
	return r->reload != NULL ? fault_set(f, "a reload is under way") : 0;
}

int
canary_run_begin(struct region *r, const struct canary_order *o, struct fault *f)
{
	const struct share *s = &o->share;
	struct canary_run *run;

	if (check_state(r, f) < 0 || candidate_share(r, s, f) < 0)
		return -1;
	run = calloc(1, sizeof *run);
	if (run == NULL)
		return fault_set(f, "no memory for a canary");
	*run = (struct canary_run){ .region = r, .canary = { .share = *s, .answered = canary_run_answered, .end = canary_run_end, .arg = run },
		.begun = o->waiter };
	run->holds.run = canary_run_holds;
	pthread_mutex_init(&run->lock, NULL); /* cannot fail on Linux */
	candidate_print(&o->candidate, run->name, sizeof run->name);
	timer_init(&run->slice, r->worker.loop, canary_run_go_on, run);
	run->reask = (struct reask){ .region = r, .force = true };
	if (load(run, o, f) < 0) {
		free_run(run);
		return -1;
	}
	run->reask.canary = run->canary.share.key;
	run->before = r->canary;
	r->canary = run;
	r->worker.canary = &run->canary;
	return 0;
}

