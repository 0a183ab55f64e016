/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inquire canary: the generation that decides about a share of the connections, or the last one that did, with the
 * ipconns about which it decides. One row, or none.
 */
#include "admin/inquire_row.h"

#include <stdlib.h>
#include <string.h>

#include "candidate/canary_run.h"

#define NAMES_MAX 100 /* ipconns in the row; `others` counts the rest */

/* Copies the name of an ipconn about which the canary decides into q->list: an array of NAMES_MAX names. */
static void
take(struct query *q, const struct ipconn *i)
{
	char(*names)[NAME_SIZE];

	if (i->status == CONN_RELEASED || i->engaged->canary == 0 || i->engaged->canary != canary_run_mark(q->region))
		return;
	if (q->list == NULL)
		q->list = calloc(NAMES_MAX, sizeof *names);
	names = q->list;
	if (names != NULL && q->index < NAMES_MAX)
		memcpy(names[q->index++], i->def->ipconn, sizeof *names);
	else
		q->n++;
}

static void
put_row(struct query *q, json_t *row)
{
	const char(*names)[NAME_SIZE] = q->list;
	json_t *list = json_array();

	for (size_t n = 0; n < q->index; n++)
		json_array_append_new(list, json_string(names[n]));
	json_object_set_new(row, "ipconns", list);
	json_object_set_new(row, "others", json_integer((json_int_t)q->n));
	json_array_append_new(q->rows, row);
}

/* Each step looks at one ipconn; the last one makes the row. */
bool
inquire_canary_step(struct query *q)
{
	const struct ipconn *i = inquire_next_ipconn(q);
	json_t *row;

	if (i != NULL) {
		take(q, i);
		return true;
	}
	row = canary_run_row(q->region);
	if (row != NULL && inquire_wanted(q, json_string_value(json_object_get(row, "candidate"))))
		put_row(q, row);
	else
		json_decref(row);
	return false;
}
