/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datafile: reads a file of data in Lua syntax. Its chunk runs once under load limits, in an environment that the
 * reader provides, without any library. Then the state is freed.
 */
#ifndef SALLYPORT_DATAFILE_H
#define SALLYPORT_DATAFILE_H

#include <stddef.h>

#include "base/fault.h"

struct lua_State;

struct datafile {
	const char *bytes; /* borrowed */
	size_t len;
	const char *what;  /* what a limit stopped, for messages: "the definition" */
	/* Pushes the environment; NULL: an empty one, in which each name is an error. [-0, +1, may throw] */
	void (*push_env)(struct lua_State *L, void *arg);
	/* Gets the chunk's result on the top, or nil; NULL: the result is not used. [-0, +0, may throw] */
	void (*read)(struct lua_State *L, void *arg);
	void *arg;
};

/*
 * Runs the text; a byte order mark at its beginning is skipped. 0, or -1 with a fault and its line in *line (0: none):
 * Lua's message, a limit, or no memory. The effects of push_env and read until then remain.
 */
int datafile_run(const struct datafile *d, int *line, struct fault *f);
/* Returns the line of the chunk that runs; 0: none runs. Does not raise an error. */
int datafile_line(struct lua_State *L);

#endif
