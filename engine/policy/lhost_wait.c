/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_wait: the functions that wait: policy.resolve and policy.sleep. The answer comes from the mock, the answer tape
 * or the world; for the world the script is suspended, through the one coroutine that script_call resumes. The record
 * gets each answer.
 */
#include "policy/lhost.h"

#include "policy/lhost_internal.h"
#include "policy/record_answer.h"
#include "policy/waits.h"

#include <stdio.h>
#include <string.h>

#define STEPS 50 /* cost of a call */
#define RESOLVE_SECONDS 1.0
#define SECONDS_MAX 60.0

enum { AT_OPTIONS = 2, AT_DOWN, AT_CALL }; /* on the stack: the options, the value of down, the call */

struct suspended { /* a call on the stack of its function; the question reads it while the script is suspended */
	struct wait_call call;
	bool has_down;
	char down[TEXT_SIZE]; /* the text of the refusal service_down */
};

/* --- arguments -------------------------------------------------------------------------------- */

static const char *
want_name(lua_State *L)
{
	const char *name;
	size_t len;

	if (lua_type(L, 1) != LUA_TSTRING)
		script_place_raise(L, "policy.resolve: the name must be a string, not a %s", luaL_typename(L, 1));
	name = lua_tolstring(L, 1, &len);
	if (len == 0 || len >= WAITED_NAME || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") != len)
		script_place_raise(L, "policy.resolve: the name must be the name of a host, or an address, of at most %d bytes", WAITED_NAME - 1);
	return name;
}

static double
want_seconds(lua_State *L, int idx, const char *who)
{
	double seconds = lua_type(L, idx) == LUA_TNUMBER ? lua_tonumber(L, idx) : 0;

	if (!(seconds > 0 && seconds <= SECONDS_MAX))
		script_place_raise(L, "%s must be a number of seconds above 0, at most %d", who, (int)SECONDS_MAX);
	return seconds;
}

/* Reads the table of options without metamethods: `timeout` into the call, `down` to AT_DOWN. [-0, +0, may throw] */
static void
take_options(lua_State *L, struct suspended *s)
{
	if (lua_isnil(L, AT_OPTIONS))
		return;
	if (!lua_istable(L, AT_OPTIONS))
		script_place_raise(L, "policy.resolve: the options must be a table, not a %s", luaL_typename(L, AT_OPTIONS));
	for (lua_pushnil(L); lua_next(L, AT_OPTIONS) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

		if (strcmp(key, "timeout") == 0) {
			s->call.seconds = want_seconds(L, -1, "policy.resolve: timeout");
		} else if (strcmp(key, "down") == 0) {
			s->has_down = true;
			lua_pushvalue(L, -1);
			lua_replace(L, AT_DOWN);
		} else {
			script_place_raise(L, "policy.resolve: no option '%s'; there are timeout and down", key);
		}
	}
}

static struct suspended *
push_call(lua_State *L, enum wait_kind kind)
{
	struct suspended *s;

	lua_settop(L, AT_DOWN);
	s = lua_newuserdatauv(L, sizeof *s, 0);
	memset(s, 0, sizeof *s);
	s->call.kind = kind;
	return s;
}

/* --- the answer ------------------------------------------------------------------------------- */

static const char *
list_names(const struct waited *a, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < a->n && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? " " : "", a->name[i]);
	return out;
}

static void
keep(const struct lhost *h, const struct suspended *s, const struct waited *a)
{
	struct jsontext *j = record_answer_begin(h->now.entry, "resolve");
	char names[TEXT_SIZE];

	jsontext_text(j, "name", s->call.name, strlen(s->call.name));
	if (a->why[0] != '\0') {
		jsontext_null(j, "answer");
		jsontext_text(j, "reason", a->why, strlen(a->why));
	} else {
		jsontext_begin(j, "answer", '[');
		for (size_t i = 0; i < a->n && j != NULL; i++)
			jsontext_text(j, NULL, a->name[i], strlen(a->name[i]));
		jsontext_end(j, ']');
	}
	jsontext_number(j, "milliseconds", a->seconds * 1e3, 3);
	record_answer_end(h->now.entry);
	lhost_effect(h, s->call.text, "%s%.150s (%.3f ms)", a->why[0] != '\0' ? "no answer: " : "",
		a->why[0] != '\0' ? a->why : list_names(a, names, sizeof names), a->seconds * 1e3);
}

static int
lhost_wait_never(lua_State *L, int status, lua_KContext unused)
{
	(void)status, (void)unused;
	return luaL_error(L, "resumed after its refusal");
}

/*
 * A call without an answer: the value of down, or the refusal service_down, or an error. For the refusal the script is
 * suspended and never resumed, so that it cannot catch it.
 */
static int
answer_down(lua_State *L, struct lhost *h, struct suspended *s, const char *why)
{
	const char *down = lua_type(L, AT_DOWN) == LUA_TSTRING ? lua_tostring(L, AT_DOWN) : "";

	if (!s->has_down)
		script_place_raise(L, "policy.%s: no answer: %s", s->call.text, why);
	if (strcmp(down, "refuse") != 0)
		return lua_pushvalue(L, AT_DOWN), 1;
	if (h->pay == NULL)
		script_place_raise(L, "service_down: policy.%s: %s", s->call.text, why);
	snprintf(s->down, sizeof s->down, "%.100s: %.90s", s->call.text, why);
	h->now.down = s->down;
	return lua_yieldk(L, 0, 0, lhost_wait_never);
}

