/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock: the wall clock (for people, and for comparison with certificates), the monotonic clock (for durations),
 * the clock of leases, and the CPU time of a thread.
 */
#ifndef SALLYPORT_CLOCK_H
#define SALLYPORT_CLOCK_H

#include <time.h>

/*
 * Seconds since 1970, by the wall clock: a whole number of microseconds, so that six digits behind the point are the
 * same time again.
 */
static inline double
clock_wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)((long long)t.tv_sec * 1000000 + t.tv_nsec / 1000) / 1e6;
}

/* Seconds since an unspecified moment; never goes back. */
static inline double
clock_span(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The same with the time in which the machine was suspended: for a lease that others measure meanwhile. */
static inline double
clock_boot(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds of CPU time that the calling thread has used. */
static inline double
clock_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
