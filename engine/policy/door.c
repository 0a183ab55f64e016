/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/door.h"

#include "config/attribute.h"

#include <stdio.h>
#include <string.h>

static const struct door_row rows[DOOR_COUNT] = {
#define X(id, word, attribute, kind, stage, ipconn, ways, yes, grants, reask, why_not, without) \
	[DOOR_##id] = { word, attribute, kind, STAGE_##stage, ipconn, ways, VERDICT_##yes, grants, reask, why_not, without },
	DOORS(X)
#undef X
};

/* A row either says when a reload asks the door again, or gives the reason why a reload does not. */
#define X(id, word, attribute, kind, stage, ipconn, ways, yes, grants, reask, why_not, without) \
	_Static_assert((reask == REASK_NEVER) == (sizeof why_not > 1), "the reason of a door that is never asked again");
DOORS(X)
#undef X

const struct door_row *
door_row(enum door d)
{
	return &rows[d];
}

const char *
door_name(enum door d)
{
	return d < DOOR_COUNT ? rows[d].name : "?";
}

enum door
door_of(const char *name)
{
	enum door d = 0;

	while (d < DOOR_COUNT && strcmp(rows[d].name, name) != 0)
		d++;
	return d;
}

const char *
door_list(char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (enum door d = 0; d < DOOR_COUNT && n < size; d++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", d == 0 ? "" : d + 1 == DOOR_COUNT ? " or " : ", ", rows[d].name);
	return out;
}

const char *
door_script(enum door d, const struct attribute *table, const void *object)
{
	const struct attribute *a = attribute_find(table, rows[d].attribute);

	return a != NULL && a->kind == ATTR_SCRIPT ? (const char *)object + a->offset : "";
}
