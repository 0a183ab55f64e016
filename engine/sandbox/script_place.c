/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/script_place.h"

#include "base/text.h"
#include "sandbox/registry.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAX 64 /* between a script and the running C function there are a few frames of C and of the library */

/* Registry key: its address is unique, and a lookup by it allocates nothing. */
static const char library_key;

/* A source by its address, as a number: the key of the functions of library chunks, which keep their sources alive. */
static lua_Integer
key_of(const char *source)
{
	return (lua_Integer)(intptr_t)source;
}

/* Pushes the table of the functions of library chunks. [-0, +1, may throw] */
static void
push_library(lua_State *L)
{
	if (registry_get(L, &library_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	registry_set(L, &library_key);
}

bool
script_place_library(struct lua_State *L)
{
	lua_Debug ar;

	luaL_checkstack(L, 4, NULL);
	if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "S", &ar) || *ar.what == 'C')
		return false;
	push_library(L);
	lua_getinfo(L, "f", &ar);
	lua_rawseti(L, -2, key_of(ar.source));
	lua_pop(L, 1);
	return true;
}

static bool
is_library(lua_State *L, const char *source)
{
	bool yes;

	push_library(L);
	yes = lua_rawgeti(L, -1, key_of(source)) != LUA_TNIL;
	lua_pop(L, 2);
	return yes;
}

/* "@policies/lan.lua" is a file; other names are shown as Lua shows them. The end of a long path is shown. */
static void
place_from(struct script_place *out, const lua_Debug *ar)
{
	size_t len;

	out->line = ar->currentline > 0 ? ar->currentline : 0;
	if (ar->source[0] != '@') {
		text_copy(out->text, sizeof out->text, ar->short_src);
		out->file = out->text;
		return;
	}
	len = strlen(ar->source + 1);
	out->file = ar->source + 1 + (len < PLACE_SIZE ? 0 : len - (PLACE_SIZE - 1));
}

void
script_place(struct lua_State *L, struct script_place *out)
{
	lua_Debug ar;

	out->file = "";
	out->line = 0;
	luaL_checkstack(L, 4, NULL);
	for (int level = 1; level < FRAMES_MAX && lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (*ar.what == 'C' || is_library(L, ar.source))
			continue;
		place_from(out, &ar);
		return;
	}
}

int
script_place_raise(struct lua_State *L, const char *format, ...)
{
	char text[512];
	struct script_place at;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	script_place(L, &at);
	if (at.file[0] != '\0')
		lua_pushfstring(L, "%s:%d: %s", at.file, at.line, text);
	else
		lua_pushstring(L, text);
	lua_error(L);
	__builtin_unreachable();
}
