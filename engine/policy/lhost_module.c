/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_module: the entry for plain Lua, in build/sallyport/host.so, which `require "sallyport.host"` finds by
 * package.cpath.
 */
#include "policy/lhost.h"

#include "base/buf.h"
#include "policy/inputs.h"
#include "policy/lint_model.h"
#include "sandbox/sandbox.h"

#include <lauxlib.h>
#include <lua.h>

int luaopen_sallyport_host(struct lua_State *L);

/* model() -> the globals, doors and facts of the engine, for the lint and the stubs (lint_model.h). */
static int
lhost_module_model(lua_State *L)
{
	struct buf names;
	int status;

	lua_settop(L, 0);
	buf_init(&names, 0);
	status = sandbox_names(&names);
	if (status == 0)
		lua_pushlstring(L, (const char *)buf_bytes(&names), buf_len(&names)); /* without memory the process ends anyway */
	buf_free(&names);
	if (status < 0)
		return luaL_error(L, "no memory");
	lint_model_push(L, lua_tostring(L, 1));
	return 1;
}

static int
lhost_module_gc(lua_State *L)
{
	struct lhost *h = lua_touserdata(L, 1);

	inputs_free(h->inputs);
	h->inputs = NULL;
	return 0;
}

int
luaopen_sallyport_host(struct lua_State *L)
{
	struct lhost *h = lua_newuserdatauv(L, sizeof *h, 0);

	*h = (struct lhost){ .mock = LUA_NOREF };
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, lhost_module_gc);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	h->inputs = inputs_new(INPUT_ZONES, NULL, NULL);
	if (h->inputs == NULL)
		return luaL_error(L, "out of memory");
	luaL_ref(L, LUA_REGISTRYINDEX); /* until the state is closed */
	lhost_push(L, h, true);
	lua_pushcfunction(L, lhost_module_model);
	lua_setfield(L, -2, "model");
	return 1;
}
