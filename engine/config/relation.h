/* SPDX-License-Identifier: Apache-2.0 */
/* relation: what must hold between the parts of a definition that are each right by themselves. */
#ifndef SALLYPORT_RELATION_H
#define SALLYPORT_RELATION_H

#include <stdbool.h>

#include "base/fault.h"
#include "config/place.h"
#include "config/resource.h"

/*
 * Adds a fault for each: duplicate names, duplicate (networkid, applid) pairs of ipconns that CAPEX can match, an ipconn naming an unknown
 * tcpipservice, tls without a ring (only when the region was read without a fault), two services on one host and port, a control path
 * that is too long, sec = "yes" without a saf.
 */
void relation_check(const struct definition *d, const struct places *p, bool region_sound, struct faults *faults);

#endif
