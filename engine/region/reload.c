/* SPDX-License-Identifier: Apache-2.0 */
#include "region/reload.h"

#include "base/clock.h"
#include "conn/witness.h"
#include "records/recorder.h"
#include "region/loader.h"
#include "region/region.h"
#include "region/reload_apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SLICE_SECONDS 0.002
#define BUSY_SECONDS 0.01

struct reload {
	struct region *region;
	struct reload_order order; /* its strings are invalid after reload_begin */
	char urm_of[NAME_SIZE];    /* the tcpipservice whose urm is set; "": a reload of the file */
	struct loader *loader;
	struct generation *generation; /* owned until the swap */
	struct version *version;       /* of the generation; owned until the swap */
	struct version *use;           /* counted: the version that is used again; NULL: none */
	uint64_t swapped;              /* the number of the new generation, which is in use; 0: not yet */
	char note[VERSION_NOTE], by[VERSION_BY], content[VERSION_DIGEST];
	struct faults faults;
	struct reload_changes changes;
	struct timer slice;
};

static void
end(struct reload *l)
{
	struct region *r = l->region;

	timer_stop(&l->slice);
	for (struct ipconn *i = registry_first(r->registry); i != NULL; i = i->next)
		i->doomed = false;
	r->reload = NULL;
	generation_unref(l->generation);
	version_unref(l->version);
	version_unref(l->use);
	faults_free(&l->faults);
	reload_changes_free(&l->changes);
	free(l);
}

static void
report(struct reload *l, bool done, uint64_t number, const char *unstored)
{
	struct reload_report said = { .done = done, .generation = number, .faults = &l->faults, .changes = l->changes.first, .unstored = unstored };

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

/* --- re-asking -------------------------------------------------------------------------------- */

static void
print_place(char *out, size_t size, const struct verdict *v)
{
	if (v->file[0] != '\0')
		snprintf(out, size, "%s:%d: %s", v->file, v->line, v->text);
	else
		snprintf(out, size, "%s", v->text);
}

/* A policy of the new generation failed for a connected ipconn: a fault, which refuses the reload. */
static void
blame(struct reload *l, const struct ipconn *i, const struct recheck_result *r)
{
	faults_add(&l->faults, FAULT_ERROR, "recheck", r->verdict.file[0] != '\0' ? r->verdict.file : NULL, r->verdict.line,
		"ipconn %s, asked again at %s: %s: %s", i->def.ipconn, door_name(r->door), r->verdict.code, r->verdict.text);
}

/*
 * Notes the refusal of an ipconn and takes r's entry. The release and its message follow at the swap: a refused reload
 * releases no ipconn.
 */
static void
doom(struct reload *l, struct ipconn *i, struct recheck_result *r)
{
	bool release = r->gone || l->generation->definition->region.recheck == RECHECK_RELEASE;
	struct reload_change *c = reload_changes_add(&l->changes, "ipconn", i->def.ipconn, release ? "released" : "reported");

	i->doomed = release;
	if (!release && !l->order.check)
		recheck_write(r, i);
	if (c == NULL || (c->refusal = malloc(sizeof *c->refusal)) == NULL) /* no memory: no record entry */
		recheck_forget(r);
	if (c == NULL)
		return;
	snprintf(c->door, sizeof c->door, "%s", r->door < DOOR_COUNT ? door_name(r->door) : "");
	snprintf(c->code, sizeof c->code, "%s", r->verdict.code);
	print_place(c->text, sizeof c->text, &r->verdict);
	if (c->refusal != NULL)
		*c->refusal = *r;
}

/* Writes the refusal into the record of the refused socket, and an event into those of the ipconn's other sockets. */
static void
record_release(const struct ipconn *i, struct recheck_result *r)
{
	char event[CONNECTION_SIZE + 60];

	snprintf(event, sizeof event, "released with connection %s, refused by a reload", r->connection);
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++) {
		struct conn *c = i->socket[n];

		if (c == NULL)
			continue;
		if (strcmp(c->facts.connection, r->connection) == 0) {
			recheck_record(r, c);
		} else {
			record_reasked(c->record, NULL);
			conn_event(c, event);
		}
	}
}

static void
tell_refusal(struct reload *l, const struct reload_change *c)
{
	const struct ipconn *i = registry_name(l->region->registry, c->name);

	if (i == NULL)
		return;
	if (i->doomed)
		record_release(i, c->refusal);
	log_say(l->region->log, MSG_SP0016, "ipconn", c->name, "door", c->door, "policy", c->refusal->script, "code", c->code, "text", c->text,
		"released", i->doomed ? "yes" : "no", NULL);
}

