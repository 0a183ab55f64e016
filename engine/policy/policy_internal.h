/* SPDX-License-Identifier: Apache-2.0 */
/* policy_internal: what a policy is made of, for policy.c (which loads) and ask.c (which asks) alone. */
#ifndef SALLYPORT_POLICY_INTERNAL_H
#define SALLYPORT_POLICY_INTERNAL_H

#include "sandbox/module.h"
#include "policy/lhost.h"
#include "policy/policy.h"

#define LOAD_TIMES 10 /* loading may cost ten times what an ask may */
/* A state may grow to so many times what loading left, and by so many askings' worth of memory on top; Lua's collector lets it double. */
#define KEEP_LOADED 3
#define KEEP_ASKS 4

/* A program's function `run` stands behind the doors'; it is none of them. */
#define HOOK_RUN DOOR_COUNT
#define HOOK_COUNT (DOOR_COUNT + 1)

struct script { /* one policy script, tried once */
	struct script *next;
	const struct source *source; /* in the sources */
	bool loaded;                 /* false: it has faults, and they were told */
	int hook[HOOK_COUNT];        /* by door, and HOOK_RUN: registry references, set at load and never again; LUA_NOREF: no such function */
};

struct policy {
	struct sandbox *sandbox; /* owned */
	struct sandbox_limits limits;
	size_t loaded;           /* bytes after the script that was loaded last */
	struct lua_State *L;     /* the sandbox's */
	struct log *log;         /* borrowed; may be NULL */
	struct modules modules;
	struct lhost host;
	struct script *script;   /* owned list */
	struct lua_State *co;    /* a coroutine that ended well and can be used again, kept in the registry under p; NULL: none */
};

/* Between two askings, none of them suspended: when scripts kept more than the state may hold, throws it away and loads the same sources anew. Scripts keep no
 * state of their own, so nobody misses it; without this one that hoards would grow without end. A script that does not load
 * any more has no doors. */
void policy_renew(struct policy *p);
/* NULL: not loaded. */
const struct script *policy_script(const struct policy *p, const char *name);
/* A Lua message made fit for one line: up to its first newline, printable, cut to size. Returns out. */
const char *policy_line(char *out, size_t size, const char *message);

#endif
