/* SPDX-License-Identifier: Apache-2.0 */
#include "client/test_cover.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/table.h"
#include "policy/facts_json.h"

static bool
is_missed(const struct cover_script *s, size_t line)
{
	return line < s->nlines && s->line[line] == COVER_CODE;
}

static bool
is_onesided(const struct cover_check *c)
{
	return !c->was_true || !c->was_false;
}

/* --- text ------------------------------------------------------------------------------------- */

/* Prints the lines that were not run as ranges; lines without code do not end a range. */
static void
print_missed(const struct cover_script *s)
{
	const char *separator = ": lines not run: ";
	size_t last;

	for (size_t line = 1; line < s->nlines; line = last + 1) {
		last = line;
		if (!is_missed(s, line))
			continue;
		for (size_t next = line + 1; next < s->nlines && (s->line[next] & COVER_RUN) == 0; next++)
			if (is_missed(s, next))
				last = next;
		printf("%s%s%zu", separator[0] == ':' ? s->path : "", separator, line);
		if (last > line)
			printf("-%zu", last);
		separator = ", ";
	}
	if (separator[0] == ',')
		putchar('\n');
}

static void
print_onesided(const struct cover_script *s)
{
	char shown[TABLE_CELL];

	for (size_t i = 0; i < s->nchecks; i++) {
		const struct cover_check *c = &s->check[i];
		const char *how = c->was_true ? "never false" : c->was_false ? "never true" : "never called";

		if (!is_onesided(c))
			continue;
		printf("%s:%d: check", s->path, c->line);
		if (c->name != NULL)
			printf(" \"%s\"", text_printable(shown, sizeof shown, c->name, strlen(c->name)));
		printf(" was %s\n", how);
	}
}

void
test_cover_print(const struct script_cover *c)
{
	printf("%-24s %14s %14s\n", "SCRIPT", "LINES RUN", "CHECKS BOTH");
	for (size_t i = 0; i < c->n; i++) {
		struct cover_counts n = script_cover_count(c->script[i]);
		char lines[44], checks[44];

		snprintf(lines, sizeof lines, "%zu of %zu", n.covered, n.lines);
		snprintf(checks, sizeof checks, "%zu of %zu", n.both, n.checks);
		printf("%-24s %14s %14s\n", c->script[i]->name, lines, checks);
	}
	for (size_t i = 0; i < c->n; i++) {
		print_missed(c->script[i]);
		print_onesided(c->script[i]);
	}
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *
list_missed(const struct cover_script *s)
{
	json_t *list = json_array();

	for (size_t line = 1; line < s->nlines; line++)
		if (is_missed(s, line))
			json_array_append_new(list, json_integer((json_int_t)line));
	return list;
}

static json_t *
list_onesided(const struct cover_script *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nchecks; i++) {
		const struct cover_check *c = &s->check[i];

		if (is_onesided(c))
			json_array_append_new(list, json_pack("{s:i, s:o, s:o}", "line", c->line, "name",
				c->name != NULL ? facts_json_text(c->name, strlen(c->name)) : json_null(), "value",
				c->was_true || c->was_false ? json_boolean(c->was_true) : json_null()));
	}
	return list;
}

json_t *
test_cover_json(const struct script_cover *c)
{
	json_t *o = json_object();

	for (size_t i = 0; i < c->n; i++) {
		struct cover_counts n = script_cover_count(c->script[i]);

		json_object_set_new(o, c->script[i]->name, json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "lines", (json_int_t)n.lines, "covered",
			(json_int_t)n.covered, "checks", (json_int_t)n.checks, "both", (json_int_t)n.both, "missing", list_missed(c->script[i]),
			"onesided", list_onesided(c->script[i])));
	}
	return o;
}
