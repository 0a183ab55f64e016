/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_ip: addresses and sets of prefixes, for policy.ip. */
#include "policy/lhost.h"

#include "base/ipset.h"
#include "policy/lhost_internal.h"
#include "sandbox/lstrict.h"

#include <string.h>

static const char ipset_key; /* registry key of the metatable; a look-up by address allocates nothing */

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
	struct ipset **box = lua_touserdata(L, 1);

	ipset_free(*box);
	*box = NULL;
	return 0;
}

static struct ipset *
ipset_self(lua_State *L)
{
	bool yes = lua_isuserdata(L, 1) && lua_getmetatable(L, 1);

	if (yes) {
		lua_rawgetp(L, LUA_REGISTRYINDEX, &ipset_key);
		yes = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	if (!yes)
		script_place_raise(L, "set:holds: call it with a colon on what ip.set returned");
	return *(struct ipset **)lua_touserdata(L, 1);
}

/* set:holds(ip) -> true, the longest prefix and its value; or false */
static int
lhost_ip_holds(lua_State *L)
{
	struct ipset *set = ipset_self(L);
	struct addr_prefix longest;
	struct addr a;
	char text[ADDR_TEXT];
	long value;

	want_address(L, 2, "set:holds", &a);
	lhost_pay(L, lhost_of(L), 16);
	if (!ipset_find(set, &a, &longest, &value)) {
		lua_pushboolean(L, false);
		return 1;
	}
	lua_pushboolean(L, true);
	lua_pushstring(L, addr_prefix_print(&longest, text, sizeof text));
	lua_getiuservalue(L, 1, 1);
	lua_rawgeti(L, -1, value);
	lua_remove(L, -2);
	return 3;
}

static struct ipset *
ipset_push(lua_State *L)
{
	struct ipset **box = lua_newuserdatauv(L, sizeof *box, 1);

	*box = NULL;
	lua_newtable(L);
	lua_setiuservalue(L, -2, 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &ipset_key);
	lua_setmetatable(L, -2);
	*box = ipset_new();
	if (*box == NULL)
		luaL_error(L, "ip.set: out of memory");
	return *box;
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
	lua_pushcclosure(L, lhost_ip_holds, 1);
	lua_setfield(L, -2, "holds");
	lstrict_library(L, "a set of ip.set", 0);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushliteral(L, "ip set");
	lua_setfield(L, -2, "__name");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &ipset_key);
}

const luaL_Reg lhost_ip_functions[] = {
	{ "ipset", lhost_ip_set },
	{ "within", lhost_ip_within },
	{ "is_address", lhost_ip_is_address },
	{ NULL, NULL },
};
