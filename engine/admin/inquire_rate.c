/* SPDX-License-Identifier: Apache-2.0 */
/* inquire rate: the rates of scripts that are not full: their terms, the tokens left, the time until they are full. */
#include "admin/inquire_row.h"

#include <string.h>

#include "base/clock.h"
#include "policy/rates.h"
#include "region/region.h"

static void
rate_row(struct query *q, const struct rate_view *v)
{
	json_t *row;

	if (q->name != NULL && strcmp(q->name, v->name) != 0) /* a name that a script gave: in its own case */
		return;
	row = json_object();
	inquire_put(row, "rate", v->name);
	inquire_put_number(row, "count", v->terms.count);
	inquire_put_number(row, "per", v->terms.per);
	inquire_put_number(row, "burst", v->terms.burst);
	json_object_set_new(row, "left", json_integer((json_int_t)v->left));
	inquire_put_seconds(row, "full", v->full);
	json_array_append_new(q->rows, row);
}

static void
inquire_rate_leave(struct query *q)
{
	rates_leave(q->region->rates, &q->at);
}

bool
inquire_rate_step(struct query *q)
{
	struct rate_view v;
	bool more;

	if (q->leave == NULL)
		rates_walk(q->region->rates, &q->at);
	q->leave = inquire_rate_leave;
	more = rates_show(q->region->rates, &q->at, clock_span(), &v);
	if (v.name[0] != '\0')
		rate_row(q, &v);
	return more;
}
