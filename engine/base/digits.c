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

void
digits_of_bytes(char *out, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out += digits_hex(out, ((const unsigned char *)bytes)[i], 2, DIGITS_LOWER);
	*out = '\0';
}

/* The value of a digit; 16: the character is no digit. */
static unsigned
value_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

bool
digits_to_bytes(unsigned char *out, const char *hex, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned high = value_of(hex[2 * i]), low = high < 16 ? value_of(hex[2 * i + 1]) : 16;

		if (low == 16)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}
