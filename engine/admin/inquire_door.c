/* SPDX-License-Identifier: Apache-2.0 */
/* inquire door: the questions of each door, and its refusals. */
#include "admin/inquire_row.h"

#include "region/region.h"

bool
inquire_door_step(struct query *q)
{
	enum door d = (enum door)q->index;
	const struct door_statistics *s = &q->region->totals.doors[d];
	json_t *row;

	if (d == DOOR_COUNT)
		return false;
	q->index++;
	if (!inquire_wanted(q, door_name(d)))
		return true;
	row = json_object();
	inquire_put(row, "door", door_name(d));
	inquire_put_number(row, "asked", (double)s->asked);
	inquire_put_number(row, "refused", (double)s->refused);
	json_array_append_new(q->rows, row);
	return true;
}
