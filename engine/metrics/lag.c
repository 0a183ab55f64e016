/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/lag.h"

#define WINDOW_SECONDS 60

static int64_t
nanoseconds(double seconds)
{
	return (int64_t)(seconds * 1e9);
}

void
lag_begins(struct lag *l, double now)
{
	atomic_store_explicit(&l->turn, nanoseconds(now), memory_order_relaxed);
}

void
lag_ends(struct lag *l, double now)
{
	int64_t began = atomic_load_explicit(&l->turn, memory_order_relaxed), end = nanoseconds(now);

	if (end - l->window > (int64_t)WINDOW_SECONDS * 1000000000) {
		atomic_store_explicit(&l->longest[1], atomic_load_explicit(&l->longest[0], memory_order_relaxed), memory_order_relaxed);
		atomic_store_explicit(&l->longest[0], 0, memory_order_relaxed);
		l->window = end;
	}
	if (began > 0 && end - began > atomic_load_explicit(&l->longest[0], memory_order_relaxed))
		atomic_store_explicit(&l->longest[0], end - began, memory_order_relaxed);
	atomic_store_explicit(&l->turn, 0, memory_order_relaxed);
}

double
lag_seconds(const struct lag *l, double now)
{
	int64_t began = atomic_load_explicit(&l->turn, memory_order_relaxed);
	int64_t lag = began > 0 ? nanoseconds(now) - began : 0;

	for (unsigned i = 0; i < 2; i++) {
		int64_t longest = atomic_load_explicit(&l->longest[i], memory_order_relaxed);

		if (longest > lag)
			lag = longest;
	}
	return (double)lag / 1e9;
}
