/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lformat: string.format, ours; string.pack, unpack and packsize, Lua's own behind a toll that covers whatever they may do.
 */
#ifndef SALLYPORT_LFORMAT_H
#define SALLYPORT_LFORMAT_H

struct lua_State;

int lformat_format(struct lua_State *L);
/* Puts pack, unpack and packsize into the table on the top, around those of Lua's string library below it. [-0, +0, may throw] */
void lformat_add_pack(struct lua_State *L);

#endif
