/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/exposition.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT_MAX (4 * 1024 * 1024) /* bytes; the tables hold far less */
#define ACCEPT_MAX 1024
#define OPENMETRICS "application/openmetrics-text"

void
exposition_begin(struct exposition *e, bool openmetrics)
{
	*e = (struct exposition){ .openmetrics = openmetrics, .name = "" };
	buf_init(&e->text, TEXT_MAX);
}

static void __attribute__((format(printf, 2, 3)))
put(struct exposition *e, const char *format, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line || buf_add(&e->text, line, (size_t)n) < 0)
		e->short_of_memory = true;
}

void
exposition_family(struct exposition *e, enum family f)
{
	static const char *const types[] = { [FAMILY_COUNTER] = "counter", [FAMILY_GAUGE] = "gauge", [FAMILY_HISTOGRAM] = "histogram" };
	static const struct {
		const char *name;
		enum family_kind kind;
		const char *unit, *help;
	} rows[] = {
#define X(id, name, kind, unit, writer, help) { name, FAMILY_##kind, unit, help },
		FAMILIES(X)
#undef X
	};
	const char *total = rows[f].kind == FAMILY_COUNTER && !e->openmetrics ? "_total" : "";

	e->name = rows[f].name;
	e->kind = rows[f].kind;
	put(e, "# HELP sallyport_%s%s %s\n", e->name, total, rows[f].help);
	put(e, "# TYPE sallyport_%s%s %s\n", e->name, total, types[e->kind]);
	if (e->openmetrics && rows[f].unit[0] != '\0')
		put(e, "# UNIT sallyport_%s %s\n", e->name, rows[f].unit);
}

static void
put_sample(struct exposition *e, const char *suffix, const char *labels, const char *value)
{
	const char *total = e->kind == FAMILY_COUNTER ? "_total" : "";

	if (labels[0] != '\0')
		put(e, "sallyport_%s%s%s{%s} %s\n", e->name, total, suffix, labels, value);
	else
		put(e, "sallyport_%s%s%s %s\n", e->name, total, suffix, value);
}

void
exposition_number(struct exposition *e, const char *suffix, const char *labels, int64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)value);
	put_sample(e, suffix, labels, text);
}

void
exposition_seconds(struct exposition *e, const char *suffix, const char *labels, double value)
{
	char text[40];

	snprintf(text, sizeof text, "%.9f", value);
	put_sample(e, suffix, labels, text);
}

int
exposition_end(struct exposition *e)
{
	if (e->openmetrics)
		put(e, "# EOF\n");
	return e->short_of_memory ? -1 : 0;
}

const char *
exposition_type(bool openmetrics)
{
	return openmetrics ? OPENMETRICS "; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8";
}

/* --- the header Accept ------------------------------------------------------------------------ */

struct offer { /* one element of the header, between two commas */
	const char *type;
	size_t len;
	double q;
	bool version_fits; /* no version is given, or 1.0.0 */
};

static bool
is_type(const struct offer *o, const char *type)
{
	return o->len == strlen(type) && strncasecmp(o->type, type, o->len) == 0;
}

static void
read_parameter(struct offer *o, char *parameter)
{
	parameter += strspn(parameter, " \t");
	if (strncasecmp(parameter, "q=", 2) == 0)
		o->q = strtod(parameter + 2, NULL);
	else if (strncasecmp(parameter, "version=", 8) == 0)
		o->version_fits = strncmp(parameter + 8, "1.0.0", 5) == 0;
}

/* Reads an element, which it cuts into pieces. */
static struct offer
read_offer(char *element)
{
	char *rest = NULL, *type = strtok_r(element, ";", &rest);
	struct offer o = { .type = "", .q = 1, .version_fits = true };

	if (type == NULL)
		return o;
	o.type = type + strspn(type, " \t");
	o.len = strcspn(o.type, " \t");
	for (char *p = strtok_r(NULL, ";", &rest); p != NULL; p = strtok_r(NULL, ";", &rest))
		read_parameter(&o, p);
	return o;
}

bool
exposition_wants_openmetrics(const char *accept)
{
	char copy[ACCEPT_MAX], *rest = NULL;
	double open = 0, text = 0;

	snprintf(copy, sizeof copy, "%s", accept != NULL ? accept : "");
	for (char *element = strtok_r(copy, ",", &rest); element != NULL; element = strtok_r(NULL, ",", &rest)) {
		struct offer o = read_offer(element);

		if (is_type(&o, OPENMETRICS) && o.version_fits && o.q > open)
			open = o.q;
		else if (is_type(&o, "text/plain") && o.q > text)
			text = o.q;
	}
	return open > 0 && open >= text;
}
