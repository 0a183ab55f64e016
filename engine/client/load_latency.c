/* SPDX-License-Identifier: Apache-2.0 */
#include "client/load_latency.h"

#include <math.h>

#define PARTS_BITS 6 /* of LOAD_LATENCY_PARTS */

/* Up to 64 microseconds each has its own place; then each power of two has 64 places. */
static unsigned
place(uint32_t us)
{
	unsigned shift = us < LOAD_LATENCY_PARTS ? 0 : (unsigned)(31 - __builtin_clz(us)) - PARTS_BITS;

	return us < LOAD_LATENCY_PARTS ? us : (shift + 1) * LOAD_LATENCY_PARTS + ((us >> shift) - LOAD_LATENCY_PARTS);
}

/* The largest duration of a place, in seconds. */
static double
largest(unsigned at)
{
	unsigned shift = at / LOAD_LATENCY_PARTS;
	double us = shift == 0 ? at : ldexp(LOAD_LATENCY_PARTS + at % LOAD_LATENCY_PARTS + 1, (int)shift - 1) - 1;

	return us / 1e6;
}

void
load_latency_add(struct load_latency *l, double seconds)
{
	double us = fmin(fmax(seconds, 0) * 1e6, UINT32_MAX);

	l->n++;
	l->max = fmax(l->max, seconds);
	l->count[place((uint32_t)us)]++;
}

double
load_latency_at(const struct load_latency *l, double percent)
{
	double wanted = ceil((double)l->n * percent / 100);
	uint64_t sum = 0;

	for (unsigned at = 0; l->n > 0 && at < LOAD_LATENCY_POWERS * LOAD_LATENCY_PARTS; at++) {
		sum += l->count[at];
		if ((double)sum >= wanted)
			return fmin(largest(at), l->max);
	}
	return 0;
}
