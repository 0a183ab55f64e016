/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_module: the way in for a plain Lua: build/sallyport/host.so, found by `require "sallyport.host"` through cpath. */
#include "policy/lhost.h"

#include <lauxlib.h>
#include <lua.h>

int luaopen_sallyport_host(struct lua_State *L);

int
luaopen_sallyport_host(struct lua_State *L)
{
	struct lhost *h = lua_newuserdatauv(L, sizeof *h, 0);

	*h = (struct lhost){ .mock = LUA_NOREF };
	luaL_ref(L, LUA_REGISTRYINDEX); /* lives as long as the state */
	lhost_push(L, h, true);
	return 1;
}
