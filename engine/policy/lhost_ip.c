/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_ip: addresses and sets of prefixes, for policy.ip. A set of ip.set belongs to its Lua state, and one of ip.read
 * to the inputs of the generation.
 */
#include "policy/lhost.h"

#include "base/ipset.h"
#include "policy/inputs.h"
#include "policy/lhost_internal.h"
#include "policy/networks.h"
#include "sandbox/lstrict.h"
#include "sandbox/registry.h"

#include <string.h>

static const char ipset_key; /* registry key of the metatable; a look-up by address allocates nothing */

struct box { /* a userdata: one of the two */
	struct ipset *own;              /* owned: of ip.set; the user value has the values */
	const struct networks *of_file; /* borrowed from the inputs, which outlive the state */
};

static void
want_prefix(lua_State *L, int idx, const char *who, struct addr_prefix *out)
{
	struct fault f = { "" };
	const char *text;
	size_t len;

	if (lua_type(L, idx) != LUA_TSTRING)
		script_place_raise(L, "%s: a prefix is a string such as \"10.0.0.0/8\", not a %s", who, luaL_typename(L, idx));
	text = lua_tolstring(L, idx, &len);
	if (addr_prefix_parse(out, text, len, &f) < 0)
		script_place_raise(L, "%s: %s", who, f.text);
}

static bool
is_address(lua_State *L, int idx, struct addr *out)
{
	const char *text;
	size_t len;

	if (lua_type(L, idx) != LUA_TSTRING)
		return false;
	text = lua_tolstring(L, idx, &len);
	return strlen(text) == len && addr_parse(out, text, 0) == 0;
}

/* Raises for a value that is not an address: "not in the set" would let the peer pass a deny list. */
static void
want_address(lua_State *L, int idx, const char *who, struct addr *out)
{
	if (is_address(L, idx, out))
		return;
	if (lua_type(L, idx) == LUA_TSTRING)
		script_place_raise(L, "%s: not a numeric IP address: %.64s", who, lua_tostring(L, idx));
	script_place_raise(L, "%s: an address is a string, not a %s", who, luaL_typename(L, idx));
}

static int
lhost_ip_gc(lua_State *L)
{
	struct box *box = lua_touserdata(L, 1);

	ipset_free(box->own);
	box->own = NULL;
	return 0;
}

/* Upvalue 2 of the running function: the metatable. */
static const struct box *
ipset_self(lua_State *L)
{
	if (!lua_isuserdata(L, 1) || !lua_getmetatable(L, 1) || lua_topointer(L, -1) != lua_topointer(L, lua_upvalueindex(2)))
		script_place_raise(L, "set:holds: call it with a colon on what ip.set or ip.read returned");
	return lua_touserdata(L, 1);
}

struct found {
	struct addr_prefix longest;
	const struct cell *cell; /* of a set of a file; NULL: `true` */
	long value;              /* of another set: the index of its value */
};

static bool
find(const struct box *set, const struct addr *a, struct found *out)
{
	out->cell = NULL;
	if (set->own == NULL)
		return networks_find(set->of_file, a, &out->longest, &out->cell);
	return ipset_find(set->own, a, &out->longest, &out->value);
}

/* Pushes the value of the prefix that was found in the set at 1, true when it has none. [-0, +1, may throw] */
static void
push_value(lua_State *L, const struct box *set, const struct found *f)
{
	if (f->cell != NULL) {
		lhost_push_cell(L, f->cell);
	} else if (set->own == NULL) {
		lua_pushboolean(L, true);
	} else {
		lua_getiuservalue(L, 1, 1);
		lua_rawgeti(L, -1, f->value);
		lua_remove(L, -2);
	}
}

/* set:holds(ip) -> true, the longest prefix and its value; or false */
static int
lhost_ip_holds(lua_State *L)
{
	const struct box *set = ipset_self(L);
	char text[ADDR_TEXT];
	struct found f;
	struct addr a;
	bool holds;

	want_address(L, 2, "set:holds", &a);
	lhost_pay(L, lhost_of(L), 16);
	holds = find(set, &a, &f);
	lua_pushboolean(L, holds);
	if (!holds)
		return 1;
	lua_pushstring(L, addr_prefix_print(&f.longest, text, sizeof text));
	push_value(L, set, &f);
	return 3;
}

/* Pushes a set without content. [-0, +1, may throw] */
static struct box *
push_box(lua_State *L)
{
	struct box *box = lua_newuserdatauv(L, sizeof *box, 1);

	*box = (struct box){ .own = NULL };
	registry_get(L, &ipset_key);
	lua_setmetatable(L, -2);
	return box;
}

static struct ipset *
ipset_push(lua_State *L)
{
	struct box *box = push_box(L);

	lua_newtable(L);
	lua_setiuservalue(L, -2, 1);
	box->own = ipset_new();
	if (box->own == NULL)
		luaL_error(L, "ip.set: out of memory");
	return box->own;
}

