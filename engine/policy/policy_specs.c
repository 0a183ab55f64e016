/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_specs.h"

#include "base/clock.h"
#include "base/luatext.h"
#include "policy/generation.h"
#include "policy/spec_internal.h"
#include "tls/issue.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX "_spec"

/*
 * Adds a fault for each key that is not the number of a row, since such a row would not be asked. The list is at 2.
 * [-0, +0]
 */
static void
keys_counted(lua_State *L, struct spec_run *r, lua_Integer n)
{
	char shown[60];

	for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
		lua_Integer i = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;

		if (i >= 1 && i <= n)
			continue;
		r->result->failed++;
		faults_add(r->faults, r->order->level, "row", r->source->path, 0,
			"the list of rows has a key %s, which is not asked; a list of rows has no names and no gaps",
			spec_show(L, -2, shown, sizeof shown));
	}
}

/* False when the time is over: then no other row is asked. */
static bool
in_time(struct spec_run *r)
{
	if (r->over || r->until == 0 || clock_span() < r->until)
		return !r->over;
	r->over = true;
	r->result->failed++;
	faults_add(r->faults, r->order->level, "row", r->source->path, 0,
		"the rows take longer than %g seconds; row %d and those after it were not asked: shorten the tables, or set region { specs = \"warn\" }",
		r->order->seconds, r->row);
	return false;
}

/* Arguments: the struct spec_run, the list of rows. */
static int
policy_specs_rows(lua_State *L)
{
	struct spec_run *r = lua_touserdata(L, 1);
	lua_Integer n = (lua_Integer)lua_rawlen(L, 2);

	luaL_checkstack(L, 16, "specs");
	if (n == 0)
		faults_add(r->faults, r->order->level, "row", r->source->path, 0, "has no rows");
	keys_counted(L, r, n);
	for (r->row = 1; r->row <= n && in_time(r); r->row++) {
		lua_rawgeti(L, 2, r->row);
		spec_row_run(L, r);
		lua_settop(L, 2);
	}
	return 0;
}

/* Runs the list of rows on the top of the state's stack. [-1, +0] */
static void
run_rows(struct spec_run *r)
{
	lua_State *L = policy_lua(r->policy);

	lua_pushcfunction(L, policy_specs_rows);
	lua_insert(L, -2);
	lua_pushlightuserdata(L, r);
	lua_insert(L, -2); /* [inside r rows] */
	if (lua_pcall(L, 2, 0, 0) == LUA_OK)
		return;
	faults_add(r->faults, r->order->level, "row", r->source->path, r->at, "row %d: %s", r->row,
		lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "cannot be read");
	r->result->failed++;
	spec_drop(r);
	lua_pop(L, 1);
}

/* Runs the spec r->source against the script of its name. */
static void
run_spec(struct spec_run *r)
{
	struct faults found = { 0 };
	int status;

	status = policy_load(r->policy, r->script, &found);
	if (status == 0)
		status = policy_push_spec(r->policy, r->source->name, &found);
	faults_merge(r->faults, &found, r->order->level); /* a fault that the generation has reported is not repeated */
	if (status < 0) {
		r->result->unread++;
		coverage_unread(r->order->coverage, r->script);
		return;
	}
	r->lines = luatext_rows(r->source->bytes, r->source->len, &r->line);
	run_rows(r);
	free(r->line);
	r->line = NULL;
}

static bool
is_wanted(const struct spec_run *r)
{
	const struct source *s = r->order->loaded != NULL ? sources_first(r->order->loaded) : NULL;

	while (s != NULL && (s->library || strcmp(s->name, r->script) != 0))
		s = s->next;
	return s != NULL || r->order->loaded == NULL;
}

static void
policy_specs_file(void *arg, const char *name)
{
	struct spec_run *r = arg;
	size_t n = strlen(name), tail = strlen(SUFFIX);
	struct fault f;

	if (n <= tail || strcmp(name + n - tail, SUFFIX) != 0)
		return;
	snprintf(r->script, sizeof r->script, "%.*s", (int)(n - tail), name);
	if (r->over || !is_wanted(r))
		return;
	r->source = sources_get(r->sources, name, &f);
	if (r->source != NULL) {
		run_spec(r);
		return;
	}
	faults_add(r->faults, r->order->level, "file", NULL, 0, "%s", f.text);
	r->result->unread++;
}

/* Adds a script to those whose coverage counts. A script without rows counts too. */
static void
policy_specs_cover(void *arg, const char *name)
{
	struct spec_run *r = arg;
	struct faults found = { 0 };
	struct fault f;
	const struct source *s = generation_is_script(r->order->region, name) ? sources_get(r->sources, name, &f) : NULL;

	if (s == NULL) /* no script; or a file that cannot be read, which the load of its rows reports */
		return;
	if (r->order->definition != NULL && definition_has_file(r->order->definition, s->path))
		return;
	if (policy_compile(r->policy, name, &found) == 0 && script_cover_add(r->order->cover, s, &f) < 0)
		faults_add(&found, FAULT_ERROR, "coverage", s->path, 0, "%s", f.text);
	faults_merge(r->faults, &found, r->order->level);
}

static void
run_scripts(struct spec_run *r)
{
	struct fault f;

	policy_watch(r->policy, r->order->cover);
	if ((r->order->cover != NULL && sources_scan(r->sources, policy_specs_cover, r, &f) < 0) ||
	    sources_scan(r->sources, policy_specs_file, r, &f) < 0)
		faults_add(r->faults, r->order->level, "library", NULL, 0, "%s", f.text);
}

static void
run_files(struct spec_run *r)
{
	const struct region_def *region = r->order->region;
	struct budget_limits limits = { region->instructions, region->milliseconds, (size_t)region->kilobytes };

	r->sources = sources_new(r->order->library_dir, region->policies);
	if (r->sources == NULL) {
		faults_add(r->faults, r->order->level, "memory", NULL, 0, "no memory to run the rows of decision tables");
		return;
	}
	r->policy = policy_new(r->sources, &limits, NULL, NULL, r->faults);
	if (r->policy != NULL)
		run_scripts(r);
	if (r->said > SPEC_WARNINGS)
		faults_add(r->faults, r->order->level, "row", region->policies, 0, "%u rows do not hold; sallyport check --specs shows all of their faults",
			r->result->failed);
}

void
policy_specs_run(const struct policy_specs_order *o, struct policy_specs_result *out, struct faults *faults)
{
	struct spec_run r = { .order = o, .result = out, .faults = faults };

	*out = (struct policy_specs_result){ 0 };
	if (o->seconds > 0)
		r.until = clock_span() + o->seconds;
	run_files(&r);
	issue_free(r.issuer);
	policy_free(r.policy); /* before its sources */
	sources_free(r.sources);
}
