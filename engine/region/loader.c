/* SPDX-License-Identifier: Apache-2.0 */
#include "region/loader.h"

#include "config/definition_load.h"
#include "policy/policy_specs.h"
#include "region/followed.h"
#include "region/walker.h"
#include "base/thread.h"

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>

struct loader {
	struct ev_loop *loop; /* borrowed */
	ev_async ready;
	struct thread *thread;
	pthread_mutex_t lock; /* protects `abandoned` */
	bool abandoned;       /* the loop may be freed: do not use it */
	struct loader_order order; /* its generation and versions are counted */
	char file[PATH_SIZE], tcpipservice[NAME_SIZE], urm[SCRIPT_SIZE];
	struct bundle *used;           /* counted until done(): the published rules; NULL: none */
	struct generation *generation; /* owned until done(), as is its version */
	struct version *version;
	struct faults faults;
	void (*done)(void *arg, struct generation *g, struct version *v, struct faults *faults);
	void *arg;
};

int
loader_rows(const struct generation *g, const char *library_dir, bool lenient, struct faults *faults)
{
	int specs = g->definition->region.specs;
	size_t errors = faults->errors;
	struct policy_specs_result result;
	struct walker walker = { .file = g->definition->file };
	const struct policy_specs_walk walk = walker_walk(&walker);
	struct policy_specs_order o = { .walk = &walk, .region = &g->definition->region, .library_dir = library_dir, .loaded = g->sources, .seconds = LOADER_ROWS };

	o.level = specs == SPECS_REQUIRE && !lenient ? FAULT_ERROR : FAULT_WARNING;
	if (specs != SPECS_OFF)
		policy_specs_run(&o, &result, faults);
	walker_free(&walker);
	return faults->errors == errors ? 0 : -1;
}

static void
drop_generation(struct loader *l)
{
	l->generation->log = NULL; /* it was never in use */
	generation_unref(l->generation);
	l->generation = NULL;
}

/* A copy of the definition of order.of with the urm of the order. NULL with a fault. */
static struct definition *
with_urm(struct loader *l)
{
	struct definition *d = definition_copy(l->order.of->definition);
	const struct attribute *a = attribute_find(resource_tcpipservice, "urm");
	struct tcpipservice_def *s = d != NULL ? (struct tcpipservice_def *)definition_tcpipservice(d, l->tcpipservice) : NULL;
	struct fault f = { "no memory for the definition" };

	if (s != NULL && attribute_set_text(a, s, l->urm, strlen(l->urm), &f) == 0) {
		params_drop(&d->params, "tcpipservice", s->tcpipservice, a->name); /* they are those of the script before */
		return d;
	}
	faults_add(&l->faults, FAULT_ERROR, "memory", NULL, 0, "%s", f.text);
	definition_free(d);
	return NULL;
}

/* The definition of the file, with the rules that it follows. */
static struct definition *
from_file(struct loader *l)
{
	struct loader_order *o = &l->order;
	struct followed_order f = { .file = l->file, .rules = o->rules, .take = o->take, .last = o->last };
	struct definition *d;

	if (!o->follows)
		return definition_load(l->file, &l->faults);
	d = followed_definition(&f, &l->used, &l->faults);
	if (o->take && d != NULL && l->used == NULL) {
		faults_add(&l->faults, FAULT_ERROR, "follow", l->file, 0, "region: follow is no: the region takes no published rules");
		definition_free(d);
		return NULL;
	}
	followed_give(l->used, &o->options);
	return d;
}

static struct definition *
take_definition(struct loader *l)
{
	struct loader_order *o = &l->order;
	struct definition *d = o->definition;

	o->definition = NULL;
	if (d != NULL)
		return d;
	if (o->of != NULL)
		return with_urm(l);
	return o->from != NULL ? version_definition(o->from, l->file, &l->faults) : from_file(l);
}

