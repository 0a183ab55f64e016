/* SPDX-License-Identifier: Apache-2.0 */
/* The module's table, the place of a script, checks, and ip sets. Verdicts: lhost_verdict.c; counters and ipconns: lhost_world.c; the saf: lhost_saf.c;
 * filters of certificates: lhost_cert.c. */
#include "lhost.h"

#include "ipset.h"
#include "lhost_parts.h"
#include "lrow.h"
#include "lstrict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAX 64 /* frames of the library and of C between a script and us: a handful */

/* Registry keys: their addresses are unique, and looking them up allocates nothing. */
static const char library_key, ipset_key;

struct lhost *
lhost_of(struct lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

void
lhost_pay(struct lua_State *L, struct lhost *h, size_t n)
{
	if (h->pay != NULL)
		h->pay(L, n);
}

/* Leaves the set of library chunks' sources on the stack. */
static void
push_library(lua_State *L)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key);
}

/* host.library(): the chunk that calls is one of the library's, whatever path it was loaded from. */
static int
library(lua_State *L)
{
	lua_Debug ar;

	if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "S", &ar) || *ar.what == 'C')
		return luaL_error(L, "host.library: called by no chunk");
	push_library(L);
	lua_pushstring(L, ar.source);
	lua_pushboolean(L, true);
	lua_rawset(L, -3);
	return 0;
}

static bool
is_library(lua_State *L, const char *source)
{
	bool yes;

	push_library(L);
	lua_pushstring(L, source);
	lua_rawget(L, -2);
	yes = lua_toboolean(L, -1);
	lua_pop(L, 2);
	return yes;
}

/* "@policies/lan.lua" is a file; anything else is shown as Lua shows it. Of a long path the end tells more. */
static void
place_from(struct place *out, const lua_Debug *ar)
{
	const char *name = ar->source[0] == '@' ? ar->source + 1 : ar->short_src;
	size_t len = strlen(name);

	if (len >= sizeof out->file)
		name += len - (sizeof out->file - 1);
	snprintf(out->file, sizeof out->file, "%s", name);
	out->line = ar->currentline > 0 ? ar->currentline : 0;
}

void
lhost_place(struct lua_State *L, struct place *out)
{
	lua_Debug ar;

	*out = (struct place){ .line = 0 };
	luaL_checkstack(L, 4, NULL);
	for (int level = 0; level < FRAMES_MAX && lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (*ar.what == 'C' || is_library(L, ar.source))
			continue;
		place_from(out, &ar);
		return;
	}
}

int
lhost_misuse(struct lua_State *L, const char *format, ...)
{
	char text[512];
	struct place at;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	lhost_place(L, &at);
	if (at.file[0] != '\0')
		lua_pushfstring(L, "%s:%d: %s", at.file, at.line, text);
	else
		lua_pushstring(L, text);
	lua_error(L);
	__builtin_unreachable();
}

/* host.misuse(text) */
static int
misuse(lua_State *L)
{
	lhost_misuse(L, "%s", luaL_checkstring(L, 1));
}

/* host.place() -> file, line: kept by chains, to be cited when none of their rules had an opinion. */
static int
place(lua_State *L)
{
	struct place at;

	lhost_place(L, &at);
	lua_pushstring(L, at.file);
	lua_pushinteger(L, at.line);
	return 2;
}

/* The detail of a check as text; a table, a function, a thread is named by its type, for no metamethod may run here. */
static const char *
detail_of(lua_State *L, int idx, size_t *len)
{
	switch (lua_type(L, idx)) {
	case LUA_TNONE:
	case LUA_TNIL:
		*len = 0;
		return NULL;
	case LUA_TSTRING:
	case LUA_TNUMBER:
		return lua_tolstring(L, idx, len);
	case LUA_TBOOLEAN:
		return lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false"), lua_tolstring(L, -1, len);
	default:
		return lua_pushfstring(L, "(%s)", luaL_typename(L, idx)), lua_tolstring(L, -1, len);
	}
}

/* policy.check(name, value, detail) -> value */
static int
check(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const char *name, *detail;
	size_t len, detail_len;

	lua_settop(L, 3);
	if (lua_type(L, 1) != LUA_TSTRING)
		lhost_misuse(L, "policy.check: the name must be a string, not a %s", luaL_typename(L, 1));
	name = lua_tolstring(L, 1, &len);
	if (len == 0 || strlen(name) != len)
		lhost_misuse(L, "policy.check: the name must not be empty, nor hold a NUL");
	detail = detail_of(L, 3, &detail_len);
	record_check(h->door, name, lua_toboolean(L, 2), detail, detail_len);
	lua_pushvalue(L, 2);
	return 1;
}

/* ---- ip sets */

