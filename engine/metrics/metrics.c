/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics_internal.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_SECONDS 60

static int64_t
nanoseconds(double seconds)
{
	return (int64_t)(seconds * 1e9);
}

static void
name_labels(struct metrics *m)
{
	static const struct {
		const char *label[SERIES_LABELS];
		unsigned varies;
	} rows[TABLE_COUNT] = {
		[TABLE_CONNECTIONS] = { { "tcpipservice", "outcome" }, 0 },
		[TABLE_DECISIONS] = { { "door", "policy", "verdict", "code" }, 3 },
		[TABLE_REQUESTS] = { { "program", "outcome" }, 0 },
	};

	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		memcpy(m->table[i].label, rows[i].label, sizeof m->table[i].label);
		m->table[i].varies = rows[i].varies;
	}
}

struct metrics *
metrics_new(const char *version, const char *commit)
{
	struct metrics *m = calloc(1, sizeof *m);

	if (m == NULL || pthread_mutex_init(&m->lock, NULL) != 0) {
		free(m);
		return NULL;
	}
	name_labels(m);
	for (unsigned i = 0; i < DOOR_COUNT; i++)
		m->door[i].scale = &histogram_doors;
	m->handshake.scale = &histogram_handshakes;
	for (unsigned i = 0; i < WAIT_KINDS; i++)
		m->wait[i].scale = &histogram_handshakes;
	series_label(m->build, sizeof m->build, "version", version);
	series_label(m->build, sizeof m->build, "commit", commit);
	return m;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	expiries_unref(m->expiries);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* --- events ----------------------------------------------------------------------------------- */

static const char *
outcome_word(enum metrics_connection outcome)
{
	return outcome == METRICS_ACCEPTED ? "accepted" : outcome == METRICS_REFUSED ? "refused" : "failed";
}

void
metrics_listener(struct metrics *m, const char *tcpipservice)
{
	for (int i = METRICS_ACCEPTED; m != NULL && i <= METRICS_FAILED; i++)
		series_begin(&m->table[TABLE_CONNECTIONS],
			(const char *const[SERIES_LABELS]){ tcpipservice, outcome_word((enum metrics_connection)i) });
}

void
metrics_connection(struct metrics *m, const char *tcpipservice, enum metrics_connection outcome)
{
	if (m != NULL)
		series_add(&m->table[TABLE_CONNECTIONS], (const char *const[SERIES_LABELS]){ tcpipservice, outcome_word(outcome) });
}

static void
count_decision(struct metrics *m, const char *door, const char *policy, const struct verdict *v)
{
	series_add(&m->table[TABLE_DECISIONS],
		(const char *const[SERIES_LABELS]){ door, policy, verdict_name(v->kind), v->kind == VERDICT_REFUSE ? v->code : "" });
}

void
metrics_answered(struct metrics *m, const struct ask *a)
{
	if (m == NULL)
		return;
	count_decision(m, door_name(a->door), a->script, &a->verdict);
	metrics_door_time(m, a->door, a->seconds);
}

void
metrics_decision(struct metrics *m, const char *door, const struct verdict *v)
{
	if (m != NULL)
		count_decision(m, door, NULL, v);
}

void
metrics_door_time(struct metrics *m, enum door door, double seconds)
{
	if (m != NULL)
		histogram_add(&m->door[door], seconds);
}

void
metrics_handshake(struct metrics *m, double seconds)
{
	if (m != NULL)
		histogram_add(&m->handshake, seconds);
}

void
metrics_waited(struct metrics *m, enum wait_kind kind, double seconds)
{
	if (m != NULL)
		histogram_add(&m->wait[kind], seconds);
}

void
metrics_request(struct metrics *m, const char *program, enum metrics_request outcome)
{
	static const char *const words[] = { [METRICS_ANSWERED] = "answered", [METRICS_NOT_RUN] = "refused", [METRICS_PROGRAM_FAILED] = "failed",
		[METRICS_CANCELLED] = "cancelled" };

	if (m != NULL)
		series_add(&m->table[TABLE_REQUESTS], (const char *const[SERIES_LABELS]){ program, words[outcome] });
}

/* --- figures ---------------------------------------------------------------------------------- */

void
metrics_set(struct metrics *m, enum families_figure f, int64_t value)
{
	if (m != NULL)
		atomic_store_explicit(&m->figure[f], value, memory_order_relaxed);
}

void
metrics_add(struct metrics *m, enum families_figure f, int64_t by)
{
	if (m != NULL)
		metrics_set(m, f, metrics_figure(m, f) + by);
}

int64_t
metrics_figure(const struct metrics *m, enum families_figure f)
{
	return atomic_load_explicit(&m->figure[f], memory_order_relaxed);
}

void
metrics_expiries(struct metrics *m, struct expiries *e)
{
	struct expiries *before;

	if (m == NULL) {
		expiries_unref(e);
		return;
	}
	pthread_mutex_lock(&m->lock);
	before = m->expiries;
	m->expiries = e;
	pthread_mutex_unlock(&m->lock);
	expiries_unref(before);
}

struct expiries *
metrics_get_expiries(struct metrics *m)
{
	struct expiries *e;

	pthread_mutex_lock(&m->lock);
	e = expiries_ref(m->expiries);
	pthread_mutex_unlock(&m->lock);
	return e;
}

/* --- the loop --------------------------------------------------------------------------------- */

void
metrics_turn_begins(struct metrics *m, double now)
{
	if (m != NULL)
		atomic_store_explicit(&m->turn, nanoseconds(now), memory_order_relaxed);
}

void
metrics_turn_ends(struct metrics *m, double now)
{
	int64_t began, end = nanoseconds(now);

	if (m == NULL)
		return;
	began = atomic_load_explicit(&m->turn, memory_order_relaxed);
	if (end - m->window > (int64_t)WINDOW_SECONDS * 1000000000) {
		atomic_store_explicit(&m->longest[1], atomic_load_explicit(&m->longest[0], memory_order_relaxed), memory_order_relaxed);
		atomic_store_explicit(&m->longest[0], 0, memory_order_relaxed);
		m->window = end;
	}
	if (began > 0 && end - began > atomic_load_explicit(&m->longest[0], memory_order_relaxed))
		atomic_store_explicit(&m->longest[0], end - began, memory_order_relaxed);
	atomic_store_explicit(&m->turn, 0, memory_order_relaxed);
}

double
metrics_lag(const struct metrics *m, double now)
{
	int64_t began = atomic_load_explicit(&m->turn, memory_order_relaxed);
	int64_t lag = began > 0 ? nanoseconds(now) - began : 0;

	for (unsigned i = 0; i < 2; i++) {
		int64_t longest = atomic_load_explicit(&m->longest[i], memory_order_relaxed);

		if (longest > lag)
			lag = longest;
	}
	return (double)lag / 1e9;
}

void
metrics_beat(struct metrics *m, double now)
{
	if (m != NULL)
		atomic_store_explicit(&m->beat, nanoseconds(now), memory_order_relaxed);
}

void
metrics_ready(struct metrics *m, enum metrics_readiness r, const char *tcpipservice)
{
	uint64_t name = 0;

	if (m == NULL)
		return;
	if (tcpipservice != NULL)
		memcpy(&name, tcpipservice, strnlen(tcpipservice, sizeof name));
	atomic_store_explicit(&m->closed, name, memory_order_relaxed);
	atomic_store_explicit(&m->readiness, (int)r, memory_order_release);
}
