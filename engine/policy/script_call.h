/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_call: one call of one function of a script, under limits: of a door (policy_ask.c) or of a program
 * (policy_run.c). All operations of Lua that can raise an error are done in here. The caller judges the values that the
 * function returns.
 */
#ifndef SALLYPORT_SCRIPT_CALL_H
#define SALLYPORT_SCRIPT_CALL_H

#include "policy/policy_internal.h"

#define TRACE_SIZE 1500

struct script_call {
	/* the caller sets these; the rest is zero */
	struct policy *p;
	const char *script;
	const char *function; /* its key in the script's table: "admit", "run" */
	/*
	 * Pushes the function's argument. The two values that script_call_run found on the stack are at 2 and 3. [-0,
	 * +1, may throw]
	 */
	void (*push)(struct lua_State *L, struct script_call *call);
	const struct budget_limits *limits; /* NULL: the limits of a question */
	size_t beyond;                       /* bytes besides limits->kilobytes */
	struct policy_cost *cost;            /* gets the cost of the function itself; NULL: it is not measured */
	struct lhost_asking asking;          /* the functions of the library see it while the function runs */
	/* set by script_call_find */
	int hook;
	int params;           /* registry reference of the second argument; LUA_NOREF: nil */
	enum door door;       /* DOOR_COUNT: the function `run` of a program */
	/* set by script_call_run */
	struct lua_State *co; /* the coroutine that ran the function; NULL: the call ended before */
	int status;           /* of Lua: LUA_OK, LUA_ERRRUN ... */
	bool answered;
	int values;           /* on co, when answered is true */
	const char *code;     /* "policy_error" or "policy_limit", when there is no answer; then text, at and trace are set too */
	struct module_place at;
	char text[TEXT_SIZE];
	char trace[TRACE_SIZE]; /* on one line, "a | b" */
};

/*
 * Finds the function by its index in struct script. False, with code and text, when there is none; at.file is set when
 * the script is loaded.
 */
bool script_call_find(struct script_call *call, unsigned hook);
/*
 * Calls the function. Takes two values from the top of the policy's stack, for push(). True: the function returned, and
 * its values are on call->co until script_call_settle. False: code, text, at and trace give the reason. [-2, +0]
 */
bool script_call_run(struct script_call *call);
/* Rejects the returned values: the caller has set text; sets code and at. */
void script_call_reject(struct script_call *call);
/* Makes *v the refusal of a call without an answer: its code, text and place. */
void script_call_refuse(const struct script_call *call, struct verdict *v);
/* Ends the call. The values on call->co are gone afterwards. */
void script_call_settle(struct script_call *call);
/* Calls inside(call, nil) in protected mode and ignores an error. [-0, +0] */
void script_call_protect(struct script_call *call, int (*inside)(struct lua_State *L));

#endif
