/* SPDX-License-Identifier: Apache-2.0 */
/* sum: a checksum (FNV-1a) that detects changed bytes. It does not detect forged bytes. */
#ifndef SALLYPORT_SUM_H
#define SALLYPORT_SUM_H

#include <stddef.h>
#include <stdint.h>

#define SUM_BEGIN 14695981039346656037u

/* Continues the checksum `sum` with n more bytes; `sum` is SUM_BEGIN at first. */
static inline uint64_t
sum_add(uint64_t sum, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * 1099511628211u;
	return sum;
}

#endif
