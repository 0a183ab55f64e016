/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/script_place.h"

#include "base/text.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAX 64 /* between a script and this function there are a few frames of C and of the library */

/* Registry key: its address is unique, and a lookup by it allocates nothing. */
static const char library_key;

/* Pushes the set of the sources of library chunks. [-0, +1] */
static void
push_library(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key);
}

void
script_place_library(struct lua_State *L, const char *source)
{
	push_library(L);
	lua_pushstring(L, source);
	lua_pushboolean(L, true);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

static bool
is_library(lua_State *L, const char *source)
{
	bool yes;

	push_library(L);
	lua_pushstring(L, source);
	lua_rawget(L, -2);
	yes = lua_toboolean(L, -1);
	lua_pop(L, 2);
	return yes;
}

/* "@policies/lan.lua" is a file; other names are shown as Lua shows them. The end of a long path is shown. */
static void
place_from(struct script_place *out, const lua_Debug *ar)
{
	const char *name = ar->source[0] == '@' ? ar->source + 1 : ar->short_src;
	size_t len = strlen(name);

	if (len >= sizeof out->file)
		name += len - (sizeof out->file - 1);
	text_copy(out->file, sizeof out->file, name);
	out->line = ar->currentline > 0 ? ar->currentline : 0;
}

void
script_place(struct lua_State *L, struct script_place *out)
{
	lua_Debug ar;

	*out = (struct script_place){ .line = 0 };
	luaL_checkstack(L, 4, NULL);
	for (int level = 0; level < FRAMES_MAX && lua_getstack(L, level, &ar); level++) {
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