static void
load_generation(struct loader *l)
{
	struct loader_order *o = &l->order;
	struct definition *d = take_definition(l);

	if (d != NULL)
		l->generation = generation_load(d, &o->options, &l->faults);
	if (l->generation == NULL)
		definition_free(d);
	else if (o->from == NULL && l->used == NULL && loader_rows(l->generation, o->options.library_dir, o->lenient, &l->faults) < 0)
		drop_generation(l);
}

/* Keeps new rules on disk, before any of them is in use. */
static void
keep_rules(struct loader *l)
{
	struct followed w = followed_of(&l->generation->definition->region);
	struct fault f;

	if (followed_keep(&w, l->used, &f) == 0)
		return;
	faults_add(&l->faults, FAULT_ERROR, "follow", l->file, 0, "region: %s", f.text);
	drop_generation(l);
	version_unref(l->version);
	l->version = NULL;
}

static void
loader_load(void *arg)
{
	struct loader *l = arg;

	load_generation(l);
	if (l->generation != NULL && (l->version = version_of(l->generation, l->order.like)) == NULL) {
		faults_add(&l->faults, FAULT_ERROR, "memory", NULL, 0, "no memory to keep the bytes of the generation");
		drop_generation(l);
	}
	if (l->generation != NULL && l->order.take)
		keep_rules(l);
	if (l->generation != NULL)
		l->version->rules = bundle_ref(l->used);
	pthread_mutex_lock(&l->lock);
	if (!l->abandoned)
		ev_async_send(l->loop, &l->ready);
	pthread_mutex_unlock(&l->lock);
}

static void
free_loader(struct loader *l)
{
	generation_unref(l->order.of);
	version_unref(l->order.from);
	version_unref(l->order.like);
	bundle_unref(l->order.rules);
	bundle_unref(l->used);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static void
loader_on_ready(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct loader *l = watcher->data;

	(void)events;
	thread_wait(l->thread);
	ev_async_stop(loop, watcher);
	l->done(l->arg, l->generation, l->version, &l->faults);
	free_loader(l);
}

static void
take_order(struct loader *l)
{
	struct loader_order *o = &l->order;

	snprintf(l->file, sizeof l->file, "%s", o->file);
	if (o->of != NULL) {
		snprintf(l->tcpipservice, sizeof l->tcpipservice, "%s", o->tcpipservice);
		snprintf(l->urm, sizeof l->urm, "%s", o->urm);
	}
	generation_ref(o->of);
	version_ref(o->from);
	version_ref(o->like);
	bundle_ref(o->rules);
	followed_give_saf(o->rules, &o->options);
	if (o->from == NULL)
		return;
	o->options.give = version_give;
	o->options.give_arg = o->from;
}

struct loader *
loader_start(struct ev_loop *loop, const struct loader_order *o,
	void (*done)(void *arg, struct generation *g, struct version *v, struct faults *faults), void *arg)
{
	struct loader *l = calloc(1, sizeof *l);

	if (l == NULL) {
		definition_free(o->definition);
		return NULL;
	}
	*l = (struct loader){ .loop = loop, .order = *o, .done = done, .arg = arg };
	take_order(l);
	pthread_mutex_init(&l->lock, NULL);
	ev_async_init(&l->ready, loader_on_ready);
	l->ready.data = l;
	ev_async_start(loop, &l->ready);
	if (thread_start(&l->thread, loader_load, l) == 0)
		return l;
	ev_async_stop(loop, &l->ready);
	definition_free(l->order.definition);
	free_loader(l);
	return NULL;
}

bool
loader_cancel(struct loader *l)
{
	if (l == NULL)
		return true;
	pthread_mutex_lock(&l->lock);
	l->abandoned = true;
	pthread_mutex_unlock(&l->lock);
	ev_async_stop(l->loop, &l->ready);
	if (!thread_join(l->thread, LOADER_GOODBYE))
		return false;
	generation_unref(l->generation);
	version_unref(l->version);
	faults_free(&l->faults);
	free_loader(l);
	return true;
}
