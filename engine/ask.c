/* SPDX-License-Identifier: Apache-2.0 */
/* ask: one asking of one door: policy_ask of policy.h, and the one place that makes a refusal of whatever went wrong. */
#include "policy.h"

#include "clock.h"
#include "lfacts.h"
#include "log.h"
#include "policy_inside.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <string.h>

#define COPY_DEPTH 16
#define TRACE_SIZE 1500
#define FRAMES_MAX 200 /* looked at: finding the nth costs n steps, and nobody is charged any more */

struct asking {
	struct policy *p;
	const char *script;
	enum door door;
	const struct facts *facts; /* NULL: they are a table, the second argument */
	int hook;
	struct verdict *out;
	bool mock; /* the third argument sets the host's mock */
	lua_State *co; /* where it ran; NULL: it did not come so far */
	int status;    /* LUA_OK: the door answered, with so many values on co */
	int values;
	bool failed;     /* the refusal is ours, not the script's */
	struct module_place at; /* what is known of a failure */
	char text[TEXT_SIZE];
	char trace[TRACE_SIZE];
};

/* Copies a plain value raw, tables whole, so that no door can change a row of a spec. [-0, +1, may throw] */
static void
push_copy(lua_State *L, int idx, int depth)
{
	if (!lua_istable(L, idx)) {
		lua_pushvalue(L, idx);
		return;
	}
	if (depth == COPY_DEPTH)
		luaL_error(L, "facts are nested more than %d deep", COPY_DEPTH);
	luaL_checkstack(L, 6, "facts");
	lua_newtable(L); /* [copy] */
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) { /* [copy key value] */
		lua_pushvalue(L, -2);
		push_copy(L, lua_gettop(L) - 1, depth + 1); /* [copy key value key value'] */
		lua_rawset(L, -5);
	}
}

/* A coroutine with nothing on it. One that ended well is as good as new; any other was dropped, so that no pending
 * <close> of a script ever runs outside a budget. [-0, +0, may throw] */
static lua_State *
coroutine(lua_State *L, struct policy *p)
{
	lua_State *co = p->co;

	if (co != NULL)
		return co;
	co = lua_newthread(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, p);
	p->co = co;
	return co;
}

/* Everything of an asking that can raise: arguments: the asking, facts, mock. */
static int
ask_inside(lua_State *L)
{
	struct asking *g = lua_touserdata(L, 1);
	lua_State *co = coroutine(L, g->p);

	if (g->mock)
		lhost_mock(L, &g->p->host, 3);
	lua_rawgeti(L, LUA_REGISTRYINDEX, g->hook);
	if (g->facts != NULL)
		lfacts_push(L, g->facts);
	else
		push_copy(L, 2, 0);
	lua_xmove(L, co, 2);
	sandbox_watch(g->p->sandbox, co);
	g->co = co;
	g->status = lua_resume(co, L, 1, &g->values);
	return 0;
}

static int
forget_mock(lua_State *L)
{
	struct asking *g = lua_touserdata(L, 1);

	lhost_mock(L, &g->p->host, 0);
	return 0;
}

static void
set_place(struct asking *g, const char *source, int line)
{
	snprintf(g->at.file, sizeof g->at.file, "%s", source + (source[0] == '@'));
	g->at.line = line;
}

/* The innermost line of a script on a coroutine that failed; the library's own lines help nobody, unless there are no others. */
static void
place_of_stack(struct asking *g)
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

/* Where the door's function stands, for answers that are no verdict. A chain's function is the library's: then the script is all there is to name. */
static void
place_of_door(lua_State *L, struct asking *g)
{
	lua_Debug ar;

	lua_rawgeti(L, LUA_REGISTRYINDEX, g->hook);
	if (lua_getinfo(L, ">S", &ar) && ar.linedefined > 0 && !modules_library(&g->p->modules, ar.source))
		set_place(g, ar.source, ar.linedefined);
	else
		set_place(g, policy_path(g->p, g->script), 0);
}

/* On one line: "a | b | c", without Lua's heading. */
static void
keep_trace(struct asking *g, const char *trace)
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

/* The error object is read only when it is a string: a __tostring of the script's has no business here. */
static void
keep_message(struct asking *g, lua_State *from)
{
	const char *message;

	if (lua_type(from, -1) != LUA_TSTRING) {
		snprintf(g->text, sizeof g->text, "error object is a %s value", luaL_typename(from, -1));
		return;
	}
	message = modules_place(&g->p->modules, lua_tostring(from, -1), &g->at);
	policy_line(g->text, sizeof g->text, message);
}

