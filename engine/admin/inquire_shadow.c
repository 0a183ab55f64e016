/* SPDX-License-Identifier: Apache-2.0 */
/* inquire shadow: the candidate that is asked beside the live rules, and the differences. One row, or none. */
#include "admin/inquire_row.h"

#include "candidate/shadow.h"

bool
inquire_shadow_step(struct query *q)
{
	json_t *row = shadow_row(q->region);

	if (row == NULL)
		return false;
	if (inquire_wanted(q, json_string_value(json_object_get(row, "candidate"))))
		json_array_append_new(q->rows, row);
	else
		json_decref(row);
	return false;
}
