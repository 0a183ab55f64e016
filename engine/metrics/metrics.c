/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics_internal.h"

#include <stdlib.h>
#include <string.h>

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
	if (pthread_mutex_init(&m->counting, NULL) != 0) {
		pthread_mutex_destroy(&m->lock);
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
	pthread_mutex_destroy(&m->counting);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

/* --- events ----------------------------------------------------------------------------------- */

/* Counts one event of a table. */
static void
count(struct metrics *m, unsigned table, const char *const value[SERIES_LABELS])
{
	pthread_mutex_lock(&m->counting);
	series_add(&m->table[table], value);
	pthread_mutex_unlock(&m->counting);
}

static const char *
outcome_word(enum metrics_connection outcome)
{
	return outcome == METRICS_ACCEPTED ? "accepted" : outcome == METRICS_REFUSED ? "refused" : "failed";
}

void
metrics_listener(struct metrics *m, const char *tcpipservice)
{
	if (m == NULL)
		return;
	pthread_mutex_lock(&m->counting);
	for (int i = METRICS_ACCEPTED; i <= METRICS_FAILED; i++)
		series_begin(&m->table[TABLE_CONNECTIONS],
			(const char *const[SERIES_LABELS]){ tcpipservice, outcome_word((enum metrics_connection)i) });
	pthread_mutex_unlock(&m->counting);
}

void
metrics_connection(struct metrics *m, const char *tcpipservice, enum metrics_connection outcome)
{
	if (m != NULL)
		count(m, TABLE_CONNECTIONS, (const char *const[SERIES_LABELS]){ tcpipservice, outcome_word(outcome) });
}

static void
count_decision(struct metrics *m, const char *door, const char *policy, const struct verdict *v)
{
	count(m, TABLE_DECISIONS,
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
		count(m, TABLE_REQUESTS, (const char *const[SERIES_LABELS]){ program, words[outcome] });
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
		atomic_fetch_add_explicit(&m->figure[f], by, memory_order_relaxed);
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
metrics_turn_begins(struct metrics *m, unsigned worker, double now)
{
	if (m != NULL)
		lag_begins(&m->lag[worker], now);
}

void
metrics_turn_ends(struct metrics *m, unsigned worker, double now)
{
	if (m != NULL)
		lag_ends(&m->lag[worker], now);
}

bool
metrics_cpu_due(const struct metrics *m, unsigned worker, double now)
{
	return m != NULL && lag_cpu_due(&m->lag[worker], now);
}

void
metrics_cpu(struct metrics *m, unsigned worker, double now, double cpu)
{
	lag_cpu(&m->lag[worker], now, cpu);
}

double
metrics_lag(const struct metrics *m, unsigned worker, double now)
{
	return lag_seconds(&m->lag[worker], now);
}

double
metrics_recent(const struct metrics *m, unsigned worker, double now)
{
	return lag_recent(&m->lag[worker], now);
}

void
metrics_loop(const struct metrics *m, unsigned worker, double now, struct lag_view *out)
{
	lag_look(&m->lag[worker], now, out);
}

double
metrics_longest_lag(const struct metrics *m, double now)
{
	double longest = 0;

	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		double lag = metrics_lag(m, i, now);

		if (lag > longest)
			longest = lag;
	}
	return longest;
}

void
metrics_beat(struct metrics *m, double now)
{
	if (m != NULL)
		atomic_store_explicit(&m->beat, (int64_t)(now * 1e9), memory_order_relaxed);
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
