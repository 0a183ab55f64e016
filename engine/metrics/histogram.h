/* SPDX-License-Identifier: Apache-2.0 */
/* histogram: durations in buckets with fixed bounds. Several threads may add and read at the same time. */
#ifndef SALLYPORT_HISTOGRAM_H
#define SALLYPORT_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 18 /* with the last one, which has no upper bound */

struct histogram_scale { /* the bounds of the buckets but the last, in microseconds, rising */
	unsigned n;
	uint32_t bound[HISTOGRAM_BUCKETS - 1];
};

/* For doors: 10 us to 1 s. For handshakes and calls that wait: 1 ms to 10 s. Static. */
extern const struct histogram_scale histogram_doors, histogram_handshakes;

struct histogram { /* zero-initialise, then set `scale` */
	const struct histogram_scale *scale;
	_Atomic uint64_t count[HISTOGRAM_BUCKETS]; /* of each bucket alone */
	_Atomic uint64_t nanoseconds;              /* the sum of all durations */
};

/* Adds a duration; a negative one counts as 0. */
void histogram_add(struct histogram *h, double seconds);

#endif
