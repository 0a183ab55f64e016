/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/script_call.h"

#include "base/clock.h"
#include "base/log.h"
#include "policy/lshape.h"

#include <lauxlib.h>
#include <lua.h>

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
	lua_rawsetp(L, LUA_REGISTRYINDEX, p);
	p->co = co;
	return co;
}

/* Sets the place; source is the name of a chunk, or a path. */
static void
set_place(struct script_call *g, const char *source, int line)
{
	snprintf(g->at.file, sizeof g->at.file, "%s", source + (source[0] == '@'));
	g->at.line = line;
}

/*
 * Sets the place to the innermost line of a script on a coroutine that failed, or of the library when there is no
 * other.
 */
static void
place_of_stack(struct script_call *g)
{
	lua_Debug ar;

	for (int level = 0; level < FRAMES_MAX && lua_getstack(g->co, level, &ar); level++) {
		if (!lua_getinfo(g->co, "Sl", &ar) || ar.currentline <= 0)
			continue;
		if (!modules_library(&g->p->modules, ar.source)) {
			set_place(g, ar.source, ar.currentline);
			return;
		}
		if (g->at.line == 0)
			set_place(g, ar.source, ar.currentline);
	}
}

/*
 * Sets the place to the line of the function, for a rejected answer; to the script when the function is the library's,
 * as in a chain.
 */
static void
place_of_function(lua_State *L, struct script_call *g)
{
	lua_Debug ar;

	lua_rawgeti(L, LUA_REGISTRYINDEX, g->hook);
	if (lua_getinfo(L, ">S", &ar) && ar.linedefined > 0 && !modules_library(&g->p->modules, ar.source))
		set_place(g, ar.source, ar.linedefined);
	else
		set_place(g, policy_path(g->p, g->script), 0);
}

/* Keeps the traceback on one line, "a | b | c", without Lua's heading. */
static void
keep_trace(struct script_call *g, const char *trace)
{
	size_t n = 0;

	trace += strcspn(trace, "\n");
	for (; *trace != '\0' && n + 4 < sizeof g->trace; trace++)
		if (*trace == '\n' && n > 0)
			n += (size_t)snprintf(g->trace + n, sizeof g->trace - n, " | ");
		else if (*trace != '\n' && *trace != '\t')
			g->trace[n++] = *trace;
	g->trace[n] = '\0';
}

/*
 * Adds the reason when the error is a nil that was an absent fact, which Lua names "(field 'ipconn')", and the door
 * that has the fact. For a local variable, adds the absent fact that the script read last.
 */
static void
add_absent(struct script_call *g)
{
	const char *field = strstr(g->text, "(field '"), *variable = strstr(g->text, "nil value (");
	enum way way;
	const struct fact_row *row = lshape_missed(g->p->L, &way);
	size_t n = strlen(g->text), len = row != NULL ? strlen(row->name) : 0;
	char why[160];

	if (row == NULL || strstr(g->text, "nil") == NULL || (field != NULL && strncmp(field + 8, row->name, len) != 0))
		return;
	if (field == NULL && variable != NULL && strncmp(variable + 11, "local", 5) != 0 && strncmp(variable + 11, "upvalue", 7) != 0)
		return;
	fact_absent(row, g->door, way, why, sizeof why);
	snprintf(g->text + n, sizeof g->text - n, ": %s%s", field != NULL ? "" : "the last fact not found: ", why);
}

/* Reads only an error object that is a string, so that no __tostring of the script runs. */
static void
keep_message(struct script_call *g, lua_State *from)
{
	const char *message;

	if (lua_type(from, -1) != LUA_TSTRING) {
		snprintf(g->text, sizeof g->text, "error object is a %s value", luaL_typename(from, -1));
		return;
	}
	message = modules_place(&g->p->modules, lua_tostring(from, -1), &g->at);
	policy_line(g->text, sizeof g->text, message);
	add_absent(g);
}

/* Finds the text and the place of a failure. Arguments: the call; the error of script_call_inside itself, or nil. */
static int
script_call_explain(lua_State *L)
{
	struct script_call *g = lua_touserdata(L, 1);

	if (g->co != NULL && g->status != LUA_OK && g->status != LUA_YIELD)
		place_of_stack(g);
	if (g->at.file[0] == '\0')
		place_of_function(L, g);
	if (g->status == LUA_OK || g->status == LUA_YIELD)
		return 0;
	keep_message(g, g->co != NULL ? g->co : L);
	if (g->co == NULL)
		return 0;
	luaL_traceback(L, g->co, NULL, 0);
	keep_trace(g, lua_tostring(L, -1));
	return 0;
}

