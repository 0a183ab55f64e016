/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/script_call.h"

#include "base/clock.h"
#include "base/log.h"
#include "policy/lshape.h"
#include "policy/policy_params.h"
#include "sandbox/registry.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAX 200 /* of a stack that are looked at: frame n costs n steps, which no script is charged for */

/* Sets the place; source is the name of a chunk, or a path. */
static void
set_place(struct script_call *call, const char *source, int line)
{
	snprintf(call->at.file, sizeof call->at.file, "%s", source + (source[0] == '@'));
	call->at.line = line;
}

/*
 * Sets the place to the innermost line of a script on a coroutine that failed, or of the library when there is no
 * other.
 */
static void
place_of_stack(struct script_call *call)
{
	lua_Debug ar;

	for (int level = 0; level < FRAMES_MAX && lua_getstack(call->co, level, &ar); level++) {
		if (!lua_getinfo(call->co, "Sl", &ar) || ar.currentline <= 0)
			continue;
		if (!modules_library(&call->p->modules, ar.source)) {
			set_place(call, ar.source, ar.currentline);
			return;
		}
		if (call->at.line == 0)
			set_place(call, ar.source, ar.currentline);
	}
}

/*
 * Sets the place to the line of the function, for a rejected answer; to the script when the function is the library's,
 * as in a chain.
 */
static void
place_of_function(lua_State *L, struct script_call *call)
{
	lua_Debug ar;

	lua_rawgeti(L, LUA_REGISTRYINDEX, call->hook);
	if (lua_getinfo(L, ">S", &ar) && ar.linedefined > 0 && !modules_library(&call->p->modules, ar.source))
		set_place(call, ar.source, ar.linedefined);
	else
		set_place(call, policy_path(call->p, call->script), 0);
}

/*
 * Keeps the traceback on one line, "a | b | c", without Lua's heading and the last frame, which is
 * script_call_inside.
 */
static void
keep_trace(struct script_call *call, const char *trace)
{
	const char *end = strrchr(trace, '\n');
	char *out = call->p->trace;
	size_t n = 0;

	trace += strcspn(trace, "\n");
	for (; trace < end && n + 4 < TRACE_SIZE; trace++)
		if (*trace == '\n' && n > 0)
			n += (size_t)snprintf(out + n, TRACE_SIZE - n, " | ");
		else if (*trace != '\n' && *trace != '\t')
			out[n++] = *trace;
	out[n] = '\0';
}

/*
 * Adds the reason when the error is a nil that was an absent fact, which Lua names "(field 'ipconn')", and the door
 * that has the fact. For a local variable, adds the absent fact that the script read last.
 */
static void
add_absent(struct script_call *call)
{
	const char *field = strstr(call->text, "(field '"), *variable = strstr(call->text, "nil value (");
	enum way way;
	const struct fact_row *row = lshape_missed(call->p->L, &way);
	size_t n = strlen(call->text), len = row != NULL ? strlen(row->name) : 0;
	char why[160];

	if (row == NULL || strstr(call->text, "nil") == NULL || (field != NULL && strncmp(field + 8, row->name, len) != 0))
		return;
	if (field == NULL && variable != NULL && strncmp(variable + 11, "local", 5) != 0 && strncmp(variable + 11, "upvalue", 7) != 0)
		return;
	fact_absent(row, call->door, way, why, sizeof why);
	snprintf(call->text + n, sizeof call->text - n, ": %s%s", field != NULL ? "" : "the last fact not found: ", why);
}

/* Reads only an error object that is a string, so that no __tostring of the script runs. */
static void
keep_message(struct script_call *call)
{
	const char *message;

	if (lua_type(call->co, -1) != LUA_TSTRING) {
		snprintf(call->text, sizeof call->text, "error object is a %s value", luaL_typename(call->co, -1));
		return;
	}
	message = modules_place(&call->p->modules, lua_tostring(call->co, -1), &call->at);
	policy_line(call->text, sizeof call->text, message);
	add_absent(call);
}

/* Finds the text and the place of a failure. Arguments: the call. */
static int
script_call_explain(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);

	if (call->co != NULL && call->status != LUA_OK)
		place_of_stack(call);
	if (call->at.file[0] == '\0')
		place_of_function(L, call);
	if (call->co == NULL || call->status == LUA_OK || call->status == LUA_YIELD)
		return 0;
	keep_message(call);
	luaL_traceback(L, call->co, NULL, 0);
	keep_trace(call, lua_tostring(L, -1));
	return 0;
}

