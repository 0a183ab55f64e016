/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lstring: our string library, and `select`. As in ltable and lutf8, each function that loops in C pays for its steps
 * (budget_pay), uses raw lengths and raw access, and refuses frozen tables. The results equal those of Lua 5.4's own
 * functions.
 */
#ifndef SALLYPORT_LSTRING_H
#define SALLYPORT_LSTRING_H

struct lua_State;

/* Pushes a table with the functions of string, not frozen, without string.dump. [-0, +1, may throw] */
void lstring_push(struct lua_State *L);
/* lua_CFunction: `select`. */
int lstring_select(struct lua_State *L);

#endif
