/* SPDX-License-Identifier: Apache-2.0 */
/* text: bytes of unknown origin made printable, and upper case. */
#ifndef SALLYPORT_TEXT_H
#define SALLYPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a stranger's for a message: printable ASCII as it stands, \xHH for the rest, cut with "..." when out is full. Returns out. */
const char *text_printable(char *out, size_t size, const char *bytes, size_t len);
/* len bytes in upper case (ASCII's, whatever the locale) and a NUL; out may be text. False, and out is "": size is too small. */
bool text_upper(char *out, size_t size, const char *text, size_t len);
/* Writes "a, b and c" from the NULL-terminated list `words`, as much as there is room for. Returns out. */
const char *text_list(const char *const *words, char *out, size_t size);

#endif
