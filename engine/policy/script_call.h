/* SPDX-License-Identifier: Apache-2.0 */
/*
 * script_call: one call of one function of a script, under limits: of a door (policy_ask.c) or of a program
 * (policy_run.c). A call may be suspended in a function of the library that waits; its address must not change then.
 * All operations of Lua that can raise an error are done in here. The caller judges the values that the function
 * returns.
 */
#ifndef SALLYPORT_SCRIPT_CALL_H
#define SALLYPORT_SCRIPT_CALL_H

#include "policy/policy_internal.h"

struct wait_call;
struct waited;

enum script_end {
	SCRIPT_FAILED,   /* code, text, at and p->trace give the reason */
	SCRIPT_ANSWERED, /* the function returned, and its values are on call->co until script_call_settle */
	SCRIPT_WAITS,    /* the function is suspended in call->wait: script_call_resume or script_call_abandon is next */
};

struct script_call {
	/* the caller sets these; the rest is zero */
	struct policy *p;
	const char *script;
	const char *function; /* its key in the script's table: "admit", "run" */
	/*
	 * Pushes the function's argument in the coroutine L. The two values that script_call_run found on the stack are
	 * at 2 and 3. [-0, +1, may throw]
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
	struct lua_State *co; /* the coroutine that ran the function; NULL: there was no memory for it */
	double began;         /* clock_span(), when the measurement of cost began */
	int status;           /* of Lua: LUA_OK, LUA_ERRRUN ... */
	int values;           /* on co, when the function returned */
	const char *code;     /* when there is no answer: "policy_error", "policy_limit" or, of a call that refused, "service_down"; then
	                         text, at and p->trace are set too */
	bool refused;         /* there is no answer because the script said so (down = "refuse"): no failure */
	struct budget_spent spent; /* by the parts that have run */
	const struct wait_call *wait; /* of SCRIPT_WAITS, owned by co */
	bool anchored;        /* the registry keeps co under the address of the call */
	struct module_place at;
	char text[TEXT_SIZE];
};

/*
 * Finds the function by its index in struct script. False, with code and text, when there is none; at.file is set when
 * the script is loaded.
 */
bool script_call_find(struct script_call *call, unsigned hook);
/* Calls the function. Takes two values from the top of the policy's stack, for push(). [-2, +0] */
enum script_end script_call_run(struct script_call *call);
/* Goes on with a suspended function; answer is that of call->wait, borrowed. [-0, +0] */
enum script_end script_call_resume(struct script_call *call, struct waited *answer);
/*
 * Ends a suspended function, which does not run again: no pcall catches the end, and no <close> of the script runs.
 * Sets code and text, and at to the line that waits. script_call_settle is next. [-0, +0]
 */
void script_call_abandon(struct script_call *call, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Rejects the returned values: the caller has set text; sets code and at. */
void script_call_reject(struct script_call *call);
/* Makes *v the refusal of a call without an answer: its code, text and place. */
void script_call_refuse(const struct script_call *call, struct verdict *v);
/* Ends the call. The values on call->co are gone afterwards. */
void script_call_settle(struct script_call *call);
/* Calls inside(call) in protected mode and ignores an error. [-0, +0] */
void script_call_protect(struct script_call *call, int (*inside)(struct lua_State *L));

#endif
