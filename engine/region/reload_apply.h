/* SPDX-License-Identifier: Apache-2.0 */
/* reload_apply: what a new generation's definitions mean for the listeners and ipconns that are there: what opens, closes, is installed, goes. */
#ifndef SALLYPORT_RELOAD_APPLY_H
#define SALLYPORT_RELOAD_APPLY_H

#include "region/reload.h"

struct generation;

/* What stands in the way: a name or pair of a new definition that a live ipconn holds. -1 with faults. */
int reload_apply_check(struct region *r, const struct generation *g, struct faults *faults);
/* Opens the listeners that are new or moved. -1 with faults, and everything as it was. */
int reload_apply_open(struct region *r, const struct generation *g, struct faults *faults);
/* The swap: g is the region's now (taken); listeners that vanished close, definitions are installed and deleted, the doomed are released.
 * urm_set: the tcpipservice whose urm an operator has set by this, or NULL: a reload, which undoes that. */
void reload_apply_swap(struct region *r, struct generation *g, const char *urm_set);

#endif
