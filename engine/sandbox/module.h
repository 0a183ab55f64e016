/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module: `require` and the loading of scripts, over one state and one set of sources. Each script is compiled as text,
 * in the frozen environment, and runs once. A script gets the result of another as read-only. The library's scripts
 * have an environment of their own, whose `require` also knows "sallyport.host": the file that contains the call
 * decides, not the caller.
 */
#ifndef SALLYPORT_MODULE_H
#define SALLYPORT_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include "sandbox/sandbox.h"
#include "sandbox/sources.h"
#include "base/name.h"

#define MODULE_DEPTH 32 /* scripts whose require waits for another script */

struct modules { /* one for each state, and lives as long */
	struct sources *sources; /* borrowed */
	const struct source *chain[MODULE_DEPTH]; /* scripts that run now, outermost first */
	size_t depth;                             /* of chain; 0: no script is loading, so require loads nothing new */
	const struct source *failed;              /* the script of the last failure; NULL: none */
	size_t kept_bytes;                        /* bytes of all scripts loaded so far */
	size_t at_rest;                           /* bytes of the state when the last load ended; 0: not known */
	bool alone;                               /* a spec file runs: it is data and cannot require */
	char kept, raw, host, env;                /* their addresses are keys in the registry */
};

/* A place in a script. */
struct module_place {
	char file[PLACE_SIZE]; /* "": not known */
	int line;
};

/*
 * Adds `require` to the environments of scripts and of the library. Takes the host module from the top. [-1, +0, may
 * throw]
 */
void modules_open(struct lua_State *L, struct modules *m);
/* Compiles s and pushes the function. [-0, +1, may throw] */
void modules_compile(struct lua_State *L, struct modules *m, const struct source *s);
/* Pushes the value that script s returns, not frozen. The first call runs the script. [-0, +1, may throw] */
void modules_push(struct lua_State *L, struct modules *m, const struct source *s);
/* Runs s again, and pushes its value, which is not kept. [-0, +1, may throw] */
void modules_push_again(struct lua_State *L, struct modules *m, const struct source *s);
/* Runs s again, without require, and pushes its value, which is not kept. [-0, +1, may throw] */
void modules_push_spec(struct lua_State *L, struct modules *m, const struct source *s);

/* Whether a chunk's name (`source` of lua_Debug) is a file of the library. */
bool modules_library(const struct modules *m, const char *source);

/*
 * Reads the place from "policies/lan.lua:12: text", where Lua may have cut the beginning of a long path. Returns the
 * text after the place. A message without a place in a script is returned whole, and *at is unchanged.
 */
const char *modules_place(const struct modules *m, const char *message, struct module_place *at);

#endif
