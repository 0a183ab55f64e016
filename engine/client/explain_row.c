/* SPDX-License-Identifier: Apache-2.0 */
#include "client/explain_row.h"

#include "client/explain_store.h"

#include "policy/door.h"
#include "policy/fact_table.h"
#include "policy/facts_json.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERED_NAME 128 /* longer than the name of a counter, a rate or an ipconn */

static const char *
text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* --- values as Lua ---------------------------------------------------------------------------- */

static bool
is_identifier(const char *key)
{
	static const char *const keywords[] = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
		"local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" };

	for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (strcmp(key, keywords[i]) == 0)
			return false;
	for (const char *p = key; *p != '\0'; p++)
		if (!(isalpha((unsigned char)*p) || *p == '_' || (p > key && isdigit((unsigned char)*p))))
			return false;
	return key[0] != '\0';
}

static void
print_string(FILE *to, const char *bytes, size_t len)
{
	fputc('"', to);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			fprintf(to, "\\%03u", c);
		else
			fputc(c, to);
	}
	fputc('"', to);
}

/* Prints the bytes of a text of the record (jsontext.h). Without memory it is "". */
static void
print_text(FILE *to, const json_t *v)
{
	size_t size = json_string_length(v) + 1;
	char *bytes = malloc(size);

	print_string(to, bytes != NULL ? bytes : "", bytes != NULL ? facts_json_bytes(v, bytes, size) : 0);
	free(bytes);
}

static void
print_key(FILE *to, const char *key)
{
	if (is_identifier(key)) {
		fprintf(to, "%s = ", key);
		return;
	}
	fputc('[', to);
	print_string(to, key, strlen(key));
	fputs("] = ", to);
}

static void print_value(FILE *to, const json_t *v);

/* Prints the members; `more`, when not NULL, is a text under the key "printed". */
static void
print_members(FILE *to, const json_t *v, const json_t *more)
{
	const char *separator = " ";
	const char *key;
	json_t *item;
	size_t i;

	fputc('{', to);
	json_array_foreach((json_t *)v, i, item) {
		fputs(separator, to);
		print_value(to, item);
		separator = ", ";
	}
	json_object_foreach((json_t *)v, key, item) {
		if (json_is_null(item))
			continue;
		fputs(separator, to);
		print_key(to, key);
		print_value(to, item);
		separator = ", ";
	}
	if (more != NULL) {
		fprintf(to, "%sprinted = ", separator);
		print_text(to, more);
	}
	fputs(separator[0] == ' ' && more == NULL ? "}" : " }", to);
}

static void
print_value(FILE *to, const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING: print_text(to, v); break;
	case JSON_INTEGER: fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(v)); break;
	case JSON_REAL: fprintf(to, "%.17g", json_real_value(v)); break;
	case JSON_TRUE: fputs("true", to); break;
	case JSON_FALSE: fputs("false", to); break;
	case JSON_NULL: fputs("nil", to); break;
	default: print_members(to, v, NULL);
	}
}

/* --- facts ------------------------------------------------------------------------------------ */

/* Prints the certificate; JSON has the printed form of its names beside the facts. */
static void
print_certificate(FILE *to, const json_t *certificate, const json_t *printed)
{
	const char *separator = " ";
	const char *key;
	json_t *item;

	fputc('{', to);
	json_object_foreach((json_t *)certificate, key, item) {
		const json_t *name = json_is_array(item) ? json_object_get(printed, key) : NULL;

		if (json_is_null(item))
			continue;
		fputs(separator, to);
		print_key(to, key);
		if (name != NULL)
			print_members(to, item, name);
		else
			print_value(to, item);
		separator = ", ";
	}
	fputs(" }", to);
}

/* The members of the facts that the asking has itself; the door of a row settles the stage. */
static bool
is_of_asking(const char *key)
{
	static const char *const own[] = { "stage", "now", "socket", "recheck", "connection", "generation" };

	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (strcmp(key, own[i]) == 0)
			return true;
	return false;
}

static void
print_fact(FILE *to, const char *key, const json_t *v, const json_t *printed)
{
	fputs(",\n      ", to);
	print_key(to, key);
	if (strcmp(key, "certificate") == 0)
		print_certificate(to, v, printed);
	else
		print_value(to, v);
}

/* Whether the door of the asking has the fact: a row has no others. */
static bool
is_at_door(const json_t *facts, const json_t *asking, const char *key)
{
	const struct fact_row *row = fact_shape_member(SHAPE_facts, key);
	const char *way = text(facts, "way");

	return row == NULL || (row->doors[way != NULL && strcmp(way, "out") == 0 ? WAY_OUT : WAY_IN] >> door_of(text(asking, "door")) & 1) != 0;
}

