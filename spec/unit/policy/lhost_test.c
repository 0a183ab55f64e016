/* SPDX-License-Identifier: Apache-2.0 */
/* The host module as the engine uses it: with a region, a record, a budget, and an allocator that fails. */
#include "policy/lhost.h"
#include "policy/record_walk.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORLD_IPCONNS 1200

struct bench {
	lua_State *L;
	struct lhost host;
	struct host_world world;
	struct counters *counters;
	struct records *records;
	struct record *record;
};

static bool
world_ipconn(void *arg, const void *view, const char *name, struct ipconn_view *out)
{
	(void)arg;
	(void)view;
	if (strcmp(name, "NETX") != 0)
		return false;
	*out = (struct ipconn_view){ .inservice = true, .connstatus = CONN_ACQUIRED };
	attribute_defaults(resource_ipconn, &out->def);
	strcpy(out->def.ipconn, "NETX");
	strcpy(out->def.applid, "CTGAPP");
	return true;
}

/* As many ipconns as there is room for with APPLID MANY, else one. */
static size_t
world_ipconns(void *arg, const void *view, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	size_t there = applid != NULL && strcmp(applid, "MANY") == 0 ? WORLD_IPCONNS : 1;

	(void)networkid;
	there = there < max ? there : max;
	for (size_t i = 0; i < there; i++)
		world_ipconn(arg, view, "NETX", &out[i]);
	return there;
}

static int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	b->counters = counters_new();
	b->world = (struct host_world){ .counters = b->counters, .ipconn = world_ipconn, .ipconns = world_ipconns };
	b->records = records_new(4);
	b->record = record_open(b->records, "c1", 0);
	b->host = (struct lhost){ .world = &b->world, .asking = true, .mock = LUA_NOREF };
	b->host.now.entry = record_entry_add(b->record, DOOR_INSTALL, "script", 0);
	b->L = luaL_newstate();
	luaL_openlibs(b->L);
	lhost_push(b->L, &b->host, false);
	lua_setglobal(b->L, "host");
	*state = b;
	return 0;
}

static int
teardown(void **state)
{
	struct bench *b = *state;

	lua_close(b->L);
	records_free(b->records);
	counters_free(b->counters);
	free(b);
	return 0;
}

/* Runs a chunk that leaves one value on the stack. */
static void
run(struct bench *b, const char *chunk)
{
	lua_settop(b->L, 0);
	if (luaL_loadbufferx(b->L, chunk, strlen(chunk), "@script.lua", "t") != LUA_OK || lua_pcall(b->L, 0, 1, 0) != LUA_OK)
		fail_msg("%s", lua_tostring(b->L, -1));
}

static const struct verdict *
verdict_of(struct bench *b, const char *chunk)
{
	const struct verdict *v;

	run(b, chunk);
	v = lhost_verdict(b->L, -1);
	assert_non_null(v);
	return v;
}

static void
reads_what_the_constructors_made(void **state)
{
	const struct verdict *v = verdict_of(*state, "\n\nreturn host.install { ipconn = 'APPL', template = 'T', port = 80, host = '' }");

	assert_int_equal(v->kind, VERDICT_INSTALL);
	assert_string_equal(v->install.ipconn, "APPL");
	assert_string_equal(v->install.template, "T");
	assert_string_equal(v->install.applid, "");
	assert_true(v->install.has_port && v->install.port == 80);
	assert_true(v->install.has_host);
	assert_string_equal(v->file, "script.lua");
	assert_int_equal(v->line, 3);
	v = verdict_of(*state, "return host.accept { sysplex = true, userid = 'A' }");
	assert_true(v->kind == VERDICT_ACCEPT && v->sysplex);
	assert_string_equal(v->userid, "A");
}

