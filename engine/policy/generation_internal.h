/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generation_internal: the parts of a generation, for generation.c, which keeps them, and generation_load.c, which
 * loads them.
 */
#ifndef SALLYPORT_GENERATION_INTERNAL_H
#define SALLYPORT_GENERATION_INTERNAL_H

#include "policy/generation.h"

/*
 * Makes the parts, without the objects that are loaded, and borrows d. The caller owns one reference. NULL: no memory.
 */
struct generation *generation_make(struct definition *d, const struct generation_options *o);
/* Frees all parts, also when the load is incomplete, but not the definition. */
void generation_discard(struct generation *g);

#endif
