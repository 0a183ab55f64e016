/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/module.h"

#include "sandbox/lfrozen.h"
#include "sandbox/registry.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MODULE "sallyport.host"

/* Refuses bytecode, which can crash the virtual machine; mode "t" of luaL_loadbufferx refuses it too. [-0, +1] */
void
modules_compile(lua_State *L, struct modules *m, const struct source *s)
{
	luaL_checkstack(L, 6, "require");
	if (s->len > 0 && s->bytes[0] == LUA_SIGNATURE[0]) {
		m->failed = s;
		lua_pushstring(L, "is a compiled chunk; scripts are Lua text");
		lua_error(L);
	}
	lua_pushfstring(L, "@%s", s->path);                                                      /* [name] */
	if (luaL_loadbufferx(L, s->bytes, s->len, lua_tostring(L, -1), "t") != LUA_OK) {         /* [name chunk|err] */
		m->failed = s;
		lua_error(L);
	}
	lua_remove(L, -2); /* [chunk] */
	if (s->library)
		registry_get(L, &m->env);
	else
		sandbox_push_env(L); /* [chunk env] */
	lua_setupvalue(L, -2, 1); /* [chunk] */
}

/* Raises an error when s is running already; the message has the whole circle. [-0, +0] */
static void
refuse_circle(lua_State *L, const struct modules *m, const struct source *s)
{
	luaL_Buffer b;
	size_t i = 0;

	while (i < m->depth && m->chain[i] != s)
		i++;
	if (i == m->depth)
		return;
	luaL_where(L, 1);
	luaL_buffinit(L, &b);
	luaL_addstring(&b, "scripts require each other in a circle: ");
	for (; i < m->depth; i++) {
		luaL_addstring(&b, m->chain[i]->name);
		luaL_addstring(&b, " -> ");
	}
	luaL_addstring(&b, s->name);
	luaL_pushresult(&b);
	lua_concat(L, 2);
	lua_error(L);
}

/* Runs the function on the top as script s. An error is raised again after the chain is restored. [-1, +1] */
static void
run(lua_State *L, struct modules *m, const struct source *s)
{
	int status;

	if (m->depth == MODULE_DEPTH)
		luaL_error(L, "more than %d scripts wait for each other's require", MODULE_DEPTH);
	m->chain[m->depth++] = s;
	status = lua_pcall(L, 0, 1, 0);
	m->depth--;
	if (status == LUA_OK) {
		m->failed = NULL;
		return;
	}
	if (m->failed == NULL)
		m->failed = s;
	lua_error(L);
}

/* Keeps the value on the top under the name of s in the registry's table `key`. [-1, +0] */
static void
keep(lua_State *L, const char *key, const struct source *s)
{
	registry_get(L, key); /* [v t] */
	lua_insert(L, -2);                      /* [t v] */
	lua_pushstring(L, s->name);             /* [t v name] */
	lua_insert(L, -2);                      /* [t name v] */
	lua_rawset(L, -3);                      /* [t] */
	lua_pop(L, 1);
}

/* Pushes the value kept under the name, or nil. True: it is not nil. [-0, +1] */
static bool
push_kept(lua_State *L, const char *key, const char *name)
{
	registry_get(L, key); /* [t] */
	lua_pushstring(L, name);                /* [t name] */
	lua_rawget(L, -2);                      /* [t v] */
	lua_remove(L, -2);                      /* [v] */
	return !lua_isnil(L, -1);
}

