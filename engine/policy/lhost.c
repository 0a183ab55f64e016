/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost: the table of the module, the place of a script, checks. The other functions are in lhost_verdict.c,
 * lhost_region.c (counters, ipconns), lhost_rate.c, lhost_saf.c, lhost_cert.c (filters of certificates), lhost_ip.c
 * (addresses), lhost_zone.c (time zones), lhost_data.c (data files), lhost_note.c, lhost_wait.c, lhost_http.c and
 * lhost_store.c (calls that wait).
 */
#include "policy/lhost.h"

#include "policy/lhost_internal.h"
#include "policy/lparams.h"
#include "policy/lrow.h"
#include "policy/lshape.h"
#include "policy/script_cover.h"
#include "sandbox/lstrict.h"
#include "sandbox/script_place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* host.library(): marks the calling chunk as a module of the library, whatever its path is. */
static int
lhost_library(lua_State *L)
{
	if (!script_place_library(L))
		return luaL_error(L, "host.library: called by no chunk");
	return 0;
}

/* host.misuse(text): raises the text with the place of the script. */
static int
lhost_misuse(lua_State *L)
{
	script_place_raise(L, "%s", luaL_checkstring(L, 1));
}

/* host.place() -> file, line of the script. A chain keeps them, for the refusal no_rule. */
static int
lhost_place(lua_State *L)
{
	struct script_place at;

	script_place(L, &at);
	lua_pushstring(L, at.file);
	lua_pushinteger(L, at.line);
	return 2;
}

/*
 * The detail of a check as text. A table, function or thread is shown by its type, so that no metamethod runs in here.
 */
static const char *
detail_of(lua_State *L, int idx, size_t *len)
{
	switch (lua_type(L, idx)) {
	case LUA_TNONE:
	case LUA_TNIL:
		*len = 0;
		return NULL;
	case LUA_TSTRING:
	case LUA_TNUMBER:
		return lua_tolstring(L, idx, len);
	case LUA_TBOOLEAN:
		return lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false"), lua_tolstring(L, -1, len);
	default:
		return lua_pushfstring(L, "(%s)", luaL_typename(L, idx)), lua_tolstring(L, -1, len);
	}
}

/* Notes the value at 2 of the check. [-0, +0, may throw] */
static void
cover_check(lua_State *L, struct lhost *h, const char *name)
{
	struct script_place at;

	script_place(L, &at);
	script_cover_check(h->cover, at.file, at.line, name, lua_toboolean(L, 2));
}

/* policy.check(name, value, detail) -> value; adds the check to the record. */
static int
lhost_check(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *name, *detail;
	size_t len, detail_len;

	lua_settop(L, 3);
	if (lua_type(L, 1) != LUA_TSTRING)
		script_place_raise(L, "policy.check: the name must be a string, not a %s", luaL_typename(L, 1));
	name = lua_tolstring(L, 1, &len);
	if (len == 0 || strlen(name) != len)
		script_place_raise(L, "policy.check: the name must not be empty, nor hold a NUL");
	detail = detail_of(L, 3, &detail_len);
	record_check(h->now.entry, name, lua_toboolean(L, 2), detail, detail_len);
	if (h->cover != NULL)
		cover_check(L, h, name);
	lua_pushvalue(L, 2);
	return 1;
}

/* ---- plain Lua only */

static enum door
want_door(lua_State *L, int idx)
{
	enum door d = lua_type(L, idx) == LUA_TSTRING ? door_of(lua_tostring(L, idx)) : DOOR_COUNT;
	char doors[80];

	if (d == DOOR_COUNT && !lua_isnoneornil(L, idx))
		script_place_raise(L, "policy.facts: the door must be %s", door_list(doors, sizeof doors));
	return d;
}

/*
 * (declared, given) -> the frozen table of the values. A function of its own, whose caller adds the place to an
 * error.
 */
static int
lhost_params_inside(lua_State *L)
{
	if (lua_istable(L, 1))
		lparams_declare(L, 1);
	lparams_push(L, 1, 2);
	return 1;
}

/* host.params(declared, given) -> the table that a script's functions get as second argument; in plain Lua only */
static int
lhost_params(lua_State *L)
{
	lua_settop(L, 2);
	lua_pushcfunction(L, lhost_params_inside);
	lua_insert(L, 1);
	if (lua_pcall(L, 2, 1, 0) != LUA_OK)
		script_place_raise(L, "params: %s", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no memory");
	return 1;
}

static int
lhost_facts_inside(lua_State *L)
{
	lrow_push(L, 1, (enum door)lua_tointeger(L, 2));
	return 1;
}

/* host.facts(table, door) -> the strict table that the door gets; in plain Lua only */
static int
lhost_facts(lua_State *L)
{
	enum door d = want_door(L, 2);

	lua_settop(L, 1);
	lua_pushcfunction(L, lhost_facts_inside);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, d);
	if (lua_pcall(L, 2, 1, 0) != LUA_OK)
		script_place_raise(L, "policy.facts: %s", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no memory");
	return 1;
}

/* host.mock(table): sets the mock, or clears it for nil; in plain Lua only */
static int
lhost_set_mock(lua_State *L)
{
	lua_settop(L, 1);
	lhost_mock(L, lhost_of(L), lua_isnil(L, 1) ? 0 : 1);
	return 0;
}

/*
 * host.strict(table, label, absent) -> the table, which raises for a name that it does not have; names in the list
 * `absent` read nil.
 */
static int
lhost_strict(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 3);
	lua_pushvalue(L, 1);
	lstrict_library(L, luaL_checkstring(L, 2), lua_istable(L, 3) ? 3 : 0);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "strict", lhost_strict },
	{ "library", lhost_library },
	{ "place", lhost_place },
	{ "misuse", lhost_misuse },
	{ "check", lhost_check },
	{ NULL, NULL },
};

static void
set_functions(lua_State *L, struct lhost *h, const luaL_Reg *list)
{
	lua_pushlightuserdata(L, h);
	luaL_setfuncs(L, list, 1);
}

void
lhost_push(struct lua_State *L, struct lhost *h, bool with_mock)
{
	luaL_checkstack(L, 8, NULL);
	lshape_push_kit(L); /* now, so that no question is charged for it */
	lua_pop(L, 1);
	lhost_ip_open(L, h);
	lhost_zone_open(L, h);
	lhost_data_open(L, h);
	lhost_verdict_open(L);
	lua_newtable(L);
	set_functions(L, h, functions);
	set_functions(L, h, lhost_ip_functions);
	set_functions(L, h, lhost_verdict_functions);
	set_functions(L, h, lhost_region_functions);
	set_functions(L, h, lhost_rate_functions);
	set_functions(L, h, lhost_saf_functions);
	set_functions(L, h, lhost_cert_functions);
	set_functions(L, h, lhost_zone_functions);
	set_functions(L, h, lhost_note_functions);
	set_functions(L, h, lhost_data_functions);
	set_functions(L, h, lhost_wait_functions);
	set_functions(L, h, lhost_http_functions);
	set_functions(L, h, lhost_store_functions);
	set_functions(L, h, lhost_store_count_functions);
	if (with_mock) {
		lua_pushlightuserdata(L, h);
		lua_pushcclosure(L, lhost_set_mock, 1);
		lua_setfield(L, -2, "mock");
		lua_pushcfunction(L, lhost_facts);
		lua_setfield(L, -2, "facts");
		lua_pushcfunction(L, lhost_params);
		lua_setfield(L, -2, "params");
	}
}
