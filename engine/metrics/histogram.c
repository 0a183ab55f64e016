/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/histogram.h"

#include "base/tally.h"

const struct histogram_scale histogram_doors = { 16,
	{ 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000 } };
const struct histogram_scale histogram_handshakes = { 13,
	{ 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000 } };

void
histogram_add(struct histogram *h, double seconds)
{
	uint64_t ns = seconds > 0 ? (uint64_t)(seconds * 1e9) : 0;
	unsigned i = 0;

	while (i < h->scale->n && ns > (uint64_t)h->scale->bound[i] * 1000)
		i++;
	tally_add(&h->count[i], 1);
	tally_add(&h->nanoseconds, ns);
}
