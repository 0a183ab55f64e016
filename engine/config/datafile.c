/* SPDX-License-Identifier: Apache-2.0 */
#include "config/datafile.h"

#include "config/attribute.h"
#include "base/luatext.h"
#include "config/key_lines.h"
#include "sandbox/sandbox.h"
#include "config/syntax_hint.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD_TIMES 10 /* the budget of loading is ten times the budget of a question (policies/README.md, limits) */
#define CHUNK "?"     /* the chunk's name in Lua's messages; the reader of the file adds the place */

static const struct budget_limits ask_limits = { .instructions = 1000000, .milliseconds = 50, .kilobytes = 4096 };

/*
 * Reads the place of a message, "?:LINE: " or of text n "?n:LINE: ", into *line. Returns the rest; the message
 * itself when it has no place, and *line is unchanged.
 */
static const char *
after_place(const char *message, int *line)
{
	int n = 0, at = 0, end = 0;

	if (sscanf(message, CHUNK ":%d: %n", &at, &end) < 1 && sscanf(message, CHUNK "%d:%d: %n", &n, &at, &end) < 2)
		return message;
	if (end == 0)
		return message;
	*line = n * DATAFILE_TEXT + at;
	return message + end;
}

int
datafile_line(lua_State *L)
{
	lua_Debug ar;

	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline > 0)
			return atoi(ar.short_src + sizeof CHUNK - 1) * DATAFILE_TEXT + ar.currentline;
	}
	return 0;
}

/* Strings have no methods in a file of data. */
static void
drop_string_methods(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_pushnil(L);
	lua_setmetatable(L, -2);
	lua_pop(L, 1);
}

static int
datafile_no_such_name(lua_State *L)
{
	if (lua_type(L, 2) == LUA_TSTRING)
		return luaL_error(L, "this file is data: there is nothing named '%s'; a text needs quotation marks", lua_tostring(L, 2));
	return luaL_error(L, "this file is data");
}

static void
push_nothing(lua_State *L)
{
	lua_newtable(L);
	lua_newtable(L); /* [env meta] */
	lua_pushcfunction(L, datafile_no_such_name);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, datafile_no_such_name);
	lua_setfield(L, -2, "__newindex");
	lua_setmetatable(L, -2);
}

/* Runs a chunk in the environment of d and pushes its result. [-0, +1, may throw] */
static void
run_chunk(lua_State *L, const struct datafile *d, const char *name, const char *bytes, size_t len)
{
	if (luaL_loadbufferx(L, bytes, len, name, "t") != LUA_OK)
		lua_error(L);
	if (d->push_env != NULL)
		d->push_env(L, d->arg);
	else
		push_nothing(L);
	lua_setupvalue(L, -2, 1);
	lua_call(L, 0, 1);
}

void
datafile_include(lua_State *L, const struct datafile *d, int n)
{
	char name[24];
	size_t len;
	const char *bytes = d->text(d->arg, n, &len);

	luaL_checkstack(L, 10, NULL);
	snprintf(name, sizeof name, "=" CHUNK "%d", n);
	run_chunk(L, d, name, bytes, len);
	lua_pop(L, 1);
}

/* lua_CFunction: all that may raise an error; runs under lua_pcall. */
static int
datafile_run_inside(lua_State *L)
{
	const struct datafile *d = lua_touserdata(L, 1);

	drop_string_methods(L);
	run_chunk(L, d, "=" CHUNK, d->bytes, d->len);
	if (d->read != NULL)
		d->read(L, d->arg);
	return 0;
}

/* Message handler: adds the current line to a message without a place (of a limit or a C function). */
static int
datafile_put_line(lua_State *L)
{
	const char *message = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : "an error without a message";

	if (after_place(message, &(int){ 0 }) != message)
		lua_pushvalue(L, 1);
	else
		lua_pushfstring(L, CHUNK ":%d: %s", datafile_line(L), message);
	return 1;
}

static int
complain(const struct datafile *d, const char *message, const char *limit, int *line, struct fault *f)
{
	char words[300] = "out of memory";
	const char *said = message != NULL ? after_place(message, line) : NULL, *bytes = d->bytes;
	size_t len = d->len;

	if (*line > DATAFILE_TEXT && d->text != NULL)
		bytes = d->text(d->arg, *line / DATAFILE_TEXT, &len);
	if (said != NULL)
		syntax_hint_words(words, sizeof words, said, bytes, len, *line % DATAFILE_TEXT);
	return limit != NULL ? fault_set(f, "%s was stopped at its limit of %s", d->what, limit) : fault_set(f, "%s", words);
}

/* Lua keeps the last value of a key that occurs twice and reports nothing. */
int
datafile_twice(const char *bytes, size_t len, int *line, struct fault *f)
{
	struct key_lines_key key;
	char printed[80];
	int found = key_lines_twice(bytes, len, &key);

	if (found <= 0)
		return found < 0 ? fault_set(f, "out of memory") : 0;
	*line = key.line;
	return fault_set(f, "%s occurs twice in one table; remove one", text_printable(printed, sizeof printed, key.at, key.len));
}

static int
run_text(const struct datafile *d, int *line, struct fault *f)
{
	lua_State *L = sandbox_new(d->limits != NULL ? d->limits : &ask_limits);
	enum budget_hit hit;
	char limit[64];
	int status;

	*line = 0;
	if (L == NULL)
		return fault_set(f, "out of memory");
	lua_settop(L, 0);
	lua_pushcfunction(L, datafile_put_line);
	lua_pushcfunction(L, datafile_run_inside);
	lua_pushlightuserdata(L, (void *)d); /* [handler run_inside d] */
	budget_arm(L, LOAD_TIMES);
	status = lua_pcall(L, 1, 0, 1);
	hit = budget_disarm(L);
	if (status != LUA_OK || hit != HIT_NONE)
		complain(d, status == LUA_OK ? NULL : lua_tostring(L, -1), hit == HIT_NONE ? NULL : budget_hit_text(L, limit, sizeof limit),
			line, f);
	sandbox_free(L);
	return status == LUA_OK && hit == HIT_NONE ? datafile_twice(d->bytes, d->len, line, f) : -1;
}

int
datafile_run(const struct datafile *d, int *line, struct fault *f)
{
	struct datafile text = *d;
	size_t mark = luatext_mark(d->bytes, d->len);

	text.bytes += mark;
	text.len -= mark;
	return run_text(&text, line, f);
}
