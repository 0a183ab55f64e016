/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lformat: our string.format; Lua's own string.pack, unpack and packsize, which are charged for the most work that they
 * can do.
 */
#ifndef SALLYPORT_LFORMAT_H
#define SALLYPORT_LFORMAT_H

struct lua_State;

/* lua_CFunction. [may throw] */
int lformat_format(struct lua_State *L);
/*
 * Adds pack, unpack and packsize to the table on the top; they call the functions of Lua's string library, which is
 * below it. [-0, +0, may throw]
 */
void lformat_add_pack(struct lua_State *L);

#endif