void
script_call_protect(struct script_call *call, int (*inside)(struct lua_State *L))
{
	lua_State *L = call->p->L;
	int top = lua_gettop(L);

	lua_pushcfunction(L, inside);
	lua_pushlightuserdata(L, call);
	lua_pcall(L, 1, 0, 0); /* on an error the rest stays empty */
	lua_settop(L, top);
}

static void
explain(struct script_call *call)
{
	call->p->trace[0] = '\0';
	script_call_protect(call, script_call_explain);
}

/* Makes a coroutine with an empty stack. Arguments: the call. */
static int
script_call_coroutine(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);
	lua_State *co = lua_newthread(L);

	registry_set(L, call->p);
	call->p->co = co;
	return 0;
}

/*
 * A suspended coroutine belongs to its call, and no other call uses it: the registry keeps it under the address of the
 * call. Arguments: the call.
 */
static int
script_call_anchor(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);

	lua_pushthread(call->co);
	lua_xmove(call->co, L, 1);
	registry_set(L, call);
	call->anchored = true;
	return 0;
}

/* Arguments: the call. */
static int
script_call_release(lua_State *L)
{
	lua_pushnil(L);
	registry_set(L, lua_touserdata(L, 1));
	return 0;
}

/* The function has returned: its values are above the arguments of script_call_inside. */
static int
script_call_return(lua_State *co, int status, lua_KContext arguments)
{
	(void)status;
	return lua_gettop(co) - (int)arguments;
}

/* Begins the measurement of the function itself: of its time, or of its instructions and bytes. */
static void
measure(struct script_call *call)
{
	if (call->cost->counted)
		budget_mark(call->co);
	call->began = clock_span();
}

/* A call that failed before is not measured. */
static void
measured(struct script_call *call)
{
	if (call->began == 0)
		return;
	if (call->cost->counted)
		call->cost->instructions = budget_used(call->co, &call->cost->bytes);
	else
		call->cost->nanoseconds = (clock_span() - call->began) * 1e9;
}

/* The whole coroutine: all of a call that can raise an error. Arguments: the call and its two values. */
static int
script_call_inside(lua_State *co)
{
	struct script_call *call = lua_touserdata(co, 1);

	lua_rawgeti(co, LUA_REGISTRYINDEX, call->hook);
	call->push(co, call);
	if (call->params != LUA_NOREF)
		lua_rawgeti(co, LUA_REGISTRYINDEX, call->params);
	else
		lua_pushnil(co);
	if (call->cost != NULL)
		measure(call);
	lua_callk(co, 2, LUA_MULTRET, 3, script_call_return);
	return script_call_return(co, LUA_OK, 3);
}

bool
script_call_find(struct script_call *call, unsigned hook)
{
	const struct script *s = policy_script(call->p, call->script);

	policy_claim(call->p);
	call->p->trace[0] = '\0';
	call->code = "policy_error";
	if (s == NULL) {
		snprintf(call->text, sizeof call->text, "script %.64s is not loaded", call->script);
		return false;
	}
	call->hook = s->hook[hook];
	call->params = policy_params_find(call->p, call->script);
	call->door = (enum door)hook;
	if (call->hook != LUA_NOREF)
		return true;
	set_place(call, s->source->path, 0);
	snprintf(call->text, sizeof call->text, "script %.64s has no function %s", call->script, call->function);
	return false;
}

/* Sets code and text of a failure. A limit that was hit is the reason, whatever the error was. */
static void
set_reason(struct script_call *call, enum budget_hit hit)
{
	char limit[80];

	explain(call);
	call->code = hit != HIT_NONE || call->status == LUA_ERRMEM ? "policy_limit" : "policy_error";
	if (hit != HIT_NONE)
		snprintf(call->text, sizeof call->text, "hit the limit of %s", budget_hit_text(call->p->L, limit, sizeof limit));
	else if (call->status == LUA_ERRMEM)
		snprintf(call->text, sizeof call->text, "out of memory");
	else if (call->status == LUA_YIELD)
		snprintf(call->text, sizeof call->text, "the script yielded outside of a function that waits");
	else if (call->text[0] == '\0')
		snprintf(call->text, sizeof call->text, "error without a message");
}

