/* SPDX-License-Identifier: Apache-2.0 */
/*
 * move: the way of a connection from the gate that accepted it to its home, once, after its CAPEX was read. From the
 * end of the gate's turn on, the gate does not touch it; it is in no list until it has arrived, but counted.
 */
#ifndef SALLYPORT_MOVE_H
#define SALLYPORT_MOVE_H

#include "conn/conn.h"

/*
 * The CAPEX of c, whose io is paused, is in its facts. False: c is at its home. True: c leaves at the end of the turn,
 * unless it is closed before, and goes on with capex_in_arrived at its home.
 */
bool move_begin(struct conn *c);
/* The end of a turn, when no function of a connection is on the stack, and before conn_bury: sends those that leave. */
void move_leave(struct worker *w);

#endif
