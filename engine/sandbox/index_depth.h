/* SPDX-License-Identifier: Apache-2.0 */
/* index_depth: counts how often an expression of a Lua text is indexed. It reads tokens and does not need Lua. */
#ifndef SALLYPORT_INDEX_DEPTH_H
#define SALLYPORT_INDEX_DEPTH_H

#include <stddef.h>

/*
 * Returns the first line with an expression that is indexed more than max times; 0: there is none. t.a[1].b is indexed
 * three times. t[u.a.b] is too, because Lua looks at both when it names a value. A call begins at zero again. Brackets
 * nested deeper than Lua allows count as such a line. text[len] is a NUL. For a text that is not Lua the result has no
 * meaning; the compiler reports the errors.
 */
int index_depth_longer(const char *text, size_t len, int max);

#endif
