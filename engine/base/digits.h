/* SPDX-License-Identifier: Apache-2.0 */
/* digits: numbers as text for messages that are written for each request, where snprintf costs too much. */
#ifndef SALLYPORT_DIGITS_H
#define SALLYPORT_DIGITS_H

#include <stddef.h>
#include <stdint.h>

#define DIGITS_MAX 20 /* of a decimal number */
#define DIGITS_LOWER "0123456789abcdef"
#define DIGITS_UPPER "0123456789ABCDEF"

/* Writes n without a NUL. Returns the number of digits. */
size_t digits_decimal(char out[DIGITS_MAX], uint64_t n);
/* Writes the last len decimal digits of n without a NUL, with leading zeros. Returns len. */
size_t digits_padded(char *out, uint64_t n, size_t len);
/* Writes the last len hexadecimal digits of n without a NUL; digit: DIGITS_LOWER or DIGITS_UPPER. Returns len. */
size_t digits_hex(char *out, uint64_t n, size_t len, const char *digit);

#endif
