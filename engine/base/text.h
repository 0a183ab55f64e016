/* SPDX-License-Identifier: Apache-2.0 */
/* text: copies; makes bytes of unknown origin printable; upper case; lists of words. */
#ifndef SALLYPORT_TEXT_H
#define SALLYPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Copies text into out, cut at size - 1 bytes, for copies of each request, where snprintf costs too much. */
void text_copy(char *out, size_t size, const char *text);
/*
 * Writes bytes of unknown origin for a message: printable ASCII unchanged, \xHH for the rest, cut with "..." when out
 * is full. Returns out.
 */
const char *text_printable(char *out, size_t size, const char *bytes, size_t len);
/*
 * Writes len bytes in upper case (ASCII only, independent of the locale) and a NUL; out may be text. False: size is too
 * small, and out is "".
 */
bool text_upper(char *out, size_t size, const char *text, size_t len);
/* Writes "a, b and c" from the NULL-terminated list `words`, as much as there is room for. Returns out. */
const char *text_list(const char *const *words, char *out, size_t size);

#endif
