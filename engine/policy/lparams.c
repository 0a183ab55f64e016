/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lparams.h"

#include "base/near.h"
#include "base/text.h"
#include "sandbox/lfrozen.h"
#include "sandbox/lstrict.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdbool.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DECLARED_MAX 64

/* X(id, word of `type`, its values in messages) */
#define TYPES(X) \
	X(STRING, "string", "a string") \
	X(INTEGER, "integer", "a whole number") \
	X(NUMBER, "number", "a number") \
	X(BOOLEAN, "boolean", "true or false") \
	X(LIST, "list", "a list of strings")

enum type {
#define X(id, word, said) TYPE_##id,
	TYPES(X)
#undef X
};

static const struct {
	const char *word, *said;
} types[] = {
#define X(id, word, said) { word, said },
	TYPES(X)
#undef X
};

#define TYPE_WORDS "string, integer, number, boolean or list"

static bool
is_list(lua_State *L, int idx)
{
	lua_Integer n = lua_istable(L, idx) ? (lua_Integer)lua_rawlen(L, idx) : 0, keys = 0;

	if (!lua_istable(L, idx))
		return false;
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1))
		keys += lua_type(L, -1) == LUA_TSTRING && lua_isinteger(L, -2) ? 1 : n + 1;
	return keys == n;
}

static bool
is_of(lua_State *L, int idx, enum type t)
{
	int whole;

	switch (t) {
	case TYPE_STRING:
		return lua_type(L, idx) == LUA_TSTRING;
	case TYPE_INTEGER:
		return lua_type(L, idx) == LUA_TNUMBER && (lua_tointegerx(L, idx, &whole), whole);
	case TYPE_NUMBER:
		return lua_type(L, idx) == LUA_TNUMBER;
	case TYPE_BOOLEAN:
		return lua_isboolean(L, idx);
	case TYPE_LIST:
		return is_list(L, idx);
	}
	return false;
}

/* Pushes a member without metamethods, and reads through a frozen table. Returns its type. [-0, +1, may throw] */
static int
push_field(lua_State *L, int idx, const char *key)
{
	lua_pushstring(L, key);
	lua_rawget(L, idx);
	lfrozen_read_through(L, -1);
	return lua_type(L, -1);
}

static const char *
show(lua_State *L, int idx, char out[80])
{
	char printed[64];
	size_t len;
	const char *s;

	if (lua_type(L, idx) == LUA_TSTRING) {
		s = lua_tolstring(L, idx, &len);
		snprintf(out, 80, "\"%s\"", text_printable(printed, sizeof printed, s, len));
	} else if (lua_type(L, idx) == LUA_TNUMBER) {
		snprintf(out, 80, "%.14g", lua_tonumber(L, idx));
	} else if (lua_isboolean(L, idx)) {
		snprintf(out, 80, "%s", lua_toboolean(L, idx) ? "true" : "false");
	} else {
		snprintf(out, 80, "a %s", luaL_typename(L, idx));
	}
	return out;
}

/* The type that the rule at idx declares; raises when it declares none. */
static enum type
type_of(lua_State *L, int rule, const char *name)
{
	const char *word = push_field(L, rule, "type") == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	char shown[80];
	size_t t = 0;

	while (word != NULL && t < sizeof types / sizeof *types && strcmp(types[t].word, word) != 0)
		t++;
	if (lua_isnil(L, -1))
		luaL_error(L, "params.%s has no type; it must be " TYPE_WORDS, name);
	if (word == NULL || t == sizeof types / sizeof *types)
		luaL_error(L, "params.%s: type is %s; it must be " TYPE_WORDS, name, show(L, lua_gettop(L), shown));
	lua_pop(L, 1);
	return (enum type)t;
}

/* Raises when the number at value is below or above the rule's bound. */
static void
want_bound(lua_State *L, const char *what, int rule, int value, const char *bound)
{
	char shown[80], limit[80];
	bool low = strcmp(bound, "min") == 0, beyond;

	if (push_field(L, rule, bound) == LUA_TNUMBER) {
		beyond = low ? lua_compare(L, value, -1, LUA_OPLT) : lua_compare(L, -1, value, LUA_OPLT);
		if (beyond || lua_tonumber(L, value) != lua_tonumber(L, value))
			luaL_error(L, "%s is %s; it must be at %s %s", what, show(L, value, shown), low ? "least" : "most", show(L, -1, limit));
	}
	lua_pop(L, 1);
}

