/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_mock: a table in place of the region, for decision tables: it answers the questions of scripts. */
#include "policy/lhost.h"

#include "policy/lhost_store.h"

#include <stdio.h>
#include <string.h>

static bool
mock_status(lua_State *L, struct ipconn_view *v, const char *key, const char *value)
{
	if (strcmp(key, "servstatus") == 0 && (strcmp(value, "INSERVICE") == 0 || strcmp(value, "OUTSERVICE") == 0)) {
		v->inservice = value[0] == 'I';
		return true;
	}
	for (int s = CONN_RELEASED; s <= CONN_FREEING && strcmp(key, "connstatus") == 0; s++)
		if (strcmp(value, resource_connstatus((enum connstatus)s)) == 0) {
			v->connstatus = (enum connstatus)s;
			return true;
		}
	return luaL_error(L, "%s '%s'", key, value), false;
}

/*
 * Sets `template` of an autoinstalled ipconn, the name of the ipconn that it was copied from. False: the value is the
 * attribute of a definition.
 */
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

/* Sets one key of an ipconn of the mock; the value is on the top of the stack. */
static void
mock_attribute(lua_State *L, struct ipconn_view *v, const char *key)
{
	const struct attribute *a = attribute_find(resource_ipconn, key);
	struct fault f = { "" };

	if (strcmp(key, "autoinstalled") == 0 && lua_isboolean(L, -1))
		v->autoinstalled = lua_toboolean(L, -1);
	else if ((strcmp(key, "servstatus") == 0 || strcmp(key, "connstatus") == 0) && lua_type(L, -1) == LUA_TSTRING)
		mock_status(L, v, key, lua_tostring(L, -1));
	else if (mock_template(L, v, key))
		return; /* a name is upper case; the attribute's words "only" and "yes" are lower case */
	else if (a == NULL)
		luaL_error(L, "no attribute '%s' of this type", key);
	else if (mock_value(L, a, v, &f) < 0)
		luaL_error(L, "%s", f.text);
}

/*
 * (name, table) -> a userdata with the view. A function of its own, so that its caller adds the ipconn's name to each
 * error.
 */
static int
lhost_mock_view(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct ipconn_view *v;

	luaL_checktype(L, 2, LUA_TTABLE);
	if (!name_ok(name, strlen(name)))
		return luaL_error(L, "not a name");
	v = lua_newuserdatauv(L, sizeof *v, 0);
	memset(v, 0, sizeof *v);
	v->inservice = true;
	attribute_defaults(resource_ipconn, &v->def);
	snprintf(v->def.ipconn, sizeof v->def.ipconn, "%s", name);
	snprintf(v->def.applid, sizeof v->def.applid, "%s", name);
	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			return luaL_error(L, "a key that is no name");
		mock_attribute(L, v, lua_tostring(L, -2));
	}
	return 1;
}

/* Fills the table at `to` with views of the ipconns in the table at `from`. [-0, +0, may throw] */
static void
lhost_mock_fill_ipconns(lua_State *L, int from, int to)
{
	for (lua_pushnil(L); lua_next(L, from) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "mock: ipconns are { NAME = { attribute = value, ... }, ... }");
		lua_pushvalue(L, -2); /* [name table name] */
		lua_pushcfunction(L, lhost_mock_view);
		lua_pushvalue(L, -4);
		lua_pushvalue(L, -4);
		if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
			lua_pushfstring(L, "mock: ipconn %s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
			lua_error(L);
		}
		lua_rawset(L, to);
	}
}

/* A set of the mock that its table owns as a userdata: how one is made and freed, and how it gets an item. */
struct kind {
	const char *part, *form; /* the key of the table, and the form of its value for messages */
	int (*gc)(lua_State *L);
	void *(*make)(void);
	/* Adds the item of that name with the value on the top. False: the name or the value does not fit. */
	bool (*add)(lua_State *L, void *set, const char *name, size_t len, double now);
};

static int
lhost_mock_counters_gc(lua_State *L)
{
	struct counters **box = lua_touserdata(L, 1);

	counters_free(*box);
	*box = NULL;
	return 0;
}

static int
lhost_mock_rates_gc(lua_State *L)
{
	struct rates **box = lua_touserdata(L, 1);

	rates_free(*box);
	*box = NULL;
	return 0;
}

static void *
make_counters(void)
{
	return counters_new();
}

static void *
make_rates(void)
{
	return rates_new();
}

static bool
add_counter(lua_State *L, void *set, const char *name, size_t len, double now)
{
	return lua_isinteger(L, -1) && counters_set(set, name, len, lua_tointeger(L, -1), now);
}

static bool
add_rate(lua_State *L, void *set, const char *name, size_t len, double now)
{
	double left = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : -1;

	return left >= 0 && left <= RATE_TOKENS_MAX && rates_set(set, name, len, left, now);
}

static const struct kind counters_kind = { MOCK_COUNTERS, "{ NAME = the last number answered, ... }, a name of 1 to 64 bytes",
	lhost_mock_counters_gc, make_counters, add_counter };
static const struct kind rates_kind = { MOCK_RATES, "{ NAME = the tokens left, ... }, a name of 1 to 64 bytes, 0 to 1000000 tokens",
	lhost_mock_rates_gc, make_rates, add_rate };

/* Pushes a userdata with an empty set. [-0, +1, may throw] */
static void *
push_set(lua_State *L, const struct kind *k)
{
	void **box = lua_newuserdatauv(L, sizeof *box, 0);

	*box = NULL;
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, k->gc);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	*box = k->make();
	if (*box == NULL)
		luaL_error(L, "mock: out of memory");
	return *box;
}

