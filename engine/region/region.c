/* SPDX-License-Identifier: Apache-2.0 */
#include "region/region.h"

#include "policy/data_pool.h"
#include "policy/generations.h"
#include "policy/rates.h"
#include "policy/waits.h"
#include "net/http_client.h"
#include "base/clock.h"
#include "net/threadpool.h"
#include "config/definition_place.h"
#include "config/warnings.h"
#include "conn/hold.h"
#include "conn/notice.h"
#include "conn/release.h"
#include "conn/service_socket.h"
#include "conn/conn.h"
#include "conn/ipconn.h"
#include "net/handed.h"
#include "net/loop.h"
#include "net/notify.h"
#include "security/passwords.h"
#include "conn/recovery.h"
#include "records/recorder.h"
#include "tls/tls.h"
#include "request/session.h"
#include "conn/peers.h"
#include "conn/canary.h"
#include "conn/witness.h"
#include "region/identity.h"
#include "region/loader.h"
#include "region/follow.h"
#include "region/origin.h"
#include "region/policy_view.h"
#include "region/region_store.h"
#include "region/region_sysplex.h"
#include "region/workers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/*
 * Threads. A thread waits for a silent name server longer than one attempt to dial may last; the other threads resolve
 * the other partners' names meanwhile.
 */
#define RESOLVERS 8
#define RESOLVE_QUEUE 256 /* names that wait for a thread */

/* --- generations ------------------------------------------------------------------------------ */

struct generation *
region_generation(const struct region *r)
{
	return r->worker.generation;
}

struct generation_options
region_load_options(const struct region *r)
{
	return (struct generation_options){
		.number = r->generations + 1,
		.library_dir = r->library_dir,
		.world = &r->world,
		.log = r->log,
		.gate = r->gates.parts,
		.gates = r->gates.crew.n - 1,
		.now = clock_wall(),
	};
}

/* Takes the definition of `from`: the generation owns it. No row of a pinned version or of published rules runs. */
static struct generation *
load(struct region *r, struct origin *from, struct faults *faults)
{
	struct generation_options o = region_load_options(r);
	struct generation *g;

	origin_give(from, &o);
	g = generation_load(from->definition, &o, faults);
	if (g == NULL)
		return NULL;
	from->definition = NULL;
	if (o.give == NULL)
		loader_rows(g, r->library_dir, true, faults);
	r->generations++;
	generations_add(r->living, g);
	return g;
}

/* --- versions --------------------------------------------------------------------------------- */

/* Whether a connection or an ipconn uses the generation of that number. */
static bool
region_in_use(void *arg, uint64_t number)
{
	const struct region *r = arg;

	return generations_judges(r->living, number);
}

static void
discard_old(struct region *r)
{
	const struct region_def *d = &r->worker.generation->definition->region;
	struct versions_limit l = { .count = (size_t)d->generations, .seconds = d->generation_days > 0 ? d->generation_days * 86400.0 : 0,
		.now = clock_wall(), .in_use = region_in_use, .arg = r };

	versions_trim(r->versions, &l);
}

void
region_keep(struct region *r, struct version *v, const char *by, const char *note, bool attended)
{
	v->time = (double)(int64_t)(clock_wall() * 1e6) / 1e6; /* whole microseconds, as on disk (version_text.h) */
	snprintf(v->by, sizeof v->by, "%s", by);
	snprintf(v->note, sizeof v->note, "%s", note);
	version_seal(v);
	if (versions_add(r->versions, v, attended) == 0)
		discard_old(r);
}

void
region_pin(struct region *r, bool pinned)
{
	const struct version *v = versions_current(r->versions);
	bool was = versions_pinned(r->versions);
	char number[24], of[24];

	versions_pin(r->versions, pinned);
	if (pinned && v != NULL)
		log_say(r->log, MSG_SP0090, "#generation", log_number(number, (int64_t)v->number), "#use", log_number(of, (int64_t)v->of), NULL);
	else if (was)
		log_say(r->log, MSG_SP0092, NULL);
}

