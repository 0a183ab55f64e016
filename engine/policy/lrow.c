/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lrow.h"

#include "config/attribute.h"
#include "policy/lshape.h"
#include "policy/notes.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_MAX_BYTES 160

struct copying {
	lua_State *L;
	int kit;
	enum door door; /* DOOR_COUNT: none is given */
	enum way way;
	char path[PATH_MAX_BYTES]; /* of the current value: "facts.certificate.subject[1]" */
	size_t len;
};

static int __attribute__((format(printf, 2, 3), noreturn))
raise_fault(struct copying *c, const char *format, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	lua_pushstring(c->L, text);
	lua_error(c->L);
	__builtin_unreachable();
}

static size_t __attribute__((format(printf, 2, 3)))
enter_member(struct copying *c, const char *format, ...)
{
	size_t before = c->len;
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->path + c->len, sizeof c->path - c->len, format, ap);
	va_end(ap);
	c->len += strlen(c->path + c->len);
	return before;
}

static void
leave_member(struct copying *c, size_t before)
{
	c->len = before;
	c->path[before] = '\0';
}

static void push_table(struct copying *c, int idx, enum shape s);

static void
push_text(struct copying *c, int idx, const struct fact_type *t)
{
	struct fault f = { "" };
	size_t len;
	const char *bytes = lua_tolstring(c->L, idx, &len);

	if (fact_fits_text(t, bytes, len, &f) < 0)
		raise_fault(c, "%s: %s", c->path, f.text);
	lua_pushvalue(c->L, idx);
}

static void
push_integer(struct copying *c, int idx, const struct fact_type *t)
{
	struct fault f = { "" };
	int whole;
	lua_Integer value = lua_tointegerx(c->L, idx, &whole);

	if (!whole)
		raise_fault(c, "%s: must be a whole number, not %.14g", c->path, lua_tonumber(c->L, idx));
	if (fact_fits_integer(t, value, &f) < 0)
		raise_fault(c, "%s: %s", c->path, f.text);
	lua_pushinteger(c->L, value);
}

/* Checks the value at idx and pushes a copy. [-0, +1] */
static void
push_value(struct copying *c, int idx, const struct fact_type *t)
{
	static const int lua_types[] = {
		[FACT_TEXT] = LUA_TSTRING, [FACT_INTEGER] = LUA_TNUMBER, [FACT_NUMBER] = LUA_TNUMBER, [FACT_FLAG] = LUA_TBOOLEAN,
		[FACT_TABLE] = LUA_TTABLE,
	};

	if (lua_type(c->L, idx) != lua_types[t->kind])
		raise_fault(c, "%s: must be %s, not a %s", c->path, fact_kind_name(t->kind), luaL_typename(c->L, idx));
	if (t->kind == FACT_TEXT)
		push_text(c, idx, t);
	else if (t->kind == FACT_INTEGER)
		push_integer(c, idx, t);
	else if (t->kind == FACT_NUMBER)
		lua_pushnumber(c->L, lua_tonumber(c->L, idx));
	else if (t->kind == FACT_TABLE)
		push_table(c, idx, t->of);
	else
		lua_pushvalue(c->L, idx);
}

static bool
has_door(const struct copying *c, const struct fact_row *r)
{
	return c->door == DOOR_COUNT || (r->doors[c->way] >> c->door & 1) != 0;
}

/* Copies the note on the top of the stack, [copy key value]. [-0, +0] */
static void
take_note(struct copying *c, const char *key, size_t len)
{
	lua_State *L = c->L;
	int type = lua_type(L, -1);

	if (!notes_key_fits(key, len))
		raise_fault(c, "%s: '%.64s' is no name of a note", c->path, key);
	if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
		raise_fault(c, "%s.%s: must be %s, not a %s", c->path, key, fact_kind_name(FACT_NOTE), luaL_typename(L, -1));
	if (type == LUA_TSTRING && lua_rawlen(L, -1) > NOTE_TEXT_MAX)
		raise_fault(c, "%s.%s: has more than %d bytes", c->path, key, NOTE_TEXT_MAX);
	lua_pushvalue(L, -2);
	lua_pushvalue(L, -2);
	lua_rawset(L, -5);
}

/* Adds an empty table of notes to the facts on the top, which have it at each door. [-0, +0] */
static void
add_notes(lua_State *L)
{
	lua_pushstring(L, fact_row(FACT_facts_notes)->name);
	if (lua_rawget(L, -2) == LUA_TNIL) {
		lua_pushstring(L, fact_row(FACT_facts_notes)->name);
		lua_newtable(L);
		lua_rawset(L, -4);
	}
	lua_pop(L, 1);
}

/* Copies the member on the top of the stack, [copy key value], into the copy. [-0, +0] */
static void
take_member(struct copying *c, enum shape s)
{
	lua_State *L = c->L;
	size_t len, before;
	const char *key = lua_tolstring(L, -2, &len);
	const struct fact_row *r = strlen(key) == len ? fact_shape_member(s, key) : NULL;
	char text[300];

	if (fact_shape_element(s)->kind == FACT_NOTE) {
		take_note(c, key, len);
		return;
	}
	if (r == NULL) {
		fact_shape_unknown(s, key, len, text, sizeof text);
		if (strcmp(c->path, fact_shape_label(s)) == 0)
			raise_fault(c, "%s", text);
		raise_fault(c, "%s: %s", c->path, text);
	}
	before = enter_member(c, ".%s", key);
	push_value(c, lua_gettop(L), &r->type); /* [copy key value value'] */
	if (has_door(c, r)) {
		lua_pushvalue(L, -3);
		lua_insert(L, -2);
		lua_rawset(L, -5);
	} else {
		lua_pop(L, 1);
	}
	leave_member(c, before);
}