static int
push_answer(lua_State *L, struct lhost *h, struct suspended *s, const struct waited *a)
{
	if (a->why[0] != '\0')
		return answer_down(L, h, s, a->why);
	lua_createtable(L, (int)a->n, 0);
	for (size_t i = 0; i < a->n; i++) {
		lua_pushstring(L, a->name[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

/* --- where it comes from ---------------------------------------------------------------------- */

/* The name of the C function that calls the script's function on the way here, which cannot be suspended. */
static const char *
find_barrier(lua_State *L, lua_Debug *ar)
{
	for (int level = 1; lua_getstack(L, level, ar) && lua_getinfo(L, "Sn", ar); level++)
		if (*ar->what == 'C' && ar->name != NULL && strcmp(ar->name, "pcall") != 0 && strcmp(ar->name, "xpcall") != 0)
			return ar->name;
	return "a function of the library";
}

static void
want_suspendable(lua_State *L, const struct suspended *s)
{
	lua_Debug ar;

	if (!lua_isyieldable(L))
		script_place_raise(L, "policy.%s: cannot wait inside %s", s->call.text, find_barrier(L, &ar));
}

/* The list in the mock's table, pushed; false there: no answer. [-0, +1, may throw] */
static int
answer_mocked(lua_State *L, struct lhost *h, struct suspended *s)
{
	if (lua_istable(L, -1))
		lua_getfield(L, -1, s->call.name);
	if (lua_istable(L, -1))
		return 1;
	return answer_down(L, h, s, "the mock has no answer");
}

/* The script goes on: the answer of the world is there. */
static int
lhost_wait_resumed(lua_State *L, int status, lua_KContext context)
{
	struct lhost *h = (struct lhost *)context;
	struct suspended *s = lua_touserdata(L, AT_CALL);

	(void)status;
	if (s->call.kind == WAIT_SLEEP) {
		lhost_effect(h, s->call.text, "%.3f ms", h->now.answer->seconds * 1e3);
		return 0;
	}
	answer_tape_add_waited(h->now.tape, h->now.answer);
	keep(h, s, h->now.answer);
	return push_answer(L, h, s, h->now.answer);
}

static int
suspend(lua_State *L, struct lhost *h, struct suspended *s)
{
	h->now.wait = &s->call;
	return lua_yieldk(L, 0, (lua_KContext)h, lhost_wait_resumed);
}

/* The answer that the tape has; false: it has none. */
static bool
is_taped(lua_State *L, struct lhost *h, struct suspended *s, int *results)
{
	struct waited *a = h->now.tape != NULL && h->now.tape->playing ? answer_tape_hear_waited(h->now.tape, s->call.text) : NULL;

	if (a == NULL)
		return false;
	keep(h, s, a);
	*results = push_answer(L, h, s, a);
	return true;
}

static int
ask(lua_State *L, struct lhost *h, struct suspended *s)
{
	int results;

	lhost_pay(L, h, STEPS);
	if (h->pay != NULL)
		want_suspendable(L, s);
	if (h->mock > 0 || h->pay == NULL) {
		if (lhost_push_mock(L, h, MOCK_RESOLVE))
			return answer_mocked(L, h, s);
		return answer_down(L, h, s, "the mock has no answer");
	}
	if (is_taped(L, h, s, &results))
		return results;
	if (h->now.waits)
		return suspend(L, h, s);
	answer_tape_lacks(h->now.tape, "resolve", s->call.name);
	lhost_effect(h, s->call.text, "not asked: this question cannot wait");
	return answer_down(L, h, s, "this question cannot wait");
}

/* host.resolve(name, { timeout =, down = }) -> a list of addresses, or of names of the address */
static int
lhost_wait_resolve(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *name;
	struct suspended *s;

	lua_settop(L, AT_OPTIONS);
	name = want_name(L);
	s = push_call(L, WAIT_RESOLVE);
	s->call.seconds = RESOLVE_SECONDS;
	take_options(L, s);
	lhost_want_asking(L, h, "policy.resolve");
	snprintf(s->call.name, sizeof s->call.name, "%s", name);
	snprintf(s->call.text, sizeof s->call.text, "resolve %s", name);
	return ask(L, h, s);
}

/* host.sleep(seconds): returns nothing */
static int
lhost_wait_sleep(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	double seconds = want_seconds(L, 1, "policy.sleep: the time");
	struct suspended *s = push_call(L, WAIT_SLEEP);

	lhost_want_asking(L, h, "policy.sleep");
	lhost_pay(L, h, STEPS);
	s->call.seconds = seconds;
	snprintf(s->call.text, sizeof s->call.text, "sleep %g", seconds);
	if (h->mock > 0 || !h->now.waits)
		return 0;
	want_suspendable(L, s);
	return suspend(L, h, s);
}

const luaL_Reg lhost_wait_functions[] = {
	{ "resolve", lhost_wait_resolve },
	{ "sleep", lhost_wait_sleep },
	{ NULL, NULL },
};
