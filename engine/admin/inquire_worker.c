/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inquire worker: the work of each worker: its loop, its connections, its Lua state. The numbers are tallies, and those
 * that the loops publish; no other thread is asked.
 */
#include "admin/inquire_row.h"

#include "base/clock.h"
#include "metrics/metrics.h"
#include "region/region.h"

/* A share in percent, with one decimal. */
static double
percent(double share)
{
	return (double)(int)(share * 1000 + 0.5) / 10;
}

static void
put_loop(json_t *row, const struct metrics *m, unsigned worker)
{
	struct lag_view v;

	metrics_loop(m, worker, clock_span(), &v);
	inquire_put_number(row, "busy", percent(v.busy));
	inquire_put_number(row, "busy_lately", percent(v.lately));
	inquire_put_number(row, "longest_turn", (double)(json_int_t)(v.longest * 1e6) / 1e6);
}

bool
inquire_worker_step(struct query *q)
{
	const struct worker *home = &q->region->worker;
	unsigned n = (unsigned)q->index++;
	const struct worker_totals *t = &home->totals->worker[n];
	char number[12];
	json_t *row;

	if (n == worker_count(home))
		return false;
	snprintf(number, sizeof number, "%u", n);
	if (!inquire_wanted(q, number))
		return true;
	row = json_object();
	inquire_put(row, "worker", number);
	inquire_put(row, "role", n == 0 ? "HOME" : "GATE");
	put_loop(row, home->metrics, n);
	inquire_put_number(row, "connections", tally_present(&t->connections));
	inquire_put_number(row, "halfopen", tally_present(&t->halfopen));
	inquire_put_number(row, "accepted", (double)tally_total(&t->accepted));
	inquire_put_number(row, "memory", (double)policy_bytes(generation_at(home->generation, n)->policy));
	json_array_append_new(q->rows, row);
	return true;
}
