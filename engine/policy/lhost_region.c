/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_region: the questions of scripts about the region, its counters and ipconns, or a mock of both. The record gets
 * each answer.
 */
#include "policy/lhost.h"

#include "policy/answer_source.h"
#include "base/clock.h"
#include "policy/lfacts.h"
#include "policy/lhost_internal.h"
#include "policy/lshape.h"
#include "policy/record_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The answer of a counter, with its arguments; a number that is exhausted is `last`, since the script got nil. */
static void
keep_counter(const struct lhost *h, const char *asked, const char *name, const struct counter_use *u, enum counters_answer a, int64_t number)
{
	struct jsontext *j = record_answer_begin(h->now.entry, asked);

	jsontext_text(j, "name", name, strlen(name));
	if (u->max != 0 || u->min != 0) {
		jsontext_integer(j, "min", u->min);
		jsontext_integer(j, "max", u->max);
		jsontext_flag(j, "wrap", u->wrap);
	}
	if (u->expires > 0)
		jsontext_real(j, "expires", u->expires);
	if (a == COUNTERS_NUMBER) {
		jsontext_integer(j, "answer", number);
	} else {
		jsontext_null(j, "answer");
		jsontext_string(j, "reason", counters_reason(a));
		if (a == COUNTERS_EXHAUSTED)
			jsontext_integer(j, "last", number);
	}
	record_answer_end(h->now.entry);
}

/* ---- counters */

/* The counters of the mock, with the time of its clock in *now; NULL: no mock. [-0, +0] */
static struct counters *
mock_store(lua_State *L, const struct lhost *h, double *now)
{
	struct counters **box;

	if (!lhost_push_mock(L, h, MOCK_COUNTERS))
		return NULL;
	box = lua_touserdata(L, -1);
	lua_pop(L, 1); /* the mock keeps the userdata */
	*now = lhost_mock_clock(L, h);
	return *box;
}

static const char *
want_counter(lua_State *L, const struct lhost *h, const char *what, size_t *len)
{
	const char *name = luaL_checklstring(L, 1, len);

	if (strlen(name) != *len)
		script_place_raise(L, "%s: the name of a counter holds no NUL", what);
	lhost_want_asking(L, h, what);
	return name;
}

static const char *
print_expires(char out[40], double seconds)
{
	if (seconds > 0)
		snprintf(out, 40, "expires after %g s", seconds);
	else
		snprintf(out, 40, "never expires");
	return out;
}

/* Raises when the script's `expires` is not the counter's own: two values mean two counters. */
static void
want_same_expires(lua_State *L, enum counters_answer a, const char *name, double its, double asked)
{
	char is[40], now[40];

	if (a == COUNTERS_OTHER_EXPIRES)
		script_place_raise(L, "counter %s: since its first use it %s, and here it %s; a counter with another `expires` needs another name", name,
			print_expires(is, its), print_expires(now, asked));
}

/* host.counter_next(name, min, max, wrap, expires) -> the number, or nil and the reason */
static int
lhost_region_next(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	size_t len;
	const char *name = want_counter(L, h, "counter:next", &len);
	struct counter_use u = { .min = luaL_checkinteger(L, 2), .max = luaL_checkinteger(L, 3), .wrap = lua_toboolean(L, 4),
		.expires = luaL_optnumber(L, 5, 0) };
	char title[COUNTER_NAME_MAX + 16];
	double now = 0, its = 0;
	int64_t out = 0;
	struct counters *mock = mock_store(L, h, &now);
	enum counters_answer a = mock != NULL ? counters_next(mock, name, len, &u, now, &out, &its) :
		answer_source_next(h, name, len, &u, &out, &its);

	want_same_expires(L, a, name, its, u.expires);
	if (a == COUNTERS_FULL && mock == NULL && counters_complains(h->world->counters, clock_span()))
		h->full = counters_reason(a);
	snprintf(title, sizeof title, "counter %s", name);
	keep_counter(h, "counter.next", name, &u, a, out);
	if (a != COUNTERS_NUMBER) {
		lhost_effect(h, title, "next: %s", counters_reason(a));
		lua_pushnil(L);
		lua_pushstring(L, counters_reason(a));
		return 2;
	}
	lhost_effect(h, title, "next = %lld", (long long)out);
	lua_pushinteger(L, out);
	return 1;
}

/* host.counter_peek(name, expires) -> the last number of counter_next, or nil */
static int
lhost_region_peek(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	size_t len;
	const char *name = want_counter(L, h, "counter:peek", &len);
	double expires = luaL_optnumber(L, 2, 0), now = 0, its = 0;
	struct counter_use u = { .expires = expires };
	char title[COUNTER_NAME_MAX + 16];
	int64_t out = 0;
	struct counters *mock = mock_store(L, h, &now);
	enum counters_answer a = mock != NULL ? counters_peek(mock, name, len, expires, now, &out, &its) :
		answer_source_peek(h, name, len, expires, &out, &its);

	want_same_expires(L, a, name, its, expires);
	snprintf(title, sizeof title, "counter %s", name);
	keep_counter(h, "counter.peek", name, &u, a, out);
	if (a == COUNTERS_NUMBER) {
		lhost_effect(h, title, "peek = %lld", (long long)out);
		lua_pushinteger(L, out);
	} else {
		lhost_effect(h, title, "peek: %s", counters_reason(a));
		lua_pushnil(L);
	}
	return 1;
}

