/* SPDX-License-Identifier: Apache-2.0 */
/* sum: whether bytes are the bytes they were (FNV-1a): for what is not meant to deceive. */
#ifndef SALLYPORT_SUM_H
#define SALLYPORT_SUM_H

#include <stddef.h>
#include <stdint.h>

#define SUM_BEGIN 14695981039346656037u

/* The sum of some bytes behind those of `sum`; SUM_BEGIN for the first. */
static inline uint64_t
sum_add(uint64_t sum, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * 1099511628211u;
	return sum;
}

#endif
