/* SPDX-License-Identifier: Apache-2.0 */
#include "config/effect.h"
#include "config/definition_place.h"

#include <ctype.h>
#include <string.h>

#define VALUE_SHOWN 72 /* how many bytes of a value a message shows */

struct subject { /* an object whose attributes are checked */
	const struct definition *d;
	const struct key_lines *lines;
	struct faults *faults;
	const struct attribute *table;
	const void *object;
	const char *kind, *name; /* name "": the region */
	int line;
	uint64_t given;
};

/* A value that means none counts as not given. A number always counts as given. */
static bool
says_something(const struct attribute *a, const void *object)
{
	union { struct region_def r; struct tcpipservice_def t; struct ipconn_def c; struct program_def p; struct transaction_def x; } blank;
	char value[ATTRIBUTE_PRINTED], none[ATTRIBUTE_PRINTED];
	double number;

	if (a->kind == ATTR_INT || a->kind == ATTR_SECONDS)
		return attribute_number(a, object, &number);
	attribute_defaults((const struct attribute[]){ *a, { .name = NULL } }, &blank);
	return strcmp(attribute_print(a, object, value, sizeof value), attribute_print(a, &blank, none, sizeof none)) != 0;
}

static bool
is_given(const struct subject *s, const struct attribute *a)
{
	return (s->given >> (a - s->table) & 1) != 0;
}

/* Whether the object gives the attribute, and gives it in vain. */
static bool
is_vain(const struct subject *s, const struct effect *e)
{
	const struct attribute *a = attribute_find(s->table, e->attribute);

	return is_given(s, a) && e->idle(s->d, s->object) && says_something(a, s->object);
}

/* The value as a definition writes it. */
static const char *
written(const struct attribute *a, const void *object, char *out, size_t size)
{
	char value[ATTRIBUTE_PRINTED];

	attribute_print(a, object, value, sizeof value);
	for (char *c = value; *c != '\0' && a->kind != ATTR_TEXT && a->kind != ATTR_PATH && a->kind != ATTR_NAME; c++)
		*c = (char)tolower((unsigned char)*c);
	return text_printable(out, size, value, strlen(value));
}

static void
say(const struct subject *s, const struct effect *e)
{
	char value[VALUE_SHOWN];

	definition_fault(s->d, s->faults, e->level, "no_effect", key_lines_of(s->lines, s->line, e->attribute),
		"%s%s%s: %s is %s and %s, so it has no effect; %s, or leave %s out", s->kind, *s->name ? " " : "", s->name, e->attribute,
		written(attribute_find(e->table, e->attribute), s->object, value, sizeof value), e->because, e->remedy, e->attribute);
}

static void
look_at(const struct subject *s)
{
	const char *said = "";

	for (const struct effect *e = effect_rows; e->attribute != NULL; e++)
		if (e->table == s->table && strcmp(e->attribute, said) != 0 && is_vain(s, e)) {
			said = e->attribute;
			say(s, e);
		}
}

void
effect_check(const struct definition *d, const struct key_lines *p, struct faults *faults)
{
	struct subject s = { .d = d, .lines = p, .faults = faults, .table = resource_region, .object = &d->region, .kind = "region", .name = "",
		.line = d->region.line, .given = d->region.given };

	look_at(&s);
#define EACH(resource) \
	s.table = resource_##resource; \
	s.kind = #resource; \
	for (size_t i = 0; i < d->n##resource##s; i++) { \
		s.object = &d->resource[i]; \
		s.name = d->resource[i].resource; \
		s.line = d->resource[i].line; \
		s.given = d->resource[i].given; \
		look_at(&s); \
	}
	EACH(tcpipservice)
	EACH(ipconn)
	EACH(program)
	EACH(transaction)
#undef EACH
}
