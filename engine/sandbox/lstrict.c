/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/lstrict.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <string.h>

#include "base/near.h"
#include "base/text.h"
#include "sandbox/budget.h"
#include "sandbox/lfrozen.h"
#include "sandbox/script_place.h"

#define WORDS_MAX 128 /* names of a library that are compared with a wrong name */

void
lstrict_push_metatable(struct lua_State *L)
{
	lua_createtable(L, 0, 2);
	lua_insert(L, -2);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
}

static int
refuse_word(lua_State *L, const char *label, const char *const *words, const char *key, size_t len)
{
	const char *near = near_word(words, key);
	char shown[64];

	text_printable(shown, sizeof shown, key, len);
	script_place_raise(L, "%s%s '%s'%s%s%s", label[0] != '\0' ? label : "there is no global", label[0] != '\0' ? " has no" : "", shown,
		near != NULL ? "; is '" : "", near != NULL ? near : "", near != NULL ? "' meant?" : "");
}

int
lstrict_refuse(struct lua_State *L, const char *label, const char *const *words, int idx)
{
	size_t len;
	const char *key = lua_tolstring(L, idx, &len);

	return refuse_word(L, label, words, key, len);
}

/* Collects the string keys of the table at 1. */
static void
own_words(lua_State *L, const char *words[WORDS_MAX + 1])
{
	size_t n = 0;

	for (lua_pushnil(L); n < WORDS_MAX && lua_next(L, 1) != 0; lua_pop(L, 1))
		if (lua_type(L, -2) == LUA_TSTRING)
			words[n++] = lua_tostring(L, -2);
	words[n] = NULL;
}

/* Whether the string at 2 is in the list of names that read nil. */
static bool
may_be_absent(lua_State *L)
{
	lua_Integer n = lua_isnil(L, lua_upvalueindex(2)) ? 0 : (lua_Integer)lua_rawlen(L, lua_upvalueindex(2));
	bool found = false;

	for (lua_Integer i = 1; i <= n && !found; i++) {
		lua_rawgeti(L, lua_upvalueindex(2), i);
		found = lua_rawequal(L, -1, 2);
		lua_pop(L, 1);
	}
	return found;
}

/* lua_CFunction: __index of a library. Upvalues: the label; the list of names that read nil, or nil. */
static int
lstrict_index(lua_State *L)
{
	const char *words[WORDS_MAX + 1], *key;
	size_t len;

	lua_settop(L, 2);
	if (lua_type(L, 2) != LUA_TSTRING || may_be_absent(L))
		return 0;
	luaL_checkstack(L, 6, NULL);
	key = lua_tolstring(L, 2, &len);
	if (lua_type(L, 1) != LUA_TTABLE) { /* a field of a string: ("x").y */
		words[0] = NULL;
	} else {
		budget_pay(L, WORDS_MAX);
		lfrozen_read_through(L, 1);
		own_words(L, words);
	}
	return refuse_word(L, lua_tostring(L, lua_upvalueindex(1)), words, key, len);
}

void
lstrict_library(struct lua_State *L, const char *label, int absent)
{
	luaL_checkstack(L, 4, NULL);
	if (absent != 0)
		absent = lua_absindex(L, absent);
	lua_pushstring(L, label);
	if (absent != 0)
		lua_pushvalue(L, absent);
	else
		lua_pushnil(L);
	lua_pushcclosure(L, lstrict_index, 2);
	lstrict_push_metatable(L);
	lua_setmetatable(L, -2);
}
