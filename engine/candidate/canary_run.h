/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canary_run: a candidate that decides about a share of the new connections beside the live generation (conn/canary.h),
 * from its load to its end. It ends by an operator, by one of its rules, or when the rules of the region change. Then
 * the ipconns that it let in are asked again under the live generation, as at a reload. A region has one at most, in
 * region->canary; an ended one stays there, to be shown, until the next begins.
 */
#ifndef SALLYPORT_CANARY_RUN_H
#define SALLYPORT_CANARY_RUN_H

#include <jansson.h>

#include "base/fault.h"
#include "candidate/candidate.h"
#include "conn/share.h"
#include "region/region.h"

struct canary_waiter {
	void (*done)(void *arg, const char *why); /* on the loop, once, unless the function that takes it returns -1; NULL: none */
	void *arg;
};

struct canary_order { /* copied */
	struct candidate candidate;
	struct share share; /* its key is drawn by canary_run_begin */
	const char *rules;  /* "refused>2%/1m,error>0": by which it ends (canary_rule.h); NULL: none */
	struct canary_waiter waiter; /* called when each gate has the canary (why: NULL), or with the reason of its refusal */
};

/* Begins to load the candidate. -1 with a sentence: another canary or a reload is there, or the order is wrong. */
int canary_run_begin(struct region *r, const struct canary_order *o, struct fault *f);
/*
 * Ends the canary. waiter is called, why NULL, when the ipconns that it let in have been asked again. -1 with a
 * sentence: there is no canary.
 */
int canary_run_stop(struct region *r, const char *why, const struct canary_waiter *waiter, struct fault *f);
/* The number of the kept generation that is the canary; 0: none. */
uint64_t canary_run_generation(const struct region *r);
/* The mark of the ipconns about which the canary decides (conn/canary.h); 0: no canary decides. */
uint64_t canary_run_mark(const struct region *r);
/* The canary, or the one that has ended, as a row of `inquire canary` without its ipconns: a new object; NULL: none. */
json_t *canary_run_row(const struct region *r);
/* Ends and frees the canary before the region is freed. Sets r->hanging when its loader hangs (loader_cancel). */
void canary_run_close(struct region *r);

#endif
