/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/lbase.h"

#include "sandbox/budget.h"
#include "sandbox/lfrozen.h"
#include "sandbox/lstrict.h"
#include "sandbox/lstring.h"
#include "sandbox/ltable.h"
#include "sandbox/lutf8.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

/* From Lua's base library. None of these loops over more than its arguments or writes into a table. */
static const char *const stock[] = {
	"assert", "error", "ipairs", "pairs", "rawequal", "tonumber", "tostring", "type", "_VERSION",
};

enum { CAUGHT = 500 };

static bool
limit_was_hit(lua_State *L)
{
	return budget_hit(L) != HIT_NONE;
}

/*
 * Ends pcall and xpcall. The flag is at `first`, the results follow. The error of a limit is raised again, so that a
 * script cannot catch it. Lua reads the whole function before an error to name its value, so a caught error costs
 * CAUGHT steps.
 */
static int
lbase_pcall_done(lua_State *L, int status, lua_KContext first)
{
	if (status != LUA_OK && status != LUA_YIELD) {
		if (limit_was_hit(L))
			return lua_error(L);
		budget_pay(L, CAUGHT);
		lua_pushboolean(L, 0);
		lua_pushvalue(L, -2);
		return 2;
	}
	return lua_gettop(L) - (int)first;
}

static int
lbase_pcall(lua_State *L)
{
	luaL_checkany(L, 1);
	lua_pushboolean(L, 1);
	lua_insert(L, 1);
	return lbase_pcall_done(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, lbase_pcall_done), 0);
}

/*
 * lua_CFunction: stands in for a script's message handler and calls it, except for the error of a limit. The hook
 * raises that error, and a handler would run inside the hook, where no hook can stop it. An error of the handler is the
 * message: Lua would call the handler for it again, until "error in error handling" hides it.
 */
static int
lbase_handler(lua_State *L)
{
	if (limit_was_hit(L))
		return 1;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	if (lua_pcall(L, lua_gettop(L) - 1, 1, 0) != LUA_OK && !limit_was_hit(L))
		budget_pay(L, CAUGHT);
	return 1;
}

bool
lbase_is_handler(struct lua_State *L, int idx)
{
	return lua_tocfunction(L, idx) == lbase_handler;
}

static int
lbase_xpcall(lua_State *L)
{
	int n = lua_gettop(L);

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, lbase_handler, 1);
	lua_replace(L, 2);
	lua_pushboolean(L, 1); /* [f h args true] */
	lua_pushvalue(L, 1);
	lua_rotate(L, 3, 2);   /* [f h true f args] */
	return lbase_pcall_done(L, lua_pcallk(L, n - 2, LUA_MULTRET, 2, 2, lbase_pcall_done), 2);
}

static int
lbase_rawget(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checkany(L, 2);
	lua_settop(L, 2);
	lfrozen_fill(L, 1);
	lfrozen_read_through(L, 1);
	lua_rawget(L, 1);
	return 1;
}

static int
lbase_rawlen(lua_State *L)
{
	int type = lua_type(L, 1);

	luaL_argexpected(L, type == LUA_TTABLE || type == LUA_TSTRING, 1, "table or string");
	lfrozen_read_through(L, 1);
	lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
	return 1;
}

static int
lbase_rawset(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checkany(L, 2);
	luaL_checkany(L, 3);
	lua_settop(L, 3);
	luaL_argcheck(L, !lfrozen_is_view(L, 1), 1, "this table is read-only");
	lfrozen_fill(L, 1);
	lua_rawset(L, 1);
	return 1;
}

/*
 * The metamethods that Lua and its libraries use, except __gc (a finalizer would run at any time, outside of the
 * budget) and __mode (a collection over chains of weak tables takes time in the square of their number, and no script
 * is charged for it).
 */
static const char *const metamethods[] = {
	"__add", "__band", "__bnot", "__bor", "__bxor", "__call", "__close", "__concat", "__div", "__eq", "__idiv", "__index", "__le",
	"__len", "__lt", "__metatable", "__mod", "__mul", "__name", "__newindex", "__pairs", "__pow", "__shl", "__shr", "__sub",
	"__tostring", "__unm",
};

enum { METAMETHODS = sizeof metamethods / sizeof *metamethods };

