/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_store: policy.store: values under a key in the shared store of the region, or in that of a mock. */
#include "policy/lhost_store.h"

#include "base/text.h"
#include "policy/lhost_json.h"
#include "tls/tls.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 128
#define TTL_MAX 1e9 /* seconds */
#define STEPS_PER_KILOBYTE 100
#define SHOWN 60 /* bytes of a value in explain */

enum op { OP_GET, OP_SET, OP_ADD, OP_INCR, OP_DELETE };

struct stored { /* a call */
	struct lhost_waiting waiting; /* the first member */
	enum op op;
	char key[sizeof LHOST_STORE_KEY + KEY_MAX];
	double ttl; /* seconds; 0: for ever */
	lua_Integer by;
	bool reads; /* in a re-ask: the call changes nothing, and `heard` makes its answer of the present value */
	char number[2][32];
};

/* --- values ----------------------------------------------------------------------------------- */

/*
 * A whole number is its digits, so that incr of the server goes on from it. Other values have a letter before them: s a
 * string, f a number, b a boolean, j a table as JSON.
 */

/* [-0, +1, may throw] */
static void
encode_number(lua_State *L, int idx)
{
	char number[40];

	if (lua_isinteger(L, idx))
		snprintf(number, sizeof number, "%lld", (long long)lua_tointeger(L, idx));
	else if (isfinite(lua_tonumber(L, idx)))
		snprintf(number, sizeof number, "f%.17g", lua_tonumber(L, idx));
	else
		script_place_raise(L, "policy.store.set: the value is no finite number");
	lua_pushstring(L, number);
}

/* [-0, +1, may throw] */
static void
encode_string(lua_State *L, int idx)
{
	lua_pushliteral(L, "s");
	lua_pushvalue(L, idx);
	lua_concat(L, 2);
}

/* [-0, +2, may throw] */
static void
encode_table(lua_State *L, struct lhost *h, int idx)
{
	size_t len;
	const char *json = lhost_json_text(L, h, idx, &len);

	lua_pushliteral(L, "j");
	lua_pushlstring(L, json, len);
	lua_concat(L, 2);
}

/* Pushes the text of the value at idx and returns it. [-0, +1 or +2, may throw] */
static const char *
encode(lua_State *L, struct lhost *h, int idx, size_t *len)
{
	switch (lua_type(L, idx)) {
	case LUA_TNUMBER: encode_number(L, idx); break;
	case LUA_TBOOLEAN: lua_pushstring(L, lua_toboolean(L, idx) ? "b1" : "b0"); break;
	case LUA_TSTRING: encode_string(L, idx); break;
	case LUA_TTABLE: encode_table(L, h, idx); break;
	default:
		script_place_raise(L, "policy.store.set: the value must be a string, a number, a boolean or a table, not a %s", luaL_typename(L, idx));
	}
	lua_tolstring(L, -1, len);
	if (*len > LHOST_STORE_VALUE)
		script_place_raise(L, "policy.store.set: the value has more than %d bytes", LHOST_STORE_VALUE);
	lhost_pay(L, h, *len / 1024 * STEPS_PER_KILOBYTE);
	return lua_tostring(L, -1);
}

static bool
push_integer(lua_State *L, const char *text, size_t len)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (len == 0 || errno != 0 || end != text + len || strspn(text, "-0123456789") != len)
		return false;
	lua_pushinteger(L, n);
	return true;
}

static bool
push_float(lua_State *L, const char *text, size_t len)
{
	char *end;
	double n = strtod(text, &end);

	if (len == 0 || end != text + len || strspn(text, "-+.e0123456789") != len || !isfinite(n))
		return false;
	lua_pushnumber(L, n);
	return true;
}

static bool
push_boolean(lua_State *L, const char *text, size_t len)
{
	if (len != 1 || (text[0] != '0' && text[0] != '1'))
		return false;
	lua_pushboolean(L, text[0] == '1');
	return true;
}

static bool
push_table(lua_State *L, struct lhost *h, const char *text, size_t len)
{
	lhost_json_push(L, h, text, len);
	return lua_istable(L, -1);
}

/* Pushes the value of a text, len > 0. False: encode makes no such text. [-0, +1, may throw] */
static bool
push_value(lua_State *L, struct lhost *h, const char *text, size_t len)
{
	switch (text[0]) {
	case 's':
		lua_pushlstring(L, text + 1, len - 1);
		return true;
	case 'f':
		return push_float(L, text + 1, len - 1);
	case 'b':
		return push_boolean(L, text + 1, len - 1);
	case 'j':
		return push_table(L, h, text + 1, len - 1);
	default:
		return push_integer(L, text, len);
	}
}

