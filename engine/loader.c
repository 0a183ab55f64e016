/* SPDX-License-Identifier: Apache-2.0 */
#include "loader.h"

#include "definition.h"

#include <ev.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct loader {
	struct ev_loop *loop; /* borrowed */
	ev_async ready;
	pthread_t thread;
	struct definition *definition; /* owned until the generation has it */
	char file[PATH_SIZE];
	struct generation_options options;
	struct generation *generation; /* owned until done */
	struct faults faults;
	void (*done)(void *arg, struct generation *g, struct faults *faults);
	void *arg;
};

static void *
load(void *arg)
{
	struct loader *l = arg;

	if (l->definition == NULL)
		l->definition = definition_load(l->file, &l->faults);
	if (l->definition != NULL)
		l->generation = generation_load(l->definition, &l->options, &l->faults);
	if (l->generation == NULL)
		definition_free(l->definition);
	l->definition = NULL;
	ev_async_send(l->loop, &l->ready);
	return NULL;
}

static void
on_ready(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct loader *l = watcher->data;

	(void)events;
	pthread_join(l->thread, NULL);
	ev_async_stop(loop, watcher);
	l->done(l->arg, l->generation, &l->faults);
	free(l);
}

/* Signals are the loop's thread's. */
static int
start(struct loader *l)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&l->thread, NULL, load, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

struct loader *
loader_start(struct ev_loop *loop, struct definition *d, const char *file, const struct generation_options *o,
	void (*done)(void *arg, struct generation *g, struct faults *faults), void *arg)
{
	struct loader *l = calloc(1, sizeof *l);

	if (l == NULL) {
		definition_free(d);
		return NULL;
	}
	*l = (struct loader){ .loop = loop, .definition = d, .options = *o, .done = done, .arg = arg };
	snprintf(l->file, sizeof l->file, "%s", file);
	ev_async_init(&l->ready, on_ready);
	l->ready.data = l;
	ev_async_start(loop, &l->ready);
	if (start(l) == 0)
		return l;
	ev_async_stop(loop, &l->ready);
	definition_free(d);
	free(l);
	return NULL;
}

void
loader_cancel(struct loader *l)
{
	if (l == NULL)
		return;
	pthread_join(l->thread, NULL);
	ev_async_stop(l->loop, &l->ready);
	generation_unref(l->generation);
	faults_free(&l->faults);
	free(l);
}
