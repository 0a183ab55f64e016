/* SPDX-License-Identifier: Apache-2.0 */
/* record_askings: the last attach askings of one connection, one a request: bounded, and a refusal stays longer than what was let through. */
#ifndef SALLYPORT_RECORD_ASKINGS_H
#define SALLYPORT_RECORD_ASKINGS_H

#include "policy/record_data.h"

/* An empty entry behind the others, perhaps in the place of one that goes: the oldest accepted one while there are more than RECORD_ASKINGS_ACCEPTED of them, else the
 * oldest. Makes *a when there is none yet. NULL without memory. Good until the next call. */
struct record_door *record_askings_add(struct askings **a);
/* The connection ended: only the last RECORD_ASKINGS_ACCEPTED accepted ones stay, and the refused ones. NULL is fine. */
void record_askings_settle(struct askings *a);
/* Whether one of them was refused. NULL is fine. */
bool record_askings_refused(const struct askings *a);
void record_askings_free(struct askings *a); /* NULL is fine */

void record_door_free(struct record_door *d);

#endif
