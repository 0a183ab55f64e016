/* SPDX-License-Identifier: Apache-2.0 */
/* index_depth: how often the expressions of a Lua text are indexed, read on the level of words, without Lua. */
#ifndef SALLYPORT_INDEX_DEPTH_H
#define SALLYPORT_INDEX_DEPTH_H

#include <stddef.h>

/*
 * The first line where one expression is indexed more than max times, 0 when there is none: t.a[1].b is three; t[u.a.b] is three as
 * well, for Lua goes back over both; a call begins anew. Brackets nested deeper than Lua itself takes count as such a line. text[len] is a
 * NUL. What is no Lua gets some answer; the compiler says the rest.
 */
int index_depth_longer(const char *text, size_t len, int max);

#endif
