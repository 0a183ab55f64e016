/* SPDX-License-Identifier: Apache-2.0 */
#include "client/candidate_request.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* True for the number of a generation, when no file has that name. */
static bool
is_number(const char *word)
{
	return word[0] != '\0' && strspn(word, "0123456789") == strlen(word) && access(word, F_OK) != 0;
}

static void
put_path(const char *word, json_t *options)
{
	char whole[PATH_MAX], file[PATH_MAX + 16];
	struct stat st;

	if (realpath(word, whole) == NULL) /* the region names the fault of the word */
		return;
	snprintf(file, sizeof file, "%s/region.lua", whole);
	if (stat(whole, &st) == 0 && !S_ISDIR(st.st_mode))
		json_object_set_new(options, "file", json_string(whole));
	else if (access(file, F_OK) == 0)
		json_object_set_new(options, "file", json_string(file));
	else
		json_object_set_new(options, "policies", json_string(whole));
}

/* One text, "refused>2%/1m,error>0". */
static void
put_rules(const struct command *c, json_t *options)
{
	char all[RULES_MAX * RULE_TEXT] = "";
	size_t at = 0;

	for (int i = 0; i < c->nrules; i++)
		at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i > 0 ? "," : "", c->rule[i]);
	json_object_set_new(options, "rules", json_string(all));
}

void
candidate_request_options(const struct command *c, json_t *options)
{
	const char *word = command_words_kind(c);

	if (c->share != NULL)
		json_object_set_new(options, "share", json_string(c->share));
	if (c->tcpipservice != NULL)
		json_object_set_new(options, "tcpipservice", json_string(c->tcpipservice));
	if (c->nrules > 0)
		put_rules(c, options);
	if (!is_number(word) && strcmp(word, "stop") != 0)
		put_path(word, options);
}

/* The canary, the one before it, and the ipconns. */
static void
show_canary(const json_t *rows)
{
	const json_t *row = json_array_get(rows, 0), *last = json_object_get(row, "last");
	json_t *own = json_copy((json_t *)row);

	if (row == NULL)
		puts("no canary");
	json_object_del(own, "last");
	table_listing(stdout, own);
	json_decref(own);
	if (last == NULL)
		return;
	puts("\nthe canary before:");
	table_listing(stdout, last);
}

static void
show_shadow(const json_t *rows, const struct terminal *t)
{
	const json_t *differences = json_object_get(json_array_get(rows, 0), "differences");

	if (json_array_size(rows) == 0)
		puts("no shadow");
	else
		table_columns(stdout, "shadow", rows, t);
	if (json_array_size(differences) == 0)
		return;
	putchar('\n');
	table_columns(stdout, "difference", differences, t);
}

bool
candidate_request_show(const char *kind, const json_t *rows, const struct terminal *t)
{
	if (strcmp(kind, "shadow") == 0)
		show_shadow(rows, t);
	else if (strcmp(kind, "canary") == 0)
		show_canary(rows);
	else
		return false;
	return true;
}