static void
take_element(struct copying *c, enum shape s)
{
	const struct fact_type *t = fact_shape_element(s);
	size_t before;

	if (t->kind == FACT_NOTHING || t->kind == FACT_NOTE || !lua_isinteger(c->L, -2))
		raise_fault(c, "%s: has a key that is a %s; its keys are names", c->path, luaL_typename(c->L, -2));
	before = enter_member(c, "[%lld]", (long long)lua_tointeger(c->L, -2));
	push_value(c, lua_gettop(c->L), t);
	lua_rawseti(c->L, -4, lua_tointeger(c->L, -3));
	leave_member(c, before);
}

/* Adds a value as RFC 2253 escapes it, and bytes outside of printable ASCII as OpenSSL prints them. */
static void
add_escaped(luaL_Buffer *b, const char *bytes, size_t len)
{
	char hex[4];

	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		bool edge = (i == 0 && (byte == '#' || byte == ' ')) || (i == len - 1 && byte == ' ');

		if (byte < 0x20 || byte >= 0x7f) {
			snprintf(hex, sizeof hex, "\\%02X", byte);
			luaL_addstring(b, hex);
			continue;
		}
		if (edge || strchr(",+\"\\<>;", byte) != NULL)
			luaL_addchar(b, '\\');
		luaL_addchar(b, (char)byte);
	}
}

static const char *
push_member(lua_State *L, int idx, const char *name, size_t *len)
{
	const char *bytes;

	lua_pushstring(L, name);
	lua_rawget(L, idx);
	bytes = lua_tolstring(L, -1, len);
	return bytes != NULL ? bytes : "";
}

/* Pushes the text of the part of a name at idx, "CN=NETX.CTGAPP", after the text `before`. [-0, +1] */
static void
push_part(lua_State *L, int idx, const char *before)
{
	size_t type_len, value_len = 0;
	const char *type, *value;
	luaL_Buffer b;

	luaL_checkstack(L, 8, "facts");
	type = push_member(L, idx, "type", &type_len);
	value = push_member(L, idx, "value", &value_len);
	luaL_buffinit(L, &b);
	luaL_addstring(&b, before);
	luaL_addstring(&b, type);
	luaL_addchar(&b, '=');
	add_escaped(&b, value, value_len);
	luaL_pushresult(&b); /* [type value part] */
	lua_replace(L, -3);
	lua_pop(L, 1);
}

/* Sets `printed` of the name on the top, which a name from JSON lacks: its parts, the last one first. [-0, +0] */
static void
print_name(lua_State *L)
{
	int name = lua_gettop(L);
	bool joined = false;

	lua_pushliteral(L, "printed");
	lua_pushliteral(L, ""); /* [name "printed" text] */
	for (lua_Integer i = (lua_Integer)lua_rawlen(L, name); i > 0; i--) {
		bool first = i == (lua_Integer)lua_rawlen(L, name), shared;

		lua_rawgeti(L, name, i); /* [name "printed" text part] */
		lua_pushliteral(L, "shared");
		shared = lua_rawget(L, -2) == LUA_TBOOLEAN && lua_toboolean(L, -1);
		lua_pop(L, 1);
		push_part(L, lua_gettop(L), first ? "" : shared && joined ? "+" : ",");
		lua_remove(L, -2);
		lua_concat(L, 2);
		joined = shared;
	}
	lua_rawset(L, name);
}

static bool
lacks_printed(lua_State *L)
{
	bool lacks;

	lua_pushliteral(L, "printed");
	lacks = lua_rawget(L, -2) == LUA_TNIL;
	lua_pop(L, 1);
	return lacks;
}

/*
 * Pushes a copy of the table at idx. The recursion ends: a table in a table is of another shape, and no shape contains
 * itself. [-0, +1]
 */
static void
push_table(struct copying *c, int idx, enum shape s)
{
	lua_State *L = c->L;

	luaL_checkstack(L, 8, "facts");
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) /* [copy key value] */
		if (lua_type(L, -2) == LUA_TSTRING)
			take_member(c, s);
		else
			take_element(c, s);
	if (s == SHAPE_dn && lacks_printed(L))
		print_name(L);
	if (s == SHAPE_facts)
		add_notes(L);
	lshape_seal(L, c->kit, s);
}

static enum way
way_of(lua_State *L, int idx)
{
	bool out;

	lua_pushliteral(L, "way");
	out = lua_rawget(L, idx) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "out") == 0;
	lua_pop(L, 1);
	return out ? WAY_OUT : WAY_IN;
}

void
lrow_push(struct lua_State *L, int idx, enum door door)
{
	struct copying c = { .L = L, .door = door };

	idx = lua_absindex(L, idx);
	luaL_checkstack(L, 8, "facts");
	if (!lua_istable(L, idx))
		raise_fault(&c, "facts must be a table, not a %s", luaL_typename(L, idx));
	c.way = way_of(L, idx);
	if (door < DOOR_COUNT && (door_row(door)->ways >> c.way & 1) == 0)
		raise_fault(&c, "facts.way: %s is never asked way out", door_name(door));
	lshape_push_kit(L);
	c.kit = lua_gettop(L);
	lshape_begin(L, c.kit, c.way, NULL);
	enter_member(&c, "%s", fact_shape_label(SHAPE_facts));
	push_table(&c, idx, SHAPE_facts);
	lua_remove(L, c.kit);
}
