/* SPDX-License-Identifier: Apache-2.0 */
/* spec_door: a row that asks one door of the script. */
#include "policy/spec_internal.h"

#include "policy/policy_params.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static const char *const row_words[] = { "name", "door", "facts", "mock", "params", "certificate", "expect", NULL };

/* The door that a row names and the script has; DOOR_COUNT with the objection made. The row is at idx. */
static enum door
find_door(lua_State *L, int idx, struct spec_run *r)
{
	enum door d = spec_member(L, idx, "door") == LUA_TSTRING ? door_of(lua_tostring(L, -1)) : DOOR_COUNT;
	char shown[60], doors[80];

	spec_show(L, -1, shown, sizeof shown);
	lua_pop(L, 1);
	if (d == DOOR_COUNT) {
		spec_object(r, "door is %s; it must be %s", shown, door_list(doors, sizeof doors));
	} else if (!policy_has(r->policy, r->script, d)) {
		spec_object(r, "script %s has no function %s", r->script, door_name(d));
		d = DOOR_COUNT;
	}
	return d;
}

/* The certificate of the row as facts have it. [-0, +0] */
static struct facts
present(lua_State *L, int facts, struct spec_run *r)
{
	bool out = spec_member(L, facts, "way") == LUA_TSTRING && strcmp(lua_tostring(L, -1), "out") == 0;
	struct facts f = { .way = out ? WAY_OUT : WAY_IN };

	if (r->certificate.presented.n > 0)
		f.certificate = spec_certificate_verify(r, f.way);
	if (out && spec_member(L, facts, "peer") == LUA_TTABLE && spec_member(L, -1, "host") == LUA_TSTRING)
		f.names_host = f.certificate != NULL && certificate_names(f.certificate, lua_tostring(L, -1));
	snprintf(f.userid, sizeof f.userid, "%s", r->certificate.userid);
	lua_settop(L, facts + 1);
	return f;
}

/* Asks with the real certificate of the row, if it has one. */
static void
ask_presented(lua_State *L, struct spec_run *r, struct policy_row *row)
{
	struct facts f = present(L, row->facts, r);

	if (f.certificate == NULL && r->certificate.presented.n > 0)
		return;
	row->presented = f.certificate != NULL ? &f : NULL;
	row->entry = r->order->told != NULL ? record_entry_new(door_name(row->door), r->script, 0, 0) : NULL;
	policy_ask_row(r->policy, row);
	spec_keep(r, row->entry);
	record_entry_free(row->entry);
	if (r->order->bench != NULL)
		script_bench_row(r->order->bench, r->policy, row);
	certificate_unref(f.certificate);
	spec_expect(L, row->facts + 1, r, &row->verdict, "");
}

/*
 * Asks the script with the parameters at idx - 1, the mock at idx and the facts at idx + 1, and compares the verdict
 * with the expectation at idx + 2.
 */
static void
ask_door(lua_State *L, int idx, struct spec_run *r, enum door door)
{
	struct policy_row row = { .script = r->script, .door = door, .facts = idx + 1, .mock = idx };
	struct fault f;

	if (policy_judge_row(r->policy, door, idx + 1, idx, &f) < 0 || policy_params_row(r->policy, r->script, idx - 1, &row.params, &f) < 0) {
		spec_object(r, "%s", f.text);
		return;
	}
	ask_presented(L, r, &row);
	policy_params_drop(r->policy, row.params);
}

double
spec_now(lua_State *L, int idx)
{
	double now = spec_member(L, idx, "now") == LUA_TNUMBER ? lua_tonumber(L, -1) : clock_wall();

	lua_pop(L, 1);
	return now;
}

/* Takes the certificate of the row at idx. The facts are on the top. [-0, +0] */
static bool
take_certificate(lua_State *L, int idx, struct spec_run *r)
{
	int facts = lua_gettop(L);
	bool both = spec_member(L, facts, "certificate") != LUA_TNIL && spec_member(L, idx, "certificate") != LUA_TNIL;

	lua_settop(L, facts);
	if (both)
		spec_object(r, "certificate and facts.certificate exclude each other: the facts of a real certificate are its own");
	return !both && spec_certificate_take(L, idx, r, spec_now(L, facts));
}

/* Pushes the row's mock, or an empty one: a region without ipconns and counters. [-0, +1] */
static void
push_mock(lua_State *L, int idx)
{
	if (spec_member(L, idx, "mock") != LUA_TNIL)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
}

void
spec_door(lua_State *L, int idx, struct spec_run *r)
{
	int top = lua_gettop(L);
	enum door door;

	spec_keys(L, idx, r, row_words, "a row");
	door = find_door(L, idx, r);
	if (door < DOOR_COUNT)
		coverage_row(r->order->coverage, r->script, door);
	spec_member(L, idx, "params");                                                     /* [params] */
	push_mock(L, idx);                                                                 /* [params mock] */
	if (spec_member(L, idx, "facts") != LUA_TTABLE)                                    /* [params mock facts] */
		spec_object(r, "facts must be a table");
	else if (!take_certificate(L, idx, r))
		lua_settop(L, top + 3);
	else if (spec_member(L, idx, "expect") != LUA_TTABLE)                              /* [params mock facts expect] */
		spec_object(r, "expect must be a table");
	else if (spec_member(L, top + 4, "verdict") != LUA_TSTRING)                        /* [params mock facts expect verdict] */
		spec_object(r, "expect has no verdict");
	else if (spec_keys(L, top + 4, r, spec_expect_words, "expect") && door < DOOR_COUNT)
		ask_door(L, top + 2, r, door);
	lua_settop(L, top);
}
