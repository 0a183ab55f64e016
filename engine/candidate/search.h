/* SPDX-License-Identifier: Apache-2.0 */
/*
 * search: looks for counterexamples of invariants: connections by which a claim does not hold. First a grid of values
 * that belong together, then each connection that did something new with each value of each slot changed, then random
 * changes. The same seed gives the same connections in the same order.
 */
#ifndef SALLYPORT_SEARCH_H
#define SALLYPORT_SEARCH_H

#include <stdint.h>

#include "base/fault.h"
#include "candidate/invariants.h"
#include "conn/worker.h"

struct search_order {
	struct worker *worker;         /* borrowed: a region that does not run (region/draft.h) */
	struct invariants *invariants; /* borrowed */
	double seconds;                /* the search ends then */
	uint64_t seed;
	/*
	 * Gets each claim that does not hold, with its rows as text: the counterexample, and before it the connection
	 * that the claim must have seen, if there is one. May be called while the search goes on.
	 */
	void (*found)(void *arg, size_t claim, const char *rows, double seconds);
	void *arg;
};

struct search_result {
	unsigned long walks;
	double seconds;
	size_t failed; /* claims with a counterexample */
	size_t broken; /* claims whose function failed */
};

/*
 * Searches until the time is over, or each claim has a counterexample. A claim whose function fails adds a fault and
 * is not asked again. -1 with faults: there is no memory, or a claim failed.
 */
int search_run(const struct search_order *o, struct search_result *out, struct faults *faults);

#endif
