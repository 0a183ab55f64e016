/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datafile: a file that is data in Lua syntax: its chunk is run once under load limits, in an environment that is whatever its reader
 * makes of it, without any library; then the state is thrown away.
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
	void (*push_env)(struct lua_State *L, void *arg);   /* [-0, +1, may throw] NULL: empty, and a name in it is an error */
	void (*read)(struct lua_State *L, void *arg);       /* what the chunk returned is on the top, nil when nothing. [-0, +0, may throw] may be NULL */
	void *arg;
};

/* A byte order mark at the beginning is passed over. 0, or -1 with the sentence and the line it belongs to (0: none): Lua's own words, a limit, or no memory. What push_env and read did by then stands. */
int datafile_run(const struct datafile *d, int *line, struct fault *f);
/* The line of the chunk that is being run; 0 when none is. Does not raise. */
int datafile_line(struct lua_State *L);

#endif
