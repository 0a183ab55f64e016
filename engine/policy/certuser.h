/* SPDX-License-Identifier: Apache-2.0 */
/* certuser: the check that a generation with linkauth = "certuser" can find the user ID of a certificate. */
#ifndef SALLYPORT_CERTUSER_H
#define SALLYPORT_CERTUSER_H

#include "policy/generation.h"

/*
 * Adds a fault (rule "no_effect") for each ipconn with linkauth = "certuser" when the ring has no maps.lua and no
 * listener of the partner has a certify script: then each certificate would have the default user. The generation is
 * loaded without a fault.
 */
void certuser_check(const struct generation *g, struct faults *faults);

#endif
