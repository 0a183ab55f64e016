/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lint_model.h"

#include "policy/fact_table.h"
#include "policy/notes.h"

#include <lauxlib.h>
#include <lua.h>
#include <string.h>

/* The identifiers of the shapes, as lua/check names them. */
static const char *const shape_ids[] = {
#define X(shape, label, element) #shape,
	SHAPES(X)
#undef X
};

/* Pushes a set of the doors in the bits. [-0, +1, may throw] */
static void
push_doors(lua_State *L, unsigned doors)
{
	lua_newtable(L);
	for (enum door d = 0; d < DOOR_COUNT; d++)
		if ((doors >> d & 1) != 0) {
			lua_pushboolean(L, true);
			lua_setfield(L, -2, door_name(d));
		}
}

/* The doors that are asked on both ways and have the fact on one of them. */
static unsigned
one_way(const struct fact_row *row)
{
	unsigned both = 0;

	for (enum door d = 0; d < DOOR_COUNT; d++)
		both |= door_row(d)->ways == DOOR_WAY_BOTH ? 1u << d : 0;
	return both & (row->doors[WAY_IN] ^ row->doors[WAY_OUT]);
}

static const char *
kind_word(const struct fact_type *t)
{
	switch (t->kind) {
	case FACT_TEXT: return "string";
	case FACT_INTEGER: return "integer";
	case FACT_NUMBER: return "number";
	case FACT_FLAG: return "boolean";
	case FACT_TABLE: return "table";
	case FACT_NOTE:
	case FACT_NOTHING: break;
	}
	return "any";
}

/* Pushes a member: its type, the shape of a table, the doors of a fact. row NULL: an attribute of an ipconn. */
static void
push_member(lua_State *L, const struct fact_row *row)
{
	lua_newtable(L);
	lua_pushstring(L, row != NULL ? kind_word(&row->type) : "any");
	lua_setfield(L, -2, "type");
	if (row == NULL)
		return;
	if (row->type.kind == FACT_TABLE) {
		lua_pushstring(L, shape_ids[row->type.of]);
		lua_setfield(L, -2, "of");
	}
	lua_pushstring(L, row->type.words);
	lua_setfield(L, -2, "words");
	lua_pushstring(L, row->when);
	lua_setfield(L, -2, "when");
	if ((row->doors[WAY_IN] | row->doors[WAY_OUT]) != 0) {
		push_doors(L, row->doors[WAY_IN] | row->doors[WAY_OUT]);
		lua_setfield(L, -2, "doors");
		push_doors(L, one_way(row));
		lua_setfield(L, -2, "one_way");
	}
}

static void
push_shape(lua_State *L, enum shape s)
{
	const struct fact_type *element = fact_shape_element(s);
	const char *names[SHAPE_NAMES];
	size_t n = fact_shape_names(s, names);

	lua_newtable(L);
	lua_pushstring(L, fact_shape_label(s));
	lua_setfield(L, -2, "label");
	if (element->kind == FACT_NOTE) {
		lua_pushboolean(L, true);
		lua_setfield(L, -2, "open");
	} else if (element->kind != FACT_NOTHING) {
		lua_pushstring(L, element->kind == FACT_TABLE ? shape_ids[element->of] : "");
		lua_setfield(L, -2, "element");
	}
	lua_createtable(L, 0, (int)n);
	for (size_t i = 0; i < n; i++) {
		push_member(L, fact_shape_member(s, names[i]));
		lua_setfield(L, -2, names[i]);
	}
	lua_setfield(L, -2, "members");
}

static void
push_shapes(lua_State *L)
{
	lua_newtable(L);
	for (int s = 0; s < SHAPE_COUNT; s++) {
		push_shape(L, (enum shape)s);
		lua_setfield(L, -2, shape_ids[s]);
	}
}

static void
push_door_rows(lua_State *L)
{
	lua_newtable(L);
	for (enum door d = 0; d < DOOR_COUNT; d++) {
		lua_createtable(L, 0, 2);
		lua_pushboolean(L, door_row(d)->kind == DOOR_QUESTION);
		lua_setfield(L, -2, "answers");
		lua_pushboolean(L, notes_made_at(d));
		lua_setfield(L, -2, "notes");
		lua_setfield(L, -2, door_name(d));
	}
}

/* Adds one line to the table on the top: "assert" is true, "math.floor" a member of the set "math". */
static void
add_global(lua_State *L, const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len);
	size_t own = dot != NULL ? (size_t)(dot - name) : len;

	lua_pushlstring(L, name, own);
	if (dot == NULL) {
		lua_pushvalue(L, -1);
		if (lua_rawget(L, -3) == LUA_TTABLE)
			lua_pop(L, 2);
		else
			lua_pop(L, 1), lua_pushboolean(L, true), lua_rawset(L, -3);
		return;
	}
	lua_pushvalue(L, -1);
	if (lua_rawget(L, -3) != LUA_TTABLE) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -2);
		lua_pushvalue(L, -2);
		lua_rawset(L, -5);
	}
	lua_pushlstring(L, dot + 1, len - own - 1);
	lua_pushboolean(L, true);
	lua_rawset(L, -3);
	lua_pop(L, 2);
}

static void
push_globals(lua_State *L, const char *names)
{
	lua_newtable(L);
	for (const char *at = names; *at != '\0';) {
		size_t len = strcspn(at, "\n");

		add_global(L, at, len);
		at += len + (at[len] == '\n');
	}
}

void
lint_model_push(struct lua_State *L, const char *globals)
{
	luaL_checkstack(L, 12, NULL);
	lua_newtable(L);
	push_globals(L, globals);
	add_global(L, "require", strlen("require")); /* each state of a policy defines it besides (sandbox/module.h) */
	lua_setfield(L, -2, "globals");
	push_door_rows(L);
	lua_setfield(L, -2, "doors");
	push_shapes(L);
	lua_setfield(L, -2, "shapes");
}
