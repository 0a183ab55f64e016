/* SPDX-License-Identifier: Apache-2.0 */
/* inquire_row: what the rows of every kind are made of. */
#include "admin/inquire_internal.h"

#include <string.h>
#include <strings.h>

#include "policy/facts_json.h"

void
put(json_t *row, const char *key, const char *value)
{
	json_object_set_new(row, key, facts_json_text(value, strlen(value)));
}

void
put_number(json_t *row, const char *key, double n)
{
	json_int_t whole = (json_int_t)n;

	json_object_set_new(row, key, (double)whole == n ? json_integer(whole) : json_real(n));
}

void
put_attribute(json_t *row, const char *key, const struct attribute *table, const char *name, const void *def)
{
	const struct attribute *a = attribute_find(table, name);
	char text[PATH_SIZE];
	double n;

	if (attribute_number(a, def, &n))
		put_number(row, key, n);
	else
		put(row, key, attribute_print(a, def, text, sizeof text));
}

void
put_attributes(json_t *row, const struct attribute *table, const void *def)
{
	for (const struct attribute *a = table; a->name != NULL; a++)
		put_attribute(row, a->name, table, a->name, def);
}

bool
wanted(struct query *q, const char *name)
{
	if (q->name == NULL || strcasecmp(q->name, name) == 0)
		return true;
	nearest_take(&q->near, name, q->name);
	return false;
}
