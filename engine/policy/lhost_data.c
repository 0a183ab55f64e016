/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lhost_data: data files, for policy.data. A file's rows are in C, outside of the memory of the script; a row becomes a
 * table when the script asks for it.
 */
#include "policy/lhost.h"

#include "policy/dataset.h"
#include "policy/inputs.h"
#include "policy/lhost_internal.h"
#include "sandbox/lfrozen.h"
#include "sandbox/lstrict.h"
#include "sandbox/registry.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STEPS 40 /* cost of finding a row */

static const char data_key; /* registry key of the metatable */

struct box { /* a userdata; its user value is the metatable of the rows */
	const struct dataset *dataset; /* borrowed from the inputs, which outlive the state */
};

static const struct box *
data_self(lua_State *L, const char *method)
{
	bool yes = lua_isuserdata(L, 1) && lua_getmetatable(L, 1);

	if (yes) {
		registry_get(L, &data_key);
		yes = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	if (!yes)
		script_place_raise(L, "data:%s: call it with a colon on what policy.data returned", method);
	return lua_touserdata(L, 1);
}

/* --- rows --- */

/* __index of a row, for a name that it does not have: nil for another column, else an error. Upvalue: the dataset. */
static int
lhost_data_absent(lua_State *L)
{
	const struct dataset *d = lua_touserdata(L, lua_upvalueindex(1));
	const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;

	for (size_t i = 0; key != NULL && i < d->columns; i++)
		if (strcmp(d->column[i], key) == 0)
			return 0;
	return key != NULL ? lstrict_refuse(L, "a row", (const char *const *)d->column, 2) : 0;
}

void
lhost_push_cell(lua_State *L, const struct cell *c)
{
	switch ((enum cell_kind)c->kind) {
	case CELL_TEXT:
		lua_pushlstring(L, c->text, c->len);
		break;
	case CELL_INTEGER:
		lua_pushinteger(L, c->integer);
		break;
	case CELL_NUMBER:
		lua_pushnumber(L, c->number);
		break;
	case CELL_FLAG:
		lua_pushboolean(L, c->flag);
		break;
	}
}

/* Pushes the frozen table of a row; the userdata of the data is at idx. [-0, +1, may throw] */
static void
push_row(lua_State *L, int idx, const struct dataset *d, const struct dataset_row *row)
{
	luaL_checkstack(L, 8, "row");
	lua_createtable(L, 0, (int)row->n);
	for (uint32_t i = 0; i < row->n; i++) {
		const struct cell *c = &d->cell[row->first + i];

		lhost_push_cell(L, c);
		lua_setfield(L, -2, d->column[c->column]);
	}
	lua_getiuservalue(L, idx, 1);
	lua_setmetatable(L, -2);
	lfrozen_freeze(L, false);
}

/* data:find(value) -> the row whose key is the string; nil without such a row */
static int
lhost_data_find(lua_State *L)
{
	const struct dataset *d = data_self(L, "find")->dataset;
	const struct dataset_row *row;
	const char *value;
	size_t len;

	lua_settop(L, 2);
	if (d->key < 0)
		script_place_raise(L, "data:find: the data has no key; name its column: policy.data(name, { key = \"column\" })");
	if (lua_type(L, 2) != LUA_TSTRING)
		script_place_raise(L, "data:find: takes a string, not a %s", luaL_typename(L, 2));
	value = lua_tolstring(L, 2, &len);
	lhost_pay(L, lhost_of(L), STEPS + len / 16);
	row = dataset_find(d, value, len);
	if (row == NULL)
		return 0;
	lhost_pay(L, lhost_of(L), row->n);
	push_row(L, 1, d, row);
	return 1;
}

/* data:count() -> the number of rows */
static int
lhost_data_count(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)data_self(L, "count")->dataset->rows);
	return 1;
}

/* The iterator of data:each(). Upvalues: the struct lhost, the data, the number of rows given. */
static int
lhost_data_next(lua_State *L)
{
	const struct box *b = lua_touserdata(L, lua_upvalueindex(2));
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));

	if ((size_t)i >= b->dataset->rows)
		return 0;
	lhost_pay(L, lhost_of(L), 4 + b->dataset->row[i].n);
	lua_pushinteger(L, i + 1);
	lua_replace(L, lua_upvalueindex(3));
	lua_settop(L, 0);
	lua_pushvalue(L, lua_upvalueindex(2));
	push_row(L, 1, b->dataset, &b->dataset->row[i]);
	return 1;
}

