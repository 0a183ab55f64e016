/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_wait: the way of each function that waits, and policy.resolve and policy.sleep; lhost_http.c has policy.http,
 * lhost_store.c policy.store.
 */
#include "policy/lhost_wait.h"

#include "policy/answer_tape.h"
#include "policy/record_answer.h"
#include "sandbox/lbase.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STEPS 50 /* cost of a call */
#define RESOLVE_SECONDS 1.0
#define SECONDS_MAX 60.0

/* --- arguments -------------------------------------------------------------------------------- */

static double
want_seconds(lua_State *L, int idx, const char *who, const char *what)
{
	double seconds = lua_type(L, idx) == LUA_TNUMBER ? lua_tonumber(L, idx) : 0;

	if (!(seconds > 0 && seconds <= SECONDS_MAX))
		script_place_raise(L, "policy.%s: %s must be a number of seconds above 0, at most %d", who, what, (int)SECONDS_MAX);
	return seconds;
}

struct lhost_waiting *
lhost_wait_push(struct lua_State *L, const struct lhost_wait_function *f, enum wait_kind kind, double seconds)
{
	struct lhost_waiting *s;

	luaL_checkstack(L, 40, f->name);
	lua_settop(L, LHOST_WAIT_DOWN);
	s = lua_newuserdatauv(L, f->size > 0 ? f->size : sizeof *s, 0);
	memset(s, 0, f->size > 0 ? f->size : sizeof *s);
	s->function = f;
	s->call.kind = kind;
	s->call.seconds = seconds;
	return s;
}

bool
lhost_wait_option(struct lua_State *L, struct lhost_waiting *s, const char *key)
{
	if (strcmp(key, "timeout") == 0) {
		s->call.seconds = want_seconds(L, -1, s->function->name, "timeout");
		return true;
	}
	if (strcmp(key, "down") != 0)
		return false;
	s->has_down = true;
	lua_pushvalue(L, -1);
	lua_replace(L, LHOST_WAIT_DOWN);
	return true;
}

/* Notes the answer, or why there is none: with the checks of the question, or with the request of the program. */
static void
note(const struct lhost *h, const char *call, bool answered, const char *format, ...)
{
	struct record_entry *e = lhost_noted(&h->now);
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	record_check(e, call, answered, text, strlen(text));
}

/* --- the answer ------------------------------------------------------------------------------- */

