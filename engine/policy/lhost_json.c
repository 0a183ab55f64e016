/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_json: JSON of the calls that wait: values of a script as a text, and a text as values, both within bounds. */
#include "policy/lhost_json.h"

#include "ipic/json_body.h"
#include "policy/lhost_internal.h"
#include "sandbox/lfrozen.h"

#include <jansson.h>
#include <string.h>

#define DEPTH_MAX 16
#define STEPS_PER_VALUE 5
#define TOO_LONG "policy.http: json: the text has more than %d bytes, or there is no memory"
#define FORMAT (JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) /* the order of a table's keys differs in each Lua state */

static int
lhost_json_gc(lua_State *L)
{
	json_t **box = lua_touserdata(L, 1);

	json_decref(*box);
	*box = NULL;
	return 0;
}

/* Pushes an empty box, which owns the value that the caller puts there. [-0, +1, may throw] */
static json_t **
push_box(lua_State *L)
{
	json_t **box = lua_newuserdatauv(L, sizeof *box, 0);

	*box = NULL;
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, lhost_json_gc);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	return box;
}

/* --- from a script ---------------------------------------------------------------------------- */

/* Whether the keys of the table on the top are 1 to n, and n is not 0. [-0, +0, may throw] */
static bool
is_list(lua_State *L)
{
	lua_Integer n = 0, most = 0;

	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
		if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) < 1)
			return lua_pop(L, 2), false;
		most = lua_tointeger(L, -2) > most ? lua_tointeger(L, -2) : most;
		n++;
	}
	return n > 0 && most == n;
}

/* The value on the top, which has no members; NULL: JSON has no value of its type. */
static json_t *
leaf(lua_State *L)
{
	size_t len;
	const char *text;

	switch (lua_type(L, -1)) {
	case LUA_TBOOLEAN:
		return json_boolean(lua_toboolean(L, -1));
	case LUA_TNUMBER:
		return lua_isinteger(L, -1) ? json_integer(lua_tointeger(L, -1)) : json_real(lua_tonumber(L, -1));
	case LUA_TSTRING:
		text = lua_tolstring(L, -1, &len);
		return json_stringn(text, len);
	default:
		return NULL;
	}
}

struct making { /* a text that is being made */
	struct lhost *h;
	json_t **box; /* the whole value */
	size_t room;  /* bytes that the text may still have */
};

/* Raises when the text would have n more bytes than its limit: before they are copied, since no budget counts them. */
static void
take_room(lua_State *L, struct making *m, size_t n)
{
	if (n > m->room)
		script_place_raise(L, TOO_LONG, LHOST_JSON_MAX);
	m->room -= n;
}

/* The bytes of the text that the value on the top has at least, without its members. */
static size_t
least_bytes(lua_State *L)
{
	return lua_type(L, -1) == LUA_TSTRING ? lua_rawlen(L, -1) + 2 : lua_istable(L, -1) ? 2 : 1;
}

/* Puts the value into its parent, its owner then: a list (no key) or an object; else the box. [-0, +0, may throw] */
static json_t *
put(lua_State *L, struct making *m, json_t *parent, const char *key, json_t *value)
{
	int failed = value == NULL;

	if (parent == NULL)
		*m->box = value;
	else if (key != NULL)
		failed = json_object_set_new(parent, key, value);
	else
		failed = json_array_append_new(parent, value);
	if (failed)
		script_place_raise(L, "policy.http: json: a %s cannot be JSON; a string must be UTF-8, a number finite", luaL_typename(L, -1));
	return value;
}

/* The key below the top. [-0, +0, may throw] */
static const char *
want_key(lua_State *L, struct making *m)
{
	const char *key;
	size_t len;

	if (lua_type(L, -2) != LUA_TSTRING)
		script_place_raise(L, "policy.http: json: a key is a %s; keys are strings, or 1 to n", luaL_typename(L, -2));
	key = lua_tolstring(L, -2, &len);
	if (strlen(key) != len)
		script_place_raise(L, "policy.http: json: a key holds a NUL");
	take_room(L, m, len + 3);
	return key;
}

