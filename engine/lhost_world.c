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

#define MOCK_IPCONNS "ipconns"   /* in the mock's table: name = a userdata that holds a struct ipconn_view */
#define MOCK_COUNTERS "counters" /* name = the last value answered */

/* Pushes a part of the mock's table; false, and nothing pushed, without a mock. */
static bool
push_mock(lua_State *L, const struct lhost *h, const char *part)
{
	if (h->mock <= 0)
		return false;
	lua_rawgeti(L, LUA_REGISTRYINDEX, h->mock);
	lua_getfield(L, -1, part);
	lua_remove(L, -2);
	return true;
}

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

static int
world_next(lua_State *L, const struct lhost *h, lua_Integer min, lua_Integer max, bool wrap, int64_t *out, const char **reason)
{
	size_t len;
	const char *name = lua_tolstring(L, 1, &len);

	*reason = "no store";
	if (h->world == NULL || h->world->store == NULL)
		return -1;
	return store_next(h->world->store, name, len, min, max, wrap, out, reason);
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
	r = push_mock(L, h, MOCK_COUNTERS) ? mock_next(L, min, max, wrap, &out, &reason) : world_next(L, h, min, max, wrap, &out, &reason);
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
	size_t len;
	const char *name = lua_tolstring(L, 1, &len);
	bool asked;

	if (!push_mock(L, h, MOCK_COUNTERS))
		return h->world != NULL && h->world->store != NULL && store_peek(h->world->store, name, len, out);
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
	if (push_mock(L, h, MOCK_IPCONNS))
		found = mock_ipconn(L, &view);
	else
		found = h->world != NULL && h->world->ipconn != NULL && h->world->ipconn(h->world->arg, name, &view);
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

	if (push_mock(L, h, MOCK_IPCONNS)) {
		n = mock_ipconns(L, applid, networkid, out, max);
		lua_pop(L, 1);
	} else if (h->world != NULL && h->world->ipconns != NULL) {
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

/* ---- the mock */

static bool
mock_status(lua_State *L, struct ipconn_view *v, const char *key, const char *value)
{
	if (strcmp(key, "servstatus") == 0 && (strcmp(value, "INSERVICE") == 0 || strcmp(value, "OUTSERVICE") == 0)) {
		v->inservice = value[0] == 'I';
		return true;
	}
	for (int s = CONN_RELEASED; s <= CONN_FREEING && strcmp(key, "connstatus") == 0; s++)
		if (strcmp(value, connstatus_name((enum connstatus)s)) == 0) {
			v->connstatus = (enum connstatus)s;
			return true;
		}
	return luaL_error(L, "%s '%s'", key, value), false;
}

/* Of an autoinstalled ipconn `template` names what it was copied from; of any other it is the attribute of the definition. */
static bool
mock_template(lua_State *L, struct ipconn_view *v, const char *key)
{
	size_t len;
	const char *name = lua_tolstring(L, -1, &len);

	if (strcmp(key, "template") != 0 || lua_type(L, -1) != LUA_TSTRING || !name_ok(name, len))
		return false;
	memcpy(v->template, name, len + 1);
	return true;
}

/* Sets an attribute of the definition from the value on the top. */
static int
mock_value(lua_State *L, const struct attribute *a, struct ipconn_view *v, struct fault *f)
{
	const char *text;
	size_t len;

	switch (lua_type(L, -1)) {
	case LUA_TNUMBER:
		return attribute_set_number(a, &v->def, lua_tonumber(L, -1), f);
	case LUA_TSTRING:
		text = lua_tolstring(L, -1, &len);
		return attribute_set_text(a, &v->def, text, len, f);
	default:
		return fault_set(f, "%s is a %s", a->name, luaL_typename(L, -1));
	}
}

/* One key of a mocked ipconn; the value is on the top of the stack. */
static void
mock_attribute(lua_State *L, struct ipconn_view *v, const char *key)
{
	const struct attribute *a = attribute_find(ipconn_attributes, key);
	struct fault f = { "" };

	if (strcmp(key, "autoinstalled") == 0 && lua_isboolean(L, -1))
		v->autoinstalled = lua_toboolean(L, -1);
	else if ((strcmp(key, "servstatus") == 0 || strcmp(key, "connstatus") == 0) && lua_type(L, -1) == LUA_TSTRING)
		mock_status(L, v, key, lua_tostring(L, -1));
	else if (mock_template(L, v, key))
		return; /* an upper-case word; "only" and "yes" are lower case */
	else if (a == NULL)
		luaL_error(L, "no attribute '%s' of this type", key);
	else if (mock_value(L, a, v, &f) < 0)
		luaL_error(L, "%s", f.text);
}

/* mock_view(name, table) -> userdata that holds the view. Its own C function, so that one place can name the ipconn. */
static int
mock_view(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct ipconn_view *v;

	luaL_checktype(L, 2, LUA_TTABLE);
	if (!name_ok(name, strlen(name)))
		return luaL_error(L, "not a name");
	v = lua_newuserdatauv(L, sizeof *v, 0);
	memset(v, 0, sizeof *v);
	v->inservice = true;
	attribute_defaults(ipconn_attributes, &v->def);
	snprintf(v->def.ipconn, sizeof v->def.ipconn, "%s", name);
	snprintf(v->def.applid, sizeof v->def.applid, "%s", name);
	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			return luaL_error(L, "a key that is no name");
		mock_attribute(L, v, lua_tostring(L, -2));
	}
	return 1;
}

/* [.. ipconns, result] -> the same, result filled */
static void
mock_fill_ipconns(lua_State *L, int from, int to)
{
	for (lua_pushnil(L); lua_next(L, from) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "mock: ipconns are { NAME = { attribute = value, … }, … }");
		lua_pushvalue(L, -2); /* [name table name] */
		lua_pushcfunction(L, mock_view);
		lua_pushvalue(L, -4);
		lua_pushvalue(L, -4);
		if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
			lua_pushfstring(L, "mock: ipconn %s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
			lua_error(L);
		}
		lua_rawset(L, to);
	}
}

