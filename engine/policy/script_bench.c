/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/script_bench.h"

#include "policy/policy_internal.h"

#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 31 /* of which the median counts */

static int
script_bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median_time(struct policy *p, struct policy_row *row)
{
	double times[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		policy_ask_row(p, row);
		times[i] = row->cost->nanoseconds;
	}
	qsort(times, ROUNDS, sizeof *times, script_bench_order);
	return times[ROUNDS / 2];
}

/* Measures the row. No collection runs while bytes are counted. */
static struct policy_cost
measure(struct policy *p, struct policy_row *row)
{
	struct policy_cost cost = { .counted = true };
	struct script_cover *cover = p->host.cover;

	row->entry = NULL;
	row->cost = &cost;
	policy_watch(p, NULL);
	lua_gc(p->L, LUA_GCCOLLECT);
	lua_gc(p->L, LUA_GCSTOP);
	policy_ask_row(p, row);
	lua_gc(p->L, LUA_GCRESTART);
	cost.counted = false;
	cost.nanoseconds = median_time(p, row);
	policy_watch(p, cover);
	row->cost = NULL;
	return cost;
}

/* Finds or adds the entry. NULL without memory. */
static struct bench_entry *
find_entry(struct script_bench *b, const char *script, enum door door)
{
	struct bench_entry *grown;

	for (size_t i = 0; i < b->n; i++)
		if (b->entry[i].door == door && strcmp(b->entry[i].script, script) == 0)
			return &b->entry[i];
	grown = realloc(b->entry, (b->n + 1) * sizeof *grown);
	if (grown == NULL)
		return NULL;
	b->entry = grown;
	grown[b->n] = (struct bench_entry){ .door = door };
	snprintf(grown[b->n].script, sizeof grown[b->n].script, "%s", script);
	return &grown[b->n++];
}

void
script_bench_row(struct script_bench *b, struct policy *p, struct policy_row *row)
{
	struct policy_cost cost = measure(p, row);
	struct bench_entry *e = find_entry(b, row->script, row->door);

	if (e == NULL)
		return;
	e->rows++;
	e->instructions = cost.instructions > e->instructions ? cost.instructions : e->instructions;
	e->bytes = cost.bytes > e->bytes ? cost.bytes : e->bytes;
	e->nanoseconds = cost.nanoseconds > e->nanoseconds ? cost.nanoseconds : e->nanoseconds;
}

void
script_bench_free(struct script_bench *b)
{
	free(b->entry);
	*b = (struct script_bench){ .entry = NULL };
}
