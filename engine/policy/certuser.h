/* SPDX-License-Identifier: Apache-2.0 */
/* certuser: does a loaded generation have anything by which a certificate has a user ID, which linkauth = "certuser" asks for? */
#ifndef SALLYPORT_CERTUSER_H
#define SALLYPORT_CERTUSER_H

#include "policy/generation.h"

/* Adds a fault (rule "no_effect") for each ipconn with linkauth = "certuser" whose partner comes by no listener with a certify script, while the ring has no
 * maps.lua: the default user would stand in for every certificate. The generation is loaded without a fault. */
void certuser_check(const struct generation *g, struct faults *faults);

#endif
