/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_env.h"

#include "config/datafile.h"
#include "config/definition_build.h"

#include <lauxlib.h>
#include <lua.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ENV_TYPE "sallyport.env"
#define VALUE_MAX 1023 /* bytes of a value; no attribute takes more */

/* --- the variables ---------------------------------------------------------------------------- */

static bool
is_variable(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	return len > 0 && len < DEFINITION_NAME && !isdigit((unsigned char)name[0]) && strlen(name) == len;
}

static const char *
known(const struct definition *d, const char *name)
{
	for (size_t i = 0; i < d->nenvs; i++)
		if (strcmp(d->env[i].name, name) == 0)
			return d->env[i].value;
	return NULL;
}

/* Keeps the value in the definition. Returns it; NULL without memory. */
static const char *
keep(struct definition *d, const char *name, const char *value)
{
	struct definition_env *list = realloc(d->env, (d->nenvs + 1) * sizeof *list);
	char *copy = strdup(value);

	if (list != NULL)
		d->env = list;
	if (list == NULL || copy == NULL) {
		free(copy);
		return NULL;
	}
	list[d->nenvs] = (struct definition_env){ .value = copy };
	memcpy(list[d->nenvs].name, name, strlen(name) + 1);
	d->nenvs++;
	return copy;
}

/* The value of the variable, which the definition owns; NULL: it is not set, or a fault was added. Raises nothing. */
static const char *
look_up(struct reading *r, int place, const char *name)
{
	const char *value = known(r->d, name), *kept;

	if (value != NULL)
		return value;
	value = r->reader->env(r->reader->arg, name);
	if (value == NULL)
		return NULL;
	if (strlen(value) > VALUE_MAX)
		definition_complain(r, "env", place, "env \"%s\": the value is longer than %d bytes", name, VALUE_MAX);
	else if ((kept = keep(r->d, name, value)) != NULL)
		return kept;
	else
		definition_complain(r, "memory", place, "out of memory");
	return NULL;
}

/* --- the values ------------------------------------------------------------------------------- */

static struct definition_env_value *
value_at(lua_State *L, int idx)
{
	return luaL_testudata(L, idx, ENV_TYPE);
}

/*
 * Pushes the text of a string, a number or a value of env. False: it is another value, and nothing is pushed. [-0,
 * +0|1, may throw]
 */
static bool
push_text(lua_State *L, int idx)
{
	if (value_at(L, idx) != NULL)
		lua_getiuservalue(L, idx, 1);
	else if (lua_type(L, idx) == LUA_TSTRING || lua_type(L, idx) == LUA_TNUMBER)
		lua_pushvalue(L, idx);
	else
		return false;
	return true;
}

static int definition_env_join(lua_State *L);

/* Makes a value of the text on the top. [-1, +1, may throw] */
static void
wrap(lua_State *L, struct reading *r, int call, bool unset)
{
	struct definition_env_value *v = lua_newuserdatauv(L, sizeof *v, 1);

	*v = (struct definition_env_value){ call, unset };
	lua_insert(L, -2);
	lua_setiuservalue(L, -2, 1);
	if (luaL_newmetatable(L, ENV_TYPE)) {
		lua_pushlightuserdata(L, r);
		lua_pushcclosure(L, definition_env_join, 1);
		lua_setfield(L, -2, "__concat");
	}
	lua_setmetatable(L, -2);
}

/* lua_CFunction, __concat: a text before or after a value makes a value again. Upvalue: the reading. */
static int
definition_env_join(lua_State *L)
{
	struct reading *r = lua_touserdata(L, lua_upvalueindex(1));
	const struct definition_env_value *a = value_at(L, 1), *b = value_at(L, 2);
	bool unset = (a != NULL && a->unset) || (b != NULL && b->unset);
	int call = b != NULL ? b->call : a->call;

	if (a != NULL && b != NULL)
		r->env[a->call].used = true; /* the joined value stands for both */
	if (!push_text(L, 1) || !push_text(L, 2))
		return luaL_error(L, "env: only a text can be joined to the value of a variable");
	lua_concat(L, 2);
	wrap(L, r, call, unset);
	return 1;
}

