/* SPDX-License-Identifier: Apache-2.0 */
/* clock: the two times there are: of the wall (shown to people, compared with certificates) and of the machine (for spans). */
#ifndef SALLYPORT_CLOCK_H
#define SALLYPORT_CLOCK_H

#include <time.h>

/* Seconds since 1970. */
static inline double
clock_wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds since some moment; never goes back. */
static inline double
clock_span(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

#endif
