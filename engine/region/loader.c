/* SPDX-License-Identifier: Apache-2.0 */
#include "region/loader.h"

#include "config/definition_load.h"
#include "policy/policy_specs.h"
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
	bool lenient;         /* rows that do not hold are warnings */
	struct definition *definition; /* owned until the generation has it */
	char file[PATH_SIZE];
	struct generation_options options;
	struct generation *generation; /* owned until done() */
	struct faults faults;
	void (*done)(void *arg, struct generation *g, struct faults *faults);
	void *arg;
};

int
loader_rows(const struct generation *g, const char *library_dir, bool lenient, struct faults *faults)
{
	int specs = g->definition->region.specs;
	size_t errors = faults->errors;
	struct policy_specs_result result;
	struct policy_specs_order o = { .d = g->definition, .library_dir = library_dir, .loaded = g->sources, .seconds = LOADER_ROWS };

	o.level = specs == SPECS_REQUIRE && !lenient ? FAULT_ERROR : FAULT_WARNING;
	if (specs != SPECS_OFF)
		policy_specs_run(&o, &result, faults);
	return faults->errors == errors ? 0 : -1;
}

static void
drop_generation(struct loader *l)
{
	l->generation->log = NULL; /* it was never in use */
	generation_unref(l->generation);
	l->generation = NULL;
}

static void
loader_load(void *arg)
{
	struct loader *l = arg;

	if (l->definition == NULL)
		l->definition = definition_load(l->file, &l->faults);
	if (l->definition != NULL)
		l->generation = generation_load(l->definition, &l->options, &l->faults);
	if (l->generation == NULL)
		definition_free(l->definition);
	else if (loader_rows(l->generation, l->options.library_dir, l->lenient, &l->faults) < 0)
		drop_generation(l);
	l->definition = NULL;
	pthread_mutex_lock(&l->lock);
	if (!l->abandoned)
		ev_async_send(l->loop, &l->ready);
	pthread_mutex_unlock(&l->lock);
}

static void
free_loader(struct loader *l)
{
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
	l->done(l->arg, l->generation, &l->faults);
	free_loader(l);
}

struct loader *
loader_start(struct ev_loop *loop, struct definition *d, const char *file, const struct generation_options *o, bool lenient,
	void (*done)(void *arg, struct generation *g, struct faults *faults), void *arg)
{
	struct loader *l = calloc(1, sizeof *l);

	if (l == NULL) {
		definition_free(d);
		return NULL;
	}
	*l = (struct loader){ .loop = loop, .definition = d, .options = *o, .lenient = lenient, .done = done, .arg = arg };
	snprintf(l->file, sizeof l->file, "%s", file);
	pthread_mutex_init(&l->lock, NULL);
	ev_async_init(&l->ready, loader_on_ready);
	l->ready.data = l;
	ev_async_start(loop, &l->ready);
	if (thread_start(&l->thread, loader_load, l) == 0)
		return l;
	ev_async_stop(loop, &l->ready);
	definition_free(d);
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
	faults_free(&l->faults);
	free_loader(l);
	return true;
}