/* ---- ipconns */

static void
keep_ipconn(const struct lhost *h, const char *name, const struct ipconn_view *found)
{
	struct jsontext *j = record_answer_begin(h->now.entry, "ipconn");

	jsontext_text(j, "name", name, strlen(name));
	if (found != NULL)
		record_answer_ipconn(j, "answer", found);
	else
		jsontext_null(j, "answer");
	record_answer_end(h->now.entry);
}

static void
keep_ipconns(const struct lhost *h, const char *applid, const char *networkid, const struct ipconn_view *view, size_t n)
{
	struct jsontext *j = record_answer_begin(h->now.entry, "ipconns");

	jsontext_some(j, "applid", applid);
	jsontext_some(j, "networkid", networkid);
	jsontext_begin(j, "answer", '[');
	for (size_t i = 0; i < n && j != NULL && !j->full; i++)
		record_answer_ipconn(j, NULL, &view[i]);
	jsontext_end(j, ']');
	record_answer_end(h->now.entry);
}

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
lhost_region_ipconn(lua_State *L)
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
		lhost_want_asking(L, h, "policy.ipconn");
		found = answer_source_ipconn(h, name, &view);
	}
	snprintf(title, sizeof title, "ipconn %s", name);
	lhost_effect(h, title, "%s", found ? "found" : "none");
	keep_ipconn(h, name, found ? &view : NULL);
	if (found)
		lfacts_push_ipconn(L, &view);
	else
		lua_pushnil(L);
	return 1;
}

/* Sorts the ipconns of a mock by name: the order of a Lua table is random, and specs need a stable one. */
static int
lhost_region_by_name(const void *a, const void *b)
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
	qsort(out, n, sizeof *out, lhost_region_by_name);
	return n;
}

static size_t
find_ipconns(lua_State *L, const struct lhost *h, const struct taped *then, const char *applid, const char *networkid, struct ipconn_view *out,
	size_t max)
{
	size_t n;

	if (lhost_push_mock(L, h, MOCK_IPCONNS)) {
		n = mock_ipconns(L, applid, networkid, out, max);
		lua_pop(L, 1);
	} else {
		n = answer_source_ipconns(h, then, applid, networkid, out, max);
	}
	return n < max ? n : max;
}

static void
push_list(lua_State *L, struct lhost *h, const struct ipconn_view *view, size_t n)
{
	lua_createtable(L, (int)n, 0);
	for (size_t i = 0; i < n; i++) {
		lhost_pay(L, h, 40); /* about one for each attribute */
		lfacts_push_ipconn(L, &view[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lshape_set(L, SHAPE_ipconns);
}

/*
 * host.ipconns(applid, networkid) -> a list of at most 1000. The buffer grows with the number of ipconns, so that a
 * script is charged only for the memory that the list needs.
 */
static int
lhost_region_ipconns(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *applid = luaL_optstring(L, 1, NULL), *networkid = luaL_optstring(L, 2, NULL);
	const struct taped *then;
	struct ipconn_view *view;
	size_t max = 16, n;
	char title[64];

	lua_settop(L, 2);
	lhost_want_asking(L, h, "policy.ipconns");
	then = answer_source_list(h, applid, networkid);
	for (;;) {
		lhost_pay(L, h, max);
		view = lua_newuserdatauv(L, max * sizeof *view, 0);
		n = find_ipconns(L, h, then, applid, networkid, view, max);
		if (n < max || max == ANSWER_SOURCE_IPCONNS)
			break;
		lua_pop(L, 1);
		max = max * 8 < ANSWER_SOURCE_IPCONNS ? max * 8 : ANSWER_SOURCE_IPCONNS;
	}
	if (h->mock <= 0)
		answer_source_keep(h, applid, networkid, view, n);
	snprintf(title, sizeof title, "ipconns %.8s.%.8s", networkid != NULL ? networkid : "*", applid != NULL ? applid : "*");
	lhost_effect(h, title, "%zu", n);
	keep_ipconns(h, applid, networkid, view, n);
	push_list(L, h, view, n);
	return 1;
}

const luaL_Reg lhost_region_functions[] = {
	{ "counter_next", lhost_region_next },
	{ "counter_peek", lhost_region_peek },
	{ "ipconn", lhost_region_ipconn },
	{ "ipconns", lhost_region_ipconns },
	{ NULL, NULL },
};