/* Pushes the value of a text. A text that encode does not make is no absent value: it raises. [-0, +1, may throw] */
static void
decode(lua_State *L, struct lhost *h, const char *text, size_t len)
{
	lhost_pay(L, h, len / 1024 * STEPS_PER_KILOBYTE);
	if (len == 0 || !push_value(L, h, text, len))
		script_place_raise(L, "policy.store: another program has written the value");
}

/* --- the answer ------------------------------------------------------------------------------- */

const char *
lhost_store_words(const struct waited *a, char *out, size_t size)
{
	if (a->status == WAITED_NONE)
		snprintf(out, size, "nothing");
	else
		text_printable(out, size < SHOWN ? size : SHOWN, a->body, a->len);
	return out;
}

static int
lhost_store_push(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, const struct waited *a)
{
	switch (((struct stored *)s)->op) {
	case OP_SET:
		lua_pushboolean(L, true);
		break;
	case OP_ADD:
		lua_pushboolean(L, a->status != WAITED_NONE);
		break;
	case OP_DELETE:
		lua_pushboolean(L, a->len == 1 && a->body[0] == '1');
		break;
	default:
		if (a->status == WAITED_NONE)
			lua_pushnil(L);
		else
			decode(L, h, a->body, a->len);
	}
	return 1;
}

/* --- a re-ask --------------------------------------------------------------------------------- */

/* In a re-ask: asks for the value, or whether there is one, in place of the command. */
static void
lhost_store_before(const struct lhost *h, struct lhost_waiting *w, bool reads)
{
	struct stored *s = (struct stored *)w;
	struct store_question *q = &s->waiting.call.store;

	(void)h;
	if (s->op == OP_GET || !reads)
		return;
	s->reads = true;
	*q = (struct store_question){ .script = STORE_SCRIPTS, .reads = true };
	store_word_text(&q->words, s->op == OP_INCR ? "GET" : "EXISTS");
	store_word_text(&q->words, s->key);
}

/* The answer that the command would have had. */
static void
lhost_store_heard(const struct lhost *h, struct lhost_waiting *w, struct waited *a)
{
	struct stored *s = (struct stored *)w;
	char number[32], *end = number;
	long long sum = 0;

	(void)h;
	if (!s->reads || a->why[0] != '\0')
		return;
	if (s->op == OP_ADD) /* EXISTS */
		waited_answer(a, a->body[0] == '1' ? WAITED_NONE : WAITED_TEXT, "OK", a->body[0] == '1' ? 0 : 2);
	if (s->op != OP_INCR)
		return;
	if (a->status != WAITED_NONE)
		sum = strtoll(a->body, &end, 10);
	if ((a->status != WAITED_NONE && (a->len == 0 || *end != '\0')) || __builtin_add_overflow(sum, (long long)s->by, &sum))
		waited_fail(a, "the value is no whole number, or the sum is too large");
	else
		waited_answer(a, WAITED_TEXT, number, (size_t)snprintf(number, sizeof number, "%lld", sum));
}

/* --- the mock --------------------------------------------------------------------------------- */

int
lhost_store_mock_missing(struct lua_State *L, struct lhost *h, struct lhost_waiting *s, char why[64])
{
	double seconds = 0;

	if (!lhost_push_mock(L, h, MOCK_STORE) || !lua_istable(L, -1)) {
		snprintf(why, 64, "the mock has no store");
		return 1;
	}
	if (lhost_push_mock(L, h, MOCK_STORE_SECONDS)) {
		seconds = lua_tonumber(L, -1);
		lua_pop(L, 1);
	}
	if (seconds < s->call.seconds)
		return 0;
	snprintf(why, 64, "no answer within %g s", s->call.seconds);
	return 1;
}

/*
 * Pushes the value of the mock's store at index `store`; nil: the mock's store has no such value. [-0, +1, may throw]
 */
static void
mock_get(lua_State *L, const struct lhost *h, int store, const struct stored *s)
{
	lua_getfield(L, store, s->key);
	if (!lua_istable(L, -1))
		return;
	lua_rawgeti(L, -1, 2);
	if (lua_tonumber(L, -1) > 0 && lua_tonumber(L, -1) <= lhost_mock_clock(L, h)) {
		lua_settop(L, -3);
		lua_pushnil(L);
		return;
	}
	lua_pop(L, 1);
	lua_rawgeti(L, -1, 1);
	lua_remove(L, -2);
}

