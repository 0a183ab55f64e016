/* SPDX-License-Identifier: Apache-2.0 */
/* inquire policy: the scripts of each generation in use, and the attributes that name them. */
#include "admin/inquire_row.h"

#include <string.h>

#include "base/clock.h"
#include "policy/generations.h"
#include "region/region.h"

#define GENERATIONS_MAX 64 /* that are shown */

static json_t *
doors_of(const struct policy *p, const char *script)
{
	json_t *list = json_array();

	for (enum door d = 0; d < DOOR_COUNT; d++)
		if (policy_has(p, script, d))
			json_array_append_new(list, json_string(door_name(d)));
	return list;
}

static void
put_users(json_t *list, const struct service *s, const char *owner, const char *script)
{
	for (enum door d = 0; d < DOOR_COUNT; d++) {
		const struct door_row *row = door_row(d);

		if (row->kind == DOOR_QUESTION && s->script[d] != NULL && strcmp(s->script[d], script) == 0)
			json_array_append_new(list, json_sprintf("%s %s", owner, row->attribute));
	}
}

/* The attributes that name the script: "IPICSEC admit". */
static json_t *
used_by(const struct generation *g, const char *script)
{
	json_t *list = json_array();

	for (size_t s = 0; s < g->definition->ntcpipservices; s++)
		put_users(list, &g->service[s], g->service[s].def->tcpipservice, script);
	for (size_t s = 0; s < g->definition->nipconns; s++)
		put_users(list, &g->outbound[g->outbound_of[s]], g->definition->ipconn[s].ipconn, script);
	return list;
}

static void
generation_rows(struct query *q, const struct generation *g)
{
	for (const struct source *s = sources_first(g->sources); s != NULL; s = s->next) {
		json_t *row;

		if (s->library || !inquire_wanted(q, s->name))
			continue;
		row = json_object();
		inquire_put(row, "policy", s->name);
		inquire_put(row, "path", s->path);
		json_object_set_new(row, "doors", doors_of(g->policy, s->name));
		inquire_put_number(row, "generation", (double)g->number);
		inquire_put(row, "hash", s->hash);
		inquire_put(row, "generation_hash", g->hash);
		json_object_set_new(row, "current", json_boolean(g == region_generation(q->region)));
		inquire_put_seconds(row, "age", clock_wall() - g->loaded);
		inquire_put_number(row, "memory", (double)s->kept);
		inquire_put_number(row, "generation_memory", (double)generation_bytes(g));
		inquire_put_number(row, "connections", g->connections);
		json_object_set_new(row, "used_by", used_by(g, s->name));
		json_array_append_new(q->rows, row);
	}
}

bool
inquire_policy_step(struct query *q)
{
	const struct generation *current = region_generation(q->region);
	struct generation *living[GENERATIONS_MAX];
	size_t n = generations_list(q->region->living, living, GENERATIONS_MAX);

	generation_rows(q, current);
	for (size_t i = 0; i < n; i++) {
		if (living[i] != current)
			generation_rows(q, living[i]);
		generation_unref(living[i]);
	}
	return false;
}
