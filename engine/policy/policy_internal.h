/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_internal: the parts of a policy, for policy.c, which loads scripts, and script_call.c and its callers, which
 * call them.
 */
#ifndef SALLYPORT_POLICY_INTERNAL_H
#define SALLYPORT_POLICY_INTERNAL_H

#include "base/owner.h"
#include "sandbox/module.h"
#include "policy/lhost.h"
#include "policy/policy.h"

#define LOAD_TIMES 10 /* loading may cost ten times as much as a question */
/*
 * A state may grow to KEEP_LOADED times the memory that loading left, and by the memory of KEEP_ASKS questions. Lua's
 * collector lets a state treble (sandbox.c).
 */
#define KEEP_LOADED 3
#define KEEP_ASKS 4
#define TRACE_SIZE 1500

/* The hook of a program's function `run` follows the hooks of the doors. */
#define HOOK_RUN DOOR_COUNT
#define HOOK_COUNT (DOOR_COUNT + 1)

struct script { /* one policy script; loaded once */
	struct script *next;
	const struct source *source; /* borrowed from the sources */
	bool loaded;                 /* false: it has faults, which were reported */
	int params;                  /* registry reference of its declarations; LUA_NOREF: the script declares no parameter */
	int defaults;                /* of its parameters without given ones; LUA_NOREF: not made */
	int hook[HOOK_COUNT];        /* by door, and HOOK_RUN: registry references, set when the script loads; LUA_NOREF: no function */
};

struct policy {
	struct budget_limits limits;
	struct owner thread;     /* the thread that asked the first question; only this thread may ask */
	_Atomic size_t bytes;    /* of the state, for other threads (policy_weigh) */
	size_t loaded;           /* bytes of the state after the last script was loaded */
	struct lua_State *L;     /* owned: from sandbox_new */
	struct log *log;         /* borrowed; may be NULL */
	struct modules modules;
	struct lhost host;
	struct inputs *inputs;   /* owned; NULL: host has those of another policy */
	struct script *script;   /* owned list */
	struct bound *bound;     /* owned list: the parameters of attributes (policy_params.c) */
	struct wait_limits waits;
	struct script_wait *suspended; /* a list; each one belongs to its question or its program */
	bool renewing;           /* the state is to be thrown away as soon as no question is suspended */
	struct asking *spare;    /* owned: memory for the next question; NULL: none */
	char trace[TRACE_SIZE];  /* of the call that has just failed, on one line, "a | b"; "" none */
	struct lua_State *co;    /* a coroutine without an error, for the next call; the registry keeps it under p; NULL: none */
};

/*
 * Between two questions: when the state holds more memory than it may, frees the state and loads the same sources into
 * a new one (message SP0019). Scripts have no state of their own by contract, so that no script loses anything that it
 * may rely on; without this a script that keeps data would grow without end. A script that does not load again has no
 * functions. While questions are suspended the state stays; when it has twice that memory, they end in the next turn
 * by policy_limit.
 */
void policy_renew(struct policy *p);
/* Checks that the calling thread is the one that asks; the first question settles which it is (owner_claim). */
void policy_claim(struct policy *p);
/* Takes the present memory of the state for policy_bytes. */
void policy_weigh(struct policy *p);
/* The script of that name; NULL: it is not loaded. */
const struct script *policy_script(const struct policy *p, const char *name);
/* Writes a Lua message as one line into out: up to its first newline, printable, cut to size. Returns out. */
const char *policy_line(char *out, size_t size, const char *message);

#endif
