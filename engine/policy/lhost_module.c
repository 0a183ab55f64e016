/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_module: the entry for plain Lua, in build/sallyport/host.so, which `require "sallyport.host"` finds by
 * package.cpath.
 */
#include "policy/lhost.h"

#include <lauxlib.h>
#include <lua.h>

int luaopen_sallyport_host(struct lua_State *L);

int
luaopen_sallyport_host(struct lua_State *L)
{
	struct lhost *h = lua_newuserdatauv(L, sizeof *h, 0);

	*h = (struct lhost){ .mock = LUA_NOREF };
	luaL_ref(L, LUA_REGISTRYINDEX); /* until the state is closed */
	lhost_push(L, h, true);
	return 1;
}
