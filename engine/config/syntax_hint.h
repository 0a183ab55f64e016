/* SPDX-License-Identifier: Apache-2.0 */
/* syntax_hint: the remedy for a syntax error in a file of data, where Lua's message only names the unexpected token. */
#ifndef SALLYPORT_SYNTAX_HINT_H
#define SALLYPORT_SYNTAX_HINT_H

#include <stddef.h>

/*
 * Writes a sentence for Lua's `message` (without its place) about `line` of the text; a message that no rule knows is given as it is, with
 * bytes that are not printable escaped. Returns out.
 */
const char *syntax_hint_words(char *out, size_t size, const char *message, const char *text, size_t len, int line);

#endif
