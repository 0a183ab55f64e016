/* SPDX-License-Identifier: Apache-2.0 */
#include "region/telemetry.h"

#include "base/clock.h"
#include "config/definition_place.h"
#include "metrics/exporter.h"
#include "metrics/metrics.h"
#include "net/backlog.h"
#include "net/threadpool.h"
#include "net/unixsock.h"
#include "records/recorder.h"
#include "region/region.h"
#include "store/store.h"
#include "tls/ring.h"
#include "config/definition_place.h"

#include <string.h>

#define BEAT_SECONDS 1.0

/* --- the state of the region ------------------------------------------------------------------ */

/* The first tcpipservice that the definition opens and that is not open; NULL: all are open. */
static const char *
closed_service(const struct region *r)
{
	const struct definition *d = r->worker.generation->definition;

	for (size_t i = 0; i < d->ntcpipservices; i++) {
		const struct listener *l = listeners_find(&r->listeners, d->tcpipservice[i].tcpipservice);

		if (d->tcpipservice[i].status == STATUS_OPEN && (l == NULL || !l->entrance.open))
			return d->tcpipservice[i].tcpipservice;
	}
	return NULL;
}

static void
publish_readiness(struct region *r)
{
	struct metrics *m = r->telemetry.metrics;
	const char *closed;

	if (r->worker.draining) {
		metrics_ready(m, METRICS_DRAINING, NULL);
		return;
	}
	closed = closed_service(r);
	metrics_ready(m, closed != NULL ? METRICS_CLOSED : METRICS_READY, closed);
}

static void
publish_waits(struct metrics *m, const struct waits *w)
{
	static const enum families_figure figures[WAITS_LIMITS] = { [WAITS_LIMIT_ALL] = FIGURE_OF_LIMITED_WAITING,
		[WAITS_LIMIT_PREFIX] = FIGURE_OF_LIMITED_WAITING_PEER, [WAITS_LIMIT_TIME] = FIGURE_OF_LIMITED_WAIT_MILLISECONDS };

	metrics_set(m, FIGURE_OF_WAITING_QUESTIONS, waits_count(w));
	for (unsigned i = 0; i < WAITS_LIMITS; i++)
		metrics_set(m, figures[i], (int64_t)waits_limited(w, (enum waits_limit)i));
}

static void
publish_store(struct metrics *m, const struct store *s)
{
	struct store_view v = store_look(s);

	metrics_set(m, FIGURE_OF_STORE_IS_UP, v.state == STORE_UP);
	metrics_set(m, FIGURE_OF_STORE_ANSWERED, (int64_t)(v.counts.asked - v.counts.failed));
	metrics_set(m, FIGURE_OF_STORE_FAILED, (int64_t)v.counts.failed);
	metrics_set(m, FIGURE_OF_STORE_ESTIMATED, (int64_t)v.counts.estimated);
}

static void
publish_figures(struct region *r)
{
	struct metrics *m = r->telemetry.metrics;
	struct log_counts log = log_counts(r->log);

	publish_waits(m, r->worker.waits);
	publish_store(m, r->worker.store);
	metrics_set(m, FIGURE_OF_LUA_BYTES, (int64_t)generation_bytes(r->worker.generation));
	metrics_set(m, FIGURE_OF_QUEUE_NAMES, (int64_t)threadpool_waiting(r->worker.threadpool));
	metrics_set(m, FIGURE_OF_QUEUE_LOG, (int64_t)log.waiting);
	metrics_set(m, FIGURE_OF_LOST_LOG_LINES, (int64_t)log.lost);
	if (r->recorder != NULL) {
		struct recorder_counts c = recorder_counts(r->recorder);

		metrics_set(m, FIGURE_OF_QUEUE_RECORDS, (int64_t)c.waiting);
		metrics_set(m, FIGURE_OF_LOST_RECORDS, (int64_t)c.lost);
	}
}

void
telemetry_update(struct region *r)
{
	if (!r->telemetry.begun)
		return;
	publish_readiness(r);
	publish_figures(r);
}

/* --- the generation --------------------------------------------------------------------------- */

struct ends { /* the arguments of telemetry_end_of */
	struct expiries *list;
	const char *ring;
};

static void
telemetry_end_of(void *arg, const char *kind, const char *label, int64_t end)
{
	const struct ends *e = arg;

	expiries_add(e->list, e->ring, label, kind, end);
}

static void
publish_ring(struct region *r, const struct ring *ring)
{
	struct ends e = { .list = ring != NULL ? expiries_new() : NULL };

	if (e.list != NULL) {
		e.ring = unixsock_name(ring_dir(ring));
		ring_each_end(ring, telemetry_end_of, &e);
		expiries_seal(e.list);
	}
	metrics_expiries(r->telemetry.metrics, e.list);
}

