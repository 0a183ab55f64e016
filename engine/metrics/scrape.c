/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/scrape.h"

#include "base/clock.h"
#include "metrics/exposition.h"
#include "metrics/metrics_internal.h"
#include "metrics/process.h"

#include <stdio.h>
#include <string.h>

#define SILENT_SECONDS 10

struct scrape { /* an answer under way */
	struct metrics *m;
	struct exposition e;
	struct expiries *expiries;   /* counted; NULL: none */
	struct process_usage process;
	double now;                  /* clock_span() */
};

/* --- the writers of FAMILIES ------------------------------------------------------------------ */

static void
scrape_table(struct scrape *s, enum family f)
{
	const struct series_table *t = &s->m->table[TABLE_CONNECTIONS + (f - FAMILY_CONNECTIONS)];
	unsigned n = atomic_load_explicit(&t->n, memory_order_acquire);

	for (unsigned i = 0; i < n; i++)
		exposition_number(&s->e, "", t->item[i].labels, (int64_t)atomic_load_explicit(&t->item[i].count, memory_order_relaxed));
}

/* The sum of several histograms of one scale, copied: the loops go on counting. */
struct reading {
	uint64_t count[HISTOGRAM_BUCKETS];
	uint64_t nanoseconds;
};

static void
add_histogram(struct reading *r, const struct histogram *h)
{
	for (unsigned i = 0; i <= h->scale->n; i++)
		r->count[i] += atomic_load_explicit(&h->count[i], memory_order_relaxed);
	r->nanoseconds += atomic_load_explicit(&h->nanoseconds, memory_order_relaxed);
}

/* Prints a bound as the formats demand: 0.00001, 0.25, 1.0. */
static void
print_bound(char out[24], uint32_t microseconds)
{
	size_t n = (size_t)snprintf(out, 24, "%u.%06u", microseconds / 1000000, microseconds % 1000000);

	while (out[n - 1] == '0' && out[n - 2] != '.')
		out[--n] = '\0';
}

static void
put_histogram(struct scrape *s, const struct reading *r, const struct histogram_scale *scale, const char *labels)
{
	uint64_t total = 0;

	for (unsigned i = 0; i <= scale->n; i++) {
		char all[SERIES_TEXT], bound[24] = "+Inf";

		total += r->count[i];
		if (i < scale->n)
			print_bound(bound, scale->bound[i]);
		snprintf(all, sizeof all, "%s", labels);
		series_label(all, sizeof all, "le", bound);
		exposition_number(&s->e, "_bucket", all, (int64_t)total);
	}
	exposition_seconds(&s->e, "_sum", labels, (double)r->nanoseconds / 1e9);
	exposition_number(&s->e, "_count", labels, (int64_t)total);
}

static void
scrape_decisions(struct scrape *s, enum family f)
{
	struct reading r = { .nanoseconds = 0 };

	(void)f;
	for (unsigned d = 0; d < DOOR_COUNT; d++)
		add_histogram(&r, &s->m->door[d]);
	put_histogram(s, &r, &histogram_doors, "");
}

static void
scrape_doors(struct scrape *s, enum family f)
{
	(void)f;
	for (unsigned d = 0; d < DOOR_COUNT; d++) {
		struct reading r = { .nanoseconds = 0 };
		char label[SERIES_TEXT] = "";

		add_histogram(&r, &s->m->door[d]);
		series_label(label, sizeof label, "door", door_name((enum door)d));
		put_histogram(s, &r, &histogram_doors, label);
	}
}

static void
scrape_handshakes(struct scrape *s, enum family f)
{
	struct reading r = { .nanoseconds = 0 };

	(void)f;
	add_histogram(&r, &s->m->handshake);
	put_histogram(s, &r, &histogram_handshakes, "");
}

static void
scrape_waits(struct scrape *s, enum family f)
{
	(void)f;
	for (unsigned k = 0; k < WAIT_KINDS; k++) {
		struct reading r = { .nanoseconds = 0 };
		char label[SERIES_TEXT] = "";

		add_histogram(&r, &s->m->wait[k]);
		series_label(label, sizeof label, "call", waits_call((enum wait_kind)k));
		put_histogram(s, &r, &histogram_handshakes, label);
	}
}

static void
scrape_figures(struct scrape *s, enum family f)
{
	static const struct {
		enum family family;
		const char *labels;
	} rows[] = {
#define X(id, family, labels) { FAMILY_##family, labels },
		FIGURES(X)
#undef X
	};

	for (unsigned i = 0; i < FIGURE_COUNT; i++)
		if (rows[i].family == f)
			exposition_number(&s->e, "", rows[i].labels, metrics_figure(s->m, (enum families_figure)i));
}

