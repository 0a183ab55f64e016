/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asking: one call of one function of a script, under limits: a door's (ask.c) or a program's (run.c). Everything of Lua's that can raise happens in here;
 * what the function answered is the caller's to judge.
 */
#ifndef SALLYPORT_ASKING_H
#define SALLYPORT_ASKING_H

#include "policy/policy_inside.h"

#define TRACE_SIZE 1500

struct asking {
	/* the caller's, the rest zero */
	struct policy *p;
	const char *script;
	const char *function; /* its key in the script's table: "admit", "run" */
	/* Pushes the function's one argument; the two values asking_run found on the stack stand at 2 and 3. [-0, +1, may throw] */
	void (*push)(struct lua_State *L, struct asking *g);
	const struct sandbox_limits *limits; /* NULL: those of an asking */
	size_t beyond;                       /* bytes on top of limits->kilobytes */
	/* asking_find's */
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
bool asking_find(struct asking *g, unsigned hook);
/* Calls it, with two values on the top of the policy's stack for push(). True: it came back; its values stand on g->co until asking_settle. False: code, text,
 * at and trace say why not. [-2, +0] */
bool asking_run(struct asking *g);
/* What came back is no answer: the caller wrote the text; code and place are found. */
void asking_reject(struct asking *g);
/* After asking_run, when what came back was read. */
void asking_settle(struct asking *g);
/* Calls inside(g, nil) protected, its failure counting for nothing. [-0, +0] */
void asking_protect(struct asking *g, int (*inside)(struct lua_State *L));

#endif
