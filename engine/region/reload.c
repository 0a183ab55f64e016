/* SPDX-License-Identifier: Apache-2.0 */
#include "region/reload.h"

#include "base/clock.h"
#include "conn/canary.h"
#include "conn/registry.h"
#include "conn/release.h"
#include "conn/succession.h"
#include "conn/witness.h"
#include "net/notify.h"
#include "region/follow.h"
#include "region/gates.h"
#include "region/loader.h"
#include "region/reask.h"
#include "region/region.h"
#include "region/reload_apply.h"
#include "region/watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LISTINGS_MAX 4 /* further ones are made at once */

struct reload {
	struct region *region;
	struct reload_order order; /* its strings are invalid after reload_begin */
	char urm_of[NAME_SIZE];    /* the tcpipservice whose urm is set; "": a reload of the file */
	struct loader *loader;
	struct generation *generation; /* owned until the swap */
	struct version *version;       /* of the generation; owned until the swap */
	struct version *use;           /* counted: the version that is used again; NULL: none */
	uint64_t swapped;              /* the number of the new generation, which is in use; 0: not yet */
	struct generation *before;     /* counted, after the swap: ipconns borrow their definitions from it */
	struct succession succession;  /* of the ipconns */
	bool concluded;                /* nothing is asked any more */
	struct reload_change **untold; /* then: the next change to log */
	size_t told;                   /* the number of changes in front of `untold`, dropped ones included */
	bool followed;                 /* all is logged, and each gate has the generation */
	bool storing;                  /* the disk gets the new generation */
	char note[VERSION_NOTE], by[VERSION_BY], content[VERSION_DIGEST];
	struct faults faults;
	struct reload_listing listing; /* of the definitions, before the questions */
	struct reload_changes listed;  /* its changes */
	bool compared;                 /* the listing is complete */
	unsigned listings;             /* that have begun */
	uint64_t removals;             /* registry_removals when the listing began */
	struct reask reask;            /* its changes are those of the reload */
	struct timer slice;
};

static void
end(struct reload *l)
{
	struct region *r = l->region;

	timer_stop(&l->slice);
	r->worker.succeed = NULL;
	reask_end(&l->reask);
	reload_changes_free(&l->listed);
	r->reload = NULL;
	generation_unref(l->generation);
	generation_unref(l->before);
	succession_free(&l->succession);
	version_unref(l->version);
	version_unref(l->use);
	faults_free(&l->faults);
	free(l);
	if (!r->reload_again || r->worker.draining)
		return;
	r->reload_again = false;
	watch_reload(r, "signal"); /* the files may have changed since this reload read them */
}

static void
report(struct reload *l, bool done, uint64_t number, const char *unstored)
{
	struct reload_report said = { .done = done, .generation = number, .faults = &l->faults, .changes = l->reask.changes.first, .unstored = unstored };
	size_t n = l->reask.changes.n;

	said.further = n > RELOAD_SHOWN ? n - RELOAD_SHOWN : 0;
	if (!l->order.check)
		region_tell_ready(l->region, done ? "" : "; the last reload was refused");
	if (l->order.done != NULL)
		l->order.done(l->order.arg, &said);
	end(l);
}

static void
refuse(struct reload *l)
{
	char line[1024];

	for (size_t i = 0; i < l->faults.n; i++)
		if (l->faults.entry[i].level == FAULT_ERROR)
			log_say(l->region->log, MSG_SP0011, "fault", faults_print(&l->faults, i, line, sizeof line), NULL);
	report(l, false, 0, NULL);
}

/* --- after the swap --------------------------------------------------------------------------- */

/* Brings i to the new generation, or tells its refusal and releases it: in its turn, or before work of it begins. */
static void
reload_succeed(struct ipconn *i)
{
	struct reload *l = ((struct region *)i->worker->region)->reload;
	struct reload_change *c = i->engaged->refusal;

	if (i->engaged->listed && i->generation != i->worker->generation)
		ipconn_adopt(i, i->worker->generation);
	i->engaged->refusal = NULL;
	if (c != NULL)
		reask_tell(&l->reask, c, MSG_SP0016, "a reload");
	if (i->engaged->doomed)
		release_purging(i, "purge", "refused by the new generation");
	i->engaged->doomed = false;
}

static void
say_change(const struct reload *l, const struct reload_change *c)
{
	if (!l->order.check)
		log_say(l->region->log, MSG_SP0074, "kind", c->kind, "name", c->name, "change", c->what, "text", c->text, NULL);
}

/*
 * Logs the changes that are no refusals, until that time (clock_span()), and drops those that no report shows. Refusals
 * are logged earlier. True: all are logged.
 */
