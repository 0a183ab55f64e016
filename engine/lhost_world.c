/* SPDX-License-Identifier: Apache-2.0 */
/* The region as policies may ask about it: counters and ipconns, or a mock of both. Each answer goes into the record. */
#include "lhost.h"

#include "lfacts.h"
#include "lhost_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IPCONNS_MAX 1000

static void __attribute__((format(printf, 3, 4)))
effect(const struct lhost *h, const char *name, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	record_effect(h->door, name, text);
}

/* ---- counters */

/* A mock's counter answers what store_next would. */
static int
mock_next(lua_State *L, lua_Integer min, lua_Integer max, bool wrap, int64_t *out, const char **reason)
{
	bool asked;
	lua_Integer last;

	lua_pushvalue(L, 1);
	asked = lua_rawget(L, -2) == LUA_TNUMBER;
	last = lua_tointeger(L, -1);
	*out = !asked || last < min ? min : last + (last < max);
	if (asked && last >= max) {
		*reason = "exhausted";
		*out = min;
		if (!wrap)
			return -1;
	}
	lua_pushvalue(L, 1);
	lua_pushinteger(L, *out);
	lua_rawset(L, -4);
	return 0;
}

/* Loading touches nothing of the region: it may happen beside the loop, and what it found would be old when a door is asked. */
static void
want_asking(lua_State *L, const struct lhost *h, const char *what)
{
	if (h->world != NULL && !h->asking)
		lhost_misuse(L, "%s: the region can be asked about when a door is asked, not while the script loads", what);
}

/* Beyond the tape it counts on from the last answer, and moves nothing. */
static int
count_on(const struct lhost *h, const char *name, size_t len, int64_t min, int64_t max, bool wrap, int64_t *out, const char **reason)
{
	int64_t last;
	bool asked = tape_last(h->tape, name, &last) || store_peek(h->world->store, name, len, &last);

	*reason = "exhausted";
	*out = !asked || last < min ? min : last < max ? last + 1 : min;
	if (asked && last >= max && !wrap)
		return -1;
	tape_note(h->tape, name, *out);
	return 0;
}

static int
world_next(lua_State *L, const struct lhost *h, lua_Integer min, lua_Integer max, bool wrap, int64_t *out, const char **reason)
{
	size_t len;
	const char *name = lua_tolstring(L, 1, &len);
	int ok;

	want_asking(L, h, "counter:next");
	*reason = "no store";
	if (h->world == NULL || h->world->store == NULL)
		return -1;
	if (h->tape != NULL && h->tape->playing)
		return tape_hear(h->tape, false, name, out) ? 0 : count_on(h, name, len, min, max, wrap, out, reason);
	ok = store_next(h->world->store, name, len, min, max, wrap, out, reason);
	if (ok == 0)
		tape_add(h->tape, false, name, *out);
	return ok;
}

static bool
world_peek(lua_State *L, const struct lhost *h, int64_t *out)
{
	size_t len;
	const char *name = lua_tolstring(L, 1, &len);
	bool playing = h->tape != NULL && h->tape->playing, asked;

	want_asking(L, h, "counter:peek");
	if (h->world == NULL || h->world->store == NULL)
		return false;
	if (playing && (tape_last(h->tape, name, out) || tape_hear(h->tape, true, name, out)))
		return true;
	asked = store_peek(h->world->store, name, len, out);
	if (asked)
		tape_add(h->tape, true, name, *out);
	return asked;
}

/* host.counter_next(name, min, max, wrap) -> number, or nil and a reason */
static int
counter_next(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *name = luaL_checkstring(L, 1), *reason = NULL;
	lua_Integer min = luaL_checkinteger(L, 2), max = luaL_checkinteger(L, 3);
	bool wrap = lua_toboolean(L, 4);
	char title[COUNTER_NAME_MAX + 16];
	int64_t out = 0;
	int r;

	lua_settop(L, 4);
	snprintf(title, sizeof title, "counter %s", name);
	r = lhost_push_mock(L, h, MOCK_COUNTERS) ? mock_next(L, min, max, wrap, &out, &reason) : world_next(L, h, min, max, wrap, &out, &reason);
	if (r < 0) {
		effect(h, title, "next: %s", reason);
		lua_pushnil(L);
		lua_pushstring(L, reason);
		return 2;
	}
	effect(h, title, "next = %lld", (long long)out);
	lua_pushinteger(L, out);
	return 1;
}

static bool
peek(lua_State *L, const struct lhost *h, int64_t *out)
{
	bool asked;

	if (!lhost_push_mock(L, h, MOCK_COUNTERS))
		return world_peek(L, h, out);
	lua_pushvalue(L, 1);
	asked = lua_rawget(L, -2) == LUA_TNUMBER;
	*out = lua_tointeger(L, -1);
	return asked;
}