/* Raises when the value is not in the rule's list of values. */
static void
want_one_of(lua_State *L, const char *what, int rule, int value)
{
	char shown[80], list[200] = "", one[80];
	bool found = false;
	size_t n = 0;

	if (push_field(L, rule, "one_of") == LUA_TTABLE) {
		lua_Integer all = (lua_Integer)lua_rawlen(L, -1);

		for (lua_Integer i = 1; i <= all; i++) {
			lua_rawgeti(L, -1, i);
			found = found || lua_rawequal(L, -1, value);
			if (n < sizeof list)
				n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i == 1 ? "" : ", ", show(L, -1, one));
			lua_pop(L, 1);
		}
		if (!found)
			luaL_error(L, "%s is %s; it must be one of %s", what, show(L, value, shown), list);
	}
	lua_pop(L, 1);
}

/* Raises when the value, "" or "the default of ", does not fit the rule. Both indexes are positive. */
static void
want_value(lua_State *L, const char *of, const char *name, int rule, int value)
{
	enum type t = type_of(L, rule, name);
	char shown[80], what[120];

	snprintf(what, sizeof what, "%sparameter '%s'", of, name);
	if (!is_of(L, value, t))
		luaL_error(L, "%s is %s; it must be %s", what, show(L, value, shown), types[t].said);
	if (t == TYPE_INTEGER || t == TYPE_NUMBER) {
		want_bound(L, what, rule, value, "min");
		want_bound(L, what, rule, value, "max");
	}
	want_one_of(L, what, rule, value);
}

/* --- the declaration --- */

static const char *const rule_words[] = { "type", "default", "min", "max", "one_of", NULL };

static void
want_rule_words(lua_State *L, const char *name, int rule)
{
	for (lua_pushnil(L); lua_next(L, rule) != 0; lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
		size_t i = 0;

		while (rule_words[i] != NULL && strcmp(rule_words[i], key) != 0)
			i++;
		if (rule_words[i] == NULL)
			luaL_error(L, "params.%s has no key '%s'; there are type, default, min, max and one_of", name, key);
	}
}

static void
want_number_bound(lua_State *L, const char *name, int rule, enum type t, const char *bound)
{
	int type = push_field(L, rule, bound);

	if (type != LUA_TNIL && (type != LUA_TNUMBER || isnan(lua_tonumber(L, -1)) || (t != TYPE_INTEGER && t != TYPE_NUMBER)))
		luaL_error(L, "params.%s: %s is a number, of an integer or a number", name, bound);
	lua_pop(L, 1);
}

/* Each value of one_of must be of the type. */
static void
want_choices(lua_State *L, const char *name, int rule, enum type t)
{
	int type = push_field(L, rule, "one_of"), list = lua_gettop(L);
	lua_Integer n = type == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, list) : 0;

	if (type != LUA_TNIL && (n == 0 || t == TYPE_LIST))
		luaL_error(L, "params.%s: one_of is a list of values, and goes with no list", name);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, list, i);
		if (!is_of(L, lua_gettop(L), t))
			luaL_error(L, "params.%s: a value of one_of is not %s", name, types[t].said);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* The rule is on the top. [-0, +0] */
static void
want_rule(lua_State *L, const char *name)
{
	int rule = lua_gettop(L);
	enum type t;

	if (!lua_istable(L, rule))
		luaL_error(L, "params.%s is a %s; it is a table such as { type = \"integer\", default = 100 }", name, luaL_typename(L, rule));
	t = type_of(L, rule, name);
	want_rule_words(L, name, rule);
	want_number_bound(L, name, rule, t, "min");
	want_number_bound(L, name, rule, t, "max");
	want_choices(L, name, rule, t);
	if (push_field(L, rule, "default") != LUA_TNIL)
		want_value(L, "the default of ", name, rule, lua_gettop(L));
	lua_pop(L, 1);
}

