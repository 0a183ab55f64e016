/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lbase: the global functions and libraries of scripts. A function of Lua's own is used when it is safe. Ours replace
 * those that a limit, a frozen table or a finalizer could get around: pcall and xpcall do not catch a limit;
 * setmetatable refuses __gc and __mode and copies the metatable, so that later changes to it have no effect; rawset
 * refuses frozen tables.
 */
#ifndef SALLYPORT_LBASE_H
#define SALLYPORT_LBASE_H

#include <stdbool.h>

struct lua_State;

/*
 * Pushes a table with all globals of scripts except require. The libraries in it are frozen, the table is not. Lua's
 * own base library is opened into the state's globals table, which the caller replaces afterwards. [-0, +1, may throw]
 */
void lbase_push(struct lua_State *L);
/* Whether the value at idx is the function that calls a script's message handler for xpcall. [-0, +0] */
bool lbase_is_handler(struct lua_State *L, int idx);

#endif