/* A line may make the same verdict again and again, and others in between. */
static void
verdicts_of_one_line_are_told_apart(void **state)
{
	struct bench *b = *state;
	static const char told[] = "refuse a: x (script.lua:2)|refuse a: x (script.lua:2)|refuse b: x (script.lua:2)|refuse b: y (script.lua:2)|"
		"refuse b (script.lua:2)|refuse a: x (script.lua:2)|refuse refused: zzz";

	run(b, "local made, long = {}, ('z'):rep(300)\n"
		"local function refuse(code, text) made[#made + 1] = tostring(host.refuse(code, text)) end\n"
		"refuse('a', 'x') refuse('a', 'x') refuse('b', 'x') refuse('b', 'y') refuse('b') refuse('a', 'x') refuse(nil, long) refuse(nil, long)\n"
		"return table.concat(made, '|')");
	assert_memory_equal(lua_tostring(b->L, -1), told, sizeof told - 1);
	run(b, "local t = {} for i, f in ipairs { host.accept, host.pass, host.accept, host.refuse } do t[i] = host.kind(f()) end\n"
		"return table.concat(t, ' ')");
	assert_string_equal(lua_tostring(b->L, -1), "accept pass accept refuse");
}

static void
a_bad_name_leaves_nothing_of_the_answer(void **state)
{
	const struct verdict *v = verdict_of(*state, "return host.install { ipconn = 'APPL', template = 'bad', port = 80 }");

	assert_int_equal(v->kind, VERDICT_REFUSE);
	assert_string_equal(v->code, "bad_name");
	assert_string_equal(v->install.ipconn, "");
	assert_false(v->install.has_port);
	assert_int_equal(v->line, 1);
}

static void
takes_nothing_else_for_a_verdict(void **state)
{
	static const char *const other[] = {
		"return nil", "return true", "return 1", "return 'accept'", "return { kind = 'accept' }", "return host.accept",
		"return io.stdout", "return host.ipset({}, {})",
		"return setmetatable({}, { __index = function() error('ran') end, __name = 'verdict' })",
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		run(b, other[i]);
		assert_null(lhost_verdict(b->L, -1));
		assert_int_equal(lua_gettop(b->L), 1);
	}
	assert_null(lhost_verdict(b->L, 7)); /* no value */
}

static void
a_library_frame_is_not_the_place(void **state)
{
	struct bench *b = *state;
	static const char library[] = "host.library() return { no = function(...) local v = host.refuse(...) return v end }";

	assert_int_equal(luaL_loadbufferx(b->L, library, strlen(library), "@/usr/share/x/policy.lua", "t"), LUA_OK);
	assert_int_equal(lua_pcall(b->L, 0, 1, 0), LUA_OK);
	lua_setglobal(b->L, "lib");
	assert_int_equal(verdict_of(b, "\n local v = lib.no('a') return v")->line, 2);
	assert_string_equal(lhost_verdict(b->L, -1)->file, "script.lua");
	/* called from C: no place, and no error */
	lua_settop(b->L, 0);
	lua_getglobal(b->L, "lib");
	lua_getfield(b->L, -1, "no");
	assert_int_equal(lua_pcall(b->L, 0, 1, 0), LUA_OK);
	assert_string_equal(lhost_verdict(b->L, -1)->file, "");
	assert_int_equal(lhost_verdict(b->L, -1)->line, 0);
}

/* Whether the record of the question has a check of that name, with that detail. */
static bool
noted(struct bench *b, const char *name, bool value, const char *detail)
{
	json_t *all = records_explain(b->records, &(struct record_query){ .connection = "c1" });
	json_t *checks = json_object_get(json_array_get(json_object_get(json_array_get(all, 0), "doors"), 0), "checks"), *check;
	const char *said;
	bool found = false;
	size_t i;

	json_array_foreach(checks, i, check) {
		said = json_string_value(json_object_get(check, "detail"));
		if (strcmp(json_string_value(json_object_get(check, "name")), name) == 0 &&
		    json_is_true(json_object_get(check, "value")) == value && strcmp(said != NULL ? said : "", detail) == 0)
			found = true;
	}
	json_decref(all);
	return found;
}