static void
mock_fill_counters(lua_State *L, int from, int to)
{
	for (lua_pushnil(L); lua_next(L, from) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || !lua_isinteger(L, -1))
			luaL_error(L, "mock: counters are { NAME = the last number answered, … }");
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, to);
	}
}

static void
mock_part(lua_State *L, int idx, int mocked, const char *part, void (*fill)(lua_State *, int, int))
{
	lua_newtable(L);
	lua_pushstring(L, part);
	if (lua_rawget(L, idx) == LUA_TTABLE)
		fill(L, lua_gettop(L), lua_gettop(L) - 1);
	else if (!lua_isnil(L, -1))
		luaL_error(L, "mock: %s must be a table", part);
	lua_pop(L, 1);
	lua_setfield(L, mocked, part);
}

static void
mock_keys(lua_State *L, int idx)
{
	if (!lua_istable(L, idx))
		luaL_error(L, "mock: takes a table { ipconns = {…}, counters = {…} }");
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

		if (strcmp(key, MOCK_IPCONNS) != 0 && strcmp(key, MOCK_COUNTERS) != 0)
			luaL_error(L, "mock: no key '%s'; there are ipconns and counters", key);
	}
}

void
lhost_mock(struct lua_State *L, struct lhost *h, int idx)
{
	int mocked;

	luaL_checkstack(L, 16, NULL);
	if (idx != 0) {
		idx = lua_absindex(L, idx);
		mock_keys(L, idx);
		lua_newtable(L);
		mocked = lua_gettop(L);
		mock_part(L, idx, mocked, MOCK_IPCONNS, mock_fill_ipconns);
		mock_part(L, idx, mocked, MOCK_COUNTERS, mock_fill_counters);
	}
	if (h->mock > 0)
		luaL_unref(L, LUA_REGISTRYINDEX, h->mock);
	h->mock = LUA_NOREF;
	if (idx != 0)
		h->mock = luaL_ref(L, LUA_REGISTRYINDEX);
}

const luaL_Reg lhost_world_functions[] = {
	{ "counter_next", counter_next },
	{ "counter_peek", counter_peek },
	{ "ipconn", ipconn },
	{ "ipconns", ipconns },
	{ NULL, NULL },
};