static bool
tell_some(struct reload *l, double until)
{
	while (*l->untold != NULL && clock_span() < until) {
		struct reload_change *c = *l->untold;

		if (!c->refused)
			say_change(l, c);
		if (++l->told > RELOAD_SHOWN)
			reload_changes_drop(&l->reask.changes, l->untold);
		else
			l->untold = &c->next;
	}
	return *l->untold == NULL;
}

static void
begin_telling(struct reload *l)
{
	l->concluded = true;
	l->untold = &l->reask.changes.first;
	timer_set(&l->slice, 0); /* follow() has a turn of its own */
}

/* --- the swap --------------------------------------------------------------------------------- */

/* An ipconn with sockets keeps its definition over the swap when another one follows it. -1 with a fault. */
static int
reload_keep(struct reload *l)
{
	const struct ipconn *i;

	if (succession_keep(&l->succession, &l->region->worker, &i) == 0)
		return 0;
	faults_add(&l->faults, FAULT_ERROR, "memory", NULL, 0, "no memory to keep the definition of ipconn %s", i->def->ipconn);
	return -1;
}

/*
 * Settles ipconns until the time `until` (clock_span()). True: all are settled, and the former generation is not used.
 */
static bool
succeed_until(struct reload *l, double until)
{
	if (!succession_some(&l->succession, until))
		return false;
	generation_unref(l->before);
	l->before = NULL;
	return true;
}

/* Keeps the version of the new generation. A reload of files unpins the region, a use pins it, set urm leaves it. */
static void
keep_version(struct reload *l)
{
	struct version *v = l->version;
	bool urm = l->urm_of[0] != '\0';

	l->version = NULL;
	region_keep(l->region, v, l->by, l->note, strncmp(l->by, "uid", 3) == 0 || strncmp(l->by, "serial", 6) == 0);
	if (!urm)
		region_pin(l->region, l->use != NULL);
}

/* The version need not keep the bundle: it has the files. */
static void
take_rules(struct reload *l)
{
	if (l->urm_of[0] == '\0')
		follow_swapped(l->region, l->version->rules);
	bundle_unref(l->version->rules);
	l->version->rules = NULL;
}

static void
reload_stored(void *arg, const char *why)
{
	struct reload *l = arg;

	report(l, true, l->swapped, why);
}

/*
 * The report waits until no gate asks by an older rule, and until the disk has the new generation and its pin: they
 * must not be lost after it.
 */
static void
follow(struct reload *l)
{
	struct region *r = l->region;
	double until = clock_span() + REASK_SLICE_SECONDS;
	bool told = succeed_until(l, until) && (l->order.check || reask_visit(&l->reask, reload_succeed, until)) && tell_some(l, until);

	if (!told || !gates_know(r)) {
		timer_set(&l->slice, told ? GATES_PAUSE : 0);
		return;
	}
	if (!l->followed) {
		l->followed = true;
		timer_set(&l->slice, 0); /* the report has many rows, and a turn of its own */
		return;
	}
	r->worker.succeed = NULL;
	l->storing = r->store != NULL && !l->order.check;
	if (l->storing)
		region_save(r, reload_stored, l);
	else
		report(l, true, l->generation != NULL ? l->generation->number : l->swapped, NULL);
}

static void
commit(struct reload *l)
{
	struct region *r = l->region;
	struct generation *g = l->generation;
	const char *why = l->use != NULL ? "another generation is used" : "a reload";

	if (reload_keep(l) < 0 || reload_apply_open(r, g, &l->faults) < 0) {
		refuse(l);
		return;
	}
	l->generation = NULL;
	l->before = generation_ref(r->worker.generation);
	witness_end(&r->worker, why);
	canary_end(&r->worker, why);
	reload_apply_swap(r, g, &l->succession, l->urm_of[0] != '\0' ? l->urm_of : NULL);
	reask_let_in(&l->reask);
	take_rules(l);
	keep_version(l);
	l->swapped = g->number;
	begin_telling(l);
	r->worker.succeed = reload_succeed;
	reask_rewind(&l->reask);
}

/* --- the changes ------------------------------------------------------------------------------ */

static void
begin_listing(struct reload *l)
{
	struct region *r = l->region;

	reload_changes_free(&l->listed);
	reload_changes_begin(&l->listing, r, r->worker.generation->definition, l->generation->definition, &l->listed, &l->succession);
	l->removals = registry_removals(r->registry);
	l->compared = false;
	l->listings++;
}