static void
checks_and_answers_go_into_the_record(void **state)
{
	struct bench *b = *state;

	run(b, "host.check('near', 1 == 2, '10.0.0.1') host.check('number', {}, 7) host.check('other', true, {})"
	       "host.ipconn('NETX') host.ipconn('NETY') host.ipconns('X', nil) host.counter_next('C', 5, 9, false)"
	       "host.counter_peek('C') host.counter_peek('D')");
	assert_true(noted(b, "near", false, "10.0.0.1"));
	assert_true(noted(b, "number", true, "7"));
	assert_true(noted(b, "other", true, "(table)"));
	assert_true(noted(b, "ipconn NETX", true, "found"));
	assert_true(noted(b, "ipconn NETY", true, "none"));
	assert_true(noted(b, "ipconns *.X", true, "1"));
	assert_true(noted(b, "counter C", true, "next = 5"));
	assert_true(noted(b, "counter C", true, "peek = 5"));
	assert_true(noted(b, "counter D", true, "peek: never asked"));
}

static void
checks_without_an_asking_are_harmless(void **state)
{
	struct bench *b = *state;

	b->host.now.entry = NULL;
	run(b, "return host.check('x', 3, 'y')");
	assert_int_equal(lua_tointeger(b->L, -1), 3);
}

static void
counters_are_the_stores(void **state)
{
	struct bench *b = *state;
	int64_t value;
	double its;

	run(b, "host.counter_next('C', 1, 9, false) return host.counter_next('C', 1, 9, false)");
	assert_int_equal(lua_tointeger(b->L, -1), 2);
	assert_int_equal(counters_peek(b->counters, "C", 1, 0, 0, &value, &its), COUNTERS_NUMBER);
	assert_int_equal(value, 2);
	run(b, "return select(2, host.counter_next('C', 1, 2, false))");
	assert_string_equal(lua_tostring(b->L, -1), "exhausted");
}

/* The counters of a mock answer like the region's, for each kind and order of questions. */
static void
a_mocks_counters_answer_as_the_store_does(void **state)
{
	static const char ask[] = "local out = {} for _, r in ipairs { {1,3}, {1,3}, {1,3}, {1,3}, {1,3,true}, {7,9}, {7,9}, {1,9}, {1,4},"
	                          "{1,4,true}, {-5,-5}, {-5,-5,true}, {0,math.maxinteger} } do out[#out + 1] ="
	                          "tostring(host.counter_next('M', r[1], r[2], r[3] or false)) end return table.concat(out, ' ')";
	struct bench *b = *state;
	char store[256];

	run(b, ask);
	snprintf(store, sizeof store, "%s", lua_tostring(b->L, -1));
	run(b, "return {}");
	lhost_mock(b->L, &b->host, -1);
	run(b, ask);
	assert_string_equal(lua_tostring(b->L, -1), store);
	assert_string_equal(store, "1 2 3 nil 1 7 8 9 nil 1 nil -5 0");
}

static void
a_mock_hides_the_world_until_it_is_cleared(void **state)
{
	struct bench *b = *state;

	run(b, "return { ipconns = { ONLY = { connstatus = 'FREEING', servstatus = 'OUTSERVICE', networkid = 'NETA', sendcount = 3 } } }");
	lhost_mock(b->L, &b->host, -1);
	run(b, "local m = host.ipconn('ONLY')"
	       "return table.concat({ tostring(host.ipconn('NETX')), m.servstatus, m.connstatus, m.networkid, m.sendcount }, ' ')");
	assert_string_equal(lua_tostring(b->L, -1), "nil OUTSERVICE FREEING NETA 3");
	lhost_mock(b->L, &b->host, 0);
	run(b, "return tostring(host.ipconn('ONLY')) .. host.ipconn('NETX').connstatus");
	assert_string_equal(lua_tostring(b->L, -1), "nilACQUIRED");
}

static void
mocking_is_not_for_policies_in_the_engine(void **state)
{
	run(*state, "return host.mock");
	assert_true(lua_isnil(((struct bench *)*state)->L, -1));
}

static void
lists_at_most_a_thousand(void **state)
{
	struct bench *b = *state;

	run(b, "return #host.ipconns('MANY', nil)");
	assert_int_equal(lua_tointeger(b->L, -1), 1000);
	run(b, "return #host.ipconns('ONE', nil)");
	assert_int_equal(lua_tointeger(b->L, -1), 1);
}

