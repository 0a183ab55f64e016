/* SPDX-License-Identifier: Apache-2.0 */
#include "region/gates.h"

#include <ev.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/owner.h"
#include "base/thread.h"
#include "config/resource.h"
#include "conn/canary.h"
#include "conn/conn.h"
#include "conn/move.h"
#include "conn/published.h"
#include "conn/witness.h"
#include "net/loop.h"
#include "net/notify.h"
#include "policy/waits.h"
#include "region/region.h"
#include "region/region_store.h"
#include "store/store.h"

#define GOODBYE 5.0 /* seconds that the end of the region waits for a gate */

struct gate {
	struct worker worker;    /* owns its loop, its log handle, its waits and its reference of the generation */
	struct turns_watch turns;
	struct host_world world;
	struct mailbox *mailbox; /* owned */
	struct thread *thread;   /* owned; NULL: it does not run */
	ev_prepare turn;         /* runs at the end of each turn */
	struct post end, idle;
	atomic_bool told;        /* idle is on its way to the home */
};

static struct gate *
gate_of(struct worker *w)
{
	return (struct gate *)((char *)w - offsetof(struct gate, worker));
}

/* --- in the thread of a gate ------------------------------------------------------------------ */

static void
gates_end_of_turn(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	struct gate *g = watcher->data;

	(void)loop;
	(void)events;
	move_leave(&g->worker);
	conn_bury(&g->worker);
	log_hand_over(g->worker.log);
}

static void
gates_run(void *arg)
{
	struct gate *g = arg;
	struct worker *w = &g->worker;

	owner_take(&w->thread);
	log_collect(w->log);
	tls_thread_begin(WAITING_MAX + 1);
	region_store_follow(w);
	ev_ref(w->loop); /* a gate without a connection waits for its posts */
	loop_run(w->loop);
	ev_unref(w->loop);
	while (w->conns != NULL)
		conn_close(w->conns, CONN_AT_ONCE, "the region ends");
	conn_end(w);
	store_use(w->store, NULL); /* its connection belongs to this thread */
	tls_thread_end();
	log_hand_over(w->log);
}

static void
gates_quit(struct post *post)
{
	struct gate *g = (struct gate *)((char *)post - offsetof(struct gate, end));

	loop_break(g->worker.loop);
}

/* A draining gate has no connection left. */
static void
gates_idle(struct worker *w)
{
	struct gate *g = gate_of(w);

	if (!atomic_exchange(&g->told, true))
		mailbox_send(w->crew->mailbox[0], &g->idle);
}

/* In the thread of the home. */
static void
gates_heard(struct post *post)
{
	struct gate *g = (struct gate *)((char *)post - offsetof(struct gate, idle));
	struct worker *home = g->worker.crew->worker[0];

	atomic_store(&g->told, false);
	if (home->idle != NULL) /* the home does not leave its store */
		home->idle(home);
}

/* --- telling ---------------------------------------------------------------------------------- */

static struct region *
region_of(struct errand *e)
{
	return (struct region *)((char *)e - offsetof(struct region, gates.errand));
}

static void
gates_visit(struct errand *e, unsigned worker)
{
	const struct gates *all = &region_of(e)->gates;
	struct worker *w = all->crew.worker[worker];
	struct generation *old = w->generation;

	if (worker == 0)
		return;
	w->draining = all->told.draining;
	w->canary = all->told.canary;
	w->witness = all->told.witness;
	w->generation = generation_ref(generation_at(all->told.generation, worker));
	generation_unref(old);
	region_store_follow(w);
}

static void
gates_all_told(struct errand *e)
{
	struct region *r = region_of(e);
	struct gates *all = &r->gates;

	generation_unref(all->told.generation);
	all->telling = false;
	if (all->untold)
		gates_tell(r);
	else
		listeners_share(&r->listeners);
}

/* The present rules, for the gates. */
static struct gates_rules
rules_of(const struct worker *home)
{
	const struct canary *c = home->canary;
	const struct witness *w = home->witness;

	return (struct gates_rules){ .generation = generation_ref(home->generation), .canary = c != NULL && c->generation != NULL ? c : NULL,
		.witness = w != NULL && w->everywhere ? w : NULL, .draining = home->draining };
}

void
gates_tell(struct region *r)
{
	struct gates *all = &r->gates;

	all->untold = all->telling;
	if (all->telling || all->ended || all->crew.n == 1)
		return;
	all->told = rules_of(&r->worker);
	all->telling = true;
	errand_send(&all->errand, all->crew.mailbox, all->crew.n);
}

bool
gates_know(const struct region *r)
{
	return !r->gates.telling;
}

/* --- the sign of life ------------------------------------------------------------------------- */

static void
gates_visit_alive(struct errand *e, unsigned worker)
{
	(void)e;
	(void)worker;
}

static void
gates_all_alive(struct errand *e)
{
	struct region *r = (struct region *)((char *)e - offsetof(struct region, gates.life));

	r->gates.asked = false;
	notify_alive(r->notify);
}

void
gates_live(void *arg)
{
	struct region *r = arg;
	struct gates *all = &r->gates;

	if (all->asked || all->ended)
		return;
	all->asked = true;
	errand_send(&all->life, all->crew.mailbox, all->crew.n);
}

/* --- the start -------------------------------------------------------------------------------- */

/* Lends the region's objects to the worker of a gate. */
static void
lend(struct region *r, struct gate *g, unsigned number)
{
	const struct worker *home = &r->worker;
	struct worker *w = &g->worker;

	w->number = number;
	w->crew = &r->gates.crew;
	w->log = log_handle(r->log);
	w->records = home->records;
	w->peers = home->peers;
	w->counters = home->counters;
	w->totals = home->totals;
	w->published = home->published;
	w->metrics = home->metrics;
	w->recorder = home->recorder;
	w->riders = home->riders;
	w->idle = gates_idle;
	w->region = r;
	g->world = r->world;
	g->world.waits = w->waits;
	g->world.arg = w;
}

