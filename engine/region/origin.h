/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin: the definition that a start loads: region.lua, or the pinned version of the directory that region.lua names
 * by `versions`, or region.lua with the published rules that the region has taken.
 */
#ifndef SALLYPORT_ORIGIN_H
#define SALLYPORT_ORIGIN_H

#include "config/definition.h"
#include "region/bundle.h"
#include "region/version_store.h"

struct origin { /* zero-initialise; the caller owns the parts (origin_free), also after a failure */
	struct definition *definition;
	struct version *pinned;      /* counted; gives the scripts. NULL: they are files */
	struct bundle *rules;        /* counted; the published rules that the region has taken; NULL: none */
	struct version_store *store; /* NULL: region.lua names no directory */
	uint64_t last;               /* the greatest number that a generation has had */
};

/*
 * Reads region.lua, and adds the versions of its directory to vs. The faults of region.lua are warnings when a version
 * is pinned. -1 with faults: nothing may be loaded.
 */
int origin_read(const char *file, struct versions *vs, struct origin *out, struct faults *faults);
/* Makes a load take the scripts and the saf that the pinned version and the rules give. */
void origin_give(const struct origin *from, struct generation_options *o);
/* Frees the definition, and gives back the pinned version and the rules; not the store. */
void origin_free(struct origin *o);
/* Adds the remedy to the faults of a pinned version that could not be loaded. */
void origin_blame(const struct origin *o, struct faults *faults);

#endif