/* Removes a port that is not known, 0 in `ask`: no peer can have it. */
static void
drop_port(json_t *facts, const char *key)
{
	json_t *address = json_copy(json_object_get(facts, key));

	if (json_is_integer(json_object_get(address, "port")) && json_integer_value(json_object_get(address, "port")) == 0)
		json_object_del(address, "port");
	if (address != NULL)
		json_object_set_new(facts, key, address);
}

static void
print_facts(FILE *to, const json_t *record, const json_t *asking)
{
	json_t *request = json_copy(json_object_get(asking, "request")), *facts = json_copy(json_object_get(record, "facts"));
	const char *key;
	json_t *v;
	void *next;

	fputs("    facts = { recheck = ", to);
	print_value(to, json_is_true(json_object_get(asking, "recheck")) ? json_true() : json_false());
	if (json_is_number(json_object_get(asking, "now"))) {
		fputs(", now = ", to);
		print_value(to, json_object_get(asking, "now"));
	}
	drop_port(facts, "peer");
	drop_port(facts, "own");
	json_object_foreach(facts, key, v)
		if (!json_is_null(v) && !is_of_asking(key) && is_at_door(facts, asking, key))
			print_fact(to, key, v, json_object_get(record, "certificate"));
	json_object_foreach_safe(request, next, key, v)
		if (json_is_string(v) && json_string_length(v) == 0) /* no user flowed: the fact is absent */
			json_object_del(request, key);
	if (request != NULL)
		print_fact(to, "request", request, NULL);
	json_decref(facts);
	json_decref(request);
	fputs(" },\n", to);
}

/* --- the mock --------------------------------------------------------------------------------- */

/* The ipconn as a row writes it; it has the name as its key. */
static void
put_ipconn(json_t *ipconns, const char *name, const json_t *answer)
{
	json_t *copy = json_copy((json_t *)answer);

	json_object_del(copy, "ipconn");
	json_object_set_new(ipconns, name, copy);
}

static void
put_counter(json_t *counters, const char *name, const json_t *a)
{
	const json_t *answer = json_object_get(a, "answer");
	json_int_t before = json_is_integer(answer) ? json_integer_value(answer) - 1 : json_integer_value(json_object_get(a, "max"));

	if (json_object_get(counters, name) != NULL) /* the first answer settles the number before it */
		return;
	if (strcmp(text(a, "asked"), "counter.peek") == 0)
		before++;
	if (json_is_integer(answer) ? before >= json_integer_value(json_object_get(a, "min")) : json_is_integer(json_object_get(a, "max")))
		json_object_set_new_nocheck(counters, name, json_integer(before));
}

static void
put_rate(json_t *rates, const char *name, const json_t *a)
{
	double left = json_number_value(json_object_get(rates, name));

	if (json_is_true(json_object_get(a, "answer")))
		left += json_number_value(json_object_get(a, "n"));
	json_object_set_new_nocheck(rates, name, json_real(left));
}

/* By the URL without its query, which the record does not show. */
static void
put_http(json_t *http, const json_t *a)
{
	const char *call = text(a, "call"), *url = call != NULL ? strstr(call, "://") : NULL, *end = call != NULL ? strstr(call, " #") : NULL;
	json_t *answer = json_object_get(a, "answer"), *one = json_false();
	char name[512];

	if (url == NULL || end == NULL)
		return;
	while (url > call && url[-1] != ' ')
		url--;
	snprintf(name, sizeof name, "%.*s", (int)(end - url), url);
	if (json_is_string(answer))
		one = json_pack("{s:O, s:O}", "status", json_object_get(a, "status"), "body", answer);
	json_object_set_new_nocheck(http, name, one);
}

/* Adds an answer of the region to the mock. False: a row cannot have it. */
static bool
put_answer(json_t *mock, const json_t *a)
{
	const char *asked = text(a, "asked");
	char name[ANSWERED_NAME];
	json_t *answer = json_object_get(a, "answer"), *each;
	size_t i;

	facts_json_bytes(json_object_get(a, "name"), name, sizeof name);
	if (asked == NULL)
		return false;
	if (strcmp(asked, "ipconn") == 0) {
		if (json_is_object(answer))
			put_ipconn(json_object_get(mock, "ipconns"), name, answer);
	} else if (strcmp(asked, "ipconns") == 0) {
		json_array_foreach(answer, i, each)
			put_ipconn(json_object_get(mock, "ipconns"), text(each, "ipconn"), each);
	} else if (strncmp(asked, "counter.", 8) == 0) {
		put_counter(json_object_get(mock, "counters"), name, a);
	} else if (strcmp(asked, "rate.take") == 0) {
		put_rate(json_object_get(mock, "rates"), name, a);
	} else if (strcmp(asked, "http") == 0) {
		put_http(json_object_get(mock, "http"), a);
	} else if (strncmp(asked, "store.", 6) == 0) {
		explain_store_put(mock, a);
	} else if (strcmp(asked, "resolve") == 0) {
		json_object_set_new_nocheck(json_object_get(mock, "resolve"), name, json_is_array(answer) ? json_incref(answer) : json_false());
	} else {
		return strcmp(asked, "note") == 0; /* the script makes it again */
	}
	return true;
}