void
lparams_declare(struct lua_State *L, int idx)
{
	int n = 0;

	idx = lua_absindex(L, idx);
	luaL_checkstack(L, 12, "params");
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "params holds a rule without a name");
		if (++n > DECLARED_MAX)
			luaL_error(L, "params declares more than %d parameters", DECLARED_MAX);
		lfrozen_read_through(L, -1);
		want_rule(L, lua_tostring(L, -2));
	}
}

/* --- the values --- */

/* Raises for the name of a parameter that the script does not declare. */
static void
refuse_unknown(lua_State *L, int declared, int key)
{
	const char *words[DECLARED_MAX + 1], *near, *name = lua_type(L, key) == LUA_TSTRING ? lua_tostring(L, key) : "?";
	char list[200];
	size_t n = 0;

	for (lua_pushnil(L); n < DECLARED_MAX && lua_next(L, declared) != 0; lua_pop(L, 1))
		words[n++] = lua_tostring(L, -2);
	words[n] = NULL;
	near = near_word(words, name);
	if (n == 0)
		luaL_error(L, "there is no parameter '%s'; the script declares none", name);
	else if (near != NULL)
		luaL_error(L, "there is no parameter '%s'; is '%s' meant?", name, near);
	else
		luaL_error(L, "there is no parameter '%s'; there are %s", name, text_list(words, list, sizeof list));
}

/* Raises for a name in the given table that the declared one lacks. */
static void
want_known(lua_State *L, int declared, int given)
{
	for (lua_pushnil(L); lua_next(L, given) != 0; lua_pop(L, 1)) {
		lua_pushvalue(L, -2);
		if (lua_rawget(L, declared) == LUA_TNIL || lua_type(L, -3) != LUA_TSTRING)
			refuse_unknown(L, declared, lua_gettop(L) - 2);
		lua_pop(L, 1);
	}
}

/* A copy of the list on the top takes its place: the script must not share its declaration's table. */
static void
copy_list(lua_State *L)
{
	int list = lua_gettop(L);
	lua_Integer n = (lua_Integer)lua_rawlen(L, list);

	lua_createtable(L, (int)n, 0);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, list, i);
		lua_rawseti(L, -2, i);
	}
	lua_replace(L, list);
}

/* Pushes the value of the parameter whose rule is at `rule`. [-0, +1, may throw] */
static void
push_value(lua_State *L, const char *name, int rule, int given)
{
	enum type t = type_of(L, rule, name);

	if (push_field(L, given, name) == LUA_TNIL) {
		lua_pop(L, 1);
		if (push_field(L, rule, "default") == LUA_TNIL)
			luaL_error(L, "the parameter '%s' is missing and has no default; add %s = and %s", name, name, types[t].said);
	}
	want_value(L, "", name, rule, lua_gettop(L));
	if (t == TYPE_LIST)
		copy_list(L);
	if (t == TYPE_INTEGER) {
		lua_pushinteger(L, lua_tointeger(L, -1));
		lua_replace(L, -2);
	}
}

/* The table at idx, or an empty one for nil: pushes it. [-0, +1, may throw] */
static int
push_table(lua_State *L, int idx)
{
	if (lua_istable(L, idx))
		lua_pushvalue(L, idx);
	else
		lua_newtable(L);
	lfrozen_read_through(L, -1);
	return lua_gettop(L);
}

void
lparams_push(struct lua_State *L, int declared, int given)
{
	int values;

	declared = lua_absindex(L, declared);
	given = lua_absindex(L, given);
	luaL_checkstack(L, 16, "params");
	declared = push_table(L, declared);
	given = push_table(L, given);
	want_known(L, declared, given);
	lua_newtable(L);
	values = lua_gettop(L);
	for (lua_pushnil(L); lua_next(L, declared) != 0; lua_pop(L, 1)) { /* [.. values name rule] */
		lfrozen_read_through(L, -1);
		lua_pushvalue(L, -2);
		push_value(L, lua_tostring(L, -3), lua_gettop(L) - 1, given);
		lua_rawset(L, values);
	}
	lstrict_library(L, "params", 0);
	lfrozen_freeze(L, true); /* [declared given view] */
	lua_replace(L, declared);
	lua_settop(L, declared);
}
