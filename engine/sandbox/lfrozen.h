/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lfrozen: frozen views: a view is an empty table whose hidden metatable reads from the table behind it and refuses
 * writes.
 */
#ifndef SALLYPORT_LFROZEN_H
#define SALLYPORT_LFROZEN_H

#include <stdbool.h>

struct lua_State;

/*
 * Replaces the table on the top by a frozen view: reads, pairs() and # see the table behind it, a write raises an error
 * ("read-only"). deep: the tables inside are frozen too. [-1, +1, may throw]
 */
void lfrozen_freeze(struct lua_State *L, bool deep);
/*
 * Whether the value at idx is a frozen view: rawset, table.insert and all our functions that write refuse it. [-0, +0,
 * may throw]
 */
bool lfrozen_is_view(struct lua_State *L, int idx);
/*
 * Replaces a frozen view at idx by the table behind it, for reading only: a script must never get that table. Leaves
 * other values. [-0, +0]
 */
void lfrozen_read_through(struct lua_State *L, int idx);

/* Replaces the table on the top by a view whose writes go to newindex, which must raise. [-0, +0, may throw] */
void lfrozen_push(struct lua_State *L, int (*newindex)(struct lua_State *));

/*
 * Tables whose members are made when a script reads them, because most scripts read few of them. Takes the function on
 * the top as the filler of the metatable below it: fill(table) sets the rest of the table's members and replaces its
 * metatable. [-1, +0, may throw]
 */
void lfrozen_set_filler(struct lua_State *L);
/* Calls the filler of the table at idx if it has one: before each raw read or write of a script. [-0, +0, may throw] */
void lfrozen_fill(struct lua_State *L, int idx);

/* lua_CFunction: `next`, also the iterator of `pairs`, which reads through views. */
int lfrozen_next(struct lua_State *L);

#endif
