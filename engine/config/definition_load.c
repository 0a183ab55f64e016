/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_load.h"

#include "config/definition_build.h"
#include "config/datafile.h"
#include "config/effect.h"
#include "base/file.h"
#include "base/luatext.h"
#include "base/path.h"
#include "config/key_lines.h"
#include "config/consistency.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFINITION_BYTES_MAX (1024 * 1024)
/* Pushes the environment: an empty table, so that each access to a global calls a metamethod. [-0, +1, may throw] */
static void
definition_load_push_env(lua_State *L, void *r)
{
	lua_newtable(L);
	lua_newtable(L); /* [env meta] */
	lua_pushlightuserdata(L, r);
	lua_pushcclosure(L, definition_build_find, 1);
	lua_setfield(L, -2, "__index");
	lua_pushlightuserdata(L, r);
	lua_pushcclosure(L, definition_build_assigned, 1);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
}

/* Runs the text. False: Lua stopped before its end. */
static bool
run_definition(struct reading *r, const char *bytes, size_t len)
{
	struct datafile data = { .bytes = bytes, .len = len, .what = "the definition", .push_env = definition_load_push_env, .arg = r };
	struct fault f;
	int line;

	if (datafile_run(&data, &line, &f) == 0) {
		definition_build_strays(r, 0);
		return true;
	}
	definition_complain(r, "syntax", line, "%s", f.text);
	definition_build_strays(r, line);
	return false;
}

/* --- what can only be said when all was read --- */

static void
check_pending(struct reading *r)
{
	for (size_t i = 0; i < r->npending; i++) {
		const struct pending *p = &r->pending[i];

		if (!p->done)
			definition_complain(r, "form", p->line, "%s \"%s\" has no table; write %s \"%s\" { ... }", p->word, p->name, p->word, p->name);
	}
}

/* Whether the value is a path; that of `metrics` may be an address, which has no slash. */
static bool
is_path(const struct attribute *a, const char *value)
{
	return a->kind == ATTR_PATH && *value != '\0' && (strcmp(a->name, "metrics") != 0 || strchr(value, '/') != NULL);
}

/* Replaces each relative path of the region by the path that is opened. */
static void
place_paths(struct reading *r)
{
	for (const struct attribute *a = resource_region; a->name != NULL; a++) {
		char *path = (char *)&r->d->region + a->offset;

		if (!is_path(a, path) || path_beside(path, a->size, r->d->file, path) == 0)
			continue;
		definition_complain(r, "limit", key_lines_of(&r->lines, r->d->region.line, a->name), "region: %s: the path has more than %zu bytes with the directory of %s "
			"before it", a->name, a->size - 1, r->d->file);
		*path = '\0';
	}
}

/* The default of policies: the directory "policies" next to the definition, or the directory of the definition. */
static void
choose_policies(struct definition *d)
{
	char beside[PATH_SIZE];
	bool there = path_beside(beside, sizeof beside, d->file, "policies") == 0 && path_is_directory(beside);

	snprintf(d->region.policies, sizeof d->region.policies, "%s", there ? "policies" : ".");
}

static void
fill_in(struct reading *r)
{
	struct definition *d = r->d;

	if (*d->region.control == '\0')
		snprintf(d->region.control, sizeof d->region.control, "run/%s.sock", d->region.applid);
	if (*d->region.policies == '\0')
		choose_policies(d);
	place_paths(r);
	path_misplaced(d->region.recovery, d->file, key_lines_of(&r->lines, d->region.line, "recovery"), "region: recovery", r->faults);
	path_misplaced(d->region.record, d->file, key_lines_of(&r->lines, d->region.line, "record"), "region: record", r->faults);
	path_misplaced(d->region.versions, d->file, key_lines_of(&r->lines, d->region.line, "versions"), "region: versions", r->faults);
	for (size_t i = 0; i < d->nipconns; i++)
		if (*d->ipconn[i].networkid == '\0')
			memcpy(d->ipconn[i].networkid, d->region.networkid, sizeof d->ipconn[i].networkid);
}

