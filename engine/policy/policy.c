/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include "base/log.h"
#include "policy/inputs.h"
#include "policy/lparams.h"
#include "policy/policy_internal.h"
#include "policy/policy_params.h"
#include "policy/script_wait.h"
#include "policy/script_cover.h"
#include "sandbox/lfrozen.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
policy_line(char *out, size_t size, const char *message)
{
	return text_printable(out, size, message, strcspn(message, "\n"));
}

const struct script *
policy_script(const struct policy *p, const char *name)
{
	for (const struct script *s = p->script; s != NULL; s = s->next)
		if (s->loaded && strcmp(s->source->name, name) == 0)
			return s;
	return NULL;
}

bool
policy_runs(const struct policy *p, const char *script)
{
	const struct script *s = policy_script(p, script);

	return s != NULL && s->hook[HOOK_RUN] != LUA_NOREF;
}

bool
policy_has(const struct policy *p, const char *script, enum door d)
{
	const struct script *s = policy_script(p, script);

	return s != NULL && s->hook[d] != LUA_NOREF;
}

const char *
policy_path(const struct policy *p, const char *script)
{
	const struct script *s = policy_script(p, script);

	return s != NULL ? s->source->path : NULL;
}

const char *
policy_hash(const struct policy *p, const char *script)
{
	const struct script *s = policy_script(p, script);

	return s != NULL ? s->source->hash : NULL;
}

size_t
policy_bytes(const struct policy *p)
{
	return atomic_load_explicit(&p->bytes, memory_order_relaxed);
}

void
policy_weigh(struct policy *p)
{
	atomic_store_explicit(&p->bytes, budget_bytes(p->L), memory_order_relaxed);
}

struct lua_State *
policy_lua(struct policy *p)
{
	return p->L;
}

#define KEYS_MAX 20 /* of the table of a script; more than there are doors, so that a table of a million keys is one fault */

/* One call in protected mode under the limits of loading. */
struct loading {
	struct policy *p;
	const struct source *source;
	struct script *script; /* gets the functions; NULL: none does */
	struct faults *faults;
};

/* Adds the message on the top as a fault. Raises no error, since it reads only a string. [-0, +0] */
static void
add_message(struct loading *l)
{
	const struct source *s = l->p->modules.failed != NULL ? l->p->modules.failed : l->source;
	struct module_place at = { .line = 0 };
	const char *message = "error object is not a string";
	char text[TEXT_SIZE];

	if (lua_type(l->p->L, -1) == LUA_TSTRING)
		message = modules_place(&l->p->modules, lua_tostring(l->p->L, -1), &at);
	policy_line(text, sizeof text, message);
	faults_add(l->faults, FAULT_ERROR, "script", at.line > 0 ? at.file : s->path, at.line, "%s", text);
}

/* A limit that was hit is the fault, also when the script went on. */
static int
add_limit(struct loading *l)
{
	char limit[80];

	faults_add(l->faults, FAULT_ERROR, "limit", l->source->path, 0, "loading hit the limit of %s",
		budget_hit_text(l->p->L, limit, sizeof limit));
	return -1;
}

/*
 * Calls `inside` in protected mode under the limits of loading. Its results stay on the stack on success. 0, or -1 with
 * a fault.
 */
static int
load_protected(struct loading *l, lua_CFunction inside, int results)
{
	lua_State *L = l->p->L;
	int top = lua_gettop(L), status;

	if (!lua_checkstack(L, 4 + results)) {
		faults_add(l->faults, FAULT_ERROR, "memory", l->source->path, 0, "out of memory");
		return -1;
	}
	l->p->modules.failed = NULL;
	budget_arm(l->p->L, LOAD_TIMES);
	lua_pushcfunction(L, inside);
	lua_pushlightuserdata(L, l);
	status = lua_pcall(L, 1, results, 0);
	l->p->modules.alone = false;
	if (budget_disarm(l->p->L) != HIT_NONE)
		status = add_limit(l);
	else if (status != LUA_OK)
		add_message(l);
	if (status != LUA_OK)
		lua_settop(L, top);
	return status == LUA_OK ? 0 : -1;
}

static const struct source *
get_source(struct policy *p, const char *name, struct faults *faults)
{
	struct fault f;
	const struct source *s = sources_get(p->modules.sources, name, &f);

	if (s == NULL)
		faults_add(faults, FAULT_ERROR, "script", NULL, 0, "%s", f.text);
	return s;
}