/* Logs the changes and the refusals of a reload that is about to swap. */
static void
tell_changes(struct reload *l)
{
	for (const struct reload_change *c = l->changes.first; c != NULL; c = c->next) {
		if (c->refusal != NULL)
			tell_refusal(l, c);
		else
			log_say(l->region->log, MSG_SP0074, "kind", c->kind, "name", c->name, "change", c->what, "text", c->text, NULL);
	}
}

/*
 * True when a socket of the ipconn has not been asked by the doors of generation `number`. An ipconn that is being
 * released is not asked: its partner may keep conversations open for any time.
 */
static bool
due(const struct ipconn *i, uint64_t number)
{
	if (i->doomed || i->status == CONN_RELEASED)
		return false;
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] != NULL && i->socket[n]->asked != number)
			return true;
	return false;
}

/* -1: the reload is refused. */
static int
ask_one(struct reload *l, struct ipconn *i)
{
	struct recheck_result result;

	recheck_ipconn(i, l->generation, l->order.check, &result);
	if (!result.refused)
		return 0;
	if (result.failed && !l->order.force) {
		blame(l, i, &result);
		recheck_forget(&result);
		return -1;
	}
	doom(l, i, &result);
	return 0;
}

/* Re-asks ipconns until the slice is over. 1: some are left, 0: none are left, -1: the reload is refused. */
static int
ask_some(struct reload *l)
{
	double until = clock_span() + SLICE_SECONDS;

	for (struct ipconn *i = registry_first(l->region->registry); i != NULL; i = i->next) {
		if (!due(i, l->generation->number))
			continue;
		if (ask_one(l, i) < 0)
			return -1;
		if (clock_span() > until)
			return 1;
	}
	return 0;
}

/* recheck = off: no door is asked. An ipconn without its listener or definition is refused nevertheless. */
static void
ask_none(struct reload *l)
{
	struct recheck_result result;

	for (struct ipconn *i = registry_first(l->region->registry); i != NULL; i = i->next) {
		recheck_gone(i, l->generation, &result);
		if (result.gone && !i->doomed)
			doom(l, i, &result);
		else
			recheck_forget(&result);
	}
}

/* --- the swap --------------------------------------------------------------------------------- */

/* Keeps the version of the new generation. A reload of files unpins the region, a use pins it, set urm leaves it. */
static void
keep_version(struct reload *l)
{
	struct version *v = l->version;
	bool urm = l->urm_of[0] != '\0';

	l->version = NULL;
	region_keep(l->region, v, l->by, l->note, strncmp(l->by, "uid", 3) == 0);
	if (!urm)
		region_pin(l->region, l->use != NULL);
}

static void
reload_stored(void *arg, const char *why)
{
	struct reload *l = arg;

	report(l, true, l->swapped, why);
}

/* The report waits until the disk has the new generation and its pin: they must not be lost after it. */
static void
commit(struct reload *l)
{
	struct region *r = l->region;
	struct generation *g = l->generation;

	if (reload_apply_open(r, g, &l->faults) < 0) {
		refuse(l);
		return;
	}
	reload_changes_list(r, g, &l->changes);
	l->generation = NULL;
	tell_changes(l);
	witness_end(&r->worker, l->use != NULL ? "another generation is used" : "a reload");
	reload_apply_swap(r, g, l->urm_of[0] != '\0' ? l->urm_of : NULL);
	keep_version(l);
	l->swapped = g->number;
	if (r->store != NULL)
		region_save(r, reload_stored, l);
	else
		report(l, true, l->swapped, NULL);
}

static void
conclude(struct reload *l)
{
	if (reload_apply_check(l->region, l->generation, &l->faults) < 0) {
		refuse(l);
	} else if (l->order.check) {
		reload_changes_list(l->region, l->generation, &l->changes);
		log_say(l->region->log, MSG_SP0015, NULL);
		report(l, true, l->generation->number, NULL);
	} else {
		commit(l);
	}
}

/* The questions of the next slice may have no room in the queue of the file of records, which is being written. */
static bool
must_wait(const struct reload *l)
{
	return recorder_busy(l->region->recorder);
}

