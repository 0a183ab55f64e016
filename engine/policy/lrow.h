/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lrow: facts of a row of a decision table, or of a spec under busted: checked against fact_table.h, and copied into
 * the strict table that a door gets.
 */
#ifndef SALLYPORT_LROW_H
#define SALLYPORT_LROW_H

#include "policy/fact_table.h"

struct lua_State;

/*
 * Pushes a strict copy of the plain table at idx. Raises a sentence without a place for a key that facts never have and
 * for a value that a peer cannot send (a wrong type, an APPLID of nine characters). Leaves out each fact that the door
 * does not have, as the engine does; door DOOR_COUNT: leaves out none. `now` becomes a float, and a certificate's name
 * without `printed` gets it. Reads without metamethods. [-0, +1, may throw]
 */
void lrow_push(struct lua_State *L, int idx, enum door door);

#endif
