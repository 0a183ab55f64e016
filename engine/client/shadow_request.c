/* SPDX-License-Identifier: Apache-2.0 */
#include "client/shadow_request.h"

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

void
shadow_request_options(const struct command *c, json_t *options)
{
	const char *word = command_words_kind(c);

	if (c->share != NULL)
		json_object_set_new(options, "share", json_string(c->share));
	if (c->tcpipservice != NULL)
		json_object_set_new(options, "tcpipservice", json_string(c->tcpipservice));
	if (!is_number(word) && strcmp(word, "stop") != 0)
		put_path(word, options);
}

void
shadow_request_show(const json_t *rows, const struct terminal *t)
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