static void
reload_go_on(void *arg)
{
	struct reload *l = arg;
	bool off = l->urm_of[0] != '\0' || l->generation->definition->region.recheck == RECHECK_OFF;
	int left = off ? 0 : must_wait(l) ? 1 : ask_some(l);

	if (off)
		ask_none(l);

	if (l->region->worker.draining) {
		faults_add(&l->faults, FAULT_ERROR, "stopping", NULL, 0, "the region is shutting down");
		left = -1;
	}
	if (left < 0)
		refuse(l);
	else if (left > 0)
		timer_set(&l->slice, must_wait(l) ? BUSY_SECONDS : 0);
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

/* False, with a fault: the files are not those that the order means. */
static bool
has_content(struct reload *l, struct version *v)
{
	version_seal(v);
	if (l->content[0] == '\0' || strcmp(l->content, v->content) == 0)
		return true;
	faults_add(&l->faults, FAULT_ERROR, "content", l->region->file, 0,
		"region.lua, a script or a data file is not as it was replayed: it has changed since then; replay it again");
	return false;
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
	if (g == NULL) {
		refuse(l);
		return;
	}
	if (!has_content(l, v)) {
		refuse(l);
		return;
	}
	v->number = g->number;
	v->of = l->use != NULL ? l->use->number : 0;
	l->region->generations++;
	reload_go_on(l);
}

/* --- beginning -------------------------------------------------------------------------------- */

/* A copy of the running definition with one urm changed. NULL with a sentence. */
static struct definition *
with_urm(const struct region *r, const struct reload_order *o, struct fault *f)
{
	struct definition *d = definition_copy(r->worker.generation->definition);
	const struct attribute *a = attribute_find(resource_tcpipservice, "urm");
	struct tcpipservice_def *s = d != NULL ? (struct tcpipservice_def *)definition_tcpipservice(d, o->tcpipservice) : NULL;

	if (s != NULL && attribute_set_text(a, s, o->urm, strlen(o->urm), f) == 0) {
		params_drop(&d->params, "tcpipservice", s->tcpipservice, a->name); /* they are those of the script before */
		return d;
	}
	if (s == NULL)
		fault_set(f, "no tcpipservice named %s in the running generation", o->tcpipservice);
	definition_free(d);
	return NULL;
}

/* A listener can be closed to new partners although rows do not hold. */
static bool
is_lenient(const struct reload_order *o)
{
	return o->force || (o->urm != NULL && strcasecmp(o->urm, "no") == 0);
}

static int
start(struct reload *l, struct definition *d, struct fault *f)
{
	struct region *r = l->region;
	bool kept = l->use != NULL || (d != NULL && versions_pinned(r->versions)); /* no script is read from the directory */
	struct version *now = versions_current(r->versions);
	struct loader_order o = { .definition = d, .file = r->file, .from = l->use != NULL ? l->use : kept ? now : NULL, .like = now,
		.lenient = is_lenient(&l->order), .options = region_load_options(r) };

	l->loader = loader_start(r->worker.loop, &o, reload_loaded, l);
	if (l->loader == NULL)
		return fault_set(f, "no memory or no thread to load another generation");
	return 0;
}

int
reload_begin(struct region *r, const struct reload_order *o, struct fault *f)
{
	struct definition *d = NULL;
	struct reload *l;
	char number[24];

	if (r->reload != NULL || r->worker.draining)
		return fault_set(f, r->reload != NULL ? "a reload is under way" : "the region is shutting down");
	if (o->use != 0 && versions_find(r->versions, o->use) == NULL)
		return fault_set(f, "generation %llu is not kept; policy list shows the kept ones", (unsigned long long)o->use);
	if (o->urm != NULL && (d = with_urm(r, o, f)) == NULL)
		return -1;
	l = calloc(1, sizeof *l);
	if (l == NULL) {
		definition_free(d);
		return fault_set(f, "no memory to reload");
	}
	*l = (struct reload){ .region = r, .order = *o, .use = version_ref(o->use != 0 ? versions_find(r->versions, o->use) : NULL) };
	snprintf(l->note, sizeof l->note, "%s", o->note != NULL ? o->note : "");
	snprintf(l->by, sizeof l->by, "%s", o->by);
	snprintf(l->content, sizeof l->content, "%s", o->content != NULL ? o->content : "");
	if (o->urm != NULL)
		snprintf(l->urm_of, sizeof l->urm_of, "%s", o->tcpipservice);
	timer_init(&l->slice, r->worker.loop, reload_go_on, l);
	if (start(l, d, f) < 0) {
		version_unref(l->use);
		free(l);
		return -1;
	}
	r->reload = l;
	log_say(r->log, MSG_SP0014, "file", r->file, "check", o->check ? "yes" : NULL, "tcpipservice", o->tcpipservice, "urm", o->urm, "#use",
		o->use != 0 ? log_number(number, (int64_t)o->use) : NULL, "note", o->note, NULL);
	return 0;
}

void
reload_cancel(struct region *r)
{
	struct reload *l = r->reload;

	if (l == NULL)
		return;
	if (l->swapped != 0) {
		version_store_forget(r->store);
		report(l, true, l->swapped, "the region ended before the disk answered");
		return;
	}
	r->hanging = !loader_cancel(l->loader);
	faults_add(&l->faults, FAULT_ERROR, "stopping", NULL, 0, "the region ended before the reload did");
	report(l, false, 0, NULL);
}
