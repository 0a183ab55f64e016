/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datafile: reads a file of data in Lua syntax. Its chunk runs once under load limits, in an environment that the
 * reader provides, without any library. Then the state is freed.
 */
#ifndef SALLYPORT_DATAFILE_H
#define SALLYPORT_DATAFILE_H

#include <stddef.h>

#include "base/fault.h"

struct budget_limits;
struct lua_State;

#define DATAFILE_TEXT ((1 << 24) + 2) /* a line of text n is counted from n times this on; 16 MiB have fewer lines */

struct datafile {
	const char *bytes; /* borrowed */
	size_t len;
	const struct budget_limits *limits; /* a tenth of the limits of the text; NULL: those of a question */
	const char *what;  /* what a limit stopped, for messages: "the definition" */
	/* Pushes the environment; NULL: an empty one, in which each name is an error. [-0, +1, may throw] */
	void (*push_env)(struct lua_State *L, void *arg);
	/* Gets the chunk's result on the top, or nil; NULL: the result is not used. [-0, +0, may throw] */
	void (*read)(struct lua_State *L, void *arg);
	/* The bytes of text n, from 1, that datafile_include runs, for messages; NULL: there are no such texts. */
	const char *(*text)(void *arg, int n, size_t *len);
	void *arg;
};

/*
 * Runs the text; a byte order mark at its beginning is skipped. 0, or -1 with a fault and its line in *line (0: none):
 * Lua's message, a limit, or no memory. The effects of push_env and read until then remain.
 */
int datafile_run(const struct datafile *d, int *line, struct fault *f);
/*
 * Runs text n of d in the same way, inside datafile_run, for a function of the environment; its result is not used. An
 * error of the text is raised again, and becomes the fault of datafile_run. [-0, +0, may throw]
 */
void datafile_include(struct lua_State *L, const struct datafile *d, int n);
/* Returns the line of the chunk that runs, with DATAFILE_TEXT; 0: none runs. Does not raise an error. */
int datafile_line(struct lua_State *L);
/* Whether a key occurs twice in one table of the text, which must be valid. -1 with a fault and its line. */
int datafile_twice(const char *bytes, size_t len, int *line, struct fault *f);

#endif
