/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lrow: facts that somebody wrote down (a row of a decision table, a spec under busted): judged by fact_table.h, and made the strict table that a door gets.
 */
#ifndef SALLYPORT_LROW_H
#define SALLYPORT_LROW_H

#include "policy/fact_table.h"

struct lua_State;

/*
 * Pushes a strict copy of the plain table at idx. A key that facts never have, and a value that no peer can send (a wrong type, an APPLID of nine
 * characters), is an error: a sentence that names it, without a place. A fact that this door does not have is left out, as the engine does; door
 * DOOR_COUNT: all are kept. `now` becomes the float that it always is, and a certificate's name without `printed` gets it. Reads raw. [-0, +1, may throw]
 */
void lrow_push(struct lua_State *L, int idx, enum door door);

#endif