/* The keys of the table of a script, in the order of the hooks. */
static const char *const hook_words[] = {
#define X(id, word, ...) word,
	DOORS(X)
#undef X
	[HOOK_RUN] = "run",
	[HOOK_COUNT] = "params", /* no hook */
	NULL,
};

static int
hook_of(const char *key)
{
	for (int d = 0; d < HOOK_COUNT; d++)
		if (strcmp(key, hook_words[d]) == 0)
			return d;
	return -1;
}

/* The first line of a function, which is near the line of its key; 0 for another value. [-0, +0] */
static int
line_of(lua_State *L, int idx)
{
	lua_Debug ar = { .linedefined = 0 };

	if (!lua_isfunction(L, idx) || lua_iscfunction(L, idx))
		return 0;
	lua_pushvalue(L, idx);
	return lua_getinfo(L, ">S", &ar) && ar.linedefined > 0 ? ar.linedefined : 0;
}

static void
add_unknown(struct loading *l, lua_State *L, const char *key)
{
	const char *near = near_word(hook_words, key), *path = l->source->path;
	char shown[80], doors[80];
	int line = line_of(L, -1);

	policy_line(shown, sizeof shown, key);
	if (near != NULL)
		faults_add(l->faults, FAULT_ERROR, "unknown_door", path, line, "unknown door \"%s\"; did you mean \"%s\"?", shown, near);
	else
		faults_add(l->faults, FAULT_ERROR, "unknown_door", path, line,
			"unknown door \"%s\"; the functions of a policy are %s, that of a program is run", shown, door_list(doors, sizeof doors));
}

/* Takes the parameters that a script declares. [-0, +0, may throw] */
static void
take_params(struct loading *l, lua_State *L)
{
	if (!lua_istable(L, -1)) {
		faults_add(l->faults, FAULT_ERROR, "form", l->source->path, 0,
			"params is a %s; it is a table such as params = { max = { type = \"integer\", default = 100 } }", luaL_typename(L, -1));
		return;
	}
	lua_pushvalue(L, -1);
	lfrozen_read_through(L, -1);
	lparams_declare(L, -1);
	l->script->params = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Takes a key and a value of the table that a script returned. [-0, +0, may throw] */
static void
take_door(struct loading *l, lua_State *L)
{
	const char *path = l->source->path, *key;
	int d;

	if (lua_type(L, -2) != LUA_TSTRING) {
		faults_add(l->faults, FAULT_ERROR, "form", path, 0, "a policy's keys are names of doors, not a %s", luaL_typename(L, -2));
		return;
	}
	key = lua_tostring(L, -2);
	d = hook_of(key);
	if (strcmp(key, "params") == 0) {
		take_params(l, L);
	} else if (d < 0) {
		add_unknown(l, L, key);
	} else if (!lua_isfunction(L, -1)) {
		faults_add(l->faults, FAULT_ERROR, "form", path, 0, "door \"%s\" is a %s, not a function", key, luaL_typename(L, -1));
	} else {
		lua_pushvalue(L, -1);
		l->script->hook[d] = luaL_ref(L, LUA_REGISTRYINDEX);
	}
}

/* Reads the table without metamethods, so that no function of the script runs in here. */
static int
policy_load_inside(lua_State *L)
{
	struct loading *l = lua_touserdata(L, 1);
	unsigned n = 0;

	modules_push(L, &l->p->modules, l->source);
	if (!lua_istable(L, -1)) {
		faults_add(l->faults, FAULT_ERROR, "form", l->source->path, 0,
			"returns a %s; a policy returns a table of functions: return { admit = function(facts) ... end }",
			luaL_typename(L, -1));
		return 0;
	}
	luaL_checkstack(L, 6, "policy");
	lfrozen_read_through(L, -1); /* the table may be frozen, of another script: return require "lan" */
	for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
		if (++n > KEYS_MAX)
			return luaL_error(L, "returns a table with more than %d keys; a policy has one function for each door", KEYS_MAX);
		take_door(l, L);
	}
	return 0;
}

