/* SPDX-License-Identifier: Apache-2.0 */
/* inquire counter: the counters of scripts: the last number, and the time until they expire. */
#include "admin/inquire_row.h"

#include <string.h>

#include "base/clock.h"
#include "region/region.h"
#include "policy/counters.h"

static void
counter_row(struct query *q, const struct counter_view *v)
{
	json_t *row;

	if (q->name != NULL && strcmp(q->name, v->name) != 0) /* a name that a script gave: in its own case */
		return;
	row = json_object();
	inquire_put(row, "counter", v->name);
	json_object_set_new(row, "last", json_integer(v->last));
	inquire_put_number(row, "expires", v->expires);
	inquire_put_seconds(row, "left", v->left);
	json_array_append_new(q->rows, row);
}

static void
inquire_counter_leave(struct query *q)
{
	counters_leave(q->region->counters, &q->at);
}

bool
inquire_counter_step(struct query *q)
{
	struct counter_view v;
	bool more;

	if (q->leave == NULL)
		counters_walk(q->region->counters, &q->at);
	q->leave = inquire_counter_leave;
	more = counters_show(q->region->counters, &q->at, clock_span(), &v);
	if (v.name[0] != '\0')
		counter_row(q, &v);
	return more;
}