static void
scrape_lag(struct scrape *s, enum family f)
{
	(void)f;
	exposition_seconds(&s->e, "", "", metrics_longest_lag(s->m, s->now));
}

static void
scrape_busy(struct scrape *s, enum family f)
{
	char labels[32];

	(void)f;
	for (unsigned i = 0; i < WORKERS_MAX && lag_worked(&s->m->lag[i]) >= 0; i++) {
		snprintf(labels, sizeof labels, "worker=\"%u\"", i);
		exposition_seconds(&s->e, "", labels, lag_worked(&s->m->lag[i]));
	}
}

static void
scrape_expiries(struct scrape *s, enum family f)
{
	(void)f;
	for (size_t i = 0; s->expiries != NULL && i < s->expiries->n; i++)
		exposition_number(&s->e, "", s->expiries->item[i].labels, s->expiries->item[i].end);
}

static void
scrape_folded(struct scrape *s, enum family f)
{
	static const char *const labels[TABLE_COUNT] = { "family=\"connections\"", "family=\"decisions\"", "family=\"requests\"" };

	(void)f;
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		exposition_number(&s->e, "", labels[i], (int64_t)atomic_load_explicit(&s->m->table[i].folded, memory_order_relaxed));
	exposition_number(&s->e, "", "family=\"certificate_not_after_timestamp_seconds\"",
		s->expiries != NULL ? (int64_t)s->expiries->folded : 0);
}

static void
scrape_build(struct scrape *s, enum family f)
{
	(void)f;
	exposition_number(&s->e, "", s->m->build, 1);
}

static void
scrape_process(struct scrape *s, enum family f)
{
	const struct process_usage *p = &s->process;
	double value = f == FAMILY_PROCESS_CPU ? p->cpu_seconds : f == FAMILY_PROCESS_RESIDENT ? p->resident_bytes :
		f == FAMILY_PROCESS_VIRTUAL ? p->virtual_bytes : f == FAMILY_PROCESS_FDS ? p->open_fds :
		f == FAMILY_PROCESS_MAX_FDS ? p->max_fds : p->start;

	if (value < 0)
		return;
	if (f == FAMILY_PROCESS_CPU || f == FAMILY_PROCESS_START)
		exposition_seconds(&s->e, "", "", value);
	else
		exposition_number(&s->e, "", "", (int64_t)value);
}

/* --- the answers ------------------------------------------------------------------------------ */

int
scrape_metrics(struct metrics *m, bool openmetrics, struct buf *out)
{
	static void (*const writers[])(struct scrape *s, enum family f) = {
#define X(id, name, kind, unit, writer, help) scrape_##writer,
		FAMILIES(X)
#undef X
	};
	struct scrape s = { .m = m, .expiries = metrics_get_expiries(m), .now = clock_span() };
	int rc;

	process_read(&s.process);
	exposition_begin(&s.e, openmetrics);
	for (unsigned f = 0; f < FAMILY_COUNT; f++) {
		exposition_family(&s.e, (enum family)f);
		writers[f](&s, (enum family)f);
	}
	expiries_unref(s.expiries);
	rc = exposition_end(&s.e);
	if (rc < 0)
		buf_free(&s.e.text);
	*out = s.e.text;
	return rc;
}

bool
scrape_healthy(const struct metrics *m, double now, char *out, size_t size)
{
	int64_t beat = atomic_load_explicit(&m->beat, memory_order_relaxed);
	double silent = now - (double)beat / 1e9;

	if (beat == 0)
		snprintf(out, size, "the region is starting");
	else if (silent > SILENT_SECONDS)
		snprintf(out, size, "the loop has not turned for %.0f seconds", silent);
	else
		snprintf(out, size, "ok");
	return beat != 0 && silent <= SILENT_SECONDS;
}

bool
scrape_ready(const struct metrics *m, char *out, size_t size)
{
	enum metrics_readiness r = (enum metrics_readiness)atomic_load_explicit(&m->readiness, memory_order_acquire);
	uint64_t closed = atomic_load_explicit(&m->closed, memory_order_relaxed);
	char name[sizeof closed + 1] = "";

	memcpy(name, &closed, sizeof closed);
	if (r == METRICS_CLOSED)
		snprintf(out, size, "tcpipservice %s is not open", name);
	else
		snprintf(out, size, "%s", r == METRICS_READY ? "ok" : r == METRICS_DRAINING ? "the region is draining" : "the region is starting");
	return r == METRICS_READY;
}