static struct script *
script_new(struct policy *p, const struct source *s)
{
	struct script *one = calloc(1, sizeof *one);

	if (one == NULL)
		return NULL;
	one->source = s;
	one->params = one->defaults = LUA_NOREF;
	for (int d = 0; d < HOOK_COUNT; d++)
		one->hook[d] = LUA_NOREF;
	one->next = p->script;
	p->script = one;
	return one;
}

static int
load_script(struct policy *p, const struct source *s, struct script *script, struct faults *faults)
{
	struct loading l = { .p = p, .source = s, .faults = faults, .script = script };
	size_t before = faults->errors;

	if (script == NULL) {
		faults_add(faults, FAULT_ERROR, "memory", s->path, 0, "out of memory");
		return -1;
	}
	l.script->loaded = load_protected(&l, policy_load_inside, 0) == 0 && faults->errors == before;
	p->loaded = budget_bytes(p->L);
	policy_weigh(p);
	return l.script->loaded ? 0 : -1;
}

/*
 * The script of that source, if a load was tried, with or without success; its faults were reported then. NULL: none.
 */
static const struct script *
find_tried(const struct policy *p, const struct source *s)
{
	const struct script *one = p->script;

	while (one != NULL && one->source != s)
		one = one->next;
	return one;
}

int
policy_load(struct policy *p, const char *script, struct faults *faults)
{
	const struct source *s = get_source(p, script, faults);
	const struct script *before;

	if (s == NULL)
		return -1;
	if (s->library) {
		faults_add(faults, FAULT_ERROR, "script", NULL, 0, "script \"%s\" has the name of the library module %s", script, s->path);
		return -1;
	}
	before = find_tried(p, s);
	if (before != NULL)
		return before->loaded ? 0 : -1;
	return load_script(p, s, script_new(p, s), faults);
}

static int
policy_compile_inside(lua_State *L)
{
	struct loading *l = lua_touserdata(L, 1);

	modules_compile(L, &l->p->modules, l->source);
	return 0;
}

int
policy_compile(struct policy *p, const char *script, struct faults *faults)
{
	struct loading l = { .p = p, .source = get_source(p, script, faults), .faults = faults };
	const struct script *before = l.source != NULL ? find_tried(p, l.source) : NULL;

	if (l.source == NULL || before != NULL)
		return before != NULL && before->loaded ? 0 : -1;
	return load_protected(&l, policy_compile_inside, 0);
}

static int
policy_spec_inside(lua_State *L)
{
	struct loading *l = lua_touserdata(L, 1);

	modules_push_spec(L, &l->p->modules, l->source);
	if (!lua_istable(L, -1))
		return luaL_error(L, "returns %s%s; a decision table ends with return { ... }, its rows", lua_isnil(L, -1) ? "" : "a ",
			lua_isnil(L, -1) ? "nothing" : luaL_typename(L, -1));
	return 1;
}

int
policy_push_spec(struct policy *p, const char *script, struct faults *faults)
{
	struct loading l = { .p = p, .source = get_source(p, script, faults), .faults = faults };

	return l.source != NULL ? load_protected(&l, policy_spec_inside, 1) : -1;
}

static int
policy_claims_inside(lua_State *L)
{
	struct loading *l = lua_touserdata(L, 1);

	modules_push_again(L, &l->p->modules, l->source);
	if (!lua_istable(L, -1))
		return luaL_error(L, "returns no table; a file of claims ends with return { { name = \"...\", holds = function(walk) ... end } }");
	return 1;
}

int
policy_push_claims(struct policy *p, const char *script, struct faults *faults)
{
	struct loading l = { .p = p, .source = get_source(p, script, faults), .faults = faults };

	return l.source != NULL ? load_protected(&l, policy_claims_inside, 1) : -1;
}

static int
policy_open_inside(lua_State *L)
{
	struct loading *l = lua_touserdata(L, 1);

	lhost_push(L, &l->p->host, false);
	modules_open(L, &l->p->modules);
	modules_push(L, &l->p->modules, l->source);
	return 0;
}

/* Makes L the state of p and loads the library into it. */
static int
open_state(struct policy *p, lua_State *L, struct faults *faults)
{
	struct loading l = { .p = p, .source = get_source(p, "policy", faults), .faults = faults };

	p->L = L;
	p->co = NULL;
	p->modules = (struct modules){ .sources = p->modules.sources };
	p->host.mock = LUA_NOREF;
	policy_watch(p, p->host.cover);
	if (l.source == NULL || load_protected(&l, policy_open_inside, 0) < 0)
		return -1;
	policy_weigh(p);
	return 0;
}