/* host.ipset(prefixes, values) -> a set; values[i] is the value of prefixes[i]. */
static int
lhost_ip_set(lua_State *L)
{
	lua_Integer n;
	struct addr_prefix p;
	struct ipset *set;

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_checktype(L, 2, LUA_TTABLE);
	n = (lua_Integer)lua_rawlen(L, 1);
	if (n > IPSET_MAX)
		script_place_raise(L, "ip.set: a set has at most %d prefixes", IPSET_MAX);
	set = ipset_push(L);
	lua_getiuservalue(L, -1, 1); /* [set values] */
	for (lua_Integer i = 1; i <= n; i++) {
		lhost_pay(L, lhost_of(L), 16);
		lua_rawgeti(L, 1, i);
		want_prefix(L, -1, "ip.set", &p);
		lua_pop(L, 1);
		lua_rawgeti(L, 2, i);
		lua_rawseti(L, -2, i);
		if (ipset_add(set, &p, (long)i) < 0)
			return luaL_error(L, "ip.set: out of memory");
	}
	if (ipset_seal(set) < 0)
		return luaL_error(L, "ip.set: out of memory");
	lua_pop(L, 1);
	return 1;
}

/* The name of a column: the option of that name in the table at 2; NULL: it is not given. [-0, +0, may throw] */
static const char *
column_of(lua_State *L, const char *option)
{
	const char *name;

	lua_pushstring(L, option);
	lua_rawget(L, 2);
	if (!lua_isnil(L, -1) && (lua_type(L, -1) != LUA_TSTRING || lua_rawlen(L, -1) == 0))
		script_place_raise(L, "ip.read: %s must be the name of a column", option);
	name = lua_tostring(L, -1); /* the table keeps it */
	lua_pop(L, 1);
	return name;
}

static void
want_options(lua_State *L)
{
	if (lua_type(L, 1) != LUA_TSTRING)
		script_place_raise(L, "ip.read: takes the name of a file such as \"blocked.csv\", not a %s", luaL_typename(L, 1));
	if (!lua_istable(L, 2))
		script_place_raise(L, "ip.read: takes a name and a table { prefix = \"column\" }, not a %s", luaL_typename(L, 2));
	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1))
		if (lua_type(L, -2) != LUA_TSTRING || (strcmp(lua_tostring(L, -2), "prefix") != 0 && strcmp(lua_tostring(L, -2), "value") != 0))
			script_place_raise(L, "ip.read: there are only the options prefix and value");
}

/* host.read_networks(name, { prefix = "column", value = "column" }) -> a set; raises for a fault, and at a door */
static int
lhost_ip_read(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *name, *prefix, *value;
	struct fault f = { "" };
	struct box *box;
	char dir[1024];
	size_t len;

	lua_settop(L, 2);
	want_options(L);
	lhost_want_loading(L, h, "ip.read");
	name = lua_tolstring(L, 1, &len);
	prefix = column_of(L, "prefix");
	value = column_of(L, "value");
	if (prefix == NULL)
		script_place_raise(L, "ip.read: name the column of the prefixes: ip.read(name, { prefix = \"column\" })");
	box = push_box(L);
	box->of_file = inputs_networks(h->inputs, lhost_data_directory(L, h, name, dir, sizeof dir), name, len, prefix, value, &f);
	if (box->of_file == NULL)
		script_place_raise(L, "ip.read: %s", f.text);
	return 1;
}

/* host.within(ip, prefix) -> true or false */
static int
lhost_ip_within(lua_State *L)
{
	struct addr_prefix p;
	struct addr a;

	want_address(L, 1, "ip.within", &a);
	want_prefix(L, 2, "ip.within", &p);
	lua_pushboolean(L, addr_prefix_holds(&p, &a));
	return 1;
}

/* host.is_address(value) -> true or false */
static int
lhost_ip_is_address(lua_State *L)
{
	struct addr a;

	lua_pushboolean(L, is_address(L, 1, &a));
	return 1;
}

void
lhost_ip_open(struct lua_State *L, struct lhost *h)
{
	lua_createtable(L, 0, 4);
	lua_pushcfunction(L, lhost_ip_gc);
	lua_setfield(L, -2, "__gc");
	lua_createtable(L, 0, 1);
	lua_pushlightuserdata(L, h);
	lua_pushvalue(L, -3);
	lua_pushcclosure(L, lhost_ip_holds, 2);
	lua_setfield(L, -2, "holds");
	lstrict_library(L, "a set of prefixes", 0);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushliteral(L, "ip set");
	lua_setfield(L, -2, "__name");
	registry_set(L, &ipset_key);
}

const luaL_Reg lhost_ip_functions[] = {
	{ "ipset", lhost_ip_set },
	{ "read_networks", lhost_ip_read },
	{ "within", lhost_ip_within },
	{ "is_address", lhost_ip_is_address },
	{ NULL, NULL },
};
