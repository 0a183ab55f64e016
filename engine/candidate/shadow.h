/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shadow: a candidate that is asked the same questions as the live rules, for a share of the new connections. It
 * changes no verdict: its answers are compared and counted. It has its own Lua state, counters and rates, and is asked
 * in a thread of its own (shadow_asker). A region has one shadow at most, in region->shadow.
 */
#ifndef SALLYPORT_SHADOW_H
#define SALLYPORT_SHADOW_H

#include <jansson.h>
#include <stdbool.h>

#include "base/fault.h"
#include "candidate/candidate.h"
#include "conn/share.h"
#include "region/region.h"

struct shadow_order { /* copied */
	struct candidate candidate;
	struct share share; /* of the new connections; its key is drawn by shadow_begin */
	void (*done)(void *arg, const char *why); /* on the loop, once: NULL when each gate has the shadow, or the reason of its refusal; not after -1 */
	void *arg;
};

/* Begins to load the candidate. -1 with a sentence: another shadow is there, or the order is wrong. */
int shadow_begin(struct region *r, const struct shadow_order *o, struct fault *f);
/* Ends the shadow. -1 with a sentence: there is no shadow. */
int shadow_stop(struct region *r, const char *why, struct fault *f);
/* The shadow as a row of `inquire shadow`, a new object; NULL: there is no shadow. */
json_t *shadow_row(const struct region *r);
/* The number of the kept generation that is asked as the shadow; 0: none. */
uint64_t shadow_generation(const struct region *r);
/*
 * Ends and frees the shadow before the region is freed. When its thread goes on, r->hanging is set and nothing is freed
 * that it uses.
 */
void shadow_close(struct region *r);

#endif