/* Finds out what went wrong and where. Arguments: the asking; what ask_inside itself raised, or nil. */
static int
explain_inside(lua_State *L)
{
	struct asking *g = lua_touserdata(L, 1);

	if (g->co != NULL && g->status != LUA_OK && g->status != LUA_YIELD)
		place_of_stack(g);
	if (g->at.file[0] == '\0')
		place_of_door(L, g);
	if (g->status == LUA_OK || g->status == LUA_YIELD)
		return 0;
	keep_message(g, g->co != NULL ? g->co : L);
	if (g->co == NULL)
		return 0;
	luaL_traceback(L, g->co, NULL, 0);
	keep_trace(g, lua_tostring(L, -1));
	return 0;
}

/* Calls inside(g, error) protected; the error of an asking that did not reach its coroutine is on the top. [-0, +0] */
static void
protect(struct asking *g, lua_CFunction inside)
{
	lua_State *L = g->p->L;
	int top = lua_gettop(L);

	lua_pushcfunction(L, inside);
	lua_pushlightuserdata(L, g);
	if (g->co == NULL && top > 0)
		lua_pushvalue(L, top);
	else
		lua_pushnil(L);
	lua_pcall(L, 2, 0, 0); /* what it could not find out stays empty */
	lua_settop(L, top);
}

/* The one place: every way an asking can fail becomes this refusal. */
static void
fail(struct asking *g, const char *code, const char *text)
{
	verdict_refuse(g->out, code, "%s", text[0] != '\0' ? text : "error without a message");
	snprintf(g->out->file, sizeof g->out->file, "%s", g->at.file);
	g->out->line = g->at.line;
	g->failed = true;
}

static const unsigned suits[DOOR_COUNT] = {
	[DOOR_ADMIT] = 1u << VERDICT_ACCEPT | 1u << VERDICT_REFUSE,
	[DOOR_CERTIFY] = 1u << VERDICT_ACCEPT | 1u << VERDICT_REFUSE,
	[DOOR_BIND] = 1u << VERDICT_ACCEPT | 1u << VERDICT_REFUSE,
	[DOOR_INSTALL] = 1u << VERDICT_INSTALL | 1u << VERDICT_REFUSE,
};

/* Why what the door answered is no answer; "" when it is one. */
static void
object(struct asking *g, const struct verdict *v)
{
	const char *door = door_name(g->door);
	const char *yes = g->door == DOOR_INSTALL ? "install" : "accept";

	if (g->values == 0)
		snprintf(g->text, sizeof g->text, "%s answered nothing (a forgotten return?)", door);
	else if (g->values > 1)
		snprintf(g->text, sizeof g->text, "%s answered %d values; a door answers one verdict", door, g->values);
	else if (v == NULL)
		snprintf(g->text, sizeof g->text, "%s answered a %s, not policy.%s or policy.refuse", door,
			luaL_typename(g->co, -1), yes);
	else if (v->kind == VERDICT_PASS)
		snprintf(g->text, sizeof g->text, "%s answered pass outside policy.first and policy.all", door);
	else if ((suits[g->door] >> v->kind & 1) == 0)
		snprintf(g->text, sizeof g->text, "%s answered %s; it may answer %s or refuse", door, verdict_name(v->kind), yes);
}

/* A verdict says only what its door may say. */
static void
take(struct asking *g, const struct verdict *v)
{
	*g->out = *v;
	if (g->door != DOOR_CERTIFY)
		g->out->userid[0] = '\0';
	if (g->door != DOOR_ADMIT)
		g->out->sysplex = false;
	if (g->door != DOOR_INSTALL)
		memset(&g->out->install, 0, sizeof g->out->install);
}

/* The door answered: is it an answer? */
static void
judge(struct asking *g)
{
	const struct verdict *v = NULL;

	if (g->door == DOOR_DELETE) { /* a notification */
		*g->out = (struct verdict){ .kind = VERDICT_ACCEPT };
		return;
	}
	if (g->values == 1)
		v = lhost_verdict(g->co, -1);
	object(g, v);
	if (g->text[0] == '\0') {
		take(g, v);
		return;
	}
	protect(g, explain_inside);
	fail(g, "policy_error", g->text);
}

static void
judge_failure(struct asking *g, enum sandbox_hit hit)
{
	char limit[80], text[TEXT_SIZE];

	protect(g, explain_inside);
	if (hit != HIT_NONE) {
		snprintf(text, sizeof text, "hit the limit of %s", sandbox_hit_text(g->p->sandbox, limit, sizeof limit));
		fail(g, "policy_limit", text);
	} else if (g->status == LUA_ERRMEM) {
		fail(g, "policy_limit", "out of memory");
	} else if (g->status == LUA_YIELD) {
		fail(g, "policy_error", "the script was suspended where nothing can wait");
	} else {
		fail(g, "policy_error", g->text);
	}
}

/* What stands on the coroutine has been read: make it ready for the next, or give it up. */
static void
settle(struct asking *g)
{
	if (g->co != NULL && g->status == LUA_OK)
		lua_settop(g->co, 0);
	else
		g->p->co = NULL;
}

