/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lfrozen: frozen views: an empty table whose hidden metatable reads from the table behind it. Home of sandbox_freeze, sandbox_frozen and
 * sandbox_read_through (sandbox.h); here is what the sandbox itself needs beyond them.
 */
#ifndef SALLYPORT_LFROZEN_H
#define SALLYPORT_LFROZEN_H

struct lua_State;

/* Replaces the table on the top by a view whose writes go to newindex, which must raise. [-0, +0, may throw] */
void lfrozen_push(struct lua_State *L, int (*newindex)(struct lua_State *));

/*
 * Tables that are filled late, because most scripts never read all of them. fill(table) makes the rest of the table's members and gives it another
 * metatable; it is set in the metatable on the top. [-0, +0, may throw]
 */
void lfrozen_set_filler(struct lua_State *L, int (*fill)(struct lua_State *));
/* Fills the table at idx, if it is one of those and was not filled before: for every raw read or write of a script. [-0, +0, may throw] */
void lfrozen_fill(struct lua_State *L, int idx);

/* `next` and `pairs`' iterator that see through views. */
int lfrozen_next(struct lua_State *L);

#endif