/* Adds the value on the top, and its members. [-0, +0, may throw] */
static void
add(lua_State *L, struct making *m, json_t *parent, const char *key, int depth)
{
	json_t *own;
	bool list;

	lhost_pay(L, m->h, STEPS_PER_VALUE);
	take_room(L, m, least_bytes(L));
	luaL_checkstack(L, 6, "json");
	if (!lua_istable(L, -1)) {
		put(L, m, parent, key, leaf(L));
		return;
	}
	if (depth == DEPTH_MAX)
		script_place_raise(L, "policy.http: json: more than %d tables one in another", DEPTH_MAX);
	lua_pushvalue(L, -1);
	lfrozen_fill(L, lua_gettop(L));
	lfrozen_read_through(L, -1);
	list = is_list(L);
	own = put(L, m, parent, key, list ? json_array() : json_object());
	if (list) {
		for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++, lua_pop(L, 1))
			add(L, m, own, NULL, depth + 1);
		lua_pop(L, 2);
		return;
	}
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		add(L, m, own, want_key(L, m), depth + 1);
	lua_pop(L, 1);
}

const char *
lhost_json_text(struct lua_State *L, struct lhost *h, int idx, size_t *len)
{
	struct making m = { .h = h, .room = LHOST_JSON_MAX };
	char *text;

	idx = lua_absindex(L, idx);
	m.box = push_box(L);
	lua_pushvalue(L, idx);
	add(L, &m, NULL, NULL, 0);
	lua_pop(L, 1);
	*len = json_dumpb(*m.box, NULL, 0, FORMAT);
	if (*len == 0 || *len > LHOST_JSON_MAX)
		script_place_raise(L, TOO_LONG, LHOST_JSON_MAX);
	lhost_pay(L, h, *len / 8);
	text = lua_newuserdatauv(L, *len, 0);
	if (json_dumpb(*m.box, text, *len, FORMAT) != *len)
		script_place_raise(L, "policy.http: json: no memory");
	lua_remove(L, -2);
	return text;
}

/* --- to a script ------------------------------------------------------------------------------ */

static void push(lua_State *L, struct lhost *h, const json_t *v, int depth);

static void
push_members(lua_State *L, struct lhost *h, const json_t *v, int depth)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_array(v)) {
		lua_createtable(L, (int)json_array_size(v), 0);
		json_array_foreach((json_t *)v, i, one) {
			push(L, h, one, depth + 1);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
		return;
	}
	lua_createtable(L, 0, (int)json_object_size(v));
	json_object_foreach((json_t *)v, key, one) {
		lua_pushstring(L, key);
		push(L, h, one, depth + 1);
		lua_rawset(L, -3);
	}
}

/* Pushes the value; null, and a value deeper than the bound, is nil. [-0, +1, may throw] */
static void
push(lua_State *L, struct lhost *h, const json_t *v, int depth)
{
	lhost_pay(L, h, STEPS_PER_VALUE);
	luaL_checkstack(L, 6, "json");
	if (depth > DEPTH_MAX || json_is_null(v))
		lua_pushnil(L);
	else if (json_is_boolean(v))
		lua_pushboolean(L, json_is_true(v));
	else if (json_is_integer(v))
		lua_pushinteger(L, json_integer_value(v));
	else if (json_is_real(v))
		lua_pushnumber(L, json_real_value(v));
	else if (json_is_string(v))
		lua_pushlstring(L, json_string_value(v), json_string_length(v));
	else
		push_members(L, h, v, depth);
}

void
lhost_json_push(struct lua_State *L, struct lhost *h, const char *bytes, size_t len)
{
	json_error_t e;
	json_t **box = push_box(L);

	lhost_pay(L, h, len / 8);
	*box = len > 0 && len <= LHOST_JSON_MAX ? json_body_load(bytes, len, &e) : NULL;
	if (*box == NULL)
		lua_pushnil(L);
	else
		push(L, h, *box, 0);
	lua_remove(L, -2);
}