/* Bytes of the state after a collection. */
static size_t
settled(lua_State *L)
{
	lua_gc(L, LUA_GCCOLLECT);
	return (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
}

/*
 * Records the bytes that s keeps. Its load began with `before` bytes in the state, of which `others` were of scripts.
 */
static void
weigh(lua_State *L, struct modules *m, const struct source *s, size_t before, size_t others)
{
	size_t grown = settled(L), required = m->kept_bytes - others;
	size_t own = grown > before + required ? grown - before - required : 0;

	m->kept_bytes += own;
	m->at_rest = grown;
	sources_kept(m->sources, s, own);
}

/*
 * The bytes of the state before a load. A collection walks the whole state, so a load that follows another uses the
 * number from the other's end; a load inside another cannot. A script that was measured in an earlier state of this
 * generation is not measured again, because the loop waits for such a load (SP0019).
 */
static size_t
before_load(lua_State *L, struct modules *m, const struct source *s)
{
	size_t at_rest = m->depth == 0 ? m->at_rest : 0;

	m->at_rest = 0; /* until this load succeeds */
	if (s->kept > 0)
		return 0;
	return at_rest > 0 ? at_rest : settled(L);
}

/* Keeps the value twice: unchanged for the engine, which reads it raw, and frozen for the scripts that share it. */
void
modules_push(lua_State *L, struct modules *m, const struct source *s)
{
	size_t before, others = m->kept_bytes;

	luaL_checkstack(L, 8, "require");
	if (push_kept(L, &m->raw, s->name))
		return;
	lua_pop(L, 1);
	refuse_circle(L, m, s);
	before = before_load(L, m, s);
	modules_compile(L, m, s);
	run(L, m, s); /* [v] */
	if (lua_isnil(L, -1)) {
		m->failed = s;
		luaL_error(L, "script \"%s\" returns nothing; end it with return { ... }", s->name);
	}
	lua_pushvalue(L, -1);
	if (lua_istable(L, -1))
		lfrozen_freeze(L, true);
	keep(L, &m->kept, s);
	lua_pushvalue(L, -1);
	keep(L, &m->raw, s); /* last: a value kept here is kept in both tables */
	if (s->kept == 0)
		weigh(L, m, s, before, others);
}

void
modules_push_again(lua_State *L, struct modules *m, const struct source *s)
{
	modules_compile(L, m, s);
	run(L, m, s);
}

void
modules_push_spec(lua_State *L, struct modules *m, const struct source *s)
{
	m->alone = true;
	modules_push_again(L, m, s);
}

/* Refuses a name with a NUL; sources_get checks the rest. */
static const char *
name_argument(lua_State *L)
{
	size_t len;
	const char *name;

	if (lua_type(L, 1) != LUA_TSTRING)
		luaL_error(L, "require takes the name of a script, not a %s value", luaL_typename(L, 1));
	name = lua_tolstring(L, 1, &len);
	if (strlen(name) != len)
		luaL_error(L, "require: a NUL in the name of a script");
	return name;
}

static void
refuse_late(lua_State *L, const struct modules *m, const char *name)
{
	if (m->alone)
		luaL_error(L, "require \"%s\": a spec is plain data and requires nothing", name);
	if (m->depth == 0)
		luaL_error(L, "require \"%s\": not loaded; require it at the top of the file, before any door is asked", name);
}

/* lua_CFunction: `require`. Upvalues: struct modules; true in the library's environment. */
static int
module_require(lua_State *L)
{
	struct modules *m = lua_touserdata(L, lua_upvalueindex(1));
	const char *name = name_argument(L);
	const struct source *s;
	struct fault f;

	if (lua_toboolean(L, lua_upvalueindex(2)) && strcmp(name, HOST_MODULE) == 0)
		return registry_get(L, &m->host), 1;
	if (!m->alone && push_kept(L, &m->kept, name))
		return 1;
	refuse_late(L, m, name);
	s = sources_get(m->sources, name, &f);
	if (s == NULL)
		return luaL_error(L, "require \"%s\": %s", name, f.text);
	modules_push(L, m, s);
	push_kept(L, &m->kept, name);
	return 1;
}

static void
push_require(lua_State *L, struct modules *m, bool library)
{
	lua_pushlightuserdata(L, m);
	lua_pushboolean(L, library);
	lua_pushcclosure(L, module_require, 2);
}

/* Pushes the library's environment: the scripts' environment behind a table with the library's own require. [-0, +1] */
static void
push_library_env(lua_State *L, struct modules *m)
{
	lua_createtable(L, 0, 1); /* [env] */
	push_require(L, m, true);
	lua_setfield(L, -2, "require");
	lua_createtable(L, 0, 1); /* [env meta] */
	sandbox_push_env(L);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2); /* [env] */
	lfrozen_freeze(L, false);
}

void
modules_open(lua_State *L, struct modules *m)
{
	registry_set(L, &m->host);
	push_require(L, m, false);
	sandbox_define(L, "require");
	push_library_env(L, m);
	registry_set(L, &m->env);
	lua_newtable(L);
	registry_set(L, &m->kept);
	lua_newtable(L);
	registry_set(L, &m->raw);
}

bool
modules_library(const struct modules *m, const char *source)
{
	for (const struct source *s = sources_first(m->sources); s != NULL; s = s->next)
		if (s->library && source[0] == '@' && strcmp(source + 1, s->path) == 0)
			return true;
	return false;
}

/* The length of the path at the start of message, whole or cut by Lua ("...icies/lan.lua"); 0: it is not there. */
static size_t
named(const char *message, const char *path)
{
	size_t n = strlen(path), cut;

	if (strncmp(message, path, n) == 0)
		return n;
	if (strncmp(message, "...", 3) != 0)
		return 0;
	cut = strcspn(message, ":");
	if (cut - 3 < 16 || cut - 3 > n || strncmp(message + 3, path + n - (cut - 3), cut - 3) != 0)
		return 0;
	return cut;
}

const char *
modules_place(const struct modules *m, const char *message, struct module_place *at)
{
	char *end;
	long line;
	size_t n;

	for (const struct source *s = sources_first(m->sources); s != NULL; s = s->next) {
		n = named(message, s->path);
		if (n == 0 || message[n] != ':')
			continue;
		line = strtol(message + n + 1, &end, 10);
		if (end == message + n + 1 || line < 0 || strncmp(end, ": ", 2) != 0)
			continue;
		snprintf(at->file, sizeof at->file, "%s", s->path);
		at->line = (int)line;
		return end + 2;
	}
	return message;
}
