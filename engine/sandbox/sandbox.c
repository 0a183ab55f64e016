/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sandbox.h"

#include "sandbox/lbase.h"
#include "sandbox/lfrozen.h"
#include "sandbox/lstrict.h"

#include <lauxlib.h>
#include <lua.h>

#include <stddef.h>

/* Registry key of the environment: its address is unique. */
static const char env_key;

void
sandbox_push_env(struct lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &env_key);
}

void
sandbox_define(struct lua_State *L, const char *name)
{
	sandbox_push_env(L);
	lfrozen_read_through(L, -1);
	lua_insert(L, -2);
	lua_setfield(L, -2, name);
	lua_pop(L, 1);
}

static int
sandbox_env_newindex(lua_State *L)
{
	return luaL_error(L, "assignment to global '%s': policies cannot have globals; use local", luaL_tolstring(L, 2, NULL));
}

/* lua_CFunction: makes the environment. */
static int
sandbox_build(lua_State *L)
{
	lbase_push(L);
	lstrict_library(L, "", 0);
	lfrozen_push(L, sandbox_env_newindex);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &env_key);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS); /* of a chunk loaded without an environment */
	return 0;
}

struct lua_State *
sandbox_new(const struct budget_limits *limits)
{
	lua_State *L = budget_open(limits);

	if (L == NULL)
		return NULL;
	lua_pushcfunction(L, sandbox_build);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
		budget_close(L);
		return NULL;
	}
	lua_gc(L, LUA_GCINC, 0, 0, 0);
	return L;
}

void
sandbox_free(struct lua_State *L)
{
	if (L != NULL)
		budget_close(L);
}
