/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sandbox.h"

#include "sandbox/lbase.h"
#include "sandbox/lfrozen.h"
#include "sandbox/lstrict.h"
#include "sandbox/registry.h"

#include "base/buf.h"

#include <lauxlib.h>
#include <lua.h>

#include <stddef.h>
#include <string.h>

/*
 * Lua's collector begins when the state has this percentage of the memory that its last turn left. A question leaves
 * about 1 KiB behind; with Lua's own 200 the collector takes a tenth of the time of a short script.
 */
#define COLLECT_AT 300

/* Registry key of the environment: its address is unique. */
static const char env_key;

void
sandbox_push_env(struct lua_State *L)
{
	registry_get(L, &env_key);
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
	registry_set(L, &env_key);
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
	lua_gc(L, LUA_GCINC, COLLECT_AT, 0, 0);
	return L;
}

void
sandbox_free(struct lua_State *L)
{
	if (L != NULL)
		budget_close(L);
}

/* Adds "PREFIX.NAME" for each string key of the table on the top, and of the tables in it. [-0, +0, may throw] */
static void
add_names(lua_State *L, const char *prefix, struct buf *out)
{
	luaL_checkstack(L, 4, NULL);
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
		const char *name;

		if (lua_type(L, -2) != LUA_TSTRING)
			continue;
		name = lua_pushfstring(L, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", lua_tostring(L, -2));
		if (buf_add(out, name, strlen(name)) < 0 || buf_add(out, "\n", 1) < 0)
			luaL_error(L, "no memory");
		lua_insert(L, -2);
		lfrozen_read_through(L, -1);
		if (lua_istable(L, -1) && prefix[0] == '\0')
			add_names(L, name, out);
		lua_remove(L, -2);
	}
}

/* Argument: the buffer. */
static int
sandbox_add_names(lua_State *L)
{
	struct buf *out = lua_touserdata(L, 1);

	sandbox_push_env(L);
	lfrozen_read_through(L, -1);
	add_names(L, "", out);
	return 0;
}

int
sandbox_names(struct buf *out)
{
	lua_State *L = sandbox_new(&(struct budget_limits){ .instructions = 1000000, .milliseconds = 1000, .kilobytes = 4096 });
	int status;

	if (L == NULL)
		return -1;
	lua_pushcfunction(L, sandbox_add_names);
	lua_pushlightuserdata(L, out);
	status = lua_pcall(L, 1, 0, 0);
	sandbox_free(L);
	return status == LUA_OK ? 0 : -1;
}

const char *
sandbox_library(void)
{
	return LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE;
}
