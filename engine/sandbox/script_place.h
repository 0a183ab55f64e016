/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_place: the place where a script runs, which is the first frame up the stack that is neither C nor of the Lua
 * library; and errors that begin with this place.
 */
#ifndef SALLYPORT_SCRIPT_PLACE_H
#define SALLYPORT_SCRIPT_PLACE_H

#include <stdbool.h>

#include "base/name.h"

struct lua_State;

struct script_place {
	const char *file;      /* "": there is no such frame; less than PLACE_SIZE bytes, lent by the frame or in `text` */
	int line;
	char text[PLACE_SIZE]; /* of a chunk that is no file */
};

/*
 * Writes the place of the running script to *out, which must not be copied. Called by a C function that the script has
 * called. [-0, +0, may throw]
 */
void script_place(struct lua_State *L, struct script_place *out);
/*
 * Marks the chunk that called the running C function as part of the Lua library, which script_place skips. False: no
 * chunk called it. [-0, +0, may throw]
 */
bool script_place_library(struct lua_State *L);
/* Raises an error whose text begins with the place of the script: "policies/lan.lua:7: ...". Does not return. */
int script_place_raise(struct lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

#endif
