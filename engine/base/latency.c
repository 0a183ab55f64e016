/* SPDX-License-Identifier: Apache-2.0 */
#include "base/latency.h"

#include <math.h>

#define PARTS_BITS 6 /* of LATENCY_PARTS */

/* Up to 64 microseconds each has its own place; then each power of two has 64 places. */
static unsigned
place(uint32_t us)
{
	unsigned shift = us < LATENCY_PARTS ? 0 : (unsigned)(31 - __builtin_clz(us)) - PARTS_BITS;

	return us < LATENCY_PARTS ? us : (shift + 1) * LATENCY_PARTS + ((us >> shift) - LATENCY_PARTS);
}

/* The largest duration of a place, in seconds. */
static double
largest(unsigned at)
{
	unsigned shift = at / LATENCY_PARTS;
	double us = shift == 0 ? at : ldexp(LATENCY_PARTS + at % LATENCY_PARTS + 1, (int)shift - 1) - 1;

	return us / 1e6;
}

void
latency_add(struct latency *l, double seconds)
{
	unsigned us = (unsigned)fmin(fmax(seconds, 0) * 1e6, UINT32_MAX);

	tally_add(&l->n, 1);
	tally_peak(&l->max, us);
	tally_up(&l->count[place(us)]);
}

uint64_t
latency_count(const struct latency *l)
{
	return tally_total(&l->n);
}

double
latency_max(const struct latency *l)
{
	return tally_present(&l->max) / 1e6;
}

double
latency_at(const struct latency *l, double percent)
{
	double wanted = ceil((double)latency_count(l) * percent / 100);
	uint64_t sum = 0;

	for (unsigned at = 0; wanted > 0 && at < LATENCY_POWERS * LATENCY_PARTS; at++) {
		sum += tally_present(&l->count[at]);
		if ((double)sum >= wanted)
			return fmin(largest(at), latency_max(l));
	}
	return 0;
}

void
latency_reset(struct latency *l)
{
	atomic_store_explicit(&l->n, 0, memory_order_relaxed);
	atomic_store_explicit(&l->max, 0, memory_order_relaxed);
	for (unsigned at = 0; at < LATENCY_POWERS * LATENCY_PARTS; at++)
		atomic_store_explicit(&l->count[at], 0, memory_order_relaxed);
}