/* host.counter_peek(name) -> the last answer of next, or nil */
static int
counter_peek(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	char title[COUNTER_NAME_MAX + 16];
	int64_t out = 0;

	snprintf(title, sizeof title, "counter %s", luaL_checkstring(L, 1));
	if (peek(L, h, &out)) {
		effect(h, title, "peek = %lld", (long long)out);
		lua_pushinteger(L, out);
	} else {
		effect(h, title, "peek: never asked");
		lua_pushnil(L);
	}
	return 1;
}

/* ---- ipconns */

static bool
mock_ipconn(lua_State *L, struct ipconn_view *out)
{
	lua_pushvalue(L, 1);
	if (lua_rawget(L, -2) != LUA_TUSERDATA)
		return false;
	*out = *(const struct ipconn_view *)lua_touserdata(L, -1);
	return true;
}

/* host.ipconn(name) -> a table, or nil */
static int
ipconn(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *name = luaL_checkstring(L, 1);
	char title[NAME_SIZE + 16];
	struct ipconn_view view;
	bool found;

	lua_settop(L, 1);
	if (lhost_push_mock(L, h, MOCK_IPCONNS)) {
		found = mock_ipconn(L, &view);
	} else {
		want_asking(L, h, "policy.ipconn");
		found = h->world != NULL && h->world->ipconn != NULL && h->world->ipconn(h->world->arg, name, &view);
	}
	snprintf(title, sizeof title, "ipconn %s", name);
	effect(h, title, "%s", found ? "found" : "none");
	if (found)
		lfacts_push_ipconn(L, &view);
	else
		lua_pushnil(L);
	return 1;
}

/* The nth of the mock's ipconns by name: what a spec sees must not hang on the order of a hash. */
static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct ipconn_view *)a)->def.ipconn, ((const struct ipconn_view *)b)->def.ipconn);
}

static bool
matches(const struct ipconn_view *v, const char *applid, const char *networkid)
{
	return (applid == NULL || strcmp(applid, v->def.applid) == 0) &&
	       (networkid == NULL || strcmp(networkid, v->def.networkid) == 0);
}

static size_t
mock_ipconns(lua_State *L, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	int table = lua_gettop(L);
	size_t n = 0;

	for (lua_pushnil(L); lua_next(L, table) != 0 && n < max; lua_pop(L, 1)) {
		const struct ipconn_view *v = lua_touserdata(L, -1);

		if (matches(v, applid, networkid))
			out[n++] = *v;
	}
	lua_settop(L, table);
	qsort(out, n, sizeof *out, by_name);
	return n;
}

static size_t
find_ipconns(lua_State *L, const struct lhost *h, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	size_t n = 0;

	if (lhost_push_mock(L, h, MOCK_IPCONNS)) {
		n = mock_ipconns(L, applid, networkid, out, max);
		lua_pop(L, 1);
	} else if (h->world != NULL && h->world->ipconns != NULL) {
		want_asking(L, h, "policy.ipconns");
		n = h->world->ipconns(h->world->arg, applid, networkid, out, max);
	}
	return n < max ? n : max;
}

static void
push_list(lua_State *L, struct lhost *h, const struct ipconn_view *view, size_t n)
{
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		lhost_pay(L, h, 40); /* a table of about so many attributes */
		lfacts_push_ipconn(L, &view[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/*
 * host.ipconns(applid, networkid) -> a list of at most 1000, and whether there were more. The buffer grows with what is there,
 * so that an ask pays memory for what it gets.
 */
static int
ipconns(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *applid = luaL_optstring(L, 1, NULL), *networkid = luaL_optstring(L, 2, NULL);
	struct ipconn_view *view;
	size_t max = 16, n;
	char title[64];

	lua_settop(L, 2);
	for (;;) {
		lhost_pay(L, h, max);
		view = lua_newuserdatauv(L, max * sizeof *view, 0);
		n = find_ipconns(L, h, applid, networkid, view, max);
		if (n < max || max == IPCONNS_MAX)
			break;
		lua_pop(L, 1);
		max = max * 8 < IPCONNS_MAX ? max * 8 : IPCONNS_MAX;
	}
	snprintf(title, sizeof title, "ipconns %.8s.%.8s", networkid != NULL ? networkid : "*", applid != NULL ? applid : "*");
	effect(h, title, "%zu", n);
	push_list(L, h, view, n);
	return 1;
}

const luaL_Reg lhost_world_functions[] = {
	{ "counter_next", counter_next },
	{ "counter_peek", counter_peek },
	{ "ipconn", ipconn },
	{ "ipconns", ipconns },
	{ NULL, NULL },
};
