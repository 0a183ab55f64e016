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

void
counter_rows(struct query *q)
{
	struct store *s = q->region->store;
	size_t n = store_count(s);
	struct counter_view *view = n > 0 ? malloc(n * sizeof *view) : NULL;

	n = view != NULL ? store_list(s, clock_span(), view, n) : 0;
	for (size_t i = 0; i < n; i++)
		counter_row(q, &view[i]);
	free(view);
}