void
region_save(struct region *r, void (*done)(void *arg, const char *why), void *arg)
{
	version_store_put(r->store, r->versions, r->generations, done, arg);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* While the region drains: the home or a gate has no connection left. Ends the loop when no worker has one. */
static void
region_idle(struct worker *w)
{
	if (tally_present(&w->totals->sockets) == 0 && w->conns == NULL && w->notices == NULL)
		loop_break(w->loop);
}

static struct entrance *
region_entrance(struct worker *w, const char *tcpipservice)
{
	struct listener *l = listeners_find(&((struct region *)w->region)->listeners, tcpipservice);

	return l != NULL ? &l->entrance : NULL;
}

static void
close_all(struct region *r, const char *why)
{
	while (r->worker.conns != NULL)
		conn_close(r->worker.conns, CONN_AT_ONCE, why);
}

static void
region_drained(void *arg)
{
	struct region *r = arg;
	struct ipconn *next;

	for (struct ipconn *i = registry_engaged(r->registry); i != NULL; i = next) {
		next = i->engaged->next;
		if (session_busy(i) > 0)
			log_say(r->log, MSG_DFHIS1003, "ipconn", i->def->ipconn, "why", "its work did not end within the region's drain time", NULL);
	}
	close_all(r, "the region's drain time is over");
	loop_break(r->worker.loop);
}

static void
begin_drain(struct region *r)
{
	struct ipconn *next;

	r->worker.draining = true;
	witness_end(&r->worker, "the region is shutting down");
	canary_end(&r->worker, "the region is shutting down");
	log_say(r->log, MSG_SP0003, NULL);
	timer_set(&r->drain, r->worker.generation->definition->region.drain);
	listeners_close(&r->listeners);
	telemetry_update(r);
	for (struct ipconn *i = registry_engaged(r->registry); i != NULL; i = next) {
		next = i->engaged->next;
		release_begin(i, "the region is shutting down");
	}
	gates_tell(r);
	region_idle(&r->worker);
}

void
region_stop(struct region *r, bool at_once)
{
	notify_stopping(r->notify, at_once ? "ending" : "draining");
	if (at_once)
		loop_break(r->worker.loop);
	else if (!r->worker.draining)
		begin_drain(r);
}

void
region_tell_ready(struct region *r, const char *more)
{
	const struct generation *g = r->worker.generation;
	char status[160];

	snprintf(status, sizeof status, "%s: generation %llu is in use%s", g->definition->region.applid, (unsigned long long)g->number, more);
	notify_ready(r->notify, status);
}

static void
region_end_of_turn(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	struct region *r = watcher->data;

	(void)loop;
	(void)events;
	conn_bury(&r->worker);
	registry_bury(r->registry);
	listeners_bury(&r->listeners);
	log_hand_over(r->log);
}

int
region_run(struct region *r)
{
	owner_take(&r->worker.thread);
	log_collect(r->log);
	tls_thread_begin(WAITING_MAX + 1);
	loop_run(r->worker.loop);
	region_sysplex_leave(r);
	gates_end(r);
	return r->exit_status;
}

/* --- the start -------------------------------------------------------------------------------- */

static int
short_of_memory(struct faults *faults)
{
	faults_add(faults, FAULT_ERROR, "start", NULL, 0, "no memory or no descriptors for the start");
	return -1;
}

static void
name_boot(struct totals *t)
{
	uint16_t bits = 0;

	if (getrandom(&bits, sizeof bits, 0) != sizeof bits)
		bits = (uint16_t)clock_wall();
	snprintf(t->boot, sizeof t->boot, "%04x", bits);
}

static void
region_on_recorded(struct ev_loop *loop, ev_async *watcher, int events)
{
	struct region *r = watcher->data;

	(void)loop;
	(void)events;
	hold_written(&r->worker);
}

/* In the recorder's thread. */
static void
region_wake(void *arg)
{
	struct region *r = arg;

	ev_async_send(r->worker.loop, &r->recorded);
}

/* The watcher does not keep the loop running. */
static void
begin_waking(struct region *r)
{
	ev_async_init(&r->recorded, region_on_recorded);
	r->recorded.data = r;
	ev_async_start(r->worker.loop, &r->recorded);
	ev_unref(r->worker.loop);
}

static void
end_waking(struct region *r)
{
	ev_ref(r->worker.loop);
	ev_async_stop(r->worker.loop, &r->recorded);
}

/* Opens the file of records, if the definition names one. */
static int
begin_recorder(struct region *r, const struct definition *d, struct faults *faults)
{
	const struct region_def *def = &d->region;
	struct recorder_options o = { .path = def->record, .mask = def->record_mask, .requests = def->record_requests != 0, .log = r->log,
		.file = { .full = def->record_full == RECORD_FULL_HOLD, .days = def->record_days, .megabytes = def->record_megabytes } };
	struct fault f;

	if (def->record[0] == '\0')
		return 0;
	if (o.file.full)
		o.written = region_wake;
	o.arg = r;
	o.loop = r->worker.loop;
	begin_waking(r);
	r->recorder = recorder_open(&o, &f);
	if (r->recorder == NULL) {
		end_waking(r);
		definition_fault(d, faults, FAULT_ERROR, "record", def->line, "region: record: %s", f.text);
		return -1;
	}
	recorder_follow(r->recorder, r->records);
	r->worker.recorder = r->recorder;
	return 0;
}

static int
begin_store(struct region *r, struct faults *faults)
{
	struct fault f;

	if (version_store_start(r->store, r->worker.loop, r->log, &f) == 0)
		return 0;
	faults_add(faults, FAULT_ERROR, "versions", r->file, 0, "region: versions: %s", f.text);
	return -1;
}

static int
remember(struct region *r, const struct definition *d, struct faults *faults)
{
	struct fault f;

	r->worker.recovery = recovery_open(d->region.recovery, r->log, &f);
	if (r->worker.recovery == NULL)
		definition_fault(d, faults, FAULT_ERROR, "start", d->region.line, "%s", f.text);
	return r->worker.recovery != NULL ? 0 : -1;
}

/* The directory of the library, and the log: the two options of the command line that may be wrong. */
static int
open_outside(struct region *r, const struct region_options *o, struct faults *faults)
{
	struct fault f;

	if (o->library != NULL) {
		snprintf(r->library_dir, sizeof r->library_dir, "%s", o->library);
	} else if (sources_library(r->library_dir, sizeof r->library_dir, &f) < 0) {
		faults_add(faults, FAULT_ERROR, "library", NULL, 0, "%s", f.text);
		return -1;
	}
	r->log = log_open(o->log_file, o->log_format, &f);
	if (r->log != NULL)
		return 0;
	faults_add(faults, FAULT_ERROR, "log", o->log_file, 0, "%s", f.text);
	return -1;
}

/* Lends the region's objects to the worker. */
static void
lend(struct region *r)
{
	struct worker *w = &r->worker;

	w->log = r->log;
	w->records = r->records;
	w->peers = r->peers;
	w->totals = &r->totals;
	w->counters = r->counters;
	w->registry = r->registry;
	w->riders = &session_riders;
	w->idle = region_idle;
	w->entrance = region_entrance;
	w->region = r;
}

static int
begin_gates(struct region *r, const struct definition *d, struct faults *faults)
{
	struct fault f;
	unsigned workers = workers_number(d, r->workers_why, &f);

	if (workers > 0)
		return gates_new(r, workers) == 0 ? 0 : short_of_memory(faults);
	faults_add(faults, FAULT_ERROR, "workers", NULL, 0, "%s", f.text);
	return -1;
}

static int
furnish(struct region *r, const struct region_options *o, const struct definition *d, struct faults *faults)
{
	struct worker *w = &r->worker;

	if (open_outside(r, o, faults) < 0)
		return -1;
	log_applid(r->log, d->region.applid);
	r->handed = o->handed;
	r->notify = o->notify;
	r->records = records_new((size_t)d->region.records);
	r->peers = peers_new();
	r->counters = counters_new();
	r->rates = rates_new();
	r->pool = data_pool_new();
	r->living = generations_new();
	r->registry = registry_new();
	w->loop = loop_new();
	w->threadpool = w->loop != NULL ? threadpool_new(w->loop, RESOLVERS, RESOLVE_QUEUE) : NULL;
	w->passwords = w->loop != NULL ? passwords_new(w->loop, r->log) : NULL;
	w->waits = w->loop != NULL ? waits_new(w->loop, NULL) : NULL;
	if (!r->control || !r->records || !r->peers || !r->counters || !r->rates || !r->pool || !r->living || !r->registry || !w->threadpool || !w->passwords || !w->waits)
		return short_of_memory(faults);
	r->world = (struct host_world){ .counters = r->counters, .rates = r->rates, .pool = r->pool, .waits = w->waits, .ipconn = policy_view_ipconn, .ipconns = policy_view_ipconns,
		.defined = policy_view_defined, .arg = w };
	lend(r);
	if (region_store_new(r) < 0 || region_store_begin(r, w) < 0)
		return short_of_memory(faults);
	r->world.store = w->store;
	r->world.estimates = r->estimates;
	r->world.debts = r->debts;
	if (telemetry_begin(r, o->version, o->commit) < 0)
		return short_of_memory(faults);
	name_boot(&r->totals);
	timer_init(&r->drain, w->loop, region_drained, r);
	if (remember(r, d, faults) < 0 || begin_recorder(r, d, faults) < 0 || begin_gates(r, d, faults) < 0)
		return -1;
	return r->store != NULL ? begin_store(r, faults) : 0;
}

static int
install_defined(struct region *r, const struct definition *d, struct faults *faults)
{
	struct ipconn *i;

	for (size_t n = 0; n < d->nipconns; n++) {
		if (ipconn_install(&r->worker, r->worker.generation, &d->ipconn[n], "", false, &i) == CLAIM_OK)
			continue;
		definition_fault(d, faults, FAULT_ERROR, "start", d->ipconn[n].line, "ipconn %s cannot be installed", d->ipconn[n].ipconn);
		return -1;
	}
	return 0;
}

/* Each socket of the service manager needs its tcpipservice: its callers would wait for an answer for ever. */
static int
judge_handed(const struct region *r, const struct definition *d, struct faults *faults)
{
	for (size_t i = 0; r->handed != NULL && i < r->handed->n; i++) {
		const struct handed_socket *s = &r->handed->socket[i];

		if (s->kind == HANDED_SHARED && definition_tcpipservice(d, s->name) == NULL)
			definition_fault(d, faults, FAULT_ERROR, "handed", 0, "the service manager hands over a socket named %s, and no tcpipservice has this name; define it, "
				"or correct FileDescriptorName= of the socket unit", s->name);
	}
	return faults->errors == 0 ? 0 : -1;
}

/*
 * Gives a listener the socket of its name, if there is one. One that this process has bound by region.lua is closed
 * when the definition, that of a pinned generation, wants another one.
 */
static void
take_handed(struct region *r, struct listener *l, const struct tcpipservice_def *d)
{
	static const enum kept kept[] = { [HANDED_SHARED] = KEPT_SHARED, [HANDED_ONCE] = KEPT_OWN, [HANDED_AGAIN] = KEPT_NO };
	enum handed_kind kind;
	int fd = r->handed != NULL ? handed_give(r->handed, d->tcpipservice, &kind) : -1;

	if (fd >= 0 && kind != HANDED_SHARED && (d->status != STATUS_OPEN || !service_socket_fits(d, fd)))
		close(fd);
	else if (fd >= 0)
		listener_keep(l, fd, kept[kind]);
}

/* Makes the listeners in the order of the definition. */
static int
make_listeners(struct region *r, const struct definition *d, struct faults *faults)
{
	struct listener **last = &r->listeners.current;
	struct fault f;

	for (size_t n = 0; n < d->ntcpipservices; n++) {
		const struct tcpipservice_def *s = &d->tcpipservice[n];
		struct listener *l = listener_new(&r->worker, s->tcpipservice);

		if (l == NULL)
			return short_of_memory(faults);
		*last = l;
		last = &l->next;
		take_handed(r, l, s);
		if (s->status == STATUS_OPEN && listener_open(l, &f) < 0)
			definition_fault(d, faults, FAULT_ERROR, "listen", s->line, "%s", f.text);
	}
	return faults->errors == 0 ? 0 : -1;
}

static void
warn_of_health(const struct region *r, const struct definition *d)
{
	struct faults w = { 0 };

	warnings_check(d, &w);
	log_warnings(r->log, &w);
	faults_free(&w);
}

static void
say_up(struct region *r, const struct definition *d, const struct faults *faults)
{
	char number[24];

	log_warnings(r->log, faults);
	warn_of_health(r, d);
	if (warnings_unchecked(d) != NULL)
		log_say(r->log, MSG_SP0051, "sec", d->region.sec == SEC_NO ? "no" : "not given", "tcpipservice", warnings_unchecked(d), NULL);
	log_say(r->log, MSG_SP0001, "networkid", d->region.networkid, "#generation",
		log_number(number, (int64_t)r->worker.generation->number), "file", r->file, "control", r->control, NULL);
}

static bool
unwanted(const struct region_options *o)
{
	return o->unwanted != NULL && o->unwanted();
}

/* Keeps the version of the first generation. That of a pinned one is pinned, and has its note and its urms. */
static int
keep_first(struct region *r, const struct origin *from, struct faults *faults)
{
	const struct version *pinned = from->pinned;
	struct version *v = version_of(r->worker.generation, pinned != NULL ? pinned : versions_current(r->versions));

	if (v == NULL || version_take_urms(v, pinned, NULL, NULL) < 0) {
		version_unref(v);
		return short_of_memory(faults);
	}
	v->number = r->worker.generation->number;
	v->of = pinned != NULL ? pinned->number : 0;
	region_keep(r, v, "start", pinned != NULL ? pinned->note : "", false);
	if (pinned != NULL)
		region_pin(r, true);
	return 0;
}

static int
load_first(struct region *r, const struct region_options *o, struct origin *from, struct faults *faults)
{
	if (unwanted(o) || furnish(r, o, from->definition, faults) < 0)
		return -1;
	r->worker.generation = load(r, from, faults);
	if (r->worker.generation != NULL)
		return keep_first(r, from, faults);
	if (from->pinned != NULL)
		origin_blame(from, faults);
	return -1;
}

static int
begin(struct region *r, const struct region_options *o, struct origin *from, struct faults *faults)
{
	int rc = origin_read(o->file, r->versions, from, faults);

	r->store = from->store;
	r->generations = from->last;
	if (rc < 0 || identity_check(from->definition, faults) < 0)
		return -1;
	r->control = strdup(o->control != NULL ? o->control : from->definition->region.control);
	if (load_first(r, o, from, faults) < 0 || unwanted(o) || install_defined(r, r->worker.generation->definition, faults) < 0 || unwanted(o))
		return -1;
	ev_prepare_init(&r->turn, region_end_of_turn);
	r->turn.data = r;
	ev_prepare_start(r->worker.loop, &r->turn);
	return 0;
}

int
region_open(struct region *r, struct faults *faults)
{
	const struct definition *d = r->worker.generation->definition;
	struct fault f;

	if (judge_handed(r, d, faults) < 0 || make_listeners(r, d, faults) < 0 || telemetry_open(r, faults) < 0)
		return -1;
	if (gates_start(r, &f) < 0) {
		definition_fault(d, faults, FAULT_ERROR, "workers", d->region.line, "region: workers: %s", f.text);
		return -1;
	}
	r->started = clock_wall();
	say_up(r, d, faults);
	region_store_follow(&r->worker);
	follow_use(r);
	if (r->store != NULL) /* not before: a start that fails leaves the directory as it was */
		region_save(r, NULL, NULL);
	return 0;
}

struct region *
region_new(const struct region_options *o, struct faults *faults)
{
	struct region *r = calloc(1, sizeof *r);
	struct origin from = { .definition = NULL };
	int rc;

	if (r == NULL || (r->versions = versions_new()) == NULL) {
		free(r);
		short_of_memory(faults);
		return NULL;
	}
	snprintf(r->file, sizeof r->file, "%s", o->file);
	rc = begin(r, o, &from, faults);
	if (rc == 0)
		rc = follow_begin(r, from.rules) == 0 ? 0 : short_of_memory(faults);
	origin_free(&from);
	if (rc == 0)
		return r;
	region_free(r);
	return NULL;
}

static void
free_clients(struct region *r)
{
	r->worker.draining = true; /* no acquire begins again */
	if (r->worker.loop != NULL) {
		close_all(r, "the region ends");
		notice_end_all(&r->worker, "the region ends");
		conn_end(&r->worker);
		tls_thread_end();
	}
	http_client_free(r->worker.backend);
	listeners_free(&r->listeners);
	registry_free(r->registry);
	passwords_free(r->worker.passwords);
	waits_free(r->worker.waits); /* as the thread pool */
	follow_free(r->follow);
	region_store_end(r);
	threadpool_free(r->worker.threadpool); /* after the connections, which wait for its threads */
	gates_free(r);
	if (r->worker.loop != NULL) {
		timer_stop(&r->drain);
		telemetry_end(r);
		ev_prepare_stop(r->worker.loop, &r->turn);
	}
}

bool
region_free(struct region *r)
{
	if (r == NULL)
		return true;
	if (!gates_end(r)) {
		log_end(r->log);
		return false;
	}
	free_clients(r);
	if (r->worker.generation != NULL)
		r->worker.generation->log = NULL; /* no SP0013 for the generation that ends with the region */
	generation_unref(r->worker.generation);
	recovery_close(r->worker.recovery);
	peers_free(r->peers);
	recorder_close(r->recorder);
	if (r->recorder != NULL)
		end_waking(r);
	version_store_close(r->store);
	records_free(r->records);
	log_say(r->log, MSG_SP0002, NULL);
	log_end(r->log);
	loop_free(r->worker.loop);
	if (r->hanging)
		return false; /* the loader's thread reads the counters, the rates, the pool, the logs, the gates' worlds and library_dir */
	versions_free(r->versions);
	counters_free(r->counters);
	rates_free(r->rates);
	region_store_free(r);
	data_pool_free(r->pool);
	generations_free(r->living);
	log_close(r->log);
	free(r->control);
	free(r);
	return true;
}
