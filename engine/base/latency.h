/* SPDX-License-Identifier: Apache-2.0 */
/*
 * latency: how long many things took: their count, their largest, and percentiles with an error of at most 2 %. Several
 * threads may add and read at the same time.
 */
#ifndef SALLYPORT_LATENCY_H
#define SALLYPORT_LATENCY_H

#include "base/tally.h"

#define LATENCY_PARTS 64 /* of each power of two */
#define LATENCY_POWERS 27

struct latency { /* zeroed: empty */
	_Atomic uint64_t n;
	_Atomic unsigned max; /* microseconds */
	_Atomic unsigned count[LATENCY_POWERS * LATENCY_PARTS]; /* by microseconds */
};

/* Adds one duration in seconds; one above 4294 s counts as 4294 s, a negative one as 0. */
void latency_add(struct latency *l, double seconds);
/* The number of durations, and the longest in seconds; 0 without any. */
uint64_t latency_count(const struct latency *l);
double latency_max(const struct latency *l);
/* The duration in seconds that `percent` of all did not exceed; 0 without any. */
double latency_at(const struct latency *l, double percent);
/* Empties it. A duration that is added at the same time may stay. */
void latency_reset(struct latency *l);

#endif
