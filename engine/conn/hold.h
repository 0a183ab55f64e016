/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold: region { record_full = "hold" }: the 200 for a CAPEX waits until the record of the decision is on the disk. The
 * connection waits in stage HELD, as a socket of its ipconn and without reading, for at most capex_timeout.
 */
#ifndef SALLYPORT_HOLD_H
#define SALLYPORT_HOLD_H

#include <stdbool.h>

#include "conn/conn.h"

/*
 * The record of an accepted connection was put into the queue of the recorder. True: c waits and goes on with
 * capex_answered, or it was refused with code `record`. False: there is nothing to wait for.
 */
bool hold_begin(struct conn *c);
/* Records were written: goes on with the connections whose records are among them. */
void hold_written(struct worker *w);
/* The record was not written in time: refuses c. */
void hold_timeout(struct conn *c);
/* c leaves stage HELD; conn_enter calls it. */
void hold_leave(struct conn *c);

#endif