struct policy *
policy_new(struct sources *src, const struct budget_limits *limits, const struct host_world *world, struct log *log,
	struct faults *faults)
{
	struct policy *p = calloc(1, sizeof *p);
	struct inputs *inputs = inputs_new(INPUT_ZONES, world != NULL ? world->pool : NULL, src);
	lua_State *L = sandbox_new(limits);

	if (p == NULL || inputs == NULL || L == NULL) {
		faults_add(faults, FAULT_ERROR, "memory", NULL, 0, "out of memory for a Lua state");
		sandbox_free(L);
		inputs_free(inputs);
		free(p);
		return NULL;
	}
	p->limits = *limits;
	p->log = log;
	p->modules.sources = src;
	p->inputs = inputs;
	p->host = (struct lhost){ .world = world, .inputs = inputs, .data_dir = sources_directory(src), .mock = LUA_NOREF, .pay = budget_pay };
	if (open_state(p, L, faults) == 0)
		return p;
	policy_free(p);
	return NULL;
}

void
policy_use_saf(struct policy *p, const struct saf *s)
{
	p->host.saf = s;
}

void
policy_use_waits(struct policy *p, const struct wait_limits *limits)
{
	p->waits = *limits;
	p->host.hosts = limits->hosts;
}

void
policy_watch(struct policy *p, struct script_cover *c)
{
	p->host.cover = c;
	budget_observe(p->L, c != NULL ? script_cover_line : NULL, c);
}

struct inputs *
policy_inputs(const struct policy *p)
{
	return p->host.inputs;
}

void
policy_use_inputs(struct policy *p, struct inputs *others)
{
	inputs_free(p->inputs);
	p->inputs = NULL;
	p->host.inputs = others;
}

/* Loads the scripts into the new state. opened: the state has its library; else no script gets its functions. */
static void
load_again(struct policy *p, bool opened, struct faults *faults)
{
	for (struct script *s = p->script; s != NULL; s = s->next) {
		bool again = s->loaded;

		s->loaded = false;
		s->params = LUA_NOREF;
		for (int d = 0; d < HOOK_COUNT; d++)
			s->hook[d] = LUA_NOREF;
		if (again && opened)
			load_script(p, s->source, s, faults);
	}
}

static void
replace_state(struct policy *p, lua_State *fresh)
{
	struct faults faults = { 0 };
	char kept[24], text[600] = "";

	snprintf(kept, sizeof kept, "%zu", budget_bytes(p->L) / 1024);
	sandbox_free(p->L);
	load_again(p, open_state(p, fresh, &faults) == 0, &faults);
	policy_params_renew(p);
	policy_weigh(p);
	if (faults.n > 0)
		faults_print(&faults, 0, text, sizeof text);
	log_say(p->log, MSG_SP0019, "#kilobytes", kept, "fault", text, NULL);
	faults_free(&faults);
}

void
policy_claim(struct policy *p)
{
	owner_claim(&p->thread, "Lua state");
}

void
policy_renew(struct policy *p)
{
	double most = (double)p->loaded * KEEP_LOADED + (double)p->limits.kilobytes * 1024 * KEEP_ASKS;
	lua_State *fresh;

	policy_claim(p);
	if ((double)budget_bytes(p->L) <= most)
		return;
	if (p->suspended != NULL) {
		p->renewing = p->renewing || (double)budget_bytes(p->L) > 2 * most;
		if (p->renewing)
			script_wait_hurry(p);
		return;
	}
	p->renewing = false;
	lua_gc(p->L, LUA_GCCOLLECT);
	if ((double)budget_bytes(p->L) <= most / 2 || (fresh = sandbox_new(&p->limits)) == NULL)
		return;
	replace_state(p, fresh);
}

void
policy_free(struct policy *p)
{
	struct script *next;

	if (p == NULL)
		return;
	for (struct script *s = p->script; s != NULL; s = next) {
		next = s->next;
		free(s);
	}
	policy_params_free(p);
	free(p->spare);
	sandbox_free(p->L);
	inputs_free(p->inputs); /* after the state that uses them */
	free(p);
}
