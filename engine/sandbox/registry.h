/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry: values of Lua's registry, each by the address of an object that its file owns. The key is the address as a
 * number: Lua finds a number three times as fast as a light userdata, and each question looks for several. luaL_ref
 * never reaches such a number, and no script sees the registry.
 */
#ifndef SALLYPORT_REGISTRY_H
#define SALLYPORT_REGISTRY_H

#include <lua.h>

#include <stdint.h>

/* Pushes the value, nil when there is none, and returns its type. Allocates nothing. [-0, +1] */
static inline int
registry_get(lua_State *L, const void *key)
{
	return lua_rawgeti(L, LUA_REGISTRYINDEX, (lua_Integer)(intptr_t)key);
}

/* Sets the value to that on the top. [-1, +0, may throw] */
static inline void
registry_set(lua_State *L, const void *key)
{
	lua_rawseti(L, LUA_REGISTRYINDEX, (lua_Integer)(intptr_t)key);
}

#endif
