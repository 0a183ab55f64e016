/* SPDX-License-Identifier: Apache-2.0 */
/*
 * candidate: scripts, parameters and data that a running region loads beside the live ones, for a shadow or a canary:
 * a kept generation, or files.
 */
#ifndef SALLYPORT_CANDIDATE_H
#define SALLYPORT_CANDIDATE_H

#include "base/fault.h"
#include "conn/share.h"
#include "region/loader.h"
#include "region/region.h"

struct candidate {
	uint64_t number;      /* a kept generation; 0: files */
	const char *file;     /* a region.lua; NULL: that of the region. Borrowed, like policies */
	const char *policies; /* the directory of scripts; NULL: the definition's. Both are absolute paths */
};

/* Prints the number or the path. */
void candidate_print(const struct candidate *c, char *out, size_t size);
/*
 * Begins to load the candidate in a thread (loader_start), with the options o: done(arg, ...) gets the generation, or
 * NULL. NULL with a sentence: that generation is not kept, or there is no memory.
 */
struct loader *candidate_load(struct region *r, const struct candidate *c, const struct generation_options *o,
	void (*done)(void *arg, struct generation *g, struct version *v, struct faults *faults), void *arg, struct fault *f);
/* Checks that the region has the listener of the share, if it names one. -1 with a sentence. */
int candidate_share(const struct region *r, const struct share *s, struct fault *f);
/* Why the load failed: the first fault, and how many there are. */
void candidate_blame(const struct faults *faults, struct fault *f);
/*
 * Whether a loaded candidate differs from the live generation in scripts, parameters and data only. -1 with a sentence
 * that names the first other definition: of the region (paths do not count), a tcpipservice, an ipconn (script names do
 * not count), the ring or the saf. use: "shadow" or "canary", for the sentence.
 */
int candidate_fits(const struct generation *live, const struct generation *candidate, const char *use, struct fault *f);

#endif