/* Key in the copied metatable: the table that the script gave, for getmetatable. */
static const char given_key;

static void
refuse_key(lua_State *L, const char *key)
{
	lua_pushstring(L, key);
	if (lua_rawget(L, 2) != LUA_TNIL)
		luaL_argerror(L, 2, lua_pushfstring(L, "'%s' is not available to policies", key));
	lua_pop(L, 1);
}

/*
 * Pushes a copy of the metatable at 2. Lua and its collector read a metatable at any time, so a script must not be able
 * to change the one in use.
 */
static void
copy_metatable(lua_State *L)
{
	luaL_argcheck(L, !lfrozen_is_view(L, 2), 2, "a read-only table cannot be a metatable");
	refuse_key(L, "__gc");
	refuse_key(L, "__mode");
	budget_pay(L, METAMETHODS);
	lua_newtable(L);
	for (int i = 0; i < METAMETHODS; i++) {
		lua_pushstring(L, metamethods[i]);
		lua_pushvalue(L, -1);
		if (lua_rawget(L, 2) != LUA_TNIL)
			lua_rawset(L, -3);
		else
			lua_pop(L, 2);
	}
	lua_pushvalue(L, 2);
	lua_rawsetp(L, -2, &given_key);
}

static int
lbase_setmetatable(lua_State *L)
{
	int type = lua_type(L, 2);

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
	lua_settop(L, 2);
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return luaL_error(L, "cannot change a protected metatable");
	if (type == LUA_TTABLE)
		copy_metatable(L);
	lua_setmetatable(L, 1);
	lua_settop(L, 1);
	return 1;
}

static int
lbase_getmetatable(lua_State *L)
{
	luaL_checkany(L, 1);
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL)
		return 1;
	if (lua_getmetatable(L, 1))
		lua_rawgetp(L, -1, &given_key);
	else
		lua_pushnil(L);
	return 1;
}

static const luaL_Reg ours[] = {
	{ "getmetatable", lbase_getmetatable },
	{ "next", lfrozen_next },
	{ "pcall", lbase_pcall },
	{ "rawget", lbase_rawget },
	{ "rawlen", lbase_rawlen },
	{ "rawset", lbase_rawset },
	{ "select", lstring_select },
	{ "setmetatable", lbase_setmetatable },
	{ "xpcall", lbase_xpcall },
	{ NULL, NULL },
};

/*
 * Lua finds the names of functions for tracebacks and argument errors here; scripts cannot reach the table. [.. lib] ->
 * [.. lib]
 */
static void
name_library(lua_State *L, const char *name)
{
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	lua_pushvalue(L, -2);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

static void
push_math(lua_State *L)
{
	luaopen_math(L);
	lua_pushnil(L);
	lua_setfield(L, -2, "random");
	lua_pushnil(L);
	lua_setfield(L, -2, "randomseed");
}

/*
 * Scripts cannot reach the metatable of strings, so its __index may be the library itself, which makes ("x"):rep(n)
 * fast.
 */
static void
lock_strings(lua_State *L, int library)
{
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushvalue(L, library);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}

static void
add_library(lua_State *L, const char *name, void (*push)(lua_State *L))
{
	push(L); /* [env lib] */
	name_library(L, name);
	if (push == lstring_push)
		lock_strings(L, lua_gettop(L));
	lstrict_library(L, name, 0);
	lfrozen_freeze(L, false);
	lua_setfield(L, -2, name);
}

static void
push_base(lua_State *L)
{
	size_t n = sizeof stock / sizeof *stock;

	luaopen_base(L); /* [_G] */
	lua_createtable(L, 0, (int)n + 16);
	for (size_t i = 0; i < n; i++) {
		lua_getfield(L, -2, stock[i]);
		lua_setfield(L, -2, stock[i]);
	}
	luaL_setfuncs(L, ours, 0);
	lua_remove(L, -2);
}

void
lbase_push(struct lua_State *L)
{
	push_base(L);
	add_library(L, "math", push_math);
	add_library(L, "string", lstring_push);
	add_library(L, "table", ltable_push);
	add_library(L, "utf8", lutf8_push);
	name_library(L, LUA_GNAME);
}