const struct definition_env_value *
definition_env_at(lua_State *L, int idx, struct reading *r)
{
	const struct definition_env_value *v = value_at(L, idx);

	if (v != NULL)
		r->env[v->call].used = true;
	return v;
}

const char *
definition_env_text(lua_State *L, int idx, size_t *len)
{
	const char *text;

	lua_getiuservalue(L, idx, 1);
	text = lua_tolstring(L, -1, len);
	lua_pop(L, 1); /* the value keeps the string */
	return text;
}

bool
definition_env_settle(lua_State *L, int idx, struct reading *r)
{
	bool whole = true;

	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		const struct definition_env_value *v = lua_type(L, -2) == LUA_TSTRING ? definition_env_at(L, -1, r) : NULL;

		if (v == NULL)
			continue;
		whole = whole && !v->unset;
		lua_pushvalue(L, -2);
		lua_getiuservalue(L, -2, 1); /* [.. key value key text] */
		lua_rawset(L, idx);
	}
	return whole;
}

/* --- the function ----------------------------------------------------------------------------- */

/* Adds a call. Returns its number; raises when there are too many. */
static int
add_call(lua_State *L, struct reading *r, int place, const char *name)
{
	if (r->nenvs == DEFINITION_ENVS_MAX)
		return luaL_error(L, "a definition calls env at most %d times; give the value a local name", DEFINITION_ENVS_MAX);
	r->env[r->nenvs].place = place;
	memcpy(r->env[r->nenvs].name, name, strlen(name) + 1);
	return (int)r->nenvs++;
}

/*
 * Pushes the text of the variable, or its default. False: it is unset, and a fault was added; the text is empty. [-0,
 * +1, may throw]
 */
static bool
push_value(lua_State *L, struct reading *r, int place, const char *name)
{
	bool has_default = lua_gettop(L) == 2;
	size_t errors = r->faults->errors;
	const char *value = look_up(r, place, name);
	bool faulty = r->faults->errors > errors;

	if (value != NULL)
		lua_pushstring(L, value);
	else if (has_default && !faulty)
		lua_pushvalue(L, 2);
	else
		lua_pushliteral(L, "");
	if (value == NULL && !has_default && !faulty)
		definition_complain(r, "env_unset", place, "env \"%s\": the variable is not set; set it in the environment of sallyport, or write env(\"%s\", \"DEFAULT\")",
			name, name);
	return !faulty && (value != NULL || has_default);
}

int
definition_env_call(lua_State *L)
{
	struct reading *r = lua_touserdata(L, lua_upvalueindex(1));
	int place = datafile_line(L), top = lua_gettop(L), call;
	bool form = top >= 1 && top <= 2 && lua_type(L, 1) == LUA_TSTRING, set;
	const char *name;
	size_t len;

	if (form && top == 2)
		form = lua_type(L, 2) == LUA_TSTRING || lua_type(L, 2) == LUA_TNUMBER;
	name = form ? lua_tolstring(L, 1, &len) : "";
	if (!form || !is_variable(name, len))
		return luaL_error(L, "env takes the name of a variable, of letters, digits and _, and may take a default: env \"HOST\", env(\"HOST\", \"any\")");
	call = add_call(L, r, place, name);
	set = push_value(L, r, place, name);
	wrap(L, r, call, !set);
	return 1;
}

void
definition_env_unused(struct reading *r)
{
	for (size_t i = 0; i < r->nenvs; i++)
		if (!r->env[i].used)
			definition_complain(r, "env", r->env[i].place, "env \"%s\" is the value of no key; it can be compared with nothing, and names of resources, scripts and "
				"files are written out", r->env[i].name);
}