/* Frees the objects of a gate, but its log handle. */
static void
free_gate(struct gate *g)
{
	struct worker *w = &g->worker;

	generation_unref(w->generation);
	waits_free(w->waits);
	store_free(w->store);
	mailbox_free(g->mailbox);
	telemetry_unwatch(&g->turns);
	if (ev_is_active(&g->turn))
		ev_prepare_stop(w->loop, &g->turn);
	loop_free(w->loop);
}

static int
make_gate(struct region *r, unsigned number)
{
	struct gate *g = &r->gates.gate[number - 1];
	struct worker *w = &g->worker;

	w->loop = loop_new();
	if (w->loop != NULL)
		loop_learn(w->loop);
	g->mailbox = w->loop != NULL ? mailbox_new(w->loop) : NULL;
	w->waits = w->loop != NULL ? waits_new(w->loop, r->worker.waits) : NULL;
	lend(r, g, number);
	if (g->mailbox == NULL || w->waits == NULL || w->log == NULL || region_store_begin(r, w) < 0) {
		free_gate(g);
		log_close(w->log);
		return -1;
	}
	g->world.store = w->store;
	g->end.run = gates_quit;
	g->idle.run = gates_heard;
	ev_prepare_init(&g->turn, gates_end_of_turn);
	g->turn.data = g;
	ev_prepare_start(w->loop, &g->turn);
	telemetry_watch(&g->turns, w);
	r->gates.parts[number - 1] = (struct generation_gate){ .world = &g->world, .log = w->log };
	r->gates.crew.worker[number] = w;
	r->gates.crew.mailbox[number] = g->mailbox;
	return 0;
}

/* Makes the objects that only a region with gates has. -1: no memory. */
static int
share_objects(struct region *r)
{
	struct gates *all = &r->gates;

	records_live_at(r->records, all->home);
	all->published = published_new();
	r->worker.published = all->published;
	return all->published != NULL ? 0 : -1;
}

int
gates_new(struct region *r, unsigned workers)
{
	struct gates *all = &r->gates;

	all->home = mailbox_new(r->worker.loop);
	all->gate = calloc(workers, sizeof *all->gate);
	all->parts = calloc(workers, sizeof *all->parts);
	if (all->home == NULL || all->gate == NULL || all->parts == NULL)
		return -1;
	all->errand.visit = gates_visit;
	all->errand.done = gates_all_told;
	all->life.visit = gates_visit_alive;
	all->life.done = gates_all_alive;
	all->crew.worker[0] = &r->worker;
	all->crew.mailbox[0] = all->home;
	all->crew.n = 1;
	r->worker.crew = &all->crew;
	if (workers > 1 && share_objects(r) < 0)
		return -1;
	for (; all->crew.n < workers; all->crew.n++)
		if (make_gate(r, all->crew.n) < 0)
			return -1;
	return 0;
}

int
gates_start(struct region *r, struct fault *f)
{
	struct gates *all = &r->gates;
	int error;

	for (unsigned i = 1; i < all->crew.n; i++) {
		struct gate *g = &all->gate[i - 1];

		g->worker.generation = generation_ref(generation_at(r->worker.generation, i));
		error = thread_start(&g->thread, gates_run, g);
		if (error != 0)
			return fault_set(f, "the thread of worker %u cannot start: %s; lower region { workers }, or raise the limit of processes", i, strerror(error));
	}
	listeners_share(&r->listeners);
	return 0;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Runs the posts that gates and home have sent each other, in this thread: the other threads have ended. */
static void
settle(struct gates *all)
{
	bool ran;

	do {
		ran = false;
		for (unsigned i = 0; i < all->crew.n; i++)
			ran |= mailbox_empty(all->crew.mailbox[i]);
	} while (ran);
}

static bool
end_threads(struct gates *all)
{
	bool ended = true;

	for (unsigned i = 0; i + 1 < all->crew.n; i++)
		if (all->gate[i].thread != NULL)
			mailbox_send(all->gate[i].mailbox, &all->gate[i].end);
	for (unsigned i = 0; i + 1 < all->crew.n; i++) {
		if (all->gate[i].thread != NULL)
			ended &= thread_join(all->gate[i].thread, GOODBYE);
		all->gate[i].thread = NULL;
	}
	return ended;
}

bool
gates_end(struct region *r)
{
	struct gates *all = &r->gates;

	if (all->ended || all->crew.n <= 1)
		return !all->hangs;
	all->ended = true;
	r->worker.draining = true; /* no acquire begins again */
	listeners_close(&r->listeners);
	all->hangs = !end_threads(all);
	if (!all->hangs)
		settle(all);
	return !all->hangs;
}

/* Frees the objects that a load borrows. */
static void
free_parts(struct gates *all)
{
	for (unsigned i = 0; all->gate != NULL && i + 1 < all->crew.n; i++)
		log_close(all->gate[i].worker.log);
	free(all->gate);
	free(all->parts);
}

void
gates_free(struct region *r)
{
	struct gates *all = &r->gates;

	for (unsigned i = 0; all->gate != NULL && i + 1 < all->crew.n; i++)
		free_gate(&all->gate[i]);
	if (!r->hanging)
		free_parts(all);
	mailbox_free(all->home);
	published_free(all->published);
	r->worker.crew = NULL;
	r->worker.published = all->published = NULL;
	all->gate = NULL;
	all->parts = NULL;
	all->home = NULL;
}