static void
keep(const struct lhost *h, const struct lhost_waiting *s, const struct waited *a)
{
	struct jsontext *j = record_answer_begin(h->now.entry, s->function->name);
	char words[TEXT_SIZE];
	bool none = a->why[0] != '\0';

	s->function->keep(j, &s->call, a);
	if (none)
		jsontext_text(j, "reason", a->why, strlen(a->why));
	jsontext_number(j, "milliseconds", a->seconds * 1e3, 3);
	record_answer_end(h->now.entry);
	note(h, s->call.text, !none, "%s%.150s (%.3f ms)", none ? "no answer: " : "", none ? a->why : s->function->words(a, words, sizeof words),
		a->seconds * 1e3);
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
int
lhost_wait_down(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, const char *why)
{
	const char *down = lua_type(L, LHOST_WAIT_DOWN) == LUA_TSTRING ? lua_tostring(L, LHOST_WAIT_DOWN) : "";

	if (!s->has_down && s->function->down != NULL)
		return lua_pushnil(L), lua_pushstring(L, s->function->down), 2;
	if (!s->has_down)
		script_place_raise(L, "policy.%s: no answer: %s", s->call.text, why);
	if (strcmp(down, "refuse") != 0)
		return lua_pushvalue(L, LHOST_WAIT_DOWN), 1;
	if (h->pay == NULL)
		script_place_raise(L, "service_down: policy.%s: %s", s->call.text, why);
	snprintf(s->down, sizeof s->down, "%.100s: %.90s", s->call.text, why);
	h->now.down = s->down;
	return lua_yieldk(L, 0, 0, lhost_wait_never);
}

static int
push_answer(lua_State *L, struct lhost *h, struct lhost_waiting *s, const struct waited *a)
{
	if (a->why[0] != '\0')
		return lhost_wait_down(L, h, s, a->why);
	return s->function->push(L, h, s, a);
}

void
lhost_wait_keep_body(struct jsontext *j, const struct wait_call *c, const struct waited *a)
{
	jsontext_text(j, "call", c->text, strlen(c->text));
	if (a->why[0] != '\0') {
		jsontext_null(j, "answer");
		return;
	}
	jsontext_text(j, "answer", a->body, a->len);
	jsontext_integer(j, "status", a->status);
}

/* --- where it comes from ---------------------------------------------------------------------- */

/* The name of the C function that calls the script's function on the way here, which cannot be suspended. */
static const char *
find_barrier(lua_State *L, lua_Debug *ar)
{
	for (int level = 1; lua_getstack(L, level, ar) && lua_getinfo(L, "Snf", ar); level++) {
		bool handler = lbase_is_handler(L, -1);

		lua_pop(L, 1);
		if (handler)
			return "the message handler of xpcall";
		if (*ar->what == 'C' && ar->name != NULL && strcmp(ar->name, "pcall") != 0 && strcmp(ar->name, "xpcall") != 0)
			return ar->name;
	}
	return "a function of the library";
}

static void
want_suspendable(lua_State *L, const struct lhost_waiting *s)
{
	lua_Debug ar;

	if (!lua_isyieldable(L))
		script_place_raise(L, "policy.%s: cannot wait inside %s", s->call.text, find_barrier(L, &ar));
}

/* The value in the mock's table; false there, or none: no answer. [may throw] */
static int
answer_mocked(lua_State *L, struct lhost *h, struct lhost_waiting *s, const char *asked)
{
	if (s->function->mocked != NULL)
		return s->function->mocked(L, h, s);
	if (!lhost_push_mock(L, h, s->function->mock))
		return lhost_wait_down(L, h, s, "the mock has no answer");
	if (lua_istable(L, -1))
		lua_getfield(L, -1, asked);
	if (!lua_istable(L, -1))
		return lhost_wait_down(L, h, s, "the mock has no answer");
	s->function->push_mocked(L, h);
	return 1;
}

/* The script goes on: the answer of the world is there. */
static int
lhost_wait_resumed(lua_State *L, int status, lua_KContext context)
{
	struct lhost *h = (struct lhost *)context;
	struct lhost_waiting *s = lua_touserdata(L, LHOST_WAIT_CALL);

	(void)status;
	if (s->call.kind == WAIT_SLEEP) {
		note(h, s->call.text, true, "%.3f ms", h->now.answer->seconds * 1e3);
		return 0;
	}
	if (s->function->heard != NULL)
		s->function->heard(h, s, h->now.answer);
	answer_tape_add_waited(h->now.tape, h->now.answer);
	keep(h, s, h->now.answer);
	return push_answer(L, h, s, h->now.answer);
}

static int
suspend(lua_State *L, struct lhost *h, struct lhost_waiting *s)
{
	h->now.wait = &s->call;
	return lua_yieldk(L, 0, (lua_KContext)h, lhost_wait_resumed);
}

/* The answer that the tape has; NULL: it has none. */
static struct waited *
hear(const struct lhost *h, const struct lhost_waiting *s)
{
	return h->now.tape != NULL && h->now.tape->playing ? answer_tape_hear_waited(h->now.tape, s->call.text) : NULL;
}

int
lhost_wait_ask(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, const char *asked)
{
	struct waited *taped;

	lhost_pay(L, h, STEPS);
	if (h->pay != NULL)
		want_suspendable(L, s);
	if (h->mock > 0 || h->pay == NULL)
		return answer_mocked(L, h, s, asked);
	taped = hear(h, s);
	if (taped != NULL) {
		keep(h, s, taped);
		return push_answer(L, h, s, taped);
	}
	if (s->barred) {
		note(h, s->call.text, false, "not asked: policy_http of the region does not name %s", s->call.name);
		return lhost_wait_down(L, h, s, "policy_http of the region does not name the host");
	}
	if (h->now.waits && s->function->before != NULL)
		s->function->before(h, s, h->now.tape != NULL && h->now.tape->playing);
	if (h->now.waits)
		return suspend(L, h, s);
	answer_tape_lacks(h->now.tape, s->call.text, NULL); /* an URL may hold a password */
	note(h, s->call.text, false, "not asked: this question cannot wait");
	return lhost_wait_down(L, h, s, "this question cannot wait");
}

/* --- policy.resolve --------------------------------------------------------------------------- */

static void
lhost_wait_keep_names(struct jsontext *j, const struct wait_call *c, const struct waited *a)
{
	jsontext_text(j, "name", c->name, strlen(c->name));
	if (a->why[0] != '\0') {
		jsontext_null(j, "answer");
		return;
	}
	jsontext_begin(j, "answer", '[');
	for (size_t i = 0; i < a->n && j != NULL; i++)
		jsontext_text(j, NULL, a->name[i], strlen(a->name[i]));
	jsontext_end(j, ']');
}

static const char *
lhost_wait_list_names(const struct waited *a, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < a->n && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s", i > 0 ? " " : "", a->name[i]);
	return out;
}

static int
lhost_wait_push_names(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, const struct waited *a)
{
	(void)h, (void)s;
	lua_createtable(L, (int)a->n, 0);
	for (size_t i = 0; i < a->n; i++) {
		lua_pushstring(L, a->name[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static void
lhost_wait_push_mocked(struct lua_State *L, struct lhost *h)
{
	(void)L; /* the list itself */
	(void)h;
}

static const struct lhost_wait_function resolve = { "resolve", MOCK_RESOLVE, lhost_wait_keep_names, lhost_wait_list_names, lhost_wait_push_names,
	.push_mocked = lhost_wait_push_mocked };

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

/* Reads the table of options without metamethods. [-0, +0, may throw] */
static void
take_options(lua_State *L, struct lhost_waiting *s)
{
	if (lua_isnil(L, 2))
		return;
	if (!lua_istable(L, 2))
		script_place_raise(L, "policy.resolve: the options must be a table, not a %s", luaL_typename(L, 2));
	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

		if (!lhost_wait_option(L, s, key))
			script_place_raise(L, "policy.resolve: no option '%s'; there are timeout and down", key);
	}
}

/* host.resolve(name, { timeout =, down = }) -> a list of addresses, or of names of the address */
static int
lhost_wait_resolve(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *name;
	struct lhost_waiting *s;

	lua_settop(L, 2);
	name = want_name(L);
	s = lhost_wait_push(L, &resolve, WAIT_RESOLVE, RESOLVE_SECONDS);
	take_options(L, s);
	lhost_want_asking(L, h, "policy.resolve");
	snprintf(s->call.name, sizeof s->call.name, "%s", name);
	snprintf(s->call.text, sizeof s->call.text, "resolve %s", name);
	return lhost_wait_ask(L, h, s, name);
}

/* --- policy.sleep ----------------------------------------------------------------------------- */

static const struct lhost_wait_function nap = { .name = "sleep" };

/* host.sleep(seconds): returns nothing */
static int
lhost_wait_sleep(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	double seconds = want_seconds(L, 1, "sleep", "the time");
	struct lhost_waiting *s;

	lua_settop(L, 1);
	s = lhost_wait_push(L, &nap, WAIT_SLEEP, seconds);
	lhost_want_asking(L, h, "policy.sleep");
	lhost_pay(L, h, STEPS);
	snprintf(s->call.text, sizeof s->call.text, "sleep %g", seconds);
	if (h->mock > 0 || !h->now.waits || (h->now.tape != NULL && h->now.tape->playing))
		return 0;
	want_suspendable(L, s);
	return suspend(L, h, s);
}

const luaL_Reg lhost_wait_functions[] = {
	{ "resolve", lhost_wait_resolve },
	{ "sleep", lhost_wait_sleep },
	{ NULL, NULL },
};
