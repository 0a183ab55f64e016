/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standby: a CAPEX that comes when the end of a reload is near. The new rules of a reload may ask a service about each
 * partner that is there; it would not end while partners keep coming. So a CAPEX stands by, in stage STANDBY, until the
 * new rules are in force, and is judged by them; or, when the reload is refused, by the old ones. The peer is heard
 * meanwhile. Of the home only: each CAPEX is judged there.
 */
#ifndef SALLYPORT_STANDBY_H
#define SALLYPORT_STANDBY_H

#include <stdbool.h>

#include "conn/conn.h"

/* From now on each CAPEX stands by, for at most that time; then it is refused. */
void standby_open(struct worker *w, double seconds);
/* No CAPEX stands by any more: those that do go on, in slices of the loop. Idempotent. */
void standby_end(struct worker *w);

/*
 * The CAPEX of c is complete, and its next doors are to be asked. True: c stands by; or the rules have changed since it
 * was accepted, and its earlier doors are asked again by the new ones, which judge it from then on. In both cases c
 * goes on in capex_in_arrived, or it is refused or closed. False: it goes on now.
 */
bool standby_begin(struct conn *c);
/* The events of stage STANDBY: the peer sent more bytes; the time is over, or the turn of c has come. */
void standby_data(struct conn *c);
void standby_timeout(struct conn *c);
/* c leaves stage STANDBY; conn_enter calls it. */
void standby_leave(struct conn *c);

#endif
