/* SPDX-License-Identifier: Apache-2.0 */
#include "client/policy_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/table.h"
#include "client/unified.h"
#include "client/version_rows.h"
#include "region/reload_changes.h"
#include "region/version.h"

static const char *
text(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));

	return s != NULL ? s : "";
}

/* --- the file of the rows --------------------------------------------------------------------- */

/* The bytes as a string of JSON; of bytes that are not UTF-8, the code points 0 to 255. */
static json_t *
json_of_bytes(const struct buf *b)
{
	const unsigned char *bytes = buf_bytes(b);
	json_t *whole = json_stringn(buf_len(b) > 0 ? (const char *)bytes : "", buf_len(b));
	struct buf points;

	if (whole != NULL)
		return whole;
	buf_init(&points, 64u * 1024 * 1024);
	for (size_t i = 0; i < buf_len(b); i++) {
		unsigned char two[2] = { (unsigned char)(0xC0 | bytes[i] >> 6), (unsigned char)(0x80 | (bytes[i] & 0x3F)) };

		buf_add(&points, bytes[i] < 0x80 ? &bytes[i] : two, bytes[i] < 0x80 ? 1 : 2);
	}
	whole = json_stringn(buf_len(&points) > 0 ? (const char *)buf_bytes(&points) : "", buf_len(&points));
	buf_free(&points);
	return whole;
}

static json_t *
shown_file(const json_t *rows)
{
	json_t *row = json_array_get(rows, 0), *out;
	struct buf b;

	buf_init(&b, 64u * 1024 * 1024);
	version_rows_join(rows, 0, &b);
	out = json_pack("[{s:O,s:O,s:O,s:o}]", "generation", json_object_get(row, "generation"), "name", json_object_get(row, "name"), "hash",
		json_object_get(row, "hash"), "text", json_of_bytes(&b));
	buf_free(&b);
	return out;
}

/* --- two versions ----------------------------------------------------------------------------- */

static void
add_change(json_t *out, const char *kind, const char *name, const char *what, const char *more)
{
	json_array_append_new(out, json_pack("{s:s,s:s,s:s,s:s}", "kind", kind, "name", name, "change", what, "text", more));
}

/* The unified diff of two files; NULL: no generation has a file of that name. */
static void
add_diff(json_t *out, const char *kind, const char *name, const struct version_file *was, const struct version_file *now)
{
	struct unified_text a = { was != NULL ? name : "/dev/null", was != NULL ? was->blob->bytes : "", was != NULL ? was->blob->len : 0 };
	struct unified_text b = { now != NULL ? name : "/dev/null", now != NULL ? now->blob->bytes : "", now != NULL ? now->blob->len : 0 };
	struct buf all;

	buf_init(&all, 64u * 1024 * 1024);
	if (unified_diff(&a, &b, &all) == 0 && (buf_len(&all) > 0 || was == NULL || now == NULL))
		json_array_append_new(out, json_pack("{s:s,s:s,s:s,s:o}", "kind", kind, "name", name, "change",
			was == NULL ? "added" : now == NULL ? "removed" : "changed", "text", json_of_bytes(&all)));
	buf_free(&all);
}

/* The differences of the files of one kind, under the name `as` of the kind. */
static void
add_files(json_t *out, const struct version *a, const struct version *b, const char *kind, const char *as)
{
	for (size_t i = 0; i < a->files; i++)
		if (strcmp(a->file[i].kind, kind) == 0)
			add_diff(out, as, a->file[i].name, &a->file[i], version_file_of(b, kind, a->file[i].name));
	for (size_t i = 0; i < b->files; i++)
		if (strcmp(b->file[i].kind, kind) == 0 && version_file_of(a, kind, b->file[i].name) == NULL)
			add_diff(out, as, b->file[i].name, NULL, &b->file[i]);
}

/*
 * The attributes that differ; of definitions that cannot be read here, the lines of region.lua and of its included
 * files that differ.
 */
static void
add_definitions(json_t *out, const struct version *a, const struct version *b, const char *file)
{
	struct faults faults = { 0 };
	struct definition *was = version_definition(a, file, &faults), *now = version_definition(b, file, &faults);
	struct reload_changes changes = { 0 };

	if (was != NULL && now != NULL)
		reload_changes_definitions(NULL, was, now, &changes);
	if (was == NULL || now == NULL) {
		add_files(out, a, b, VERSION_KIND_REGION, "region");
		add_files(out, a, b, VERSION_KIND_INCLUDE, "region");
	}
	for (const struct reload_change *c = changes.first; c != NULL; c = c->next)
		add_change(out, c->kind, c->name, c->what, c->text);
	reload_changes_free(&changes);
	definition_free(was);
	definition_free(now);
	faults_free(&faults);
}