/* Logs that a counter or rate found no room: the script got nil and may have ignored it. */
static void
log_full(struct script_call *call)
{
	struct policy *p = call->p;

	if (p->host.full != NULL)
		log_say(p->log, MSG_SP0075, "policy", call->script, "function", call->function, "text", p->host.full, NULL);
	p->host.full = NULL;
}

/* The library's functions see the question of this call, and no other one. */
static void
lend(const struct script_call *call)
{
	call->p->host.now = call->asking;
	call->p->host.asking = true;
}

static void
take_back(struct script_call *call)
{
	struct lhost_asking *now = &call->p->host.now;

	call->wait = now->wait;
	call->refused = now->down != NULL;
	if (call->refused)
		snprintf(call->text, sizeof call->text, "%s", now->down);
	*now = (struct lhost_asking){ .tape = NULL };
	call->p->host.asking = false;
}

/* The function has returned, failed or was suspended. */
static enum script_end
conclude(struct script_call *call, enum budget_hit hit)
{
	if (hit == HIT_NONE && call->status == LUA_OK)
		return SCRIPT_ANSWERED;
	if (hit == HIT_NONE && call->status == LUA_YIELD && call->wait != NULL)
		return SCRIPT_WAITS;
	call->refused = call->refused && hit == HIT_NONE && call->status == LUA_YIELD;
	if (call->refused) {
		explain(call);
		call->code = "service_down";
	} else {
		call->text[0] = '\0';
		set_reason(call, hit);
	}
	return SCRIPT_FAILED;
}

/* A coroutine that waits is kept for its call; without memory for it the call fails. */
static void
keep(struct script_call *call)
{
	if (call->status != LUA_YIELD || call->anchored)
		return;
	call->p->co = NULL;
	script_call_protect(call, script_call_anchor);
	if (call->anchored)
		return;
	call->status = LUA_ERRMEM;
	call->co = NULL;
}

/* Runs the coroutine, to which it passes n values, to its end or to its next wait. */
static enum script_end
run_part(struct script_call *call, int n)
{
	enum budget_hit hit;

	budget_arm_rest(call->co, call->limits, call->beyond, &call->spent);
	lend(call);
	call->status = lua_resume(call->co, call->p->L, n, &call->values);
	take_back(call);
	measured(call);
	budget_spend(call->co, &call->spent);
	hit = budget_disarm(call->co);
	keep(call);
	log_full(call);
	return conclude(call, hit);
}

/*
 * Sets call->co. A coroutine that ended without an error is used again; any other was dropped, so that no pending
 * <close> of a script runs without a budget. False: no memory.
 */
static bool
find_coroutine(struct script_call *call)
{
	if (call->p->co == NULL)
		script_call_protect(call, script_call_coroutine);
	call->co = call->p->co;
	return call->co != NULL;
}

enum script_end
script_call_run(struct script_call *call)
{
	lua_State *L = call->p->L;

	if (!find_coroutine(call)) {
		call->status = LUA_ERRMEM;
		lua_pop(L, 2);
		return conclude(call, HIT_NONE);
	}
	lua_pushcfunction(call->co, script_call_inside);
	lua_pushlightuserdata(call->co, call);
	lua_xmove(L, call->co, 2);
	return run_part(call, 3);
}

enum script_end
script_call_resume(struct script_call *call, struct waited *answer)
{
	enum script_end end;

	policy_claim(call->p);
	call->asking.answer = answer;
	end = run_part(call, 0);
	call->asking.answer = NULL;
	return end;
}

void
script_call_abandon(struct script_call *call, const char *code, const char *format, ...)
{
	va_list ap;

	explain(call);
	call->code = code;
	va_start(ap, format);
	vsnprintf(call->text, sizeof call->text, format, ap);
	va_end(ap);
}

void
script_call_refuse(const struct script_call *call, struct verdict *v)
{
	verdict_refuse(v, call->code, "%s", call->text);
	snprintf(v->file, sizeof v->file, "%s", call->at.file);
	v->line = call->at.line;
}

void
script_call_reject(struct script_call *call)
{
	explain(call);
	call->code = "policy_error";
}

/* Clears a coroutine that ended without an error for the next call; drops any other. */
void
script_call_settle(struct script_call *call)
{
	if (call->anchored)
		script_call_protect(call, script_call_release);
	else if (call->co != NULL && call->status == LUA_OK)
		lua_settop(call->co, 0);
	else
		call->p->co = NULL;
	policy_weigh(call->p);
}