/* Puts the value on the top, or takes the key away when it is nil. `ends`: by the mock's clock; 0: never. */
static void
mock_put(lua_State *L, int store, const struct stored *s, double ends)
{
	if (lua_isnil(L, -1)) {
		lua_setfield(L, store, s->key);
		return;
	}
	lua_createtable(L, 2, 0);
	lua_insert(L, -2);
	lua_rawseti(L, -2, 1);
	lua_pushnumber(L, ends);
	lua_rawseti(L, -2, 2);
	lua_setfield(L, store, s->key);
}

/* The sum replaces the old value at the top; the time of an old value stays. */
static int
mock_incr(lua_State *L, int store, const struct stored *s, double ends)
{
	lua_Integer sum = s->by;

	if (!lua_isnil(L, -1) && !lua_isinteger(L, -1))
		script_place_raise(L, "policy.store.incr: the mock's value is no whole number");
	if (!lua_isnil(L, -1)) {
		sum += lua_tointeger(L, -1);
		lua_getfield(L, store, s->key);
		lua_rawgeti(L, -1, 2);
		ends = lua_tonumber(L, -1);
	}
	lua_pushinteger(L, sum);
	mock_put(L, store, s, ends);
	lua_pushinteger(L, sum);
	return 1;
}

static int
lhost_store_mocked(struct lua_State *L, struct lhost *h, struct lhost_waiting *w)
{
	struct stored *s = (struct stored *)w;
	double ends = s->ttl > 0 ? lhost_mock_clock(L, h) + s->ttl : 0;
	char why[64];
	bool there;
	int store;

	if (lhost_store_mock_missing(L, h, w, why))
		return lhost_wait_down(L, h, w, why);
	store = lua_gettop(L);
	mock_get(L, h, store, s);
	there = !lua_isnil(L, -1);
	if (s->op == OP_GET)
		return 1;
	if (s->op == OP_INCR)
		return mock_incr(L, store, s, ends);
	if (s->op == OP_DELETE)
		lua_pushnil(L);
	else
		lua_pushvalue(L, 2);
	if (s->op != OP_ADD || !there)
		mock_put(L, store, s, ends);
	lua_pushboolean(L, s->op == OP_ADD ? !there : s->op == OP_DELETE ? there : true);
	return 1;
}

/* --- the call --------------------------------------------------------------------------------- */

#define FUNCTION(op_name) { .name = "store." op_name, .keep = lhost_wait_keep_body, .words = lhost_store_words, .push = lhost_store_push, \
	.mocked = lhost_store_mocked, .before = lhost_store_before, .heard = lhost_store_heard, .size = sizeof(struct stored) }
static const struct lhost_wait_function functions[] = { [OP_GET] = FUNCTION("get"), [OP_SET] = FUNCTION("set"), [OP_ADD] = FUNCTION("add_if_absent"),
	[OP_INCR] = FUNCTION("incr"), [OP_DELETE] = FUNCTION("delete") };

static const char *
want_key(lua_State *L, const char *who)
{
	size_t len = 0;
	const char *key = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : "";

	for (size_t i = 0; i < len; i++)
		if (key[i] < ' ' || key[i] > '~')
			len = 0;
	if (len == 0 || len > KEY_MAX)
		script_place_raise(L, "policy.%s: the key must be a string of 1 to %d bytes of printable ASCII", who, KEY_MAX);
	return key;
}

static bool
take_option(lua_State *L, struct stored *s, const char *key)
{
	if (strcmp(key, "ttl") == 0 && (s->op == OP_SET || s->op == OP_ADD || s->op == OP_INCR)) {
		s->ttl = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
		if (!(s->ttl >= 0.001 && s->ttl <= TTL_MAX))
			script_place_raise(L, "policy.%s: ttl must be a number of seconds from 0.001 to 1e9", s->waiting.function->name);
		return true;
	}
	if (strcmp(key, "by") == 0 && s->op == OP_INCR) {
		if (!lua_isinteger(L, -1))
			script_place_raise(L, "policy.store.incr: by must be a whole number");
		s->by = lua_tointeger(L, -1);
		return true;
	}
	return lhost_wait_option(L, &s->waiting, key);
}

void
lhost_store_options(struct lua_State *L, struct lhost_waiting *s, int idx, bool (*take)(struct lua_State *L, struct lhost_waiting *s, const char *key))
{
	if (lua_isnil(L, idx))
		return;
	if (!lua_istable(L, idx))
		script_place_raise(L, "policy.%s: the options must be a table, not a %s", s->function->name, luaL_typename(L, idx));
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

		if (!take(L, s, key))
			script_place_raise(L, "policy.%s: no option '%s'", s->function->name, key);
	}
}