static bool
has_print(const struct version *v, const struct version_print *p)
{
	for (size_t i = 0; i < v->prints; i++)
		if (strcmp(v->print[i].what, p->what) == 0 && strcmp(v->print[i].digest, p->digest) == 0)
			return true;
	return false;
}

/* The kind of a fingerprint, and in *name its name. */
static const char *
print_kind(const struct version_print *p, const char **name)
{
	bool data = strncmp(p->what, "data ", 5) == 0; /* operator_policy */

	*name = p->what + (data ? 5 : 0);
	return data ? "data" : strcmp(p->what, "saf") == 0 ? "saf" : "ring";
}

/* The fingerprint in v of the saf or data file that p is of. NULL: none, or p is of a ring, which has several. */
static const struct version_print *
print_of_file(const struct version *v, const struct version_print *p)
{
	const char *name;

	for (size_t i = 0; i < v->prints; i++)
		if (strcmp(v->print[i].what, p->what) == 0 && strcmp(print_kind(p, &name), "ring") != 0)
			return &v->print[i];
	return NULL;
}

static void
add_print(json_t *out, const struct version_print *p, const char *what, const char *more)
{
	const char *name, *kind = print_kind(p, &name);

	add_change(out, kind, name, what, more);
}

static void
add_prints(json_t *out, const struct version *a, const struct version *b)
{
	char both[2 * VERSION_DIGEST + 4];

	for (size_t i = 0; i < a->prints; i++) {
		const struct version_print *was = &a->print[i], *now = print_of_file(b, was);

		snprintf(both, sizeof both, "%s -> %s", was->digest, now != NULL ? now->digest : "");
		if (!has_print(b, was))
			add_print(out, was, now != NULL ? "changed" : "removed", now != NULL ? both : was->digest);
	}
	for (size_t i = 0; i < b->prints; i++)
		if (!has_print(a, &b->print[i]) && print_of_file(a, &b->print[i]) == NULL)
			add_print(out, &b->print[i], "added", b->print[i].digest);
}

static json_t *
differences(const json_t *rows)
{
	json_t *out = json_array();
	const char *file = "region.lua";
	size_t i = 0;
	struct version *a = version_rows_read(rows, &i, &file), *b = version_rows_read(rows, &i, &file);

	if (a != NULL && b != NULL) {
		add_definitions(out, a, b, file);
		add_files(out, a, b, VERSION_KIND_SCRIPT, "policy");
		add_prints(out, a, b);
	}
	version_unref(a);
	version_unref(b);
	return out;
}

/* --- printing --------------------------------------------------------------------------------- */

void
policy_command_prepare(const char *word, bool json, json_t *answer)
{
	json_t *rows = json_object_get(answer, "rows");

	if (!json_is_array(rows) || json_array_size(rows) == 0)
		return;
	if (json && strcmp(word, "show") == 0)
		json_object_set_new(answer, "rows", shown_file(rows));
	else if (strcmp(word, "diff") == 0)
		json_object_set_new(answer, "rows", differences(rows));
}

/* The rows of list with a readable time. */
static void
print_list(const json_t *rows)
{
	json_t *shown = json_deep_copy(rows), *row;
	size_t i;

	json_array_foreach(shown, i, row) {
		time_t at = (time_t)json_number_value(json_object_get(row, "time"));
		struct tm utc;
		char when[40] = "-";

		if (gmtime_r(&at, &utc) != NULL)
			strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
		json_object_set_new(row, "time", json_string(when));
		if (json_integer_value(json_object_get(row, "of")) == 0)
			json_object_del(row, "of");
		if (json_object_get(row, "damage") != NULL)
			json_object_set(row, "note", json_object_get(row, "damage"));
	}
	table_columns(stdout, "version", shown, &(struct terminal){ .colour = terminal_of(stdout).colour });
	json_decref(shown);
}

static void
print_diff(const json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach((json_t *)rows, i, row) {
		const char *more = text(row, "text");

		printf("%s %s %s", text(row, "kind"), text(row, "name"), text(row, "change"));
		if (strncmp(more, "--- ", 4) == 0)
			printf("\n%s", more);
		else
			printf("%s%s\n", more[0] != '\0' ? ": " : "", more);
	}
}

/* Prints the bytes of the file as they are. */
static void
print_file(const json_t *rows)
{
	struct buf b;

	buf_init(&b, 64u * 1024 * 1024);
	version_rows_join(rows, 0, &b);
	fwrite(buf_bytes(&b), 1, buf_len(&b), stdout);
	buf_free(&b);
}

void
policy_command_show(const char *word, const json_t *rows)
{
	if (strcmp(word, "list") == 0)
		print_list(rows);
	else if (strcmp(word, "diff") == 0)
		print_diff(rows);
	else
		print_file(rows);
}