/* Lists changes of the definitions for a slice of the loop. True: all are listed. */
static bool
list_some(struct reload *l)
{
	double until = clock_span() + REASK_SLICE_SECONDS;

	while (!l->compared && clock_span() < until)
		l->compared = !reload_changes_some(&l->listing);
	return l->compared;
}

/*
 * The swap installs the ipconns of the list, so that an ipconn that was removed since then is listed again. True: the
 * list is complete. Operators who remove ipconns all the time do not put the reload off for ever.
 */
static bool
is_listed(struct reload *l)
{
	if (registry_removals(l->region->registry) == l->removals)
		return true;
	begin_listing(l);
	while (l->listings > LISTINGS_MAX && !l->compared)
		l->compared = !reload_changes_some(&l->listing);
	return l->compared;
}

/* Adds the changes of definitions and files to the refusals. -1 with a fault: some are missing. */
static int
gather_changes(struct reload *l)
{
	reload_changes_append(&l->reask.changes, &l->listed);
	reload_changes_files(l->region->worker.generation, l->generation, &l->reask.changes);
	if (!l->reask.changes.missing)
		return 0;
	faults_add(&l->faults, FAULT_ERROR, "memory", NULL, 0, "no memory to list the changes");
	return -1;
}

/* --- the end of the questions ----------------------------------------------------------------- */

static void
conclude(struct reload *l)
{
	if (reload_apply_check(l->region, l->generation, succession_changes(&l->succession), &l->faults) < 0 || gather_changes(l) < 0) {
		refuse(l);
	} else if (l->order.check) {
		log_say(l->region->log, MSG_SP0015, NULL);
		begin_telling(l);
	} else {
		commit(l);
	}
}

/* As reask_some: first the listing, then the questions, so that no turn is between the last one and the swap. */
static int
work_some(struct reload *l)
{
	int left;

	if (!list_some(l))
		return 1;
	left = l->urm_of[0] != '\0' ? reask_none(&l->reask) : reask_some(&l->reask);
	return left == 0 && !is_listed(l) ? 1 : left;
}

static void
reload_go_on(void *arg)
{
	struct reload *l = arg;
	int left;

	if (l->concluded) {
		follow(l);
		return;
	}
	left = work_some(l);
	if (l->region->worker.draining) {
		faults_add(&l->faults, FAULT_ERROR, "stopping", NULL, 0, "the region is shutting down");
		left = -1;
	}
	if (left < 0)
		refuse(l);
	else if (left > 0)
		timer_set(&l->slice, l->compared ? reask_pause(&l->reask) : 0);
	else
		conclude(l); /* in the same turn: no ipconn is accepted between the last re-ask and the swap */
}

/* The urm of the tcpipservice whose urm is set, as the new generation has it. */
static const char *
urm_now(const struct reload *l)
{
	const struct tcpipservice_def *t = definition_tcpipservice(l->generation->definition, l->urm_of);

	return t != NULL ? t->urm : "";
}

/* False, with a fault: the files and variables are not those that the order means. */
static bool
has_content(struct reload *l, struct version *v)
{
	version_seal(v);
	if (l->content[0] == '\0' || strcmp(l->content, v->content) == 0)
		return true;
	faults_add(&l->faults, FAULT_ERROR, "content", l->region->file, 0,
		"region.lua, an included file, a script, a data file or a variable of env is not as it was replayed: it has changed since then; replay it again, "
		"with the variables that the region has");
	return false;
}

/* False, with a fault: the loaded generation cannot be used. */
static bool
is_usable(struct reload *l)
{
	const struct generation *g = l->generation;

	if (g == NULL)
		return false;
	if (l->use != NULL && g->definition->region.follow == YES)
		faults_add(&l->faults, FAULT_ERROR, "follow", NULL, 0, "generation %llu has follow = \"yes\", which only a load of region.lua can begin",
			(unsigned long long)l->use->number);
	else if (has_content(l, l->version) && succession_make(&l->succession, g->definition) < 0)
		faults_add(&l->faults, FAULT_ERROR, "memory", NULL, 0, "no memory to compare the ipconns");
	return l->faults.errors == 0;
}

static void
reload_loaded(void *arg, struct generation *g, struct version *v, struct faults *faults)
{
	struct reload *l = arg;
	bool urm = l->urm_of[0] != '\0';

	l->loader = NULL;
	l->faults = *faults;
	l->generation = g;
	l->version = v;
	if (v != NULL && version_take_urms(v, urm ? versions_current(l->region->versions) : l->use, urm ? l->urm_of : NULL, urm ? urm_now(l) : NULL) < 0)
		faults_add(&l->faults, FAULT_WARNING, "memory", NULL, 0, "no memory to keep the urms that operators set");
	log_warnings(l->region->log, &l->faults);
	if (!is_usable(l)) {
		refuse(l);
		return;
	}
	v->number = g->number;
	v->of = l->use != NULL ? l->use->number : 0;
	l->region->generations++;
	l->reask.generation = g;
	begin_listing(l);
	reload_go_on(l);
}

