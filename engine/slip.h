/* SPDX-License-Identifier: Apache-2.0 */
/* slip: what an author of a file of data meant, where Lua only says which token it did not expect: the remedy in words. */
#ifndef SALLYPORT_SLIP_H
#define SALLYPORT_SLIP_H

#include <stddef.h>

/*
 * Writes a sentence for Lua's `message` (without its place) about `line` of the text; a message that no rule knows is given as it is, with
 * bytes that are not printable escaped. Returns out.
 */
const char *slip_words(char *out, size_t size, const char *message, const char *text, size_t len, int line);

#endif
