/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_include.h"

#include "base/luatext.h"
#include "base/path.h"
#include "config/datafile.h"
#include "config/definition_build.h"
#include "config/definition_place.h"

#include <lauxlib.h>
#include <lua.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
definition_include_text(void *reading, int n, size_t *len)
{
	const struct reading *r = reading;

	if (n < 1 || (size_t)n > r->d->nincludes) {
		*len = 0;
		return "";
	}
	*len = r->d->include[n - 1].length;
	return r->d->include[n - 1].text;
}

/* --- files that may be included --------------------------------------------------------------- */

/* Versions list names in lines of words, so that a name has no blank. */
static bool
is_file_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && strchr("_-./", name[i]) == NULL)
			return false;
	return len > 0 && name[len - 1] != '/' && strlen(name) == len;
}

/* The name and the path of the file, from the text of an include at `place`. -1: a fault was added. */
static int
name_file(struct reading *r, int place, const char *text, size_t len, struct definition_include *out)
{
	int from = place / DEFINITION_PLACE_FILE;
	char printed[80];

	text_printable(printed, sizeof printed, text, len);
	if (!is_file_name(text, len)) {
		definition_complain(r, "include", place, "include \"%s\": the name of a file has letters, digits and _ - . /", printed);
		return -1;
	}
	if (path_beside(out->name, sizeof out->name, from == 0 ? "" : r->d->include[from - 1].name, text) < 0 ||
		path_beside(out->path, sizeof out->path, definition_place_file(r->d, place), text) < 0) {
		definition_complain(r, "include", place, "include \"%s\": the path is longer than %d bytes", printed, DEFINITION_NAME - 1);
		return -1;
	}
	out->place = place;
	return 0;
}

/* Whether that included file is still being read. */
static bool
is_open(const struct reading *r, int number)
{
	for (size_t i = 0; i < r->depth; i++)
		if (r->open[i] == number)
			return true;
	return false;
}

/* The file with that identity that was read already: 0 the definition, n an included one; -1: none. */
static int
read_before(const struct reading *r, const struct definition_include *one, const struct stat *st)
{
	if (st->st_ino != 0 && st->st_ino == r->self.st_ino && st->st_dev == r->self.st_dev)
		return 0;
	for (size_t i = 0; i < r->d->nincludes; i++) {
		bool same = st->st_ino != 0 && st->st_ino == r->identity[i].st_ino && st->st_dev == r->identity[i].st_dev;

		if (same || strcmp(one->name, r->d->include[i].name) == 0)
			return (int)i + 1;
	}
	return -1;
}

/* -1: the file was read before, and a fault was added. */
static int
judge_again(struct reading *r, const struct definition_include *one, const struct stat *st)
{
	char place[PATH_SIZE + 16];
	int before = read_before(r, one, st);

	if (before < 0)
		return 0;
	if (before == 0 || is_open(r, before))
		definition_complain(r, "include", one->place, "%s includes itself, in a circle through this line; remove one include of the circle", one->path);
	else
		definition_complain(r, "include", one->place, "%s is included already, at %s; a file is included once", one->path,
			definition_place_text(r->d, r->d->include[before - 1].place, one->place, place, sizeof place));
	return -1;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int
make_room(struct reading *r)
{
	struct definition *d = r->d;
	struct definition_include *list = realloc(d->include, (d->nincludes + 1) * sizeof *list);

	if (list == NULL)
		return -1;
	d->include = list;
	list[d->nincludes] = (struct definition_include){ .text = NULL };
	return 0;
}

/* Adds the file to the definition, which owns its text. Returns its number; 0: a fault was added. */
static int
keep(struct reading *r, struct definition_include *one, const struct file_content *content)
{
	size_t mark = luatext_mark(content->bytes, content->len);

	one->length = content->len - mark;
	one->text = malloc(one->length + 1);
	if (one->text == NULL || make_room(r) < 0) {
		free(one->text);
		definition_complain(r, "memory", one->place, "out of memory");
		return 0;
	}
	memcpy(one->text, content->bytes + mark, one->length);
	r->identity[r->d->nincludes] = content->st;
	r->bytes += content->len;
	r->d->include[r->d->nincludes++] = *one;
	return (int)r->d->nincludes;
}

/* Reads the file into the definition. Returns its number; 0: a fault was added. */
static int
read_file(struct reading *r, struct definition_include *one)
{
	struct file_content content = { .bytes = NULL };
	struct fault f;
	int number = 0;

	if (r->tried != NULL)
		definition_files_add(r->tried, one->path);
	if (r->reader->file(r->reader->arg, one, &content, &f) < 0) {
		definition_complain(r, "include", one->place, "include: %s", f.text);
	} else if (content.len > DEFINITION_BYTES_MAX - r->bytes) {
		definition_complain(r, "limit", one->place, "include: with %s the definition is larger than 16 MiB; write repeated parts in a loop", one->path);
	} else if (judge_again(r, one, &content.st) == 0) {
		if (content.st.st_ino != 0)
			file_warn(one->path, FILE_SCRIPT, &content.st, "", r->faults);
		number = keep(r, one, &content);
	}
	file_free(&content);
	return number;
}

/* Returns the number of the file; 0: a fault was added. Raises nothing. */
static int
take_file(struct reading *r, int place, const char *text, size_t len)
{
	struct definition_include one = { .text = NULL };

	if (r->depth == DEFINITION_INCLUDE_DEPTH)
		definition_complain(r, "include", place, "files include each other more than %d deep", DEFINITION_INCLUDE_DEPTH);
	else if (r->includes++ >= DEFINITION_INCLUDES_MAX)
		definition_complain(r, "include", place, "a definition includes at most %d files, and there is one more", DEFINITION_INCLUDES_MAX);
	else if (name_file(r, place, text, len, &one) == 0)
		return read_file(r, &one);
	return 0;
}

/* Runs the file, and looks for keys that occur twice. [-0, +0, may throw] */
static void
run_file(lua_State *L, struct reading *r, int number)
{
	const struct definition_include *one = &r->d->include[number - 1];
	int before = number * DEFINITION_PLACE_FILE, line = 0;
	struct fault f;

	key_lines_add(&r->lines, one->text, one->length, before);
	r->open[r->depth++] = number;
	datafile_include(L, r->data, number);
	r->depth--;
	one = &r->d->include[number - 1]; /* the list has grown */
	if (datafile_twice(one->text, one->length, &line, &f) < 0)
		definition_complain(r, "syntax", before + line, "%s", f.text);
}

int
definition_include_call(lua_State *L)
{
	struct reading *r = lua_touserdata(L, lua_upvalueindex(1));
	int place = datafile_line(L), number = 0;
	size_t len;
	const char *text;

	if (lua_gettop(L) == 1 && lua_type(L, 1) == LUA_TSTRING) {
		text = lua_tolstring(L, 1, &len);
		number = take_file(r, place, text, len);
	} else {
		definition_complain(r, "form", place, "include takes the name of a file in quotation marks: include \"FILE\"");
	}
	if (number > 0)
		run_file(L, r, number);
	else
		r->partial = true;
	return 0;
}
