/* SPDX-License-Identifier: Apache-2.0 */
/* syntax_hint: explains a syntax error in a file of data; Lua's message only names the unexpected token. */
#ifndef SALLYPORT_SYNTAX_HINT_H
#define SALLYPORT_SYNTAX_HINT_H

#include <stddef.h>

/*
 * Writes a sentence for Lua's `message` (without its place) about `line` of the text to out. A message that no rule
 * knows is copied, with unprintable bytes escaped. Returns out.
 */
const char *syntax_hint_words(char *out, size_t size, const char *message, const char *text, size_t len, int line);

#endif
