/* SPDX-License-Identifier: Apache-2.0 */
#include "client/config_command.h"

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "client/check.h"
#include "client/command_line.h"
#include "region/followed.h"
#include "config/definition_place.h"
#include "config/definition_text.h"
#include "config/definition_view.h"
#include "policy/facts_json.h"

#define TEXT_MAX (256u * 1024 * 1024) /* bytes of the text; a definition has at most 31,000 resources */

static const char usage[] =
	"usage: sallyport config [--region FILE] [--json]\n"
	"Prints the definition (default " COMMAND_LINE_REGION_FILE ") as the region understands it: each resource with each attribute.\n"
	"The text is a region.lua that defines the same; an attribute with its default is in a comment. Paths are absolute.\n"
	"  --json     prints one object: a list for each kind; a resource has the members `given` and `default`\n"
	"Exit status: 0 printed, 1 the definition has a fault (check reports them all), 2 usage.\n";

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *
words_json(const char *words)
{
	json_t *list = json_array();

	while (*words != '\0') {
		size_t n = strcspn(words, " ");

		json_array_append_new(list, facts_json_text(words, n));
		words += n + (words[n] == ' ');
	}
	return list;
}

/* Words NAME=VALUE as an object. */
static json_t *
map_json(const char *words)
{
	json_t *map = json_object();

	while (*words != '\0') {
		size_t n = strcspn(words, " "), name = strcspn(words, "=");

		json_object_setn_new(map, words, name, facts_json_text(words + name + 1, n - name - 1));
		words += n + (words[n] == ' ');
	}
	return map;
}

static json_t *
number_json(double n)
{
	json_int_t whole = (json_int_t)n;

	return (double)whole == n ? json_integer(whole) : json_real(n);
}

static json_t *
value_json(const struct definition_view *v, const struct attribute *a)
{
	char value[DEFINITION_VIEW_VALUE];
	double number;

	definition_view_value(v, a, value);
	if (attribute_number(a, &v->of, &number))
		return number_json(number);
	if (a->kind == ATTR_WORDS)
		return words_json(value);
	if (a->kind == ATTR_MAP)
		return map_json(value);
	return value[0] != '\0' ? facts_json_text(value, strlen(value)) : json_null();
}

/* The parameters of scripts, by attribute. NULL: none. */
static json_t *
params_json(const struct definition *d, const struct definition_view *v)
{
	json_t *all = NULL;

	for (const struct attribute *a = v->rows; a->name != NULL; a++) {
		const struct params *p = definition_view_params(d, v, a);

		if (p == NULL)
			continue;
		all = all != NULL ? all : json_object();
		json_object_set_new(all, a->name, json_string(p->text));
	}
	return all;
}

static json_t *
resource_json(const struct definition *d, const struct definition_view *v)
{
	const char *file = definition_place_file(d, v->line);
	json_t *given = json_object(), *dflt = json_object();

	for (const struct attribute *a = v->rows; a->name != NULL; a++)
		json_object_set_new(definition_view_given(v, a) ? given : dflt, a->name, value_json(v, a));
	return json_pack("{s:s, s:o, s:i, s:o, s:o*, s:o}", "name", v->name, "file", facts_json_text(file, strlen(file)), "line", definition_place_line(v->line),
		"given", given, "params", params_json(d, v), "default", dflt);
}

static int
print_json(const struct definition *d)
{
	json_t *all = json_pack("{s:[], s:[], s:[], s:[], s:[]}", "region", "tcpipservice", "ipconn", "program", "transaction");
	struct definition_view v;
	int rc = all != NULL ? 0 : -1;

	for (size_t i = 0; i < definition_view_count(d) && rc == 0; i++) {
		definition_view_at(d, i, &v);
		rc = json_array_append_new(json_object_get(all, v.kind), resource_json(d, &v));
	}
	if (rc == 0)
		rc = json_dumpf(all, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
	json_decref(all);
	return rc == 0 && putchar('\n') != EOF ? 0 : -1;
}

/* --- the command ------------------------------------------------------------------------------ */

static int
print_text(const struct definition *d)
{
	struct buf text;
	int rc;

	buf_init(&text, TEXT_MAX);
	rc = definition_text(d, &text);
	if (rc == 0 && fwrite(buf_bytes(&text), 1, buf_len(&text), stdout) < buf_len(&text))
		rc = -1;
	buf_free(&text);
	return rc;
}

static int
print(const char *file, bool json)
{
	struct faults faults = { 0 };
	struct definition *d = followed_definition(&(struct followed_order){ .file = file }, NULL, &faults);
	int rc = -1;

	if (d == NULL)
		check_print(&faults);
	else if ((rc = json ? print_json(d) : print_text(d)) == 0)
		rc = fflush(stdout);
	if (d != NULL && rc != 0)
		fputs("sallyport config: no memory, or the text cannot be written\n", stderr);
	definition_free(d);
	faults_free(&faults);
	return rc == 0 ? EXIT_DONE : EXIT_FAILED;
}

int
config_command_run(int argc, char **argv)
{
	static const struct option options[] = { { "region", required_argument, NULL, 'r' }, { "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	const char *file = COMMAND_LINE_REGION_FILE;
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h')
			return fputs(usage, stdout) < 0 ? EXIT_FAILED : EXIT_DONE;
		if (opt == '?')
			return fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
		file = opt == 'r' ? optarg : file;
		json |= opt == 'j';
	}
	if (optind == argc)
		return print(file, json);
	fprintf(stderr, "sallyport config: --region FILE names the definition; not understood: '%s'\n", argv[optind]);
	return fputs(usage, stderr) < 0 ? EXIT_FAILED : EXIT_USAGE;
}
