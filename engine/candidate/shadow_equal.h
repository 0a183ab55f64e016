/* SPDX-License-Identifier: Apache-2.0 */
/* shadow_equal: whether a candidate differs from the live generation in scripts, parameters and data only. */
#ifndef SALLYPORT_SHADOW_EQUAL_H
#define SALLYPORT_SHADOW_EQUAL_H

#include "base/fault.h"
#include "policy/generation.h"

/*
 * -1 with a sentence that names the first other definition: of the region (paths do not count), a tcpipservice, an
 * ipconn (script names do not count), the ring or the saf.
 */
int shadow_equal(const struct generation *live, const struct generation *candidate, struct fault *f);

#endif