static void
broke(lua_State *L, size_t n)
{
	(void)n;
	luaL_error(L, "limit");
}

/* Each loop in C charges the script, and ends when the budget is used up. */
static void
pays_for_its_loops(void **state)
{
	static const char *const costly[] = {
		"host.ipset({ '10.0.0.0/8' }, { true })", "set:holds('10.0.0.1')", "host.ipconns(nil, nil)",
	};
	struct bench *b = *state;

	run(b, "set = host.ipset({ '10.0.0.0/8' }, { true })");
	b->host.pay = broke;
	for (size_t i = 0; i < sizeof costly / sizeof *costly; i++) {
		lua_settop(b->L, 0);
		assert_int_equal(luaL_loadstring(b->L, costly[i]), LUA_OK);
		assert_int_equal(lua_pcall(b->L, 0, 0, 0), LUA_ERRRUN);
		assert_string_equal(lua_tostring(b->L, -1) + strlen(lua_tostring(b->L, -1)) - 5, "limit");
	}
}

struct meagre { /* an allocator that fails from its nth growing call */
	long left;
};

static void *
meagre_alloc(void *ud, void *p, size_t osize, size_t nsize)
{
	struct meagre *m = ud;

	if (nsize == 0) {
		free(p);
		return NULL;
	}
	if ((p == NULL || nsize > osize) && m->left >= 0 && m->left-- == 0) {
		m->left = 0; /* and in each later call */
		return NULL;
	}
	return realloc(p, nsize);
}

static int
everything(lua_State *L)
{
	struct lhost *h = lua_touserdata(L, 1);

	lhost_push(L, h, true);
	lua_setglobal(L, "host");
	if (luaL_dostring(L, "host.mock { ipconns = { A = {}, B = {} }, counters = { C = 1 } }"
	                     "local s = host.ipset({ '10.0.0.0/8', '::/0' }, { 'a', 'b' }) s:holds('10.0.0.1')"
	                     "host.ipconns(nil, nil) host.counter_next('C', 1, 2, true) host.check('a', true, {})"
	                     "return tostring(host.install { ipconn = 'A', host = 'h', port = 1 }), host.accept { userid = 'x' }") != LUA_OK)
		return lua_error(L);
	return 0;
}

/* Runs the functions with an allocator that fails at the nth call. True when none failed. */
static bool
survives(long n)
{
	struct meagre m = { -1 };
	struct lhost h = { .mock = LUA_NOREF };
	lua_State *L = lua_newstate(meagre_alloc, &m);
	int rc;

	luaL_openlibs(L);
	lua_pushcfunction(L, everything);
	lua_pushlightuserdata(L, &h);
	m.left = n;
	rc = lua_pcall(L, 1, 0, 0);
	m.left = -1;
	/* the error comes back by luaL_dostring's own pcall or by ours; it is an error of memory */
	if (rc != LUA_OK && strstr(lua_tostring(L, -1), "memory") == NULL)
		fail_msg("allocation %ld: %s", n, lua_tostring(L, -1));
	lua_close(L);
	return rc == LUA_OK;
}

static void
no_allocation_that_fails_does_harm(void **state)
{
	long n = 0;

	(void)state;
	while (n < 100000 && !survives(n))
		n++;
	assert_in_range(n, 50, 99999);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(reads_what_the_constructors_made),
		T(verdicts_of_one_line_are_told_apart),
		T(a_bad_name_leaves_nothing_of_the_answer),
		T(takes_nothing_else_for_a_verdict),
		T(a_library_frame_is_not_the_place),
		T(checks_and_answers_go_into_the_record),
		T(checks_without_an_asking_are_harmless),
		T(counters_are_the_stores),
		T(a_mocks_counters_answer_as_the_store_does),
		T(a_mock_hides_the_world_until_it_is_cleared),
		T(mocking_is_not_for_policies_in_the_engine),
		T(lists_at_most_a_thousand),
		T(pays_for_its_loops),
		T(no_allocation_that_fails_does_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
