/* SPDX-License-Identifier: Apache-2.0 */
/* load_latency: how long many things took: their count, their largest, and percentiles with an error of at most 2 %. */
#ifndef SALLYPORT_LOAD_LATENCY_H
#define SALLYPORT_LOAD_LATENCY_H

#include <stdint.h>

#define LOAD_LATENCY_PARTS 64 /* of each power of two */
#define LOAD_LATENCY_POWERS 27

struct load_latency { /* zeroed: empty */
	uint64_t n;
	double max; /* seconds */
	uint32_t count[LOAD_LATENCY_POWERS * LOAD_LATENCY_PARTS]; /* by microseconds */
};

/* Adds one duration in seconds; one above 4294 s counts as 4294 s. */
void load_latency_add(struct load_latency *l, double seconds);
/* The duration in seconds that `percent` of all did not exceed; 0 without any. */
double load_latency_at(const struct load_latency *l, double percent);

#endif