/* The error of a call that ended before its coroutine is on the top. */
void
script_call_protect(struct script_call *g, int (*inside)(struct lua_State *L))
{
	lua_State *L = g->p->L;
	int top = lua_gettop(L);

	lua_pushcfunction(L, inside);
	lua_pushlightuserdata(L, g);
	if (g->co == NULL && top > 0)
		lua_pushvalue(L, top);
	else
		lua_pushnil(L);
	lua_pcall(L, 2, 0, 0); /* on an error the rest stays empty */
	lua_settop(L, top);
}

/* All of a call that can raise an error. Arguments: the call and its two values. */
static int
script_call_inside(lua_State *L)
{
	struct script_call *g = lua_touserdata(L, 1);
	lua_State *co = find_coroutine(L, g->p);

	lua_rawgeti(L, LUA_REGISTRYINDEX, g->hook);
	g->push(L, g);
	lua_xmove(L, co, 2);
	budget_watch(co);
	g->co = co;
	g->status = lua_resume(co, L, 1, &g->values);
	return 0;
}

bool
script_call_find(struct script_call *g, unsigned hook)
{
	const struct script *s = policy_script(g->p, g->script);

	g->code = "policy_error";
	if (s == NULL) {
		snprintf(g->text, sizeof g->text, "script %.64s is not loaded", g->script);
		return false;
	}
	g->hook = s->hook[hook];
	g->door = (enum door)hook;
	if (g->hook != LUA_NOREF)
		return true;
	set_place(g, s->source->path, 0);
	snprintf(g->text, sizeof g->text, "script %.64s has no function %s", g->script, g->function);
	return false;
}

/* Sets code and text of a failure. A limit that was hit is the reason, whatever the error was. */
static void
set_reason(struct script_call *g, enum budget_hit hit)
{
	char limit[80];

	script_call_protect(g, script_call_explain);
	g->code = hit != HIT_NONE || g->status == LUA_ERRMEM ? "policy_limit" : "policy_error";
	if (hit != HIT_NONE)
		snprintf(g->text, sizeof g->text, "hit the limit of %s", budget_hit_text(g->p->L, limit, sizeof limit));
	else if (g->status == LUA_ERRMEM)
		snprintf(g->text, sizeof g->text, "out of memory");
	else if (g->status == LUA_YIELD)
		snprintf(g->text, sizeof g->text, "the script yielded, and a script cannot wait");
	else if (g->text[0] == '\0')
		snprintf(g->text, sizeof g->text, "error without a message");
}

/* Logs that a counter found no room: the script got nil and may have ignored it. */
static void
log_full(struct script_call *g)
{
	struct policy *p = g->p;

	if (p->host.full && counters_complains(p->host.world->counters, clock_span()))
		log_say(p->log, MSG_SP0075, "policy", g->script, "function", g->function, "text", counters_reason(COUNTERS_FULL), NULL);
	p->host.full = false;
}

bool
script_call_run(struct script_call *g)
{
	lua_State *L = g->p->L;
	int base = lua_gettop(L) - 2, status;
	enum budget_hit hit;

	if (g->limits != NULL)
		budget_arm_for(L, g->limits, g->beyond);
	else
		budget_arm(L, 1);
	lua_pushcfunction(L, script_call_inside); /* [one two inside] */
	lua_insert(L, base + 1);
	lua_pushlightuserdata(L, g); /* [inside one two g] */
	lua_insert(L, base + 2);
	status = lua_pcall(L, 3, 0, 0); /* [] or [err] */
	hit = budget_disarm(L);
	log_full(g);
	if (status != LUA_OK) {
		g->co = NULL;
		g->status = status;
	}
	g->answered = hit == HIT_NONE && g->status == LUA_OK;
	if (!g->answered)
		set_reason(g, hit);
	lua_settop(L, base);
	return g->answered;
}

void
script_call_reject(struct script_call *g)
{
	script_call_protect(g, script_call_explain);
	g->code = "policy_error";
}

/* Clears a coroutine that ended without an error for the next call; drops any other. */
void
script_call_settle(struct script_call *g)
{
	if (g->co != NULL && g->status == LUA_OK)
		lua_settop(g->co, 0);
	else
		g->p->co = NULL;
}
