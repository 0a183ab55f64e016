/* SPDX-License-Identifier: Apache-2.0 */
/* test_invariants: `sallyport test --invariants`, and the short search of `check --invariants`. */
#ifndef SALLYPORT_TEST_INVARIANTS_H
#define SALLYPORT_TEST_INVARIANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "config/resource.h"

struct test_invariants {
	const char *file;                /* borrowed; the definition. NULL: it has faults, and nothing is searched */
	const struct region_def *region; /* borrowed; its directory of scripts and limits */
	double seconds;
	uint64_t seed;
	enum { TEST_INVARIANTS_TEXT, TEST_INVARIANTS_JSON, TEST_INVARIANTS_QUIET } print; /* on stdout; QUIET: each claim that does not hold adds a fault */
};

/*
 * Loads the claims and the region, and searches. Prints each claim that does not hold with its counterexample, then the
 * counts; or, with faults too, one object {claims, failed, walks, seconds, seed, failures}, of which each error in
 * `faults` is a failure. Returns the number of claims that do not hold; -1 with faults. Without a claim: -1 with a
 * fault, or with QUIET 0.
 */
int test_invariants_run(const struct test_invariants *t, struct faults *faults);

#endif