static void
publish_generation(struct region *r)
{
	const struct generation *g = r->worker.generation;
	const struct definition *d = g->definition;
	int64_t defaults = 0;

	for (size_t i = 0; i < d->ntcpipservices; i++) {
		metrics_listener(r->telemetry.metrics, d->tcpipservice[i].tcpipservice);
		defaults += resource_urm_is_default(d->tcpipservice[i].urm);
	}
	metrics_set(r->telemetry.metrics, FIGURE_OF_DEFAULT_URM_SERVICES, defaults);
	metrics_set(r->telemetry.metrics, FIGURE_OF_GENERATION_NUMBER, (int64_t)g->number);
	publish_ring(r, g->ring);
	telemetry_update(r);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void
telemetry_beat(void *arg)
{
	struct region *r = arg;

	telemetry_update(r);
	metrics_beat(r->telemetry.metrics, clock_span());
	timer_set(&r->telemetry.beat, BEAT_SECONDS);
}

static void
telemetry_on_begin(struct ev_loop *loop, ev_check *watcher, int events)
{
	struct worker *w = watcher->data;

	(void)loop;
	(void)events;
	w->turn = clock_span();
	backlog_turn_begins(w->loop, w->turn);
	metrics_turn_begins(w->metrics, w->number, w->turn);
}

static void
telemetry_on_end(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	const struct worker *w = watcher->data;
	double now = clock_span();

	(void)loop;
	(void)events;
	metrics_turn_ends(w->metrics, w->number, now);
	if (worker_count(w) > 1 && metrics_cpu_due(w->metrics, w->number, now))
		metrics_cpu(w->metrics, w->number, now, clock_cpu());
}

static void
telemetry_waited(void *arg, enum wait_kind kind, double seconds)
{
	metrics_waited(arg, kind, seconds);
}

void
telemetry_watch(struct turns_watch *t, struct worker *w)
{
	t->worker = w;
	waits_watch(w->waits, telemetry_waited, w->metrics);
	ev_check_init(&t->begins, telemetry_on_begin);
	ev_set_priority(&t->begins, EV_MAXPRI);
	ev_prepare_init(&t->ends, telemetry_on_end);
	ev_set_priority(&t->ends, EV_MINPRI);
	t->begins.data = t->ends.data = w;
	ev_check_start(w->loop, &t->begins);
	ev_prepare_start(w->loop, &t->ends);
}

void
telemetry_unwatch(struct turns_watch *t)
{
	if (t->worker == NULL)
		return;
	ev_check_stop(t->worker->loop, &t->begins);
	ev_prepare_stop(t->worker->loop, &t->ends);
	t->worker = NULL;
}

int
telemetry_begin(struct region *r, const char *version, const char *commit)
{
	struct telemetry *t = &r->telemetry;

	t->metrics = metrics_new(version, commit);
	if (t->metrics == NULL)
		return -1;
	r->worker.metrics = t->metrics;
	timer_init(&t->beat, r->worker.loop, telemetry_beat, r);
	return 0;
}

void
telemetry_end(struct region *r)
{
	struct telemetry *t = &r->telemetry;

	exporter_close(t->exporter);
	t->exporter = NULL;
	if (t->begun) {
		timer_stop(&t->beat);
		telemetry_unwatch(&t->turns);
		t->begun = false;
	}
	r->worker.metrics = NULL;
	metrics_free(t->metrics);
	t->metrics = NULL;
}

/* --- the exporter ----------------------------------------------------------------------------- */

/* Opens the exporter that the definition names. -1 with a fault; 0 and *out NULL: it names none. */
static int
open_exporter(struct region *r, const struct definition *d, struct exporter **out, struct faults *faults)
{
	struct fault f;

	*out = NULL;
	if (d->region.metrics[0] == '\0')
		return 0;
	*out = exporter_open(d->region.metrics, r->telemetry.metrics, &f);
	if (*out == NULL)
		definition_fault(d, faults, FAULT_ERROR, "metrics", d->region.line, "region: %s", f.text);
	return *out != NULL ? 0 : -1;
}

static void
say(struct region *r, enum message m, const struct exporter *e)
{
	if (e != NULL)
		log_say(r->log, m, "address", exporter_address(e), NULL);
}

int
telemetry_open(struct region *r, struct faults *faults)
{
	struct telemetry *t = &r->telemetry;

	if (open_exporter(r, r->worker.generation->definition, &t->exporter, faults) < 0)
		return -1;
	telemetry_watch(&t->turns, &r->worker);
	timer_set(&t->beat, 0);
	t->begun = true;
	publish_generation(r);
	say(r, MSG_SP0125, t->exporter);
	return 0;
}

int
telemetry_prepare(struct region *r, const struct generation *g, struct faults *faults)
{
	struct telemetry *t = &r->telemetry;

	t->moves = strcmp(g->definition->region.metrics, r->worker.generation->definition->region.metrics) != 0;
	return t->moves ? open_exporter(r, g->definition, &t->incoming, faults) : 0;
}

void
telemetry_undo(struct region *r)
{
	exporter_close(r->telemetry.incoming);
	r->telemetry.incoming = NULL;
	r->telemetry.moves = false;
}

void
telemetry_swap(struct region *r)
{
	struct telemetry *t = &r->telemetry;

	if (t->moves) {
		say(r, MSG_SP0126, t->exporter);
		exporter_close(t->exporter);
		t->exporter = t->incoming;
		t->incoming = NULL;
		t->moves = false;
		say(r, MSG_SP0125, t->exporter);
	}
	publish_generation(r);
}
