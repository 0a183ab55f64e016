/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lbase: what every script sees: the functions without a library name, and the libraries. Stock where stock is safe; ours where a limit, a frozen table
 * or a finalizer could slip through: pcall and xpcall never swallow a limit, setmetatable takes no __gc and no __mode and copies
 * the metatable, so that what is written into it later does nothing; rawset takes no frozen table.
 */
#ifndef SALLYPORT_LBASE_H
#define SALLYPORT_LBASE_H

struct lua_State;

/* Pushes the table of everything scripts can reach but require, the libraries in it frozen, itself not yet. Lua's own base
 * library passes through the state's globals table, which the caller replaces. [-0, +1, may throw] */
void lbase_push(struct lua_State *L);

#endif
