/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lint.h"

#include "base/buf.h"
#include "policy/lint_model.h"
#include "sandbox/sandbox.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The package lua-check installs its modules for Lua 5.1; its parser loads in Lua 5.4 too. */
#define LUA_CHECK "/usr/share/lua/5.1"
#define LUA_CHECK_PARSER LUA_CHECK "/luacheck/parser.lua"

/* The rules of lua/check/rules.lua. */
static const char *const rules[] = {
	"global_read", "global_write", "library_field", "fact_unknown", "fact_absent", "phase", "no_verdict", "lost_verdict", "refuse_code",
	"template_unknown", "constant_check", "unreachable", "nondeterminism", "rounds", "allow",
};
#define RULES (sizeof rules / sizeof rules[0])

struct lint_work {
	const struct sources *sources;
	const char *library_dir;
	const struct definition *definition;
	const char *globals;
	struct faults *faults;
};

/* The name as a static string; NULL: there is no such rule. */
static const char *
rule_of(const char *name)
{
	for (size_t i = 0; i < RULES; i++)
		if (strcmp(rules[i], name) == 0)
			return rules[i];
	return NULL;
}

bool
lint_has_rule(const char *rule)
{
	return rule_of(rule) != NULL;
}

/* Says that no rule ran, and why. */
static void
note_absence(struct faults *faults, enum fault_level level, const char *why)
{
	char names[400] = "";
	size_t n = 0;

	for (size_t i = 0; i < RULES; i++)
		n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? " " : "", rules[i]);
	faults_add(faults, level, "lint", NULL, 0, "these rules did not run: %s: %s", names, why);
}

/* Whether a tcpipservice names the script as its urm. */
static bool
is_urm(const struct definition *d, const char *name)
{
	for (size_t i = 0; i < d->ntcpipservices; i++)
		if (strcmp(d->tcpipservice[i].urm, name) == 0)
			return true;
	return false;
}

/* Adds the names of the ipconns to the model on the top. [-0, +0, may throw] */
static void
add_ipconns(lua_State *L, const struct definition *d)
{
	lua_newtable(L);
	for (size_t i = 0; i < d->nipconns; i++) {
		lua_pushboolean(L, true);
		lua_setfield(L, -2, d->ipconn[i].ipconn);
	}
	lua_setfield(L, -2, "ipconns");
}

/* Pushes the list of scripts: { name =, file =, text =, urm = }. [-0, +1, may throw] */
static void
push_scripts(lua_State *L, const struct lint_work *w)
{
	lua_Integer n = 0;

	lua_newtable(L);
	for (const struct source *s = sources_first(w->sources); s != NULL; s = s->next) {
		if (s->library || definition_has_file(w->definition, s->path))
			continue;
		lua_createtable(L, 0, 4);
		lua_pushboolean(L, is_urm(w->definition, s->name));
		lua_setfield(L, -2, "urm");
		lua_pushstring(L, s->name);
		lua_setfield(L, -2, "name");
		lua_pushstring(L, s->path);
		lua_setfield(L, -2, "file");
		lua_pushlstring(L, s->bytes, s->len);
		lua_setfield(L, -2, "text");
		lua_rawseti(L, -2, ++n);
	}
}

/* Takes the finding on the top. [-0, +0, may throw] */
static void
take_finding(lua_State *L, struct faults *faults)
{
	const char *file, *text, *rule;
	enum fault_level level;

	lua_getfield(L, -1, "file");
	lua_getfield(L, -2, "text");
	lua_getfield(L, -3, "rule");
	lua_getfield(L, -4, "level");
	lua_getfield(L, -5, "line");
	file = luaL_checkstring(L, -5);
	text = luaL_checkstring(L, -4);
	rule = rule_of(luaL_checkstring(L, -3));
	rule = rule != NULL ? rule : "lint";
	level = strcmp(luaL_checkstring(L, -2), "fault") == 0 ? FAULT_ERROR : FAULT_WARNING;
	faults_add(faults, level, rule, file, (int)lua_tointeger(L, -1), "%s", text);
	lua_pop(L, 5);
}

static void
use_path(lua_State *L, const char *library_dir)
{
	lua_getglobal(L, "package");
	lua_pushfstring(L, "%s/?.lua;" LUA_CHECK "/?.lua;" LUA_CHECK "/?/init.lua", library_dir);
	lua_setfield(L, -2, "path");
	lua_pushliteral(L, "");
	lua_setfield(L, -2, "cpath");
	lua_pop(L, 1);
}

/* Argument: the work. */
static int
lint_work_run(lua_State *L)
{
	const struct lint_work *w = lua_touserdata(L, 1);

	luaL_openlibs(L);
	use_path(L, w->library_dir);
	lua_getglobal(L, "require");
	lua_pushliteral(L, "check.lint");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "run");
	lint_model_push(L, w->globals);
	add_ipconns(L, w->definition);
	push_scripts(L, w);
	lua_call(L, 2, 1);
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TTABLE; i++, lua_pop(L, 1))
		take_finding(L, w->faults);
	return 0;
}

static void
work(struct lint_work *w)
{
	lua_State *L = luaL_newstate();

	if (L == NULL) {
		faults_add(w->faults, FAULT_ERROR, "memory", NULL, 0, "out of memory");
		return;
	}
	lua_pushcfunction(L, lint_work_run);
	lua_pushlightuserdata(L, w);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		note_absence(w->faults, FAULT_WARNING, lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no memory");
	lua_close(L);
}

void
lint_run(const struct sources *s, const char *library_dir, const struct definition *definition, struct faults *faults)
{
	struct buf names;
	struct lint_work w = { s, library_dir, definition, NULL, faults };
	struct stat st;

	if (stat(LUA_CHECK_PARSER, &st) < 0) {
		note_absence(faults, FAULT_NOTE, "the package lua-check is not installed (no " LUA_CHECK_PARSER "); apt-get install lua-check");
		return;
	}
	buf_init(&names, 0);
	if (sandbox_names(&names) < 0 || buf_add(&names, "", 1) < 0) {
		faults_add(faults, FAULT_ERROR, "memory", NULL, 0, "out of memory");
	} else {
		w.globals = (const char *)buf_bytes(&names);
		work(&w);
	}
	buf_free(&names);
}
