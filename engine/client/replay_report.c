/* SPDX-License-Identifier: Apache-2.0 */
#include "client/replay_report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "client/table.h"

#define SHOWN 5 /* connections of one cause */

static const char *const titles[REPLAY_CLASSES] = { [REPLAY_NEWLY_ACCEPTED] = "newly accepted", [REPLAY_NEWLY_REFUSED] = "newly refused",
	[REPLAY_CHANGED] = "changed", [REPLAY_UNKNOWN] = "unknown" };

static const char *
cell(const json_t *o, const char *name, char out[TABLE_CELL])
{
	const json_t *value = json_object_get(o, name);

	return value == NULL || json_is_null(value) ? "" : table_cell(value, out, TABLE_CELL);
}

/* --- causes ----------------------------------------------------------------------------------- */

static void
add_side(json_t *cause, const json_t *side, const char *name, bool with_line)
{
	static const char *const members[] = { "verdict", "code", "policy", "line" };

	for (size_t i = 0; i < (with_line ? 4 : 3); i++) {
		json_array_append_new(cause, json_string(name));
		json_array_append(cause, json_is_object(side) ? json_object_get(side, members[i]) : json_null());
	}
}

/* The key by which differences are grouped: the door and both decisions. */
static char *
cause_of(const json_t *d)
{
	json_t *cause = json_array();
	char *key;

	json_array_append(cause, json_object_get(d, "door"));
	json_array_append(cause, json_object_get(d, "why"));
	add_side(cause, json_object_get(d, "before"), "before", false);
	add_side(cause, json_object_get(d, "after"), "after", true);
	key = json_dumps(cause, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(cause);
	return key;
}

/* An object of the groups by cause, each an array of differences, in the order of the first of each. */
static json_t *
group(const json_t *list)
{
	json_t *groups = json_object(), *one;
	size_t i;

	json_array_foreach((json_t *)list, i, one) {
		char *key = cause_of(one);
		json_t *members = key != NULL ? json_object_get(groups, key) : NULL;

		if (members == NULL && key != NULL && json_object_set_new(groups, key, json_array()) == 0)
			members = json_object_get(groups, key);
		json_array_append(members, one);
		free(key);
	}
	return groups;
}

/* --- text ------------------------------------------------------------------------------------- */

static void
print_side(FILE *to, const char *when, const json_t *side)
{
	char a[TABLE_CELL];

	if (!json_is_object(side)) {
		fprintf(to, "%s: not asked", when);
		return;
	}
	fprintf(to, "%s: %s", when, cell(side, "verdict", a));
	if (cell(side, "code", a)[0] != '\0')
		fprintf(to, " %s", a);
	if (cell(side, "policy", a)[0] != '\0')
		fprintf(to, " by %s", a);
	if (cell(side, "line", a)[0] != '\0')
		fprintf(to, ":%s", a);
}

static void
print_checks(FILE *to, const json_t *after)
{
	char a[TABLE_CELL], b[TABLE_CELL];
	json_t *one;
	size_t i;

	if (cell(after, "text", a)[0] != '\0')
		fprintf(to, "    text   %s\n", a);
	json_array_foreach(json_object_get(after, "checks"), i, one) {
		fprintf(to, "    %s  %s", json_is_true(json_object_get(one, "value")) ? "ok" : "no", cell(one, "name", a));
		fprintf(to, json_string_length(json_object_get(one, "detail")) > 0 ? "  (%s)\n" : "\n", cell(one, "detail", b));
	}
}

static void
print_doors(FILE *to, const json_t *beyond)
{
	json_t *one;
	size_t i;

	if (json_array_size(beyond) > 0)
		fputs("    the record never asked", to);
	json_array_foreach((json_t *)beyond, i, one)
		fprintf(to, " %s", json_string_value(one));
	if (json_array_size(beyond) > 0)
		fputc('\n', to);
}

static void
print_connection(FILE *to, const json_t *d)
{
	char a[TABLE_CELL];

	fprintf(to, "    %s", cell(d, "connection", a));
	fprintf(to, " peer %s", cell(d, "peer", a));
	if (cell(d, "applid", a)[0] != '\0') {
		fprintf(to, " %s", cell(d, "networkid", a));
		fprintf(to, ".%s", cell(d, "applid", a));
	}
	if (cell(d, "ipconn", a)[0] != '\0')
		fprintf(to, " ipconn %s", a);
	fputc('\n', to);
}

static void
print_group(FILE *to, const json_t *members)
{
	const json_t *first = json_array_get(members, 0);
	size_t n = json_array_size(members);
	char a[TABLE_CELL];

	fprintf(to, "  %zu at %s; ", n, cell(first, "door", a)[0] != '\0' ? a : "the record");
	print_side(to, "before", json_object_get(first, "before"));
	print_side(to, "; after", json_object_get(first, "after"));
	if (cell(first, "why", a)[0] != '\0')
		fprintf(to, "; %s", a);
	fputc('\n', to);
	print_checks(to, json_object_get(first, "after"));
	print_doors(to, json_object_get(first, "beyond"));
	for (size_t i = 0; i < n && i < SHOWN; i++)
		print_connection(to, json_array_get(members, i));
	if (n > SHOWN)
		fprintf(to, "    and %zu more (--json lists all)\n", n - SHOWN);
}

void
replay_report_print(FILE *to, const struct replay_result *r, double seconds)
{
	for (int class = 0; class < REPLAY_CLASSES; class++) {
		json_t *groups = group(r->list[class]), *members;
		const char *key;

		if (json_array_size(r->list[class]) > 0)
			fprintf(to, "%s: %zu\n", titles[class], json_array_size(r->list[class]));
		json_object_foreach(groups, key, members)
			print_group(to, members);
		json_decref(groups);
	}
	fprintf(to, "%zu connections, %zu decisions, %zu of them the same, %.1f s\n", r->connections, r->decisions, r->same, seconds);
}

/* --- JSON ------------------------------------------------------------------------------------- */

void
replay_report_json(FILE *to, const struct replay_result *r, double seconds)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:f, s:O, s:O, s:O, s:O}", "connections", (json_int_t)r->connections, "decisions", (json_int_t)r->decisions,
		"same", (json_int_t)r->same, "seconds", seconds, "newly_accepted", r->list[REPLAY_NEWLY_ACCEPTED], "newly_refused",
		r->list[REPLAY_NEWLY_REFUSED], "changed", r->list[REPLAY_CHANGED], "unknown", r->list[REPLAY_UNKNOWN]);

	json_dumpf(o, to, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
	fputc('\n', to);
	json_decref(o);
}

/* --- expectations ----------------------------------------------------------------------------- */

static size_t
count_uncovered(const json_t *list, struct expectations *e)
{
	size_t n = 0, i;
	json_t *one;

	json_array_foreach((json_t *)list, i, one)
		n += !expectations_cover(e, one);
	return n;
}

static void
replay_report_unused(void *arg, int line, const char *text)
{
	(void)arg;
	fprintf(stderr, "replay: --expect line %d covers no connection: %s\n", line, text);
}

size_t
replay_report_unexpected(const struct replay_result *r, struct expectations *e)
{
	size_t n = count_uncovered(r->list[REPLAY_NEWLY_ACCEPTED], e) + count_uncovered(r->list[REPLAY_UNKNOWN], e);

	expectations_unused(e, replay_report_unused, NULL);
	return n;
}
