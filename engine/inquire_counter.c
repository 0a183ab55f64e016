/* SPDX-License-Identifier: Apache-2.0 */
/* inquire counter: the counters of scripts: their last number, and when they expire. */
#include "inquire_parts.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "region.h"
#include "store.h"

static void
counter_row(struct query *q, const struct counter_view *v)
{
	json_t *row;

	if (q->name != NULL && strcmp(q->name, v->name) != 0) /* a script's own word: as it is written */
		return;
	row = json_object();
	put(row, "counter", v->name);
	json_object_set_new(row, "last", json_integer(v->last));
	put_number(row, "expires", v->expires);
	put_number(row, "left", (double)(json_int_t)(v->left * 1000) / 1000);
	json_array_append_new(q->rows, row);
}

bool
counter_step(struct query *q)
{
	struct store *s = q->region->store;

	if (q->stage++ == 0) {
		q->n = store_count(s);
		q->list = q->n > 0 ? malloc(q->n * sizeof(struct counter_view)) : NULL;
		q->n = q->list != NULL ? store_list(s, clock_span(), q->list, q->n) : 0;
	}
	if (q->index == q->n)
		return false;
	counter_row(q, &((const struct counter_view *)q->list)[q->index++]);
	return true;
}
