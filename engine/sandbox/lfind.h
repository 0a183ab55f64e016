/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lfind: string.find, match, gmatch and gsub: what a script does with patterns. Equal to Lua 5.4's, but a table given to
 * gsub is read raw.
 */
#ifndef SALLYPORT_LFIND_H
#define SALLYPORT_LFIND_H

struct lua_State;

int lfind_find(struct lua_State *L);
int lfind_match(struct lua_State *L);
int lfind_gmatch(struct lua_State *L);
int lfind_gsub(struct lua_State *L);

#endif
