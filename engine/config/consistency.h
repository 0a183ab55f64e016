/* SPDX-License-Identifier: Apache-2.0 */
/* consistency: the rules between the parts of a definition, each of which is valid alone. */
#ifndef SALLYPORT_CONSISTENCY_H
#define SALLYPORT_CONSISTENCY_H

#include <stdbool.h>

#include "base/fault.h"
#include "config/key_lines.h"
#include "config/definition.h"

/*
 * Adds a fault for each: duplicate names; duplicate (networkid, applid) pairs of ipconns that CAPEX can match; an
 * ipconn that names an unknown tcpipservice; TLS without a ring (only when the region was read without a fault); two
 * services on one host and port; a control path that is too long; sec = "yes" without a saf.
 */
void consistency_check(const struct definition *d, const struct key_lines *p, bool region_sound, struct faults *faults);

#endif
