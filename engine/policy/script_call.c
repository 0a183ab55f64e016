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

/*
 * A coroutine with an empty stack. A coroutine that ended without an error is used again; any other was dropped, so
 * that no pending <close> of a script runs without a budget. [-0, +0, may throw]
 */
static lua_State *
find_coroutine(lua_State *L, struct policy *p)
{
	lua_State *co = p->co;

	if (co != NULL)
		return co;
	co = lua_newthread(L);
	registry_set(L, p);
	p->co = co;
	return co;
}

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

/* Keeps the traceback on one line, "a | b | c", without Lua's heading. */
static void
keep_trace(struct script_call *call, const char *trace)
{
	char *out = call->p->trace;
	size_t n = 0;

	trace += strcspn(trace, "\n");
	for (; *trace != '\0' && n + 4 < TRACE_SIZE; trace++)
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
keep_message(struct script_call *call, lua_State *from)
{
	const char *message;

	if (lua_type(from, -1) != LUA_TSTRING) {
		snprintf(call->text, sizeof call->text, "error object is a %s value", luaL_typename(from, -1));
		return;
	}
	message = modules_place(&call->p->modules, lua_tostring(from, -1), &call->at);
	policy_line(call->text, sizeof call->text, message);
	add_absent(call);
}

/* Finds the text and the place of a failure. Arguments: the call; the error of script_call_inside itself, or nil. */
static int
script_call_explain(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);

	if (call->co != NULL && call->status != LUA_OK)
		place_of_stack(call);
	if (call->at.file[0] == '\0')
		place_of_function(L, call);
	if (call->status == LUA_OK || call->status == LUA_YIELD)
		return 0;
	keep_message(call, call->co != NULL ? call->co : L);
	if (call->co == NULL)
		return 0;
	luaL_traceback(L, call->co, NULL, 0);
	keep_trace(call, lua_tostring(L, -1));
	return 0;
}

/* The error of a call that ended before its coroutine is on the top. */
void
script_call_protect(struct script_call *call, int (*inside)(struct lua_State *L))
{
	lua_State *L = call->p->L;
	int top = lua_gettop(L);

	lua_pushcfunction(L, inside);
	lua_pushlightuserdata(L, call);
	if (call->co == NULL && top > 0)
		lua_pushvalue(L, top);
	else
		lua_pushnil(L);
	lua_pcall(L, 2, 0, 0); /* on an error the rest stays empty */
	lua_settop(L, top);
}

static void
explain(struct script_call *call)
{
	call->p->trace[0] = '\0';
	script_call_protect(call, script_call_explain);
}

/* Runs the function, and measures it: its time, or its instructions and bytes. */
static void
resume_measured(lua_State *L, struct script_call *call)
{
	double start;

	if (call->cost->counted)
		budget_mark(call->co);
	start = clock_span();
	call->status = lua_resume(call->co, L, 2, &call->values);
	if (call->cost->counted)
		call->cost->instructions = budget_used(L, &call->cost->bytes);
	else
		call->cost->nanoseconds = (clock_span() - start) * 1e9;
}

/*
 * A suspended coroutine belongs to its call, and no other call uses it: the registry keeps it under the address of the
 * call. [-0, +0, may throw]
 */
static void
anchor(lua_State *L, struct script_call *call)
{
	call->p->co = call->status == LUA_YIELD && call->p->co == call->co ? NULL : call->p->co;
	if (call->status != LUA_YIELD || call->anchored)
		return;
	lua_pushthread(call->co);
	lua_xmove(call->co, L, 1);
	registry_set(L, call);
	call->anchored = true;
}

/* All of a call that can raise an error. Arguments: the call and its two values. */
static int
script_call_inside(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);
	lua_State *co = find_coroutine(L, call->p);

	lua_rawgeti(L, LUA_REGISTRYINDEX, call->hook);
	call->push(L, call);
	if (call->params != LUA_NOREF)
		lua_rawgeti(L, LUA_REGISTRYINDEX, call->params);
	else
		lua_pushnil(L);
	lua_xmove(L, co, 3);
	budget_watch(co);
	call->co = co;
	if (call->cost != NULL)
		resume_measured(L, call);
	else
		call->status = lua_resume(co, L, 2, &call->values);
	anchor(L, call);
	return 0;
}

/* Arguments: the call. The part of the function behind its wait. */
static int
script_call_go_on(lua_State *L)
{
	struct script_call *call = lua_touserdata(L, 1);

	budget_watch(call->co);
	call->status = lua_resume(call->co, L, 0, &call->values);
	anchor(L, call);
	return 0;
}

/* Arguments: the call, nil. */
static int
script_call_release(lua_State *L)
{
	lua_pushnil(L);
	registry_set(L, lua_touserdata(L, 1));
	return 0;
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

/* Calls the function on the stack in protected mode, under the armed budget. [-n - 1, +0] */
static enum script_end
run_part(struct script_call *call, int n)
{
	lua_State *L = call->p->L;
	int base = lua_gettop(L) - n - 1, status;
	enum budget_hit hit;
	enum script_end end;

	lend(call);
	status = lua_pcall(L, n, 0, 0); /* [] or [err] */
	take_back(call);
	budget_spend(L, &call->spent);
	hit = budget_disarm(L);
	log_full(call);
	if (status != LUA_OK) {
		call->co = NULL;
		call->status = status;
	}
	end = conclude(call, hit);
	lua_settop(L, base);
	return end;
}

enum script_end
script_call_run(struct script_call *call)
{
	lua_State *L = call->p->L;
	int base = lua_gettop(L) - 2;

	if (call->limits != NULL)
		budget_arm_for(L, call->limits, call->beyond);
	else
		budget_arm(L, 1);
	lua_pushcfunction(L, script_call_inside); /* [one two inside] */
	lua_insert(L, base + 1);
	lua_pushlightuserdata(L, call); /* [inside one two call] */
	lua_insert(L, base + 2);
	return run_part(call, 3);
}

enum script_end
script_call_resume(struct script_call *call, struct waited *answer)
{
	lua_State *L = call->p->L;
	enum script_end end;

	policy_claim(call->p);
	budget_arm_rest(L, call->limits, call->beyond, &call->spent);
	lua_pushcfunction(L, script_call_go_on);
	lua_pushlightuserdata(L, call);
	call->asking.answer = answer;
	end = run_part(call, 1);
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
