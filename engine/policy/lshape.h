/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lshape: the strict tables that scripts get: reading a string key that such a table never has raises, with the nearest name and the script's line. What the table may have and
 * has not reads nil. All else (integers, pairs, next, #, rawget, keys that a script wrote itself) is as with a plain table.
 *
 * There is one metatable for each shape of fact_table.h in each state, hidden from scripts; a table that is handed out costs one lua_setmetatable.
 */
#ifndef SALLYPORT_LSHAPE_H
#define SALLYPORT_LSHAPE_H

#include "policy/fact_table.h"

struct lua_State;

/* Pushes the list of names and metatables that the functions below take at `kit`; makes it at the first call. [-0, +1, may throw] */
void lshape_push_kit(struct lua_State *L);
/* Pushes a member's name. [-0, +1] */
void lshape_key(struct lua_State *L, int kit, enum fact f);
/* Makes the table on the top strict. [-0, +0] */
void lshape_seal(struct lua_State *L, int kit, enum shape s);
/* The same without a kit, for tables made seldom. [-0, +0, may throw] */
void lshape_set(struct lua_State *L, enum shape s);
/* Pushes the __index that a strict table of that shape has. [-0, +1, may throw] */
void lshape_push_index(struct lua_State *L, enum shape s);
/* Begins an asking: no member was missed yet. [-0, +0, may throw] */
void lshape_begin(struct lua_State *L, enum way way);
/* The member that was read last although it is absent, since lshape_begin, and the way then; NULL: none. Raises nothing. */
const struct fact_row *lshape_missed(struct lua_State *L, enum way *way);

#endif
