/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition_include: the function include of a definition, which reads another file in its place. For
 * definition_build.c.
 */
#ifndef SALLYPORT_DEFINITION_INCLUDE_H
#define SALLYPORT_DEFINITION_INCLUDE_H

#include <stddef.h>

#define DEFINITION_INCLUDES_MAX 100
#define DEFINITION_INCLUDE_DEPTH 16

struct lua_State;

/* lua_CFunction: include "FILE". Upvalue: the reading. */
int definition_include_call(struct lua_State *L);
/* The `text` of the datafile: the included file n of the reading. */
const char *definition_include_text(void *reading, int n, size_t *len);

#endif