/* --- beginning -------------------------------------------------------------------------------- */

/* Whether the running definition can have that urm. -1 with a sentence. */
static int
check_urm(const struct region *r, const struct reload_order *o, struct fault *f)
{
	const struct tcpipservice_def *s = definition_tcpipservice(r->worker.generation->definition, o->tcpipservice);
	struct tcpipservice_def changed;

	if (s == NULL)
		return fault_set(f, "no tcpipservice named %s in the running generation", o->tcpipservice);
	changed = *s;
	return attribute_set_text(attribute_find(resource_tcpipservice, "urm"), &changed, o->urm, strlen(o->urm), f);
}

/* A listener can be closed to new partners although rows do not hold. */
static bool
is_lenient(const struct reload_order *o)
{
	return o->force || (o->urm != NULL && strcasecmp(o->urm, "no") == 0);
}

static int
start(struct reload *l, struct fault *f)
{
	struct region *r = l->region;
	bool urm = l->order.urm != NULL, kept = l->use != NULL || (urm && (versions_pinned(r->versions) || follow_taken(r) != NULL)); /* no script is read from the directory */
	struct version *now = versions_current(r->versions);
	struct loader_order o = { .of = urm ? r->worker.generation : NULL, .tcpipservice = l->order.tcpipservice, .urm = l->order.urm, .file = r->file,
		 .from = l->use != NULL ? l->use : kept ? now : NULL, .like = now,
		.follows = true, .rules = l->order.rules != NULL ? l->order.rules : follow_taken(r), .take = l->order.rules != NULL,
		.last = follow_taken(r) != NULL ? follow_taken(r)->head.serial : 0, .lenient = is_lenient(&l->order), .options = region_load_options(r) };

	l->loader = loader_start(r->worker.loop, &o, reload_loaded, l);
	if (l->loader == NULL)
		return fault_set(f, "no memory or no thread to load another generation");
	return 0;
}

int
reload_begin(struct region *r, const struct reload_order *o, struct fault *f)
{
	struct reload *l;
	char number[24];

	if (r->reload != NULL || r->worker.draining)
		return fault_set(f, r->reload != NULL ? "a reload is under way" : "the region is shutting down");
	if (o->use != 0 && versions_find(r->versions, o->use) == NULL)
		return fault_set(f, "generation %llu is not kept; policy list shows the kept ones", (unsigned long long)o->use);
	if (o->urm != NULL && check_urm(r, o, f) < 0)
		return -1;
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return fault_set(f, "no memory to reload");
	*l = (struct reload){ .region = r, .order = *o, .use = version_ref(o->use != 0 ? versions_find(r->versions, o->use) : NULL) };
	snprintf(l->note, sizeof l->note, "%s", o->note != NULL ? o->note : "");
	snprintf(l->by, sizeof l->by, "%s", o->by);
	snprintf(l->content, sizeof l->content, "%s", o->content != NULL ? o->content : "");
	if (o->urm != NULL)
		snprintf(l->urm_of, sizeof l->urm_of, "%s", o->tcpipservice);
	l->reask = (struct reask){ .region = r, .quiet = o->check, .holds = !o->check, .force = o->force, .faults = &l->faults };
	timer_init(&l->slice, r->worker.loop, reload_go_on, l);
	if (start(l, f) < 0) {
		version_unref(l->use);
		free(l);
		return -1;
	}
	r->reload = l;
	if (!o->check)
		notify_reloading(r->notify, "reloading");
	log_say(r->log, MSG_SP0014, "file", r->file, "check", o->check ? "yes" : NULL, "tcpipservice", o->tcpipservice, "urm", o->urm, "#use",
		o->use != 0 ? log_number(number, (int64_t)o->use) : NULL, "note", o->note, NULL);
	return 0;
}

void
reload_cancel(struct region *r)
{
	struct reload *l = r->reload;

	r->reload_again = false;
	if (l == NULL)
		return;
	if (l->swapped != 0) {
		if (l->storing)
			version_store_forget(r->store);
		succeed_until(l, INFINITY);
		report(l, true, l->swapped, "the region ended before the disk answered");
		return;
	}
	r->hanging |= !loader_cancel(l->loader);
	faults_add(&l->faults, FAULT_ERROR, "stopping", NULL, 0, "the region ended before the reload did");
	report(l, false, 0, NULL);
}
