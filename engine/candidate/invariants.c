/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/invariants.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/lfacts.h"
#include "policy/policy.h"
#include "sandbox/budget.h"
#include "sandbox/sources.h"

#define SUFFIX "_invariant"
#define CLAIMS_MAX 200
#define FILES_MAX 50
#define NAME_BYTES 200

struct invariants_claim {
	char name[NAME_BYTES];
	const struct source *source; /* borrowed */
	int line; /* of the function */
	int ref;  /* of the function, in the registry */
};

struct invariants {
	struct sources *sources; /* owned */
	struct policy *policy;   /* owned; no connection asks it */
	const struct source *file[FILES_MAX]; /* borrowed from the sources */
	size_t files;
	struct invariants_claim claim[CLAIMS_MAX];
	size_t n;
};

size_t
invariants_count(const struct invariants *s)
{
	return s->n;
}

const char *
invariants_name(const struct invariants *s, size_t i)
{
	return s->claim[i].name;
}

const char *
invariants_file(const struct invariants *s, size_t i)
{
	return s->claim[i].source->path;
}

void
invariants_literals(const struct invariants *s, struct values *v)
{
	for (size_t i = 0; i < s->files; i++)
		values_take_lua(v, s->file[i]->bytes, s->file[i]->len);
}

/* --- loading ---------------------------------------------------------------------------------- */

struct collecting { /* the claims of one file */
	struct invariants *set;
	const struct source *source;
};

static int
line_of(lua_State *L)
{
	lua_Debug ar = { .linedefined = 0 };

	lua_pushvalue(L, -1);
	lua_getinfo(L, ">S", &ar);
	return ar.linedefined;
}

static int
unfit(lua_State *L, lua_Integer i, const char *what)
{
	return luaL_error(L, "claim %d: %s; a claim is { name = \"...\", holds = function(walk) ... end }", (int)i, what);
}

/* Takes the claim on the top. Reads without metamethods. [-0, +0, may throw] */
static void
take_claim(lua_State *L, struct collecting *c, lua_Integer i)
{
	struct invariants *s = c->set;
	struct invariants_claim *one = &s->claim[s->n];
	size_t keys = 0;

	if (s->n == CLAIMS_MAX)
		luaL_error(L, "there are more than %d claims", CLAIMS_MAX);
	if (!lua_istable(L, -1))
		unfit(L, i, "is no table");
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
		keys++;
	lua_pushliteral(L, "name");
	if (lua_rawget(L, -2) != LUA_TSTRING || lua_rawlen(L, -1) == 0 || lua_rawlen(L, -1) >= NAME_BYTES)
		unfit(L, i, "name is no string of 1 to 199 bytes");
	snprintf(one->name, sizeof one->name, "%s", lua_tostring(L, -1));
	lua_pop(L, 1);
	lua_pushliteral(L, "holds");
	if (lua_rawget(L, -2) != LUA_TFUNCTION || lua_iscfunction(L, -1))
		unfit(L, i, "holds is no function");
	if (keys != 2)
		unfit(L, i, "has another key");
	one->source = c->source;
	one->line = line_of(L);
	one->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	s->n++;
}

/* Arguments: the struct collecting, the list. */
static int
invariants_collect(lua_State *L)
{
	struct collecting *c = lua_touserdata(L, 1);
	lua_Integer n = (lua_Integer)lua_rawlen(L, 2), keys = 0;

	luaL_checkstack(L, 12, "invariants");
	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1))
		keys++;
	if (n == 0 || keys != n)
		return luaL_error(L, "returns no list of claims; the file ends with return { { name = \"...\", holds = function(walk) ... end } }");
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, 2, i);
		take_claim(L, c, i);
		lua_pop(L, 1);
	}
	return 0;
}

static const char *
message(lua_State *L)
{
	return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "error object is not a string";
}

static int
load_file(struct invariants *s, const struct source *source, struct faults *faults)
{
	struct collecting c = { s, source };
	lua_State *L;
	int status;

	if (policy_push_claims(s->policy, source->name, faults) < 0) /* [list] */
		return -1;
	L = policy_lua(s->policy);
	if (!lua_checkstack(L, 4)) {
		lua_pop(L, 1);
		faults_add(faults, FAULT_ERROR, "memory", source->path, 0, "out of memory");
		return -1;
	}
	lua_pushcfunction(L, invariants_collect);
	lua_insert(L, -2);
	lua_pushlightuserdata(L, &c);
	lua_insert(L, -2); /* [inside c list] */
	status = lua_pcall(L, 2, 0, 0);
	if (status != LUA_OK) {
		faults_add(faults, FAULT_ERROR, "invariant", source->path, 0, "%s", message(L));
		lua_pop(L, 1);
	}
	return status == LUA_OK ? 0 : -1;
}

struct finding {
	struct invariants *set;
	struct faults *faults;
	bool failed;
};

static void
invariants_file_found(void *arg, const char *name)
{
	struct finding *f = arg;
	struct invariants *s = f->set;
	size_t n = strlen(name), tail = strlen(SUFFIX);
	const struct source *source;
	struct fault why;

	if (n <= tail || strcmp(name + n - tail, SUFFIX) != 0)
		return;
	source = sources_get(s->sources, name, &why);
	if (source == NULL || s->files == FILES_MAX) {
		faults_add(f->faults, FAULT_ERROR, "invariant", source != NULL ? source->path : NULL, 0, "%s",
			source != NULL ? "there are more than 50 files of invariants" : why.text);
		f->failed = true;
		return;
	}
	s->file[s->files++] = source;
	f->failed |= load_file(s, source, f->faults) < 0;
}

