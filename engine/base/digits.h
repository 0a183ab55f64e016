/* SPDX-License-Identifier: Apache-2.0 */
/* digits: numbers as text for messages that are written for each request, where snprintf costs too much. */
#ifndef SALLYPORT_DIGITS_H
#define SALLYPORT_DIGITS_H

#include <stdbool.h>
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
/* Writes n bytes as 2 * n digits of DIGITS_LOWER and a NUL. */
void digits_of_bytes(char *out, const void *bytes, size_t n);
/* Reads n bytes from 2 * n digits of DIGITS_LOWER. False: a character is no such digit. */
bool digits_to_bytes(unsigned char *out, const char *hex, size_t n);

#endif
