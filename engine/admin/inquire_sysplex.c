/* SPDX-License-Identifier: Apache-2.0 */
/* inquire sysplex: the regions of the sysplex, as this one knows them. */
#include "admin/inquire_row.h"

#include "base/clock.h"
#include "region/follow.h"
#include "region/region.h"
#include "store/member.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the region of a row reaches the store: this one knows it of others while it reaches the store itself. */
static const char *
store_of(const struct member_row *row, bool own, enum store_state state)
{
	if (own)
		return store_state_name(state);
	if (state != STORE_UP)
		return "UNKNOWN";
	return store_state_name(row->state == MEMBER_LOST ? STORE_DOWN : STORE_UP);
}

/* The published rules of a region that follows. */
static void
put_rules(json_t *row, const struct region *r, const char *region)
{
	struct rules_report report;

	if (!follow_report(r, region, &report))
		return;
	inquire_put_number(row, "serial", (double)report.taken);
	if (report.expires != 0) {
		inquire_put_number(row, "expires", (double)report.expires);
		json_object_set_new(row, "expired", json_boolean(clock_wall() >= (double)report.expires));
	}
	if (report.refused != 0) {
		inquire_put_number(row, "refused", (double)report.refused);
		inquire_put(row, "why", report.why);
	}
}

/* The addresses of that region to which the generic tcpipservices send partners, separated by blanks. */
static void
put_addresses(json_t *row, const struct definition *d, const char *region)
{
	char all[ADVERTISE_SIZE] = "";
	struct advertised to;
	size_t n = 0;

	for (size_t i = 0; i < d->ntcpipservices; i++) {
		const char *v6;

		if (n >= sizeof all || !advertise_find(d->tcpipservice[i].advertise, d->region.networkid, region, &to))
			continue;
		v6 = strchr(to.host, ':');
		n += (size_t)snprintf(all + n, sizeof all - n, "%s%s%s%s:%d", n > 0 ? " " : "", v6 != NULL ? "[" : "", to.host, v6 != NULL ? "]" : "", to.port);
	}
	inquire_put(row, "advertise", all);
}

/* Why this region is fenced; before the reason of another fault. */
static void
put_fence(json_t *row, const struct region *r, const struct member_row *own)
{
	const char *why = member_why(r->member);

	if (own->state == MEMBER_FENCED && why[0] != '\0')
		inquire_put(row, "why", why);
}

static void
put_row(struct query *q, const struct member_row *from, bool own, const char *store)
{
	const char *dot = strchr(from->region, '.');
	json_t *row = json_object();

	inquire_put(row, "region", from->region);
	inquire_put(row, "applid", dot != NULL ? dot + 1 : from->region);
	inquire_put(row, "state", member_state_name(from->state));
	inquire_put(row, "version", from->version);
	inquire_put_number(row, "connections", (double)from->connections);
	inquire_put(row, "store", store);
	inquire_put_number(row, "conflicts", (double)from->conflicts);
	inquire_put_number(row, "limit", (double)from->limit);
	put_addresses(row, q->region->worker.generation->definition, from->region);
	put_rules(row, q->region, from->region);
	if (own)
		put_fence(row, q->region, from);
	json_array_append_new(q->rows, row);
}

bool
inquire_sysplex_step(struct query *q)
{
	struct member_row *list = calloc(MEMBER_ROWS, sizeof *list);
	enum store_state state = store_look(q->region->worker.store).state;
	size_t n = list != NULL ? member_list(q->region->member, list) : 0;

	for (size_t i = 0; i < n; i++)
		if (inquire_wanted(q, list[i].region))
			put_row(q, &list[i], i == 0, store_of(&list[i], i == 0, state));
	free(list);
	return false;
}
