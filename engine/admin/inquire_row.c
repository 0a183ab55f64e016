/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/inquire_row.h"

#include <string.h>
#include <strings.h>

#include "policy/facts_json.h"
#include "region/region.h"

void
inquire_put(json_t *row, const char *key, const char *value)
{
	json_object_set_new(row, key, facts_json_text(value, strlen(value)));
}

void
inquire_put_number(json_t *row, const char *key, double n)
{
	json_int_t whole = (json_int_t)n;

	json_object_set_new(row, key, (double)whole == n ? json_integer(whole) : json_real(n));
}

void
inquire_put_seconds(json_t *row, const char *key, double seconds)
{
	inquire_put_number(row, key, (double)(json_int_t)(seconds * 1000) / 1000);
}

void
inquire_put_attribute(json_t *row, const char *key, const struct attribute *table, const char *name, const void *def)
{
	const struct attribute *a = attribute_find(table, name);
	char text[ATTRIBUTE_PRINTED];
	double n;

	if (attribute_number(a, def, &n))
		inquire_put_number(row, key, n);
	else
		inquire_put(row, key, attribute_print(a, def, text, sizeof text));
}

void
inquire_put_attributes(json_t *row, const struct attribute *table, const void *def)
{
	for (const struct attribute *a = table; a->name != NULL; a++)
		inquire_put_attribute(row, a->name, table, a->name, def);
}

void
inquire_put_params(json_t *row, const struct definition *d, const char *kind, const char *name, const struct attribute *table)
{
	char text[2 * PARAMS_TEXT_MAX] = "";
	size_t n = 0;

	for (const struct attribute *a = table; a->name != NULL; a++) {
		const struct params *p = params_find(&d->params, kind, name, a->name);

		if (p != NULL && n < sizeof text)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", n > 0 ? "; " : "", a->name, p->text);
	}
	inquire_put(row, "params", text);
}

bool
inquire_wanted(struct query *q, const char *name)
{
	if (q->name == NULL || strcasecmp(q->name, name) == 0)
		return true;
	near_take(&q->near, name, q->name);
	return false;
}

void *
inquire_next(struct query *q, struct cursors *walks, void *first)
{
	if (q->walks == NULL)
		cursor_open(walks, &q->at, first, false);
	q->walks = walks;
	return q->at.at;
}

struct ipconn *
inquire_next_ipconn(struct query *q)
{
	struct ipconn *i = inquire_next(q, registry_walks(q->region->registry), registry_first(q->region->registry));

	if (i != NULL)
		q->at.at = i->next;
	return i;
}

const struct generation *
inquire_generation(struct query *q)
{
	if (q->generation == NULL)
		q->generation = generation_ref(region_generation(q->region));
	return q->generation;
}
