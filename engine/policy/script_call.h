/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_call: one call of one function of a script, under limits: a door's (ask.c) or a program's (run.c). Everything of Lua's that can raise happens in here;
 * what the function answered is the caller's to judge.
 */
#ifndef SALLYPORT_SCRIPT_CALL_H
#define SALLYPORT_SCRIPT_CALL_H

#include "policy/policy_internal.h"

#define TRACE_SIZE 1500

struct script_call {
	/* the caller's, the rest zero */
	struct policy *p;
	const char *script;
	const char *function; /* its key in the script's table: "admit", "run" */
	/* Pushes the function's one argument; the two values script_call_run found on the stack stand at 2 and 3. [-0, +1, may throw] */
	void (*push)(struct lua_State *L, struct script_call *g);
	const struct sandbox_limits *limits; /* NULL: those of an asking */
	size_t beyond;                       /* bytes on top of limits->kilobytes */
	/* script_call_find's */
	int hook;
	enum door door;       /* DOOR_COUNT: a program's run */
	/* how it went */
	struct lua_State *co; /* where it ran; NULL: it did not come so far */
	int status;           /* Lua's */
	bool answered;
	int values;           /* on co, while answered */
	const char *code;     /* "policy_error", "policy_limit": why there is no answer; with text, and where, and the stack then */
	struct module_place at;
	char text[TEXT_SIZE];
	char trace[TRACE_SIZE]; /* on one line, "a | b" */
};

/* The script's function, by its place in struct script. False with code and text when there is none; at.file is set when the script itself is there. */
bool script_call_find(struct script_call *g, unsigned hook);
/* Calls it, with two values on the top of the policy's stack for push(). True: it came back; its values stand on g->co until script_call_settle. False: code, text,
 * at and trace say why not. [-2, +0] */
bool script_call_run(struct script_call *g);
/* What came back is no answer: the caller wrote the text; code and place are found. */
void script_call_reject(struct script_call *g);
/* After script_call_run, when what came back was read. */
void script_call_settle(struct script_call *g);
/* Calls inside(g, nil) protected, its failure counting for nothing. [-0, +0] */
void script_call_protect(struct script_call *g, int (*inside)(struct lua_State *L));

#endif
