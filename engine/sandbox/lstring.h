/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lstring: our string, table and utf8 libraries, `select`, and the pattern matcher: every function that loops in C pays
 * for its steps (sandbox_pay), uses raw lengths and raw access, and refuses frozen tables. Results equal stock Lua 5.4's.
 */
#ifndef SALLYPORT_LSTRING_H
#define SALLYPORT_LSTRING_H

struct lua_State;

/* Pushes the table of functions of each library (plain, not yet frozen). [-0, +1, may throw] */
void lstring_push_string(struct lua_State *L); /* without dump */
void lstring_push_table(struct lua_State *L);
void lstring_push_utf8(struct lua_State *L);
int lstring_select(struct lua_State *L);

#endif