/* data:each() -> an iterator over the rows, in the order of the file: for row in data:each() do ... end */
static int
lhost_data_each(lua_State *L)
{
	data_self(L, "each");
	lua_settop(L, 1);
	lua_pushlightuserdata(L, lhost_of(L));
	lua_insert(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, lhost_data_next, 3);
	return 1;
}

/* --- policy.data --- */

/*
 * The directory of the file in a plain Lua: the first of package.path ("policies/?.lua") that has it. out is "" when
 * there is none. [-0, +0, may throw]
 */
static void
find_directory(lua_State *L, const char *name, char *out, size_t size)
{
	int top = lua_gettop(L);
	char file[1024];
	const char *at = "";

	out[0] = '\0';
	if (lua_getglobal(L, "package") == LUA_TTABLE && lua_getfield(L, -1, "path") == LUA_TSTRING)
		at = lua_tostring(L, -1);
	while (*at != '\0' && out[0] == '\0') {
		size_t n = strcspn(at, ";"), dir = strcspn(at, "?;");

		snprintf(file, sizeof file, "%.*s%s", (int)dir, at, name);
		if (dir > 1 && dir < n && at[dir - 1] == '/' && access(file, F_OK) == 0)
			snprintf(out, size, "%.*s", (int)dir - 1, at);
		at += n + (at[n] == ';');
	}
	lua_settop(L, top);
}

const char *
lhost_data_directory(lua_State *L, const struct lhost *h, const char *name, char *out, size_t size)
{
	if (h->data_dir != NULL)
		return h->data_dir;
	find_directory(L, name, out, size);
	return out[0] != '\0' ? out : ".";
}

/* The column of the key in the options at 2; NULL: none. */
static const char *
key_of(lua_State *L)
{
	const char *key = NULL;

	if (lua_isnil(L, 2))
		return NULL;
	if (!lua_istable(L, 2))
		script_place_raise(L, "policy.data: takes a name and a table { key = \"column\" }, not a %s", luaL_typename(L, 2));
	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "key") != 0)
			script_place_raise(L, "policy.data: there is only the option key");
		if (lua_type(L, -1) != LUA_TSTRING || lua_rawlen(L, -1) == 0)
			script_place_raise(L, "policy.data: key must be the name of a column");
		key = lua_tostring(L, -1); /* the table keeps it */
	}
	return key;
}

/* Pushes the metatable of the rows of a dataset. [-0, +1, may throw] */
static void
push_row_metatable(lua_State *L, const struct dataset *d)
{
	lua_pushlightuserdata(L, (void *)(uintptr_t)d);
	lua_pushcclosure(L, lhost_data_absent, 1);
	lstrict_push_metatable(L);
}

/* host.data(name, { key = "column" }) -> the data of the file; raises for a fault of the file, and at a door */
static int
lhost_data_get(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	char dir[1024];
	const char *name, *key;
	struct fault f = { "" };
	struct box *b;
	size_t len;

	lua_settop(L, 2);
	if (lua_type(L, 1) != LUA_TSTRING)
		script_place_raise(L, "policy.data: takes the name of a file such as \"partners.csv\", not a %s", luaL_typename(L, 1));
	lhost_want_loading(L, h, "policy.data");
	name = lua_tolstring(L, 1, &len);
	key = key_of(L);
	b = lua_newuserdatauv(L, sizeof *b, 1);
	b->dataset = inputs_data(h->inputs, lhost_data_directory(L, h, name, dir, sizeof dir), name, len, key, &f);
	if (b->dataset == NULL)
		script_place_raise(L, "policy.data: %s", f.text);
	push_row_metatable(L, b->dataset);
	lua_setiuservalue(L, -2, 1);
	registry_get(L, &data_key);
	lua_setmetatable(L, -2);
	return 1;
}

void
lhost_data_open(struct lua_State *L, struct lhost *h)
{
	static const luaL_Reg methods[] = { { "find", lhost_data_find }, { "count", lhost_data_count }, { "each", lhost_data_each }, { NULL, NULL } };

	lua_createtable(L, 0, 3);
	lua_createtable(L, 0, 3);
	lua_pushlightuserdata(L, h);
	luaL_setfuncs(L, methods, 1);
	lstrict_library(L, "data", 0);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushliteral(L, "data");
	lua_setfield(L, -2, "__name");
	registry_set(L, &data_key);
}

const luaL_Reg lhost_data_functions[] = {
	{ "data", lhost_data_get },
	{ NULL, NULL },
};
