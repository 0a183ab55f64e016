/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digits.h"

size_t
digits_decimal(char out[DIGITS_MAX], uint64_t n)
{
	size_t len = 1;

	for (uint64_t rest = n / 10; rest > 0; rest /= 10)
		len++;
	for (size_t i = len; i > 0; n /= 10)
		out[--i] = (char)('0' + n % 10);
	return len;
}

size_t
digits_padded(char *out, uint64_t n, size_t len)
{
	for (size_t i = len; i > 0; n /= 10)
		out[--i] = (char)('0' + n % 10);
	return len;
}

size_t
digits_hex(char *out, uint64_t n, size_t len, const char *digit)
{
	for (size_t i = len; i > 0; n >>= 4)
		out[--i] = digit[n & 15];
	return len;
}
