/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lshape.h"

#include "sandbox/budget.h"
#include "sandbox/lfrozen.h"
#include "sandbox/lstrict.h"
#include "sandbox/registry.h"
#include "sandbox/script_place.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <string.h>

/* Registry key, by address. */
static const char kit_key;

/* Behind the metatables of lazy tables: the struct missed. */
enum { MISSED = LSHAPE_LAZY + SHAPE_COUNT };

struct missed { /* the absent member that was read last; a userdata of the kit */
	const struct fact_row *row;
	enum way way;
	const struct fact_row *hidden; /* a member that the question hides; NULL: none */
	bool read_hidden;
};

/* The userdata of the kit, which keeps it. [-0, +0] */
static struct missed *
missed_of(lua_State *L, int kit)
{
	struct missed *m;

	lua_rawgeti(L, kit, MISSED);
	m = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return m;
}

/* The userdata, borrowed; NULL: there is no kit yet. */
static const struct missed *
find_missed(struct lua_State *L)
{
	const struct missed *m = NULL;

	if (!lua_checkstack(L, 2))
		return NULL;
	if (registry_get(L, &kit_key) == LUA_TTABLE)
		m = missed_of(L, lua_gettop(L));
	lua_pop(L, 1);
	return m;
}

const struct fact_row *
lshape_missed(struct lua_State *L, enum way *way)
{
	const struct missed *m = find_missed(L);

	if (m == NULL)
		return NULL;
	*way = m->way;
	return m->row;
}

bool
lshape_read_hidden(struct lua_State *L)
{
	const struct missed *m = find_missed(L);

	return m != NULL && m->read_hidden;
}

void
lshape_begin(struct lua_State *L, int kit, enum way way, const struct fact_row *hidden)
{
	*missed_of(L, kit) = (struct missed){ .way = way, .hidden = hidden };
}

static void
note_missed(struct missed *m, const struct fact_row *row)
{
	m->row = row;
	m->read_hidden = m->read_hidden || row == m->hidden;
}

/*
 * __index of a shape, for a key that the table does not have. Upvalues: a table of rows by name (true for an
 * attribute); the shape; the struct missed.
 */
static int
lshape_index(lua_State *L)
{
	char text[300];
	const char *key;
	size_t len;

	if (lua_type(L, 2) != LUA_TSTRING)
		return 0;
	lua_pushvalue(L, 2);
	switch (lua_rawget(L, lua_upvalueindex(1))) {
	case LUA_TLIGHTUSERDATA:
		note_missed(lua_touserdata(L, lua_upvalueindex(3)), lua_touserdata(L, -1));
		return 0;
	case LUA_TBOOLEAN:
		return 0;
	default:
		budget_pay(L, SHAPE_NAMES); /* for the search of the nearest name */
		key = lua_tolstring(L, 2, &len);
		script_place_raise(L, "%s", fact_shape_unknown((enum shape)lua_tointeger(L, lua_upvalueindex(2)), key, len, text, sizeof text));
	}
}

/* Pushes the table of rows by name. [-0, +1, may throw] */
static void
push_known(lua_State *L, enum shape s)
{
	const char *names[SHAPE_NAMES];
	size_t n = fact_shape_names(s, names);

	lua_createtable(L, 0, (int)n);
	for (size_t i = 0; i < n; i++) {
		const struct fact_row *row = fact_shape_member(s, names[i]);

		if (row != NULL)
			lua_pushlightuserdata(L, (void *)row);
		else
			lua_pushboolean(L, true);
		lua_setfield(L, -2, names[i]);
	}
}

/* Adds the userdata and the metatables of strict tables to the kit on the top. [-0, +0, may throw] */
static void
add_metatables(lua_State *L)
{
	struct missed *m = lua_newuserdatauv(L, sizeof *m, 0);

	*m = (struct missed){ .row = NULL };
	lua_rawseti(L, -2, MISSED);
	for (int s = 0; s < SHAPE_COUNT; s++) {
		if (fact_shape_element((enum shape)s)->kind == FACT_NOTE) { /* any name: a plain table */
			lua_pushnil(L);
			lua_rawseti(L, -2, LSHAPE_STRICT + s);
			continue;
		}
		push_known(L, (enum shape)s);
		lua_pushinteger(L, s);
		lua_rawgeti(L, -3, MISSED);
		lua_pushcclosure(L, lshape_index, 3);
		lstrict_push_metatable(L);
		lua_rawseti(L, -2, LSHAPE_STRICT + s);
	}
}

void
lshape_push_kit(struct lua_State *L)
{
	if (registry_get(L, &kit_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_createtable(L, MISSED, 0);
	for (int f = 0; f < FACT_COUNT; f++) {
		lua_pushstring(L, fact_row((enum fact)f)->name);
		lua_rawseti(L, -2, f + 1);
	}
	add_metatables(L);
	lua_pushvalue(L, -1);
	registry_set(L, &kit_key);
}

void
lshape_key(struct lua_State *L, int kit, enum fact f)
{
	lua_rawgeti(L, kit, (lua_Integer)f + 1);
}

void
lshape_seal(struct lua_State *L, int kit, enum shape s)
{
	lua_rawgeti(L, kit, LSHAPE_STRICT + (lua_Integer)s);
	lua_setmetatable(L, -2);
}

void
lshape_set(struct lua_State *L, enum shape s)
{
	luaL_checkstack(L, 8, NULL);
	lshape_push_kit(L);
	lua_insert(L, -2);
	lshape_seal(L, lua_gettop(L) - 1, s);
	lua_remove(L, -2);
}

void
lshape_push_index(struct lua_State *L, enum shape s)
{
	luaL_checkstack(L, 4, NULL);
	lshape_push_kit(L);
	lua_rawgeti(L, -1, LSHAPE_STRICT + (lua_Integer)s);
	lua_getfield(L, -1, "__index");
	lua_insert(L, -3);
	lua_pop(L, 2);
}
