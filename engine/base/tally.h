/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally: numbers in which several threads count at the same time. Each function is one atomic operation without an
 * order to others: a number says nothing about other memory.
 */
#ifndef SALLYPORT_TALLY_H
#define SALLYPORT_TALLY_H

#include <stdatomic.h>
#include <stdint.h>

/* Adds `by` to a total. Returns the total before. */
static inline uint64_t
tally_add(_Atomic uint64_t *total, uint64_t by)
{
	return atomic_fetch_add_explicit(total, by, memory_order_relaxed);
}

/* The total now. */
static inline uint64_t
tally_total(const _Atomic uint64_t *total)
{
	return atomic_load_explicit(total, memory_order_relaxed);
}

/* One more of the present ones. Returns their number before, which no other thread gets until one is less. */
static inline unsigned
tally_up(_Atomic unsigned *present)
{
	return atomic_fetch_add_explicit(present, 1, memory_order_relaxed);
}

/* One less of the present ones. */
static inline void
tally_down(_Atomic unsigned *present)
{
	atomic_fetch_sub_explicit(present, 1, memory_order_relaxed);
}

/* The number of the present ones. */
static inline unsigned
tally_present(const _Atomic unsigned *present)
{
	return atomic_load_explicit(present, memory_order_relaxed);
}

/* Raises *peak to `present`, when it is less. */
static inline void
tally_peak(_Atomic unsigned *peak, unsigned present)
{
	unsigned was = atomic_load_explicit(peak, memory_order_relaxed);

	while (was < present && !atomic_compare_exchange_weak_explicit(peak, &was, present, memory_order_relaxed, memory_order_relaxed))
		;
}

#endif
