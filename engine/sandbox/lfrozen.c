/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/lfrozen.h"

#include "sandbox/budget.h"

#include <lauxlib.h>
#include <lua.h>

enum { FREEZE_DEPTH = 32 };

/*
 * Key in the metatable of a view: the table behind it. The key is a light userdata, which no script can make, so no
 * script can forge a view.
 */
static const char behind_key;

/* Key in the metatable of a table that is filled later: the function that fills it. */
static const char filler_key;

/* Pushes the table behind the view at idx. False: it is no view. [-0, +0|1] */
static bool
push_behind(lua_State *L, int idx)
{
	if (lua_type(L, idx) != LUA_TTABLE || !lua_getmetatable(L, idx))
		return false;
	if (lua_rawgetp(L, -1, &behind_key) == LUA_TTABLE) {
		lua_remove(L, -2);
		return true;
	}
	lua_pop(L, 2);
	return false;
}

bool
lfrozen_is_view(struct lua_State *L, int idx)
{
	luaL_checkstack(L, 3, NULL);
	if (!push_behind(L, idx))
		return false;
	lua_pop(L, 1);
	return true;
}

void
lfrozen_read_through(struct lua_State *L, int idx)
{
	idx = lua_absindex(L, idx);
	luaL_checkstack(L, 3, NULL);
	if (push_behind(L, idx))
		lua_replace(L, idx);
}

static int
lfrozen_view_newindex(lua_State *L)
{
	return luaL_error(L, "attempt to change '%s' of a read-only table", luaL_tolstring(L, 2, NULL));
}

static int
lfrozen_view_len(lua_State *L)
{
	lfrozen_read_through(L, 1);
	lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
	return 1;
}

void
lfrozen_set_filler(struct lua_State *L)
{
	lua_rawsetp(L, -2, &filler_key);
}

void
lfrozen_fill(struct lua_State *L, int idx)
{
	idx = lua_absindex(L, idx);
	luaL_checkstack(L, 3, NULL);
	if (!lua_getmetatable(L, idx))
		return;
	if (lua_rawgetp(L, -1, &filler_key) == LUA_TFUNCTION) {
		lua_pushvalue(L, idx);
		lua_call(L, 1, 0);
		lua_pop(L, 1);
	} else {
		lua_pop(L, 2);
	}
}

int
lfrozen_next(struct lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	lfrozen_read_through(L, 1);
	lfrozen_fill(L, 1);
	if (lua_next(L, 1))
		return 2;
	lua_pushnil(L);
	return 1;
}

static int
lfrozen_view_pairs(lua_State *L)
{
	lua_pushcfunction(L, lfrozen_next);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

static void
set_function(lua_State *L, const char *name, lua_CFunction f)
{
	lua_pushcfunction(L, f);
	lua_setfield(L, -2, name);
}

void
lfrozen_push(struct lua_State *L, int (*newindex)(struct lua_State *))
{
	lua_newtable(L);             /* [t view] */
	lua_createtable(L, 0, 6);    /* [t view meta] */
	lua_pushvalue(L, -3);
	lua_rawsetp(L, -2, &behind_key);
	lua_pushvalue(L, -3);
	lua_setfield(L, -2, "__index");
	set_function(L, "__newindex", newindex);
	set_function(L, "__len", lfrozen_view_len);
	set_function(L, "__pairs", lfrozen_view_pairs);
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	lua_remove(L, -2);
}

static void freeze_inside(lua_State *L, int seen, int depth);

/* Replaces the table on the top by its view; a table that occurs again gets the same view. [-1, +1] */
static void
freeze_deep(lua_State *L, int seen, int depth)
{
	luaL_checkstack(L, 8, "too deep to freeze");
	if (lfrozen_is_view(L, -1))
		return;
	lua_pushvalue(L, -1);
	if (lua_rawget(L, seen) == LUA_TTABLE) {
		lua_remove(L, -2);
		return;
	}
	lua_pop(L, 1);
	lua_pushvalue(L, -1);
	lfrozen_push(L, lfrozen_view_newindex); /* [t view] */
	lua_pushvalue(L, -2);
	lua_pushvalue(L, -2);
	lua_rawset(L, seen);
	lua_insert(L, -2);           /* [view t] */
	freeze_inside(L, seen, depth);
	lua_pop(L, 1);
}

/* Replaces the tables inside the table on the top by their views. [-0, +0] */
static void
freeze_inside(lua_State *L, int seen, int depth)
{
	if (depth > FREEZE_DEPTH)
		luaL_error(L, "tables nested more than %d deep cannot be frozen", FREEZE_DEPTH);
	lua_pushnil(L);
	while (lua_next(L, -2)) { /* [t k v] */
		budget_pay(L, 1);
		if (lua_type(L, -1) == LUA_TTABLE) {
			freeze_deep(L, seen, depth + 1);
			lua_pushvalue(L, -2);
			lua_insert(L, -2);    /* [t k k view] */
			lua_rawset(L, -4);
		} else {
			lua_pop(L, 1);
		}
	}
}

void
lfrozen_freeze(struct lua_State *L, bool deep)
{
	luaL_checkstack(L, 8, NULL);
	luaL_checktype(L, -1, LUA_TTABLE);
	if (!deep) {
		if (!lfrozen_is_view(L, -1))
			lfrozen_push(L, lfrozen_view_newindex);
		return;
	}
	lua_newtable(L);
	lua_insert(L, -2); /* [seen t] */
	freeze_deep(L, lua_absindex(L, -2), 0);
	lua_remove(L, -2);
}