/* Adds the counters or the rates. The clock must be set before: they begin at its time. */
static void
mock_set(lua_State *L, int idx, int mocked, const struct kind *k)
{
	void *set = push_set(L, k);
	const char *name;
	size_t len;

	lua_setfield(L, mocked, k->part);
	lua_pushstring(L, k->part);
	if (lua_rawget(L, idx) != LUA_TTABLE && !lua_isnil(L, -1))
		luaL_error(L, "mock: %s must be a table", k->part);
	for (lua_pushnil(L); lua_istable(L, -2) && lua_next(L, -2) != 0; lua_pop(L, 1)) {
		name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : NULL;
		if (name == NULL || !k->add(L, set, name, len, lhost_mock_now(L, mocked)))
			luaL_error(L, "mock: %s are %s", k->part, k->form);
	}
	lua_settop(L, mocked);
}

static void
mock_clock(lua_State *L, int idx, int mocked)
{
	lua_pushliteral(L, MOCK_CLOCK);
	if (lua_rawget(L, idx) != LUA_TNIL && lua_type(L, -1) != LUA_TNUMBER && !lua_isfunction(L, -1))
		luaL_error(L, "mock: clock is a number of seconds, or a function that answers one");
	lua_setfield(L, mocked, MOCK_CLOCK);
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
mock_saf(lua_State *L, int idx, int mocked)
{
	lua_pushliteral(L, MOCK_SAF);
	if (lua_rawget(L, idx) != LUA_TNIL) {
		lhost_saf_mock(L, -1);
		lua_setfield(L, mocked, MOCK_SAF);
	}
	lua_pop(L, 1);
}

/* Copies the answers by their names; false: there is no answer. */
static void
mock_answers(lua_State *L, int from, int to, const char *form)
{
	for (lua_pushnil(L); lua_next(L, from) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || !(lua_istable(L, -1) || (lua_isboolean(L, -1) && !lua_toboolean(L, -1))))
			luaL_error(L, "mock: %s; false: no answer", form);
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, to);
	}
}

static void
lhost_mock_resolve(lua_State *L, int from, int to)
{
	mock_answers(L, from, to, "resolve is { NAME = { ADDRESS, ... }, ADDRESS = { NAME, ... } }");
}

static void
lhost_mock_http(lua_State *L, int from, int to)
{
	mock_answers(L, from, to, "http is { URL = { status = 200, json = ..., body = ... } }");
}

/* The values of the store by their keys, as lhost_store keeps them. [-0, +0, may throw] */
static void
mock_store(lua_State *L, int idx, int mocked)
{
	lua_pushliteral(L, MOCK_STORE);
	if (lua_rawget(L, idx) == LUA_TNIL || (lua_isboolean(L, -1) && !lua_toboolean(L, -1)))
		return;
	if (!lua_istable(L, -1))
		luaL_error(L, "mock: store is { KEY = value }; false, or absent: there is no store");
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, -3) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "mock: store is { KEY = value }; a key is a string");
		lua_pushfstring(L, LHOST_STORE_KEY "%s", lua_tostring(L, -2));
		lua_createtable(L, 2, 0);
		lua_pushvalue(L, -3);
		lua_rawseti(L, -2, 1);
		lua_pushnumber(L, 0);
		lua_rawseti(L, -2, 2);
		lua_rawset(L, -5);
	}
	lua_setfield(L, mocked, MOCK_STORE);
	lua_pushliteral(L, MOCK_STORE_SECONDS);
	if (lua_rawget(L, idx) != LUA_TNIL && !(lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) >= 0))
		luaL_error(L, "mock: store_seconds is a number of seconds");
	lua_setfield(L, mocked, MOCK_STORE_SECONDS);
}

static const char *const mock_words[] = { MOCK_IPCONNS, MOCK_COUNTERS, MOCK_RATES, MOCK_CLOCK, MOCK_SAF, MOCK_RESOLVE, MOCK_HTTP, MOCK_STORE, MOCK_STORE_SECONDS, NULL };

static void
mock_keys(lua_State *L, int idx)
{
	int word;

	if (!lua_istable(L, idx))
		luaL_error(L, "mock: takes a table { ipconns = {...}, counters = {...}, rates = {...}, saf = {...} }");
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";

		for (word = 0; mock_words[word] != NULL && strcmp(key, mock_words[word]) != 0; word++)
			;
		if (mock_words[word] == NULL)
			luaL_error(L, "mock: no key '%s'; there are ipconns, counters, rates, clock, saf, resolve, http, store and store_seconds", key);
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
		mock_part(L, idx, mocked, MOCK_IPCONNS, lhost_mock_fill_ipconns);
		mock_clock(L, idx, mocked);
		mock_set(L, idx, mocked, &counters_kind);
		mock_set(L, idx, mocked, &rates_kind);
		mock_saf(L, idx, mocked);
		mock_part(L, idx, mocked, MOCK_RESOLVE, lhost_mock_resolve);
		mock_part(L, idx, mocked, MOCK_HTTP, lhost_mock_http);
		mock_store(L, idx, mocked);
		lua_settop(L, mocked);
	}
	if (h->mock > 0)
		luaL_unref(L, LUA_REGISTRYINDEX, h->mock);
	h->mock = LUA_NOREF;
	if (idx != 0)
		h->mock = luaL_ref(L, LUA_REGISTRYINDEX);
}