static int
definition_load_order(const void *a, const void *b)
{
	const struct fault_entry *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return strcmp(x->text != NULL ? x->text : "", y->text != NULL ? y->text : "");
}

/*
 * The checks after reading. They are skipped when Lua stopped early, because missing parts would cause wrong faults.
 * Effects are checked only in a definition without faults: a faulty value has its default, which can leave other
 * attributes without effect.
 */
static void
judge(struct reading *r, bool sound)
{
	check_pending(r);
	if (!r->region_tried)
		definition_complain(r, "missing", 1, "there is no region { applid = \"...\", networkid = \"...\" }");
	if (sound && r->region_tried)
		effect_check(r->d, &r->lines, r->faults);
	fill_in(r);
	consistency_check(r->d, &r->lines, r->region_sound, r->faults);
}

/* False: Lua stopped before the end of the text. */
static bool
read_all(struct reading *r, const char *bytes, size_t len)
{
	size_t errors = r->faults->errors;
	bool whole;

	key_lines_read(&r->lines, bytes, len);
	whole = run_definition(r, bytes, len);
	if (whole)
		judge(r, r->faults->errors == errors);
	if (r->faults->n > r->before)
		qsort(r->faults->entry + r->before, r->faults->n - r->before, sizeof *r->faults->entry, definition_load_order);
	key_lines_free(&r->lines);
	return whole;
}

/* A draft is returned in spite of faults when Lua reached the end. */
static struct definition *
read_bytes(const char *file, const char *bytes, size_t len, bool draft, struct faults *faults)
{
	struct reading r = { .d = calloc(1, sizeof *r.d), .faults = faults, .before = faults->n };
	size_t errors = faults->errors;
	bool whole = false;

	if (r.d == NULL || strlen(file) >= sizeof r.d->file || len > DEFINITION_BYTES_MAX) {
		faults_add(faults, FAULT_ERROR, "limit", file, 0, r.d == NULL ? "out of memory" : len > DEFINITION_BYTES_MAX
			? "the definition is larger than 1 MiB" : "the file's name is longer than 511 bytes");
		free(r.d);
		return NULL;
	}
	memcpy(r.d->file, file, strlen(file) + 1);
	r.d->length = len - luatext_mark(bytes, len);
	r.d->text = malloc(r.d->length + 1);
	if (r.d->text != NULL)
		memcpy(r.d->text, bytes + luatext_mark(bytes, len), r.d->length);
	attribute_defaults(resource_region, &r.d->region); /* the other parts are checked without a region { } too */
	if (r.d->text != NULL)
		whole = read_all(&r, r.d->text, r.d->length);
	else
		faults_add(faults, FAULT_ERROR, "limit", file, 0, "out of memory");
	free(r.pending);
	free(r.stray);
	if (whole && (draft || faults->errors == errors))
		return r.d;
	definition_free(r.d);
	return NULL;
}

struct definition *
definition_load_bytes(const char *file, const char *bytes, size_t len, struct faults *faults)
{
	return read_bytes(file, bytes, len, false, faults);
}

static struct definition *
read_file(const char *file, bool draft, struct faults *faults)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = DEFINITION_BYTES_MAX,
		.advice = "a definition has at most 1 MiB; write repeated parts in a loop" };
	struct file_content content;
	struct definition *d;
	char place[2 * PATH_SIZE];
	struct fault f;

	if (file_read(file, &rule, &content, &f) < 0) {
		if (path_is_directory(file))
			fault_set(&f, "is a directory; a definition is a file, such as %s/region.lua", file);
		faults_add(faults, FAULT_ERROR, "file", path_absolute(place, sizeof place, file), 0, "%s", f.text);
		return NULL;
	}
	file_warn(file, rule.class, &content.st, "", faults);
	d = read_bytes(file, content.bytes, content.len, draft, faults);
	file_free(&content);
	return d;
}

struct definition *
definition_load(const char *file, struct faults *faults)
{
	return read_file(file, false, faults);
}

struct definition *
definition_load_draft(const char *file, struct faults *faults)
{
	return read_file(file, true, faults);
}
