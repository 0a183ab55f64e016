/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lstrict.h"

#include "sandbox/lfrozen.h"
#include "policy/lhost_parts.h"
#include "sandbox/sandbox.h"

#include <string.h>

#define WORDS_MAX 128 /* names of a library that are looked at for the nearest one */

/* Registry keys. */
static const char kit_key, missed_key;

struct missed { /* a userdata of the registry */
	const struct fact_row *row;
	enum way way;
};

/* [-0, +1, may throw] */
static struct missed *
push_missed(lua_State *L)
{
	struct missed *m;

	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &missed_key) == LUA_TUSERDATA)
		return lua_touserdata(L, -1);
	lua_pop(L, 1);
	m = lua_newuserdatauv(L, sizeof *m, 0);
	*m = (struct missed){ .row = NULL };
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &missed_key);
	return m;
}

const struct fact_row *
lstrict_missed(struct lua_State *L, enum way *way)
{
	struct missed none = { .row = NULL }, *m = &none;

	if (!lua_checkstack(L, 1))
		return NULL;
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &missed_key) == LUA_TUSERDATA)
		m = lua_touserdata(L, -1);
	lua_pop(L, 1);
	*way = m->way;
	return m->row;
}

void
lstrict_begin(struct lua_State *L, enum way way)
{
	*push_missed(L) = (struct missed){ .way = way };
	lua_pop(L, 1);
}

/* __index of a shape: the table does not have the key. Upvalues: name = its row, or true for an attribute; the shape; the missed. */
static int
shape_index(lua_State *L)
{
	char text[300];
	const char *key;
	size_t len;

	if (lua_type(L, 2) != LUA_TSTRING)
		return 0;
	lua_pushvalue(L, 2);
	switch (lua_rawget(L, lua_upvalueindex(1))) {
	case LUA_TLIGHTUSERDATA:
		((struct missed *)lua_touserdata(L, lua_upvalueindex(3)))->row = lua_touserdata(L, -1);
		return 0;
	case LUA_TBOOLEAN:
		return 0;
	default:
		sandbox_pay(L, WORDS_MAX); /* the nearest name is looked for */
		key = lua_tolstring(L, 2, &len);
		lhost_misuse(L, "%s", shape_unknown((enum shape)lua_tointeger(L, lua_upvalueindex(2)), key, len, text, sizeof text));
	}
}

/* [-0, +1, may throw] */
static void
push_known(lua_State *L, enum shape s)
{
	const char *names[SHAPE_NAMES];
	size_t n = shape_names(s, names);

	lua_createtable(L, 0, (int)n);
	for (size_t i = 0; i < n; i++) {
		const struct fact_row *row = shape_member(s, names[i]);

		if (row != NULL)
			lua_pushlightuserdata(L, (void *)row);
		else
			lua_pushboolean(L, true);
		lua_setfield(L, -2, names[i]);
	}
}

/* A metatable whose __index is the closure on the top. [-1, +1, may throw] */
static void
push_metatable(lua_State *L)
{
	lua_createtable(L, 0, 2);
	lua_insert(L, -2);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
}

/* [kit] -> [kit] */
static void
add_metatables(lua_State *L)
{
	for (int s = 0; s < SHAPE_COUNT; s++) {
		push_known(L, (enum shape)s);
		lua_pushinteger(L, s);
		push_missed(L);
		lua_pushcclosure(L, shape_index, 3);
		push_metatable(L);
		lua_rawseti(L, -2, FACT_COUNT + s + 1);
	}
}

void
lstrict_push_kit(struct lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &kit_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_createtable(L, FACT_COUNT + SHAPE_COUNT, 0);
	for (int f = 0; f < FACT_COUNT; f++) {
		lua_pushstring(L, fact_row((enum fact)f)->name);
		lua_rawseti(L, -2, f + 1);
	}
	add_metatables(L);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &kit_key);
}

void
lstrict_key(struct lua_State *L, int kit, enum fact f)
{
	lua_rawgeti(L, kit, (lua_Integer)f + 1);
}

void
lstrict_seal(struct lua_State *L, int kit, enum shape s)
{
	lua_rawgeti(L, kit, FACT_COUNT + (lua_Integer)s + 1);
	lua_setmetatable(L, -2);
}

void
lstrict_set(struct lua_State *L, enum shape s)
{
	luaL_checkstack(L, 8, NULL);
	lstrict_push_kit(L);
	lua_insert(L, -2);
	lstrict_seal(L, lua_gettop(L) - 1, s);
	lua_remove(L, -2);
}

void
lstrict_push_index(struct lua_State *L, enum shape s)
{
	luaL_checkstack(L, 4, NULL);
	lstrict_push_kit(L);
	lua_rawgeti(L, -1, FACT_COUNT + (lua_Integer)s + 1);
	lua_getfield(L, -1, "__index");
	lua_insert(L, -3);
	lua_pop(L, 2);
}

/* --- by its own keys ------------------------------------------------------------------------------------------------- */

static int
refuse_word(lua_State *L, const char *label, const char *const *words, const char *key, size_t len)
{
	const char *near = word_nearest(words, key);
	char shown[64];

	text_printable(shown, sizeof shown, key, len);
	lhost_misuse(L, "%s%s '%s'%s%s%s", label[0] != '\0' ? label : "there is no global", label[0] != '\0' ? " has no" : "", shown,
		near != NULL ? "; is '" : "", near != NULL ? near : "", near != NULL ? "' meant?" : "");
}

int
lstrict_refuse(struct lua_State *L, const char *label, const char *const *words, int idx)
{
	size_t len;
	const char *key = lua_tolstring(L, idx, &len);

	return refuse_word(L, label, words, key, len);
}

/* The names that the table at 1 has. */
static void
own_words(lua_State *L, const char *words[WORDS_MAX + 1])
{
	size_t n = 0;

	for (lua_pushnil(L); n < WORDS_MAX && lua_next(L, 1) != 0; lua_pop(L, 1))
		if (lua_type(L, -2) == LUA_TSTRING)
			words[n++] = lua_tostring(L, -2);
	words[n] = NULL;
}

/* Is the string at 2 in the list of names that read nil? */
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

/* __index of a library. Upvalues: the label; the names that read nil, or nil. */
static int
library_index(lua_State *L)
{
	const char *words[WORDS_MAX + 1], *key;
	size_t len;

	lua_settop(L, 2);
	if (lua_type(L, 2) != LUA_TSTRING || may_be_absent(L))
		return 0;
	luaL_checkstack(L, 6, NULL);
	key = lua_tolstring(L, 2, &len);
	if (lua_type(L, 1) != LUA_TTABLE) { /* ("x").y */
		words[0] = NULL;
	} else {
		sandbox_pay(L, WORDS_MAX);
		sandbox_read_through(L, 1);
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
	lua_pushcclosure(L, library_index, 2);
	push_metatable(L);
	lua_setmetatable(L, -2);
}