/* Asks with the arguments facts and mock on the top of the stack. [-2, +0] */
static void
run(struct asking *g)
{
	lua_State *L = g->p->L;
	int base = lua_gettop(L) - 2, status;
	enum sandbox_hit hit;

	sandbox_arm(g->p->sandbox, 1);
	lua_pushcfunction(L, ask_inside); /* [facts mock ask] */
	lua_insert(L, base + 1);
	lua_pushlightuserdata(L, g); /* [ask facts mock g] */
	lua_insert(L, base + 2);
	status = lua_pcall(L, 3, 0, 0); /* [] or [err] */
	hit = sandbox_disarm(g->p->sandbox);
	if (status != LUA_OK) {
		g->co = NULL;
		g->status = status;
	}
	if (hit == HIT_NONE && g->status == LUA_OK)
		judge(g);
	else
		judge_failure(g, hit);
	settle(g);
	lua_settop(L, base);
	if (g->mock)
		protect(g, forget_mock);
}

/* The script's function for the door: false when the answer is out already. */
static bool
find_hook(struct asking *g)
{
	const struct script *s = policy_script(g->p, g->script);

	if (s == NULL) {
		snprintf(g->text, sizeof g->text, "script %.64s is not loaded", g->script);
		fail(g, "policy_error", g->text);
		return false;
	}
	g->hook = s->hook[g->door];
	if (g->hook != LUA_NOREF)
		return true;
	set_place(g, s->source->path, 0);
	snprintf(g->text, sizeof g->text, "script %.64s has no function %s", g->script, door_name(g->door));
	if (g->door == DOOR_DELETE)
		*g->out = (struct verdict){ .kind = VERDICT_ACCEPT };
	else
		fail(g, "policy_error", g->text);
	return false;
}

static void
complain(const struct asking *g)
{
	const struct verdict *v = g->out;
	char at[PLACE_SIZE + 24];

	snprintf(at, sizeof at, v->line > 0 ? "%s:%d" : "%s", v->file, v->line);
	log_say(g->p->log, MSG_SP0022, "connection", g->facts->connection, "door", door_name(g->door), "policy", g->script,
		"code", v->code, "at", at, "text", v->text, "traceback", g->trace, NULL);
}

static void
ask_script(struct ask *a, struct record_door *d)
{
	struct asking g = { .p = a->policy, .script = a->script, .door = a->door, .facts = a->facts, .out = &a->verdict };

	policy_renew(g.p);
	if (find_hook(&g)) {
		g.p->host.door = d;
		g.p->host.tape = a->tape;
		g.p->host.asking = true;
		if (a->tape != NULL)
			tape_begin(a->tape, a->door, a->replay);
		lua_pushnil(g.p->L);
		lua_pushnil(g.p->L);
		run(&g);
		g.p->host.door = NULL;
		g.p->host.tape = NULL;
		g.p->host.asking = false;
	}
	if (g.failed)
		complain(&g);
}

/* No script is named: what the door does by itself (DESIGN 3.4). */
static void
ask_nobody(const struct ask *a, struct verdict *v)
{
	const struct certificate *c = a->facts->certificate;

	*v = (struct verdict){ .kind = VERDICT_ACCEPT };
	if (a->door == DOOR_INSTALL)
		verdict_refuse(v, "urm_no", "the tcpipservice names no urm, so no partner is autoinstalled");
	else if (a->door != DOOR_CERTIFY)
		return;
	else if (c == NULL)
		verdict_refuse(v, "no_certificate", "the peer presented no certificate");
	else if (!c->chain.ok && c->chain.n == 0)
		verdict_refuse(v, "chain", "the certificate's chain was not verified");
	else if (!c->chain.ok)
		verdict_refuse(v, "chain", "%s (depth %d)", c->chain.error[0].text, c->chain.error[0].depth);
}

void
policy_ask(struct ask *a)
{
	struct record_door *d = record_ask(a->record, a->door, a->script, a->facts->now);
	double start = clock_span();

	a->verdict = (struct verdict){ .kind = VERDICT_REFUSE, .code = "policy_error" };
	if (a->script == NULL)
		ask_nobody(a, &a->verdict);
	else
		ask_script(a, d);
	record_verdict(d, &a->verdict, (clock_span() - start) * 1e6);
	a->done(a);
}

void
policy_ask_table(struct policy *p, const char *script, enum door d, int facts_idx, int mock_idx, struct verdict *out)
{
	struct asking g = { .p = p, .script = script, .door = d, .out = out, .mock = mock_idx != 0 };
	int facts = lua_absindex(p->L, facts_idx), mock = mock_idx != 0 ? lua_absindex(p->L, mock_idx) : 0;

	*out = (struct verdict){ .kind = VERDICT_REFUSE, .code = "policy_error" };
	if (!find_hook(&g))
		return;
	lua_pushvalue(p->L, facts);
	if (mock != 0)
		lua_pushvalue(p->L, mock);
	else
		lua_pushnil(p->L);
	run(&g);
}
