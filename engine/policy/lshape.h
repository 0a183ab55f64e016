/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lshape: the strict tables that scripts get. A script that reads a string key that such a table never has gets an
 * error with the nearest name and the script's line. A key that the table may have and does not have reads nil. In all
 * else (integers, pairs, next, #, rawget, keys that a script wrote itself) it is a plain table.
 *
 * Each state has one metatable for each shape of fact_table.h, hidden from scripts. A table costs one lua_setmetatable.
 */
#ifndef SALLYPORT_LSHAPE_H
#define SALLYPORT_LSHAPE_H

#include "policy/fact_table.h"

struct lua_State;

/* Places in the kit, from which on it has the metatable of each shape: of strict tables, and of lazy ones (lsource). */
enum { LSHAPE_STRICT = FACT_COUNT + 1, LSHAPE_LAZY = LSHAPE_STRICT + SHAPE_COUNT };

/*
 * Pushes the kit, the list of names and metatables that the functions below take at index `kit`; makes it at the first
 * call. [-0, +1, may throw]
 */
void lshape_push_kit(struct lua_State *L);
/* Pushes a member's name. [-0, +1] */
void lshape_key(struct lua_State *L, int kit, enum fact f);
/* Makes the table on the top a strict table of shape s. [-0, +0] */
void lshape_seal(struct lua_State *L, int kit, enum shape s);
/* The same without a kit, for tables that are rare. [-0, +0, may throw] */
void lshape_set(struct lua_State *L, enum shape s);
/* Pushes the __index that a strict table of that shape has. [-0, +1, may throw] */
void lshape_push_index(struct lua_State *L, enum shape s);
/* Begins a question: no absent member was read yet. hidden: the member that the question hides; NULL: none. [-0, +0] */
void lshape_begin(struct lua_State *L, int kit, enum way way, const struct fact_row *hidden);
/* Whether the script has read the hidden member. Raises no error. */
bool lshape_read_hidden(struct lua_State *L);
/*
 * The absent member that the script read last since lshape_begin, and the way of the question; NULL: none. Raises no
 * error.
 */
const struct fact_row *lshape_missed(struct lua_State *L, enum way *way);

#endif
