/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_apply: the steps of a reload that apply the definitions of a new generation to the listeners and ipconns of
 * the region: check, open, swap, in this order.
 */
#ifndef SALLYPORT_RELOAD_APPLY_H
#define SALLYPORT_RELOAD_APPLY_H

#include "region/reload.h"
#include "region/reload_changes.h"

struct generation;
struct succession;

/*
 * Checks that the ipconns of g can be installed. changes: false when g has none that is not installed yet. -1 with a
 * fault for each definition whose name, or pair of networkid and applid, another ipconn holds, which is not RELEASED.
 */
int reload_apply_check(struct region *r, const struct generation *g, bool changes, struct faults *faults);
/*
 * Opens the listeners of g that are new or have another address or port, into r->listeners.incoming. -1 with faults: a
 * port cannot be opened; the listeners are as they were before.
 */
int reload_apply_open(struct region *r, const struct generation *g, struct faults *faults);
/*
 * The swap: makes g (taken) the generation of the region, begins the succession s of the ipconns, made for g, and
 * closes the listeners that g does not define. The generation before must outlast s. urm_set: the tcpipservice whose
 * urm the operator sets by this; NULL: a reload of the file, which undoes such settings (SP0017).
 */
void reload_apply_swap(struct region *r, struct generation *g, struct succession *s, const char *urm_set);

#endif
