/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lfind: string.find, match, gmatch and gsub (lua_CFunctions). The results equal those of Lua 5.4, but gsub reads a
 * replacement table raw.
 */
#ifndef SALLYPORT_LFIND_H
#define SALLYPORT_LFIND_H

struct lua_State;

/* lua_CFunctions. [may throw] */
int lfind_find(struct lua_State *L);
int lfind_match(struct lua_State *L);
int lfind_gmatch(struct lua_State *L);
int lfind_gsub(struct lua_State *L);

#endif