static bool
lhost_store_take(struct lua_State *L, struct lhost_waiting *s, const char *key)
{
	return take_option(L, (struct stored *)s, key);
}

/* The words of the server; value: of OP_SET and OP_ADD, len bytes. */
static void
make_words(struct stored *s, const char *value, size_t len)
{
	static const char *const verbs[] = { [OP_GET] = "GET", [OP_SET] = "SET", [OP_ADD] = "SET", [OP_DELETE] = "DEL" };
	struct store_question *q = &s->waiting.call.store;

	snprintf(s->number[0], sizeof s->number[0], "%lld", (long long)s->by);
	snprintf(s->number[1], sizeof s->number[1], "%.0f", ceil(s->ttl * 1e3));
	q->script = s->op == OP_INCR ? STORE_SCRIPT_INCR : STORE_SCRIPTS;
	if (s->op != OP_INCR)
		store_word_text(&q->words, verbs[s->op]);
	store_word_text(&q->words, s->key);
	if (s->op == OP_INCR) {
		store_word_text(&q->words, s->number[0]);
		store_word_text(&q->words, s->number[1]);
	}
	if (value != NULL)
		store_word(&q->words, value, len);
	if (value != NULL && s->ttl > 0) {
		store_word_text(&q->words, "PX");
		store_word_text(&q->words, s->number[1]);
	}
	if (s->op == OP_ADD)
		store_word_text(&q->words, "NX");
}

/* The text of a call: two calls with the same text are the same question. */
static void
name_call(struct stored *s, const char *value, size_t len)
{
	struct wait_call *c = &s->waiting.call;
	const char *name = s->waiting.function->name, *key = s->key + strlen(LHOST_STORE_KEY);
	char digest[65];

	if (value != NULL) {
		tls_digest(value, len, digest);
		snprintf(c->text, sizeof c->text, "%s %s #%.*s%s%s", name, key, LHOST_DIGITS, digest, s->ttl > 0 ? " ttl " : "",
			s->ttl > 0 ? s->number[1] : "");
	} else if (s->op == OP_INCR) {
		snprintf(c->text, sizeof c->text, "%s %s by %s%s%s", name, key, s->number[0], s->ttl > 0 ? " ttl " : "", s->ttl > 0 ? s->number[1] : "");
	} else {
		snprintf(c->text, sizeof c->text, "%s %s", name, key);
	}
}

static int
ask(lua_State *L, enum op op)
{
	struct lhost *h = lhost_of(L);
	bool valued = op == OP_SET || op == OP_ADD;
	const char *key = want_key(L, functions[op].name), *value = NULL;
	struct stored *s;
	size_t len = 0;

	lua_settop(L, valued ? 3 : 2);
	s = (struct stored *)lhost_wait_push(L, &functions[op], WAIT_STORE, LHOST_STORE_SECONDS);
	s->op = op;
	s->by = 1;
	lhost_store_options(L, &s->waiting, valued ? 3 : 2, lhost_store_take);
	lhost_want_asking(L, h, "policy.store");
	snprintf(s->key, sizeof s->key, LHOST_STORE_KEY "%s", key);
	if (valued)
		value = encode(L, h, 2, &len); /* it stays on the stack */
	make_words(s, value, len);
	name_call(s, value, len);
	return lhost_wait_ask(L, h, &s->waiting, s->key);
}

/* host.store_get(key, options) -> the value, or nil */
static int
lhost_store_get(lua_State *L)
{
	return ask(L, OP_GET);
}

/* host.store_set(key, value, options) -> true */
static int
lhost_store_set(lua_State *L)
{
	return ask(L, OP_SET);
}

/* host.store_add(key, value, options) -> whether the key was absent */
static int
lhost_store_add(lua_State *L)
{
	return ask(L, OP_ADD);
}

/* host.store_incr(key, options) -> the sum */
static int
lhost_store_incr(lua_State *L)
{
	return ask(L, OP_INCR);
}

/* host.store_delete(key, options) -> whether there was a value */
static int
lhost_store_delete(lua_State *L)
{
	return ask(L, OP_DELETE);
}

const luaL_Reg lhost_store_functions[] = {
	{ "store_get", lhost_store_get },
	{ "store_set", lhost_store_set },
	{ "store_add", lhost_store_add },
	{ "store_incr", lhost_store_incr },
	{ "store_delete", lhost_store_delete },
	{ NULL, NULL },
};