static void
want_prefix(lua_State *L, int idx, const char *who, struct prefix *out)
{
	struct fault f = { "" };
	const char *text;
	size_t len;

	if (lua_type(L, idx) != LUA_TSTRING)
		lhost_misuse(L, "%s: a prefix is a string such as \"10.0.0.0/8\", not a %s", who, luaL_typename(L, idx));
	text = lua_tolstring(L, idx, &len);
	if (prefix_parse(out, text, len, &f) < 0)
		lhost_misuse(L, "%s: %s", who, f.text);
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

/* An address that is none must not read as "not in the set": a list of the unwanted would let it in. */
static void
want_address(lua_State *L, int idx, const char *who, struct addr *out)
{
	if (is_address(L, idx, out))
		return;
	if (lua_type(L, idx) == LUA_TSTRING)
		lhost_misuse(L, "%s: not a numeric IP address: %.64s", who, lua_tostring(L, idx));
	lhost_misuse(L, "%s: an address is a string, not a %s", who, luaL_typename(L, idx));
}

static int
ipset_gc(lua_State *L)
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
		lhost_misuse(L, "set:holds: call it with a colon on what ip.set returned");
	return *(struct ipset **)lua_touserdata(L, 1);
}

/* set:holds(ip) -> true, longest prefix, its value; or false */
static int
ipset_holds(lua_State *L)
{
	struct ipset *set = ipset_self(L);
	struct prefix longest;
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
	lua_pushstring(L, prefix_print(&longest, text, sizeof text));
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

/* host.ipset(prefixes, values): two lists; what holds(ip) answers of prefixes[i] is values[i]. */
static int
ipset(lua_State *L)
{
	lua_Integer n;
	struct prefix p;
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

/* host.within(ip, prefix) */
static int
within(lua_State *L)
{
	struct prefix p;
	struct addr a;

	want_address(L, 1, "ip.within", &a);
	want_prefix(L, 2, "ip.within", &p);
	lua_pushboolean(L, prefix_holds(&p, &a));
	return 1;
}

/* host.is_address(value) */
static int
is_address_(lua_State *L)
{
	struct addr a;

	lua_pushboolean(L, is_address(L, 1, &a));
	return 1;
}

static void
ipset_open(lua_State *L, struct lhost *h)
{
	lua_createtable(L, 0, 4);
	lua_pushcfunction(L, ipset_gc);
	lua_setfield(L, -2, "__gc");
	lua_createtable(L, 0, 1);
	lua_pushlightuserdata(L, h);
	lua_pushcclosure(L, ipset_holds, 1);
	lua_setfield(L, -2, "holds");
	lstrict_library(L, "a set of ip.set", 0);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushliteral(L, "ip set");
	lua_setfield(L, -2, "__name");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &ipset_key);
}

static enum door
want_door(lua_State *L, int idx)
{
	int d = 0;

	if (lua_isnoneornil(L, idx))
		return DOOR_COUNT;
	while (d < DOOR_COUNT && (lua_type(L, idx) != LUA_TSTRING || strcmp(lua_tostring(L, idx), door_name((enum door)d)) != 0))
		d++;
	if (d == DOOR_COUNT)
		lhost_misuse(L, "policy.facts: the door is \"admit\", \"certify\", \"bind\", \"install\", \"attach\" or \"delete\"");
	return (enum door)d;
}

static int
facts_inside(lua_State *L)
{
	lrow_push(L, 1, (enum door)lua_tointeger(L, 2));
	return 1;
}

/* host.facts(table, door), plain Lua only -> the strict table that the door would get */
static int
facts(lua_State *L)
{
	enum door d = want_door(L, 2);

	lua_settop(L, 1);
	lua_pushcfunction(L, facts_inside);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, d);
	if (lua_pcall(L, 2, 1, 0) != LUA_OK)
		lhost_misuse(L, "policy.facts: %s", lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no memory");
	return 1;
}

/* host.mock(table), plain Lua only */
static int
mock(lua_State *L)
{
	lua_settop(L, 1);
	lhost_mock(L, lhost_of(L), lua_isnil(L, 1) ? 0 : 1);
	return 0;
}

/* host.strict(table, label, absent) -> the table, in which a name that it has not raises; those in the list `absent` read nil all the same. */
static int
strict(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 3);
	lua_pushvalue(L, 1);
	lstrict_library(L, luaL_checkstring(L, 2), lua_istable(L, 3) ? 3 : 0);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "strict", strict },
	{ "library", library },
	{ "place", place },
	{ "misuse", misuse },
	{ "check", check },
	{ "ipset", ipset },
	{ "within", within },
	{ "is_address", is_address_ },
	{ NULL, NULL },
};

static void
set_functions(lua_State *L, struct lhost *h, const luaL_Reg *list)
{
	lua_pushlightuserdata(L, h);
	luaL_setfuncs(L, list, 1);
}

void
lhost_push(struct lua_State *L, struct lhost *h, bool with_mock)
{
	luaL_checkstack(L, 8, NULL);
	lstrict_push_kit(L); /* now, so that no asking pays for it */
	lua_pop(L, 1);
	ipset_open(L, h);
	lhost_verdict_open(L);
	lua_newtable(L);
	set_functions(L, h, functions);
	set_functions(L, h, lhost_verdict_functions);
	set_functions(L, h, lhost_world_functions);
	set_functions(L, h, lhost_saf_functions);
	set_functions(L, h, lhost_cert_functions);
	if (with_mock) {
		lua_pushlightuserdata(L, h);
		lua_pushcclosure(L, mock, 1);
		lua_setfield(L, -2, "mock");
		lua_pushcfunction(L, facts);
		lua_setfield(L, -2, "facts");
	}
}
