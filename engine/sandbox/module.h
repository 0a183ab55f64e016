/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module: scripts as values: `require`, written in C, over one sandbox and one set of sources. Each script is compiled as text, in the
 * frozen environment, and run once; what one script gets of another is read-only. The library's own scripts have an
 * environment of theirs, whose `require` also knows "sallyport.host": reachable by where a script is written, not by who calls.
 */
#ifndef SALLYPORT_MODULE_H
#define SALLYPORT_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include "sandbox/sandbox.h"
#include "sandbox/sources.h"
#include "base/name.h"

#define MODULE_DEPTH 32 /* scripts waiting for each other's require */

struct modules { /* lives as long as the state; its own address is its key in the registry */
	struct sources *sources; /* borrowed */
	const struct source *chain[MODULE_DEPTH]; /* being run now, outermost first */
	size_t depth;                             /* 0: nothing loads, so nothing new can be required */
	const struct source *failed;              /* where the last failure came from; NULL: none */
	size_t kept_bytes;                        /* of all that was loaded so far, each without what it required */
	size_t at_rest;                           /* what the state held when the last load ended; 0: not known */
	bool alone;                               /* a spec runs: data, it requires nothing */
	char kept, raw, host, env;                /* their addresses are keys in the registry */
};

/* One place in a script. */
struct module_place {
	char file[PLACE_SIZE]; /* "" not known */
	int line;
};

/* Prepares a state: `require` for scripts and for the library. Takes the host module from the top. [-1, +0, may throw] */
void modules_open(struct lua_State *L, struct modules *m);
/* Compiles only. Leaves the function. [-0, +1, may throw] */
void modules_compile(struct lua_State *L, struct modules *m, const struct source *s);
/* The value script s returns, as it made it; run at the first call. [-0, +1, may throw] */
void modules_push(struct lua_State *L, struct modules *m, const struct source *s);
/* Runs s anew, requiring nothing, kept nowhere. [-0, +1, may throw] */
void modules_push_spec(struct lua_State *L, struct modules *m, const struct source *s);

/* Whether a chunk's name, as lua_Debug's source has it, is a file of the library. */
bool modules_library(const struct modules *m, const char *source);

/* Splits "policies/lan.lua:12: text" as Lua writes it (long paths cut in front) into place and the rest, which is returned. A message without a
 * place of ours is returned whole, *at untouched. */
const char *modules_place(const struct modules *m, const char *message, struct module_place *at);

#endif