struct invariants *
invariants_load(const struct region_def *r, const char *library_dir, struct faults *faults)
{
	struct budget_limits limits = { r->instructions, r->milliseconds, (size_t)r->kilobytes };
	struct invariants *s = calloc(1, sizeof *s);
	struct finding f = { .set = s, .faults = faults };
	struct fault why;

	if (s != NULL)
		s->sources = sources_new(library_dir, r->policies);
	if (s == NULL || s->sources == NULL) {
		faults_add(faults, FAULT_ERROR, "memory", NULL, 0, "out of memory");
		invariants_free(s);
		return NULL;
	}
	s->policy = policy_new(s->sources, &limits, NULL, NULL, faults);
	if (s->policy != NULL && sources_scan(s->sources, invariants_file_found, &f, &why) < 0) {
		faults_add(faults, FAULT_ERROR, "invariant", NULL, 0, "%s", why.text);
		f.failed = true;
	}
	if (s->policy != NULL && !f.failed)
		return s;
	invariants_free(s);
	return NULL;
}

void
invariants_free(struct invariants *s)
{
	if (s == NULL)
		return;
	policy_free(s->policy); /* before its sources */
	sources_free(s->sources);
	free(s);
}

int
invariants_forget(struct invariants *s, struct faults *faults)
{
	lua_State *L = policy_lua(s->policy);
	int rc = 0;

	for (size_t i = 0; i < s->n; i++)
		luaL_unref(L, LUA_REGISTRYINDEX, s->claim[i].ref);
	s->n = 0;
	for (size_t i = 0; i < s->files && rc == 0; i++)
		rc = load_file(s, s->file[i], faults);
	return rc;
}

/* --- judging ---------------------------------------------------------------------------------- */

struct judging {
	const struct walked *walked;
	int ref;
	bool holds;
};

/* [-0, +1, may throw] */
static void
push_doors(lua_State *L, const struct walked *w)
{
	lua_createtable(L, (int)w->doors, 0);
	for (size_t i = 0; i < w->doors; i++) {
		lua_createtable(L, 0, 3);
		lua_pushstring(L, door_name(w->door[i].door));
		lua_setfield(L, -2, "door");
		lua_pushstring(L, verdict_name(w->door[i].verdict));
		lua_setfield(L, -2, "verdict");
		if (w->door[i].code[0] != '\0')
			lua_pushstring(L, w->door[i].code);
		else
			lua_pushnil(L);
		lua_setfield(L, -2, "code");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* [-0, +1, may throw] */
static void
push_walk(lua_State *L, const struct walked *w)
{
	const struct facts *f = w->trial->conn->facts;
	struct ipconn_view view;

	lua_createtable(L, 0, 4);
	lua_pushboolean(L, w->accepted);
	lua_setfield(L, -2, "accepted");
	lfacts_push(L, f);
	lfacts_set_notes(L, f->notes, w->doors > 0 ? w->door[w->doors - 1].door : DOOR_ADMIT);
	lua_setfield(L, -2, "facts");
	push_doors(L, w);
	lua_setfield(L, -2, "doors");
	if (!w->accepted)
		return;
	ipconn_view(&w->trial->partner, &view);
	lfacts_push_ipconn(L, &view);
	lua_setfield(L, -2, "ipconn");
}

/* Argument: the struct judging. */
static int
invariants_ask(lua_State *L)
{
	struct judging *j = lua_touserdata(L, 1);

	luaL_checkstack(L, 16, "invariants");
	lua_rawgeti(L, LUA_REGISTRYINDEX, j->ref);
	push_walk(L, j->walked);
	lua_call(L, 1, 1);
	if (!lua_isboolean(L, -1))
		return luaL_error(L, "holds answered a %s; it answers true or false", luaL_typename(L, -1));
	j->holds = lua_toboolean(L, -1);
	return 0;
}

/* Adds the fault of a call that ended with `status`; its message is on the top. */
static void
add_failure(struct invariants *s, const struct invariants_claim *c, enum budget_hit hit, struct faults *faults)
{
	lua_State *L = policy_lua(s->policy);
	char limit[80];

	if (hit != HIT_NONE)
		faults_add(faults, FAULT_ERROR, "limit", c->source->path, c->line, "\"%s\" hit the limit of %s", c->name,
			budget_hit_text(L, limit, sizeof limit));
	else
		faults_add(faults, FAULT_ERROR, "invariant", c->source->path, c->line, "\"%s\": %s", c->name, message(L));
}

int
invariants_judge(struct invariants *s, size_t i, const struct walked *w, struct faults *faults)
{
	struct judging j = { .walked = w, .ref = s->claim[i].ref };
	lua_State *L = policy_lua(s->policy);
	int top = lua_gettop(L), status;
	enum budget_hit hit;

	if (!lua_checkstack(L, 4)) {
		faults_add(faults, FAULT_ERROR, "memory", s->claim[i].source->path, 0, "out of memory");
		return -1;
	}
	budget_arm(L, 1);
	lua_pushcfunction(L, invariants_ask);
	lua_pushlightuserdata(L, &j);
	status = lua_pcall(L, 1, 0, 0);
	hit = budget_disarm(L);
	if (status != LUA_OK || hit != HIT_NONE)
		add_failure(s, &s->claim[i], hit, faults);
	lua_settop(L, top);
	return status != LUA_OK || hit != HIT_NONE ? -1 : j.holds;
}