/* Prints the mock, after a comment for each answer that it cannot have. */
static void
print_mock(FILE *to, const json_t *asking)
{
	json_t *mock = json_pack("{s:{}, s:{}, s:{}, s:{}, s:{}}", "ipconns", "counters", "rates", "resolve", "http"), *a, *part;
	const char *key, *separator = " ";
	size_t i;

	json_array_foreach(json_object_get(asking, "answers"), i, a) {
		if (put_answer(mock, a))
			continue;
		fprintf(to, "    -- %s was asked: give mock.saf the users and classes of the saf\n", text(a, "asked"));
	}
	if (json_is_true(json_object_get(asking, "incomplete")))
		fputs("    -- incomplete: the record does not hold each answer of the region\n", to);
	fputs("    mock = {", to);
	json_object_foreach(mock, key, part) {
		if (json_object_size(part) == 0 && strcmp(key, "store") != 0)
			continue;
		fputs(separator, to);
		print_key(to, key);
		print_value(to, part);
		separator = ", ";
	}
	fputs(separator[0] == ' ' ? "},\n" : " },\n", to);
	json_decref(mock);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void
print_expect(FILE *to, const json_t *asking)
{
	static const char *const grants[] = { "userid", "sysplex", "ipconn", "template", "applid", "host", "port" };
	const json_t *granted = json_object_get(asking, "granted");

	fprintf(to, "    expect = { verdict = \"%s\"", text(asking, "verdict"));
	if (text(asking, "code") != NULL) {
		fputs(", code = ", to);
		print_value(to, json_object_get(asking, "code"));
	}
	for (size_t i = 0; i < sizeof grants / sizeof grants[0]; i++) {
		const json_t *v = json_object_get(granted, grants[i]);
		bool mapped = strcmp(grants[i], "userid") == 0 && text(granted, "by") != NULL;

		if (v == NULL || json_is_null(v) || mapped) /* maps.lua gave the user, not the script */
			continue;
		fprintf(to, ", %s = ", grants[i]);
		print_value(to, v);
	}
	fputs(" } },\n", to);
}

/* Whether a script answered the asking, so that a row can ask it. A notice has no answer. */
static bool
is_row(const json_t *asking)
{
	const char *door = text(asking, "door");
	enum door d = door != NULL ? door_of(door) : DOOR_COUNT;

	return d < DOOR_COUNT && door_row(d)->kind == DOOR_QUESTION && text(asking, "policy") != NULL && text(asking, "verdict") != NULL;
}

/* The parameters: their text is a table of Lua (config/params.h). */
static void
print_params(FILE *to, const json_t *asking)
{
	const json_t *given = json_object_get(asking, "params");
	size_t size = json_string_length(given) + 1;
	char *bytes = given != NULL ? malloc(size) : NULL;

	if (bytes != NULL && facts_json_bytes(given, bytes, size) > 0)
		fprintf(to, "    params = %s,\n", bytes);
	free(bytes);
}

static void
print_row(FILE *to, const json_t *record, const json_t *asking)
{
	const char *masked = text(record, "masked");

	if (masked != NULL)
		fprintf(to, "  -- The file of records hides these facts: %s\n", masked);
	fprintf(to, "  -- for %s_spec.lua\n  { name = \"connection %s at %s\", door = \"%s\",\n", text(asking, "policy"), text(record, "connection"),
		text(asking, "door"), text(asking, "door"));
	print_facts(to, record, asking);
	print_mock(to, asking);
	print_params(to, asking);
	print_expect(to, asking);
}

void
explain_row_print(FILE *to, const json_t *records)
{
	static const char *const lists[] = { "doors", "requests" };
	json_t *record, *asking;
	size_t i, n, rows = 0;

	json_array_foreach((json_t *)records, i, record)
		for (size_t list = 0; list < sizeof lists / sizeof lists[0]; list++)
			json_array_foreach(json_object_get(record, lists[list]), n, asking)
				if (is_row(asking)) {
					print_row(to, record, asking);
					rows++;
				}
	if (rows == 0 && json_array_size(records) > 0)
		fprintf(stderr, "no script answered: there is no row to print\n");
}
