/* SPDX-License-Identifier: Apache-2.0 */
/* spec_row: one row of a decision table: its name, its line, its objections, and the report of it. */
#include "policy/spec_internal.h"

#include "base/luatext.h"
#include "base/near.h"
#include "policy/record_internal.h"
#include "policy/record_json.h"

#include <fnmatch.h>
#include <lauxlib.h>
#include <lua.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
spec_object(struct spec_run *r, const char *format, ...)
{
	char text[900];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	faults_add(&r->objections, FAULT_ERROR, "row", r->source->path, r->at, "%s", text);
}

static bool
is_word(const char *const *words, const char *key)
{
	while (*words != NULL && strcmp(*words, key) != 0)
		words++;
	return *words != NULL;
}

static void
object_to_key(struct spec_run *r, const char *const *words, const char *what, const char *key, size_t len)
{
	const char *near = near_word(words, key);
	char shown[60];

	text_printable(shown, sizeof shown, key, len);
	if (near != NULL)
		spec_object(r, "%s has no key \"%s\"; is \"%s\" meant?", what, shown, near);
	else
		spec_object(r, "%s has no key \"%s\"", what, shown);
}

bool
spec_keys(lua_State *L, int idx, struct spec_run *r, const char *const *words, const char *what)
{
	bool known = true;

	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) == LUA_TSTRING && is_word(words, lua_tostring(L, -2)))
			continue;
		known = false;
		if (lua_type(L, -2) == LUA_TSTRING)
			object_to_key(r, words, what, lua_tostring(L, -2), lua_rawlen(L, -2));
		else
			spec_object(r, "%s has no key that is a %s", what, luaL_typename(L, -2));
	}
	return known;
}

int
spec_member(lua_State *L, int idx, const char *key)
{
	idx = lua_absindex(L, idx);
	lua_pushstring(L, key);
	return lua_rawget(L, idx);
}

void
spec_keep(struct spec_run *r, const struct record_entry *e)
{
	struct record none = { .opened = e != NULL ? e->at : 0 };
	struct jsontext j = { 0 };

	if (e == NULL)
		return;
	if (r->doors == NULL)
		r->doors = json_array();
	record_json_entry(&j, &none, e);
	if (!j.full)
		json_array_append_new(r->doors, json_loadb(j.bytes, j.len, JSON_ALLOW_NUL, NULL));
	jsontext_free(&j);
}

static void
name_row(lua_State *L, int idx, struct spec_run *r)
{
	r->name[0] = '\0';
	if (lua_istable(L, idx) && spec_member(L, idx, "name") == LUA_TSTRING)
		text_printable(r->name, sizeof r->name, lua_tostring(L, -1), lua_rawlen(L, -1));
	if (lua_istable(L, idx))
		lua_pop(L, 1);
}

/* Sets the line of the row: its first line, or the line of its name when the list is not written out in the file. */
static void
find_line(struct spec_run *r)
{
	r->at = r->row <= (int)r->lines ? r->line[r->row - 1] : 0;
	if (r->at == 0 && r->name[0] != '\0')
		r->at = luatext_quoted(r->source->bytes, r->source->len, r->name);
}

/* Adds the objections of the row to the faults of the run. */
static void
add_faults(struct spec_run *r)
{
	for (size_t i = 0; i < r->objections.n; i++) {
		const char *text = fault_entry_text(&r->objections.entry[i]);

		if (r->order->level == FAULT_WARNING && r->said++ >= SPEC_WARNINGS)
			return;
		if (r->name[0] != '\0')
			faults_add(r->faults, r->order->level, "row", r->source->path, r->at, "row %d \"%s\": %s", r->row, r->name, text);
		else
			faults_add(r->faults, r->order->level, "row", r->source->path, r->at, "row %d: %s", r->row, text);
	}
}

/* Counts and reports the row. */
static void
end_row(struct spec_run *r)
{
	const struct policy_specs_order *o = r->order;
	struct policy_specs_row row = { .script = r->script, .file = r->source->path, .line = r->at, .row = r->row, .name = r->name,
		.objections = &r->objections, .doors = r->doors };

	r->result->rows++;
	r->result->failed += r->objections.errors > 0;
	if (o->told != NULL)
		o->told(o->arg, &row);
	else
		add_faults(r);
	spec_drop(r);
}

void
spec_drop(struct spec_run *r)
{
	faults_free(&r->objections);
	json_decref(r->doors);
	json_decref(r->question);
	json_decref(r->answer);
	r->doors = r->question = r->answer = NULL;
	spec_certificate_drop(r);
}

/* Whether the filter of the order wants the row: by its name, or by its script. */
static bool
is_wanted(const struct spec_run *r)
{
	const char *filter = r->order->filter;
	char pattern[TEXT_SIZE];

	if (filter == NULL)
		return true;
	snprintf(pattern, sizeof pattern, "*%s*", filter);
	return fnmatch(pattern, r->name, 0) == 0 || fnmatch(pattern, r->script, 0) == 0;
}

/* Whether the row at idx has the key `walk`. [-0, +0] */
static bool
is_walk(lua_State *L, int idx)
{
	bool walk = spec_member(L, idx, "walk") != LUA_TNIL;

	lua_pop(L, 1);
	return walk;
}

void
spec_row_run(lua_State *L, struct spec_run *r)
{
	int idx = lua_gettop(L);

	name_row(L, idx, r);
	if (!is_wanted(r))
		return;
	find_line(r);
	if (!lua_istable(L, idx))
		spec_object(r, "is a %s, not a table", luaL_typename(L, idx));
	else if (is_walk(L, idx))
		spec_walk(L, idx, r);
	else
		spec_door(L, idx, r);
	end_row(r);
}
