/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_load.h"

#include "config/definition_build.h"
#include "config/definition_place.h"
#include "config/datafile.h"
#include "config/effect.h"
#include "base/file.h"
#include "base/luatext.h"
#include "base/path.h"
#include "config/key_lines.h"
#include "config/consistency.h"
#include "sandbox/budget.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	static const struct budget_limits limits = { .instructions = 1000000, .milliseconds = 300, .kilobytes = 8192 };
	struct datafile data = { .bytes = bytes, .len = len, .limits = &limits, .what = "the definition", .push_env = definition_load_push_env,
		.text = definition_include_text, .arg = r };
	struct fault f;
	int line;

	r->data = &data;
	if (datafile_run(&data, &line, &f) == 0) {
		definition_build_strays(r, 0);
		definition_env_unused(r);
		return !r->partial;
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

/*
 * Replaces each relative path of the region by the path that is opened. It is relative to the file that has the region;
 * a default is relative to the file of the definition.
 */
static void
place_paths(struct reading *r)
{
	const struct region_def *region = &r->d->region;

	for (const struct attribute *a = resource_region; a->name != NULL; a++) {
		bool given = (region->given >> (a - resource_region) & 1) != 0;
		const char *file = given ? definition_place_file(r->d, region->line) : r->d->file;
		char *path = (char *)&r->d->region + a->offset;

		if (!resource_is_path(a, path) || path_beside(path, a->size, file, path) == 0)
			continue;
		definition_complain(r, "limit", key_lines_of(&r->lines, region->line, a->name), "region: %s: the path has more than %zu bytes with the directory of %s "
			"before it", a->name, a->size - 1, file);
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

/* A path at which a file may be created. */
static void
check_misplaced(struct reading *r, const char *path, const char *attribute)
{
	int place = key_lines_of(&r->lines, r->d->region.line, attribute);
	char title[40];

	snprintf(title, sizeof title, "region: %s", attribute);
	path_misplaced(path, definition_place_file(r->d, place), definition_place_line(place), title, r->faults);
}

static void
fill_in(struct reading *r)
{
	struct definition *d = r->d;

	if (*d->region.control == '\0' && *d->region.applid != '\0' && !resource_region_given(&r->d->region, "control")) /* a faulty one has no default */
		snprintf(d->region.control, sizeof d->region.control, "run/%s.sock", d->region.applid);
	if (*d->region.policies == '\0')
		choose_policies(d);
	place_paths(r);
	if (r->draft) {
		check_misplaced(r, d->region.recovery, "recovery");
		check_misplaced(r, d->region.record, "record");
		check_misplaced(r, d->region.versions, "versions");
		check_misplaced(r, d->region.follow_file, "follow_file");
	}
	for (size_t i = 0; i < d->nipconns; i++)
		if (*d->ipconn[i].networkid == '\0')
			memcpy(d->ipconn[i].networkid, d->region.networkid, sizeof d->ipconn[i].networkid);
}

/* The number of the file of a fault: 0 is the definition's, and each file without a number. */
static size_t
file_number(const struct definition *d, const char *file)
{
	for (size_t i = 0; file != NULL && i < d->nincludes; i++)
		if (strcmp(d->include[i].path, file) == 0)
			return i + 1;
	return 0;
}

static int
definition_load_order(const void *a, const void *b, void *d)
{
	const struct fault_entry *x = a, *y = b;
	size_t of_x = file_number(d, x->file), of_y = file_number(d, y->file);

	if (of_x != of_y)
		return of_x < of_y ? -1 : 1;
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
	definition_index(r->d);
	consistency_check(r->d, &r->lines, r->region_sound, r->faults);
}

/*
 * The length of the text up to the end of the first region { } that is in no other braces; len: the text has no such
 * end.
 */
static size_t
up_to_region(const char *text, size_t len)
{
	struct luatext t = { .at = text, .end = text + len, .line = 1 };
	struct luatext_token one;
	bool named = false, inside = false; /* behind the word; in its braces */
	int depth = 0;

	while ((one = luatext_next(&t)).kind != LUATEXT_END) {
		bool mark = one.kind == LUATEXT_MARK;

		if (mark && *one.start == '{')
			inside |= depth++ == 0 && named;
		else if (mark && *one.start == '}' && --depth == 0 && inside)
			return (size_t)(t.at - text);
		if (!mark || *one.start != '(')
			named = one.kind == LUATEXT_WORD && one.len == 6 && memcmp(one.start, "region", 6) == 0;
	}
	return len;
}

/* Reads the region alone. False: the text has no region { }. */
static bool
read_region(struct reading *r, const char *bytes, size_t len)
{
	run_definition(r, bytes, len);
	fill_in(r);
	return r->d->region.line != 0;
}

/* False: Lua stopped before the end of the text. */
static bool
read_all(struct reading *r, const char *bytes, size_t len)
{
	size_t errors = r->faults->errors;
	bool whole;

	if (r->region_only)
		return read_region(r, bytes, len);
	key_lines_add(&r->lines, bytes, len, 0);
	whole = run_definition(r, bytes, len);
	if (whole)
		judge(r, r->faults->errors == errors);
	if (r->faults->n > r->before)
		qsort_r(r->faults->entry + r->before, r->faults->n - r->before, sizeof *r->faults->entry, definition_load_order, r->d);
	key_lines_free(&r->lines);
	return whole;
}

struct origin { /* of the bytes of a definition */
	const struct definition_reader *reader;
	struct stat st; /* of the file; zero: not read from a disk */
	struct definition_files *tried; /* NULL: not wanted */
	bool draft;     /* it is returned in spite of faults when Lua reached the end */
	bool region;    /* only its region is read */
};

/* Copies the text into the definition, without a byte order mark, and reads it. False: it was not read to its end. */
static bool
read_text(struct reading *r, const char *bytes, size_t len)
{
	size_t mark = luatext_mark(bytes, len);

	r->d->length = len - mark;
	r->d->text = malloc(r->d->length + 1);
	if (r->d->text == NULL) {
		faults_add(r->faults, FAULT_ERROR, "limit", r->d->file, 0, "out of memory");
		return false;
	}
	memcpy(r->d->text, bytes + mark, r->d->length);
	return read_all(r, r->d->text, r->d->length);
}

static struct definition *
read_bytes(const char *file, const char *bytes, size_t len, const struct origin *o, struct faults *faults)
{
	struct reading r = { .d = calloc(1, sizeof *r.d), .faults = faults, .before = faults->n, .reader = o->reader, .self = o->st, .tried = o->tried,
		.bytes = len, .draft = o->draft,
		.region_only = o->region };
	size_t errors = faults->errors;
	bool whole;

	if (r.d == NULL || strlen(file) >= sizeof r.d->file || len > DEFINITION_BYTES_MAX) {
		faults_add(faults, FAULT_ERROR, "limit", file, 0, r.d == NULL ? "out of memory" : len > DEFINITION_BYTES_MAX
			? "the definition is larger than 16 MiB" : "the file's name is longer than 511 bytes");
		free(r.d);
		return NULL;
	}
	memcpy(r.d->file, file, strlen(file) + 1);
	attribute_defaults(resource_region, &r.d->region); /* the other parts are checked without a region { } too */
	whole = read_text(&r, bytes, len);
	free(r.pending);
	free(r.stray);
	if (whole && (o->draft || o->region || faults->errors == errors))
		return r.d;
	definition_free(r.d);
	return NULL;
}

struct definition *
definition_load_kept(const char *file, const char *bytes, size_t len, const struct definition_reader *reader, struct faults *faults)
{
	return read_bytes(file, bytes, len, &(struct origin){ .reader = reader }, faults);
}

static int
definition_load_no_file(void *arg, const struct definition_include *one, struct file_content *out, struct fault *f)
{
	(void)arg;
	(void)out;
	return fault_set(f, "%s: there is no such file", one->path);
}

static const char *
definition_load_no_env(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

struct definition *
definition_load_bytes(const char *file, const char *bytes, size_t len, struct faults *faults)
{
	static const struct definition_reader none = { .file = definition_load_no_file, .env = definition_load_no_env };

	return definition_load_kept(file, bytes, len, &none, faults);
}

/* The bytes of a file; of a region alone only as many as it needs, if that is enough. */
static struct definition *
read_content(const char *file, const struct file_content *content, const struct origin *o, struct faults *faults)
{
	size_t len = o->region ? up_to_region(content->bytes, content->len) : content->len;
	struct faults part = { 0 };
	struct definition *d = len < content->len ? read_bytes(file, content->bytes, len, o, &part) : NULL;

	if (d != NULL)
		faults_merge(faults, &part, FAULT_ERROR);
	faults_free(&part);
	return d != NULL ? d : read_bytes(file, content->bytes, content->len, o, faults);
}

static struct definition *
read_file(const char *file, const struct origin *how, struct faults *faults)
{
	static const struct file_rule rule = { .class = FILE_SCRIPT, .max = DEFINITION_BYTES_MAX,
		.advice = "a definition has at most 16 MiB; write repeated parts in a loop" };
	struct file_content content;
	struct origin o = *how;
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
	o.st = content.st;
	d = read_content(file, &content, &o, faults);
	file_free(&content);
	return d;
}

struct definition *
definition_load(const char *file, struct faults *faults)
{
	return read_file(file, &(struct origin){ .reader = &definition_reader_disk }, faults);
}

struct definition *
definition_load_draft(const char *file, struct faults *faults)
{
	return read_file(file, &(struct origin){ .reader = &definition_reader_disk, .draft = true }, faults);
}

struct definition *
definition_load_region(const char *file, struct faults *faults)
{
	return read_file(file, &(struct origin){ .reader = &definition_reader_disk, .region = true }, faults);
}

struct definition *
definition_load_by(const char *file, const struct definition_reader *reader, bool draft, struct faults *faults)
{
	return read_file(file, &(struct origin){ .reader = reader, .draft = draft }, faults);
}

void
definition_load_files(const char *file, struct definition_files *out)
{
	struct faults faults = { 0 };

	definition_free(read_file(file, &(struct origin){ .reader = &definition_reader_disk, .tried = out, .draft = true }, &faults));
	faults_free(&faults);
}
