/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"
#include "policy/record_walk.h"

#include "base/log.h"

#include <lauxlib.h>
#include <lua.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "spec/support/scratch.h"

struct house { /* a directory of scripts and the policy loaded from it */
	char dir[100];
	struct sources *sources;
	struct policy *policy;
	struct faults faults;
	struct log *log;
	struct facts facts;
	struct verdict verdict;
	unsigned answers;
};

static const struct budget_limits LIMITS = { 100000, 1000, 2048 };

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	scratch_open(h->dir, "policy");
	h->sources = sources_new("lua", h->dir);
	h->facts = (struct facts){ .stage = STAGE_TCP, .now = 1000, .connection = "c-1", .tcpipservice = "IPIC" };
	assert_int_equal(addr_parse(&h->facts.peer.addr, "192.0.2.7", 5000), 0);
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	policy_free(h->policy);
	sources_free(h->sources);
	faults_free(&h->faults);
	scratch_close(h->dir);
	free(h);
	return 0;
}

static void
script(struct house *h, const char *name, const char *text)
{
	char file[100];

	snprintf(file, sizeof file, "%s.lua", name);
	scratch_write(h->dir, file, text);
}

static struct policy *
policy(struct house *h)
{
	if (h->policy == NULL)
		h->policy = policy_new(h->sources, &LIMITS, NULL, h->log, &h->faults);
	if (h->policy == NULL)
		fail_msg("%s", h->faults.n > 0 ? h->faults.entry[0].text : "no policy");
	return h->policy;
}

static void
load(struct house *h, const char *name)
{
	char text[600];

	if (policy_load(policy(h), name, &h->faults) < 0)
		fail_msg("%s", h->faults.n > 0 ? faults_print(&h->faults, 0, text, sizeof text) : "no fault");
}

static void
answered(struct ask *a)
{
	struct house *h = a->arg;

	h->verdict = a->verdict;
	h->answers++;
}

static const struct verdict *
ask(struct house *h, const char *name, enum door d)
{
	struct ask a = { .policy = h->policy, .script = name, .door = d, .facts = &h->facts, .done = answered, .arg = h };

	h->answers = 0;
	policy_ask(&a);
	assert_int_equal(h->answers, 1);
	return &h->verdict;
}

/* Asks a script whose functions all have the same body. */
static const struct verdict *
ask_body(struct house *h, const char *name, enum door d, const char *body)
{
	char text[2000];

	snprintf(text, sizeof text,
		"local policy = require 'policy'\nlocal function f(facts)\n%s\nend\n"
		"return { admit = f, certify = f, bind = f, install = f, delete = f }\n", body);
	script(h, name, text);
	load(h, name);
	return ask(h, name, d);
}

static void
has_fault(const struct house *h, const char *place, const char *words)
{
	char text[900];

	for (size_t i = 0; i < h->faults.n; i++) {
		faults_print(&h->faults, i, text, sizeof text);
		if (strstr(text, place) != NULL && strstr(text, words) != NULL)
			return;
	}
	fail_msg("no fault with \"%s\" and \"%s\"; the first of %zu: %s", place, words, h->faults.n,
		h->faults.n > 0 ? faults_print(&h->faults, 0, text, sizeof text) : "-");
}

/* ---- verdicts */

static void
a_door_answers_with_its_own_verdicts(void **state)
{
	struct house *h = *state;
	const struct verdict *v;

	v = ask_body(h, "a", DOOR_ADMIT, "return policy.accept { sysplex = true }");
	assert_int_equal(v->kind, VERDICT_ACCEPT);
	assert_true(v->sysplex);
	v = ask(h, "a", DOOR_BIND);
	assert_int_equal(v->kind, VERDICT_ACCEPT);
	assert_false(v->sysplex); /* no grant of that door */
	v = ask_body(h, "b", DOOR_CERTIFY, "return policy.accept { userid = 'USER1' }");
	assert_string_equal(v->userid, "USER1");
	assert_string_equal(ask(h, "b", DOOR_ADMIT)->userid, "");
	v = ask_body(h, "c", DOOR_INSTALL, "return policy.install { ipconn = 'APPL', template = 'T' }");
	assert_int_equal(v->kind, VERDICT_INSTALL);
	assert_string_equal(v->install.ipconn, "APPL");
	assert_string_equal(v->install.template, "T");
}

static void
a_refusal_carries_its_words_and_its_place(void **state)
{
	struct house *h = *state;
	const struct verdict *v = ask_body(h, "no", DOOR_INSTALL, "return policy.refuse('not_you', 'go away')");
	char path[128];

	snprintf(path, sizeof path, "%s/no.lua", h->dir);
	assert_int_equal(v->kind, VERDICT_REFUSE);
	assert_string_equal(v->code, "not_you");
	assert_string_equal(v->text, "go away");
	assert_string_equal(v->file, path);
	assert_int_equal(v->line, 3);
	assert_string_equal(policy_path(h->policy, "no"), path);
}

static void
whatever_else_comes_back_is_a_refusal(void **state)
{
	static const struct { enum door door; const char *body, *code, *words; int line; } bad[] = {
		{ DOOR_ADMIT, "", "policy_error", "answered nothing", 2 },
		{ DOOR_ADMIT, "return nil", "policy_error", "a nil", 2 },
		{ DOOR_ADMIT, "return true", "policy_error", "a boolean", 2 },
		{ DOOR_ADMIT, "return 1", "policy_error", "a number", 2 },
		{ DOOR_ADMIT, "return 'accept'", "policy_error", "a string", 2 },
		{ DOOR_ADMIT, "return { kind = 'accept', verdict = 'accept' }", "policy_error", "a table", 2 },
		{ DOOR_ADMIT, "return setmetatable({}, { __index = function() return 'accept' end })", "policy_error", "a table", 2 },
		{ DOOR_ADMIT, "return policy.accept", "policy_error", "a function", 2 },
		{ DOOR_ADMIT, "return policy.accept(), policy.accept()", "policy_error", "2 values", 2 },
		{ DOOR_ADMIT, "return policy.accept(), nil", "policy_error", "2 values", 2 },
		{ DOOR_ADMIT, "return policy.pass()", "policy_error", "pass outside", 2 },
		{ DOOR_INSTALL, "return policy.pass()", "policy_error", "pass outside", 2 },
		{ DOOR_ADMIT, "return policy.install { ipconn = 'A' }", "policy_error", "answered install", 2 },
		{ DOOR_CERTIFY, "return policy.install { ipconn = 'A' }", "policy_error", "answered install", 2 },
		{ DOOR_BIND, "return policy.install { ipconn = 'A' }", "policy_error", "answered install", 2 },
		{ DOOR_INSTALL, "return policy.accept()", "policy_error", "answered accept", 2 },
		{ DOOR_ADMIT, "return facts.nothing.there", "policy_error", "facts has no 'nothing'", 3 },
		{ DOOR_ADMIT, "error 'a\\0b\\027[31m\\nc'", "policy_error", "a", 3 },
		{ DOOR_ADMIT, "\nerror({})", "policy_error", "error object is a table", 4 },
		{ DOOR_ADMIT, "error(setmetatable({}, { __tostring = function() return 'ha' end }))", "policy_error", "is a table", 3 },
		{ DOOR_ADMIT, "error()", "policy_error", "is a nil", 3 },
		{ DOOR_ADMIT, "x = 1", "policy_error", "x", 3 },
		{ DOOR_ADMIT, "policy.accept = 1", "policy_error", "read-only", 3 },
		{ DOOR_ADMIT, "return policy.refuse('Not A Code')", "policy_error", "code", 3 },
		{ DOOR_ADMIT, "local function g() return 1 + g() end return g()", "policy_limit", "KiB", 3 },
		{ DOOR_ADMIT, "while true do end", "policy_limit", "100000 instructions", 3 },
		{ DOOR_ADMIT, "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end", "policy_limit", "", 3 },
		{ DOOR_ADMIT, "local s = ('x'):rep(1 << 40)", "policy_limit", "", 3 },
		{ DOOR_ADMIT, "while true do pcall(function() while true do end end) end", "policy_limit", "instructions", 3 },
		{ DOOR_ADMIT, "pcall(function() while true do end end) return policy.accept()", "policy_limit", "instructions", -1 },
		{ DOOR_ADMIT, "pcall(string.rep, 'x', 1 << 40) return policy.accept()", "policy_limit", "", -1 },
		{ DOOR_ADMIT, "local c <close> = setmetatable({}, { __close = function() while true do end end }) error 'x'",
			"policy_error", "x", 3 },
	};
	struct house *h = *state;
	const struct verdict *v;
	char name[16];

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(name, sizeof name, "bad%zu", i);
		v = ask_body(h, name, bad[i].door, bad[i].body);
		if (v->kind != VERDICT_REFUSE || strcmp(v->code, bad[i].code) != 0 || strstr(v->text, bad[i].words) == NULL)
			fail_msg("%s: %s %s \"%s\"", bad[i].body, verdict_name(v->kind), v->code, v->text);
		if (bad[i].line >= 0 && v->line != bad[i].line)
			fail_msg("%s: line %d", bad[i].body, v->line);
		for (const char *c = v->text; *c != '\0'; c++)
			assert_in_range(*c, ' ', '~');
		assert_int_equal(ask_body(h, "good", DOOR_ADMIT, "return policy.accept()")->kind, VERDICT_ACCEPT);
	}
}

static void
a_long_error_is_cut(void **state)
{
	struct house *h = *state;
	const struct verdict *v = ask_body(h, "long", DOOR_ADMIT, "error(('x'):rep(5000), 0)");

	assert_string_equal(v->code, "policy_error");
	assert_in_range(strlen(v->text), 150, 200);
}

static void
delete_is_a_notification(void **state)
{
	struct house *h = *state;

	assert_int_equal(ask_body(h, "d", DOOR_DELETE, "return 5")->kind, VERDICT_ACCEPT);
	assert_int_equal(ask_body(h, "e", DOOR_DELETE, "return policy.refuse()")->kind, VERDICT_ACCEPT);
	assert_string_equal(ask_body(h, "f", DOOR_DELETE, "error 'x'")->code, "policy_error");
	script(h, "g", "return { admit = function() end }");
	load(h, "g");
	assert_false(policy_has(h->policy, "g", DOOR_DELETE));
	assert_int_equal(ask(h, "g", DOOR_DELETE)->kind, VERDICT_ACCEPT);
	assert_string_equal(ask(h, "g", DOOR_BIND)->code, "policy_error");
	assert_string_equal(ask(h, "unheard_of", DOOR_ADMIT)->code, "policy_error");
}

static void
without_a_script_a_door_does_what_is_written(void **state)
{
	struct house *h = *state;
	struct certificate c = { .refs = 1 };

	policy(h);
	assert_int_equal(ask(h, NULL, DOOR_ADMIT)->kind, VERDICT_ACCEPT);
	assert_int_equal(ask(h, NULL, DOOR_BIND)->kind, VERDICT_ACCEPT);
	assert_int_equal(ask(h, NULL, DOOR_DELETE)->kind, VERDICT_ACCEPT);
	assert_string_equal(ask(h, NULL, DOOR_INSTALL)->code, "urm_no");
	assert_string_equal(ask(h, NULL, DOOR_CERTIFY)->code, "no_certificate");
	h->facts.certificate = &c;
	assert_string_equal(ask(h, NULL, DOOR_CERTIFY)->code, "chain");
	c.chain.n = 1;
	c.chain.error[0] = (struct chain_error){ .code = 10, .depth = 1, .text = "certificate has expired" };
	assert_string_equal(ask(h, NULL, DOOR_CERTIFY)->code, "chain");
	assert_string_equal(h->verdict.text, "certificate has expired (depth 1)");
	c.chain.ok = true;
	assert_int_equal(ask(h, NULL, DOOR_CERTIFY)->kind, VERDICT_ACCEPT);
}

static void
facts_are_fresh_at_every_door(void **state)
{
	struct house *h = *state;

	ask_body(h, "w", DOOR_ADMIT, "local ip = facts.peer.ip facts.peer.ip = 'x' facts.new = 1 return policy.refuse('got', ip)");
	assert_string_equal(h->verdict.text, "192.0.2.7");
	assert_string_equal(ask(h, "w", DOOR_ADMIT)->text, "192.0.2.7");
}

/* ---- loading */

static void
scripts_require_the_library_and_each_other(void **state)
{
	struct house *h = *state;

	script(h, "team/words", "return { code = 'from_team', list = { 1 } }");
	script(h, "a", "local policy, words = require 'policy', require 'team/words'\n"
		"local ip = require 'policy.ip'\n"
		"return { admit = function() return policy.refuse(words.code, tostring(require 'team/words' == words)) end,\n"
		"  bind = function() words.list[1] = 2 end,\n"
		"  certify = function() require 'team/others' end }");
	script(h, "team/others", "return {}");
	load(h, "a");
	assert_string_equal(ask(h, "a", DOOR_ADMIT)->code, "from_team");
	assert_string_equal(h->verdict.text, "true");
	assert_string_equal(ask(h, "a", DOOR_BIND)->code, "policy_error"); /* read-only */
	assert_string_equal(ask(h, "a", DOOR_CERTIFY)->code, "policy_error");
	assert_non_null(strstr(h->verdict.text, "at the top of the file"));
	assert_int_equal(h->verdict.line, 5);
}

static void
a_policy_can_be_required_and_named(void **state)
{
	struct house *h = *state;

	script(h, "base", "local p = require 'policy' return { admit = function() return p.accept() end }");
	script(h, "over", "return { admit = (require 'base').admit }");
	script(h, "alias", "return require 'base'");
	load(h, "over");
	load(h, "base");
	load(h, "alias");
	assert_int_equal(ask(h, "over", DOOR_ADMIT)->kind, VERDICT_ACCEPT);
	assert_int_equal(ask(h, "base", DOOR_ADMIT)->kind, VERDICT_ACCEPT);
	assert_int_equal(ask(h, "alias", DOOR_ADMIT)->kind, VERDICT_ACCEPT);
}

static void
a_script_that_does_not_load_is_a_fault_with_its_place(void **state)
{
	static const struct { const char *name, *text, *place, *words; } bad[] = {
		{ "syntax", "return {\n  admit = = 1 }", "syntax.lua:2: fault", "unexpected symbol" },
		{ "raises", "\n\nerror 'on purpose'", "raises.lua:3: fault", "on purpose" },
		{ "raises0", "\n\nerror('on purpose', 0)", "raises0.lua: fault", "on purpose" },
		{ "nothing", "local x = 1", "nothing.lua: fault", "returns nothing" },
		{ "number", "return 5", "number.lua: fault", "returns a number" },
		{ "door", "return {\n  instal = function() end }", "door.lua:2: fault", "did you mean \"install\"" },
		{ "door2", "return { zzzzzz = function() end }", "door2.lua:1: fault", "unknown door \"zzzzzz\"" },
		{ "value", "return { admit = 5 }", "value.lua: fault", "is a number, not a function" },
		{ "key", "return { function() end }", "key.lua: fault", "not a number" },
		{ "loops", "while true do end", "loops.lua: fault", "1000000 instructions" },
		{ "swallows", "pcall(function() while true do end end) return {}", "swallows.lua: fault", "1000000 instructions" },
		{ "bytecode", "\033Lua", "bytecode.lua: fault", "compiled chunk" },
		{ "inner", "return require 'raises'", "raises.lua:3: fault", "on purpose" },
		{ "globals", "x = 1 return {}", "globals.lua:1: fault", "x" },
		{ "self", "return require 'self'", "self.lua:1: fault", "circle: self -> self" },
		{ "one", "return require 'two'", "three.lua:1: fault", "circle: one -> two -> three -> one" },
		{ "two", "return require 'three'", "", "" },
		{ "three", "return require 'one'", "", "" },
		{ "host", "return require 'sallyport.host'", "host.lua:1: fault", "sallyport.host" },
		{ "path1", "return require '../x'", "path1.lua:1: fault", "not the name of a script" },
		{ "path2", "return require '/etc/passwd'", "path2.lua:1: fault", "not the name of a script" },
		{ "path3", "return require 'a/b/c'", "path3.lua:1: fault", "not the name of a script" },
		{ "path4", "return require 'a.b.c'", "path4.lua:1: fault", "not the name of a script" },
		{ "path5", "return require 'lan\\0.x'", "path5.lua:1: fault", "NUL" },
		{ "path6", "return require 'policy/ip'", "path6.lua:1: fault", "has the name of the library module" },
		{ "path7", "return require(7)", "path7.lua:1: fault", "takes the name of a script" },
		{ "path8", "return require 'absent'", "path8.lua:1: fault", "absent.lua" },
		{ "missing", NULL, "fault", "missing.lua" },
	};
	struct house *h = *state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (bad[i].text != NULL)
			script(h, bad[i].name, bad[i].text);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		faults_free(&h->faults);
		assert_int_equal(policy_load(policy(h), bad[i].name, &h->faults), -1);
		has_fault(h, bad[i].place, bad[i].words);
		assert_false(policy_has(h->policy, bad[i].name, DOOR_ADMIT));
	}
}

static void
a_long_path_keeps_its_place(void **state)
{
	struct house *h = *state;
	const char *name = "dddddddddddddddddddddddddddddd/an_agreeably_long_name_of_one";

	script(h, name, "\nerror 'deep'");
	assert_int_equal(policy_load(policy(h), name, &h->faults), -1);
	has_fault(h, "an_agreeably_long_name_of_one.lua:2: fault", "deep");
	has_fault(h, h->dir, "fault: deep");
}

static void
a_fault_is_told_once_for_each_script(void **state)
{
	struct house *h = *state;

	script(h, "bad", "return { a = 1, b = 2 }");
	assert_int_equal(policy_load(policy(h), "bad", &h->faults), -1);
	assert_int_equal(h->faults.errors, 2);
	assert_int_equal(policy_load(h->policy, "bad", &h->faults), -1);
	assert_int_equal(h->faults.errors, 2);
}

static void
a_script_named_like_the_library_is_a_fault(void **state)
{
	struct house *h = *state;

	policy(h);
	assert_int_equal(policy_load(h->policy, "policy", &h->faults), -1);
	has_fault(h, "", "has the name of the library module");
}

/* ---- messages for operators */

static void
a_failure_is_logged_on_one_line(void **state)
{
	struct house *h = *state;
	char path[128], line[4096] = "", more[16];
	struct fault f;
	FILE *file;

	snprintf(path, sizeof path, "%s/log", h->dir);
	h->log = log_open(path, LOG_TEXT, &f);
	assert_non_null(h->log);
	ask_body(h, "broken", DOOR_ADMIT, "local function inner() error 'oh\\nno' end inner()");
	ask_body(h, "fine", DOOR_ADMIT, "return policy.refuse 'no'");
	log_close(h->log);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof line, file));
	assert_null(fgets(more, sizeof more, file)); /* the caller logs a refusal of the script */
	fclose(file);
	assert_non_null(strstr(line, "SP0022"));
	assert_non_null(strstr(line, "connection=c-1"));
	assert_non_null(strstr(line, "door=admit"));
	assert_non_null(strstr(line, "policy=broken"));
	assert_non_null(strstr(line, "code=policy_error"));
	assert_non_null(strstr(line, "broken.lua:3"));
	assert_non_null(strstr(line, "traceback="));
	assert_non_null(strstr(line, "inner"));
}

static void
an_asking_is_on_record_with_its_checks(void **state)
{
	struct house *h = *state;
	struct records *rs = records_new(4);
	struct record *r = record_open(rs, "c-1", 1000);
	struct ask a = { .script = "r", .door = DOOR_ADMIT, .facts = &h->facts, .record = r, .done = answered, .arg = h };
	json_t *all, *door, *check;

	ask_body(h, "r", DOOR_ADMIT, "policy.check('near', facts.peer.ip == '192.0.2.7', facts.peer.ip) return policy.refuse 'far'");
	a.policy = h->policy;
	policy_ask(&a);
	all = records_explain(rs, &(struct record_query){ .connection = "c-1" });
	door = json_array_get(json_object_get(json_array_get(all, 0), "doors"), 0);
	check = json_array_get(json_object_get(door, "checks"), 0);
	assert_int_equal(json_array_size(json_object_get(json_array_get(all, 0), "doors")), 1);
	assert_string_equal(json_string_value(json_object_get(door, "policy")), "r");
	assert_string_equal(json_string_value(json_object_get(door, "code")), "far");
	assert_true(json_number_value(json_object_get(door, "microseconds")) > 0);
	assert_string_equal(json_string_value(json_object_get(check, "name")), "near");
	assert_true(json_is_true(json_object_get(check, "value")));
	json_decref(all);
	records_free(rs);
}

/* ---- memory */

static const char THOROUGH[] =
	"local seen = {} for i = 1, 20 do seen[i] = facts.peer.ip .. i end\n"
	"if policy.check('enough', #seen == 20, #seen) then return policy.refuse('counted', table.concat(seen, ',', 1, 2)) end\n"
	"return policy.accept()";

/*
 * Lets each allocation of a question fail in turn. Each such verdict is policy_limit, and the next question gets its
 * own verdict. Returns the number of allocations.
 */
static unsigned long
starve(struct house *h, const char *name, enum door d, const char *code)
{
	lua_State *L = policy_lua(h->policy);

	for (unsigned long n = 1; n < 5000; n++) {
		budget_fail_at(L, n);
		ask(h, name, d);
		budget_fail_at(L, 0);
		if (strcmp(h->verdict.code, "policy_limit") != 0) {
			assert_string_equal(h->verdict.code, code);
			return n - 1;
		}
		assert_int_equal(h->verdict.kind, VERDICT_REFUSE);
		assert_string_equal(ask(h, name, d)->code, code);
	}
	fail_msg("%s: still starved", name);
	return 0;
}

static void
without_memory_a_door_stays_shut(void **state)
{
	struct house *h = *state;

	script(h, "open", "local p = require 'policy'\nlocal function yes() return p.accept { userid = 'U' .. #p } end\n"
		"return { admit = yes, certify = yes, bind = yes, install = function(f)\n"
		"p.counter('X' .. f.now):peek() p.ipconns() return p.install { ipconn = 'A' .. #f.peer.ip } end }");
	load(h, "open");
	ask_body(h, "m", DOOR_ADMIT, THOROUGH);
	for (enum door d = DOOR_ADMIT; d <= DOOR_INSTALL; d++) {
		assert_true(starve(h, "m", d, "counted") > 8);
		assert_true(starve(h, "open", d, "") > 4);
	}
	ask_body(h, "broken", DOOR_ADMIT, "error('x' .. facts.now .. #facts.peer.ip)");
	assert_true(starve(h, "broken", DOOR_ADMIT, "policy_error") > 8);
}

/* The same while a script loads: the load succeeds, or there is a fault. */
static void
without_memory_a_script_does_not_load(void **state)
{
	struct house *h = *state;
	unsigned long n;

	script(h, "words", "return { code = 'x', list = { { 1 }, { 2 } } }");
	script(h, "m", "local p, w, ip = require 'policy', require 'words', require 'policy.ip'\n"
		"local f = p.first { function() return p.refuse(w.code) end }\n"
		"return { admit = f, bind = function() return p.accept() end }");
	for (n = 1; n < 5000; n++) {
		faults_free(&h->faults);
		policy(h);
		budget_fail_at(policy_lua(h->policy), n);
		if (policy_load(h->policy, "m", &h->faults) == 0)
			break;
		assert_true(h->faults.errors > 0);
		assert_string_equal(ask(h, "m", DOOR_BIND)->code, "policy_error");
		policy_free(h->policy);
		h->policy = NULL;
	}
	assert_in_range(n, 50, 4999);
	assert_int_equal(ask(h, "m", DOOR_BIND)->kind, VERDICT_ACCEPT);
	assert_string_equal(ask(h, "m", DOOR_ADMIT)->code, "x");
}

static void
a_failure_inside_the_library_is_the_scripts(void **state)
{
	struct house *h = *state;

	script(h, "chain", "local p = require 'policy'\n"
		"return { admit = p.first { function() end },\n"
		"  bind = p.when(function() return true end, p.pass),\n"
		"  certify = p.first { function() while true do end end } }");
	load(h, "chain");
	assert_string_equal(ask(h, "chain", DOOR_ADMIT)->code, "policy_error");
	assert_non_null(strstr(h->verdict.text, "forgotten return"));
	assert_string_equal(ask(h, "chain", DOOR_BIND)->code, "policy_error");
	assert_non_null(strstr(h->verdict.file, "chain.lua"));
	assert_string_equal(ask(h, "chain", DOOR_CERTIFY)->code, "policy_limit");
	assert_non_null(strstr(h->verdict.file, "chain.lua"));
	assert_int_equal(h->verdict.line, 4);
}

static void
a_script_that_swallows_the_lack_of_memory_is_refused(void **state)
{
	struct house *h = *state;

	ask_body(h, "s", DOOR_ADMIT, "for i = 1, 3 do pcall(function() local t = {} for j = 1, 20 do t[j] = 'k' .. j end end) end\n"
		"return policy.accept()");
	assert_true(starve(h, "s", DOOR_ADMIT, "") > 25);
}

/* The bytes of the state after a collection. */
static size_t
settled(struct house *h)
{
	lua_State *L = policy_lua(h->policy);

	lua_gc(L, LUA_GCCOLLECT);
	return (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
}

static void
memory_returns(void **state)
{
	struct house *h = *state;
	size_t before = 0;

	ask_body(h, "m", DOOR_ADMIT, THOROUGH);
	ask_body(h, "broken", DOOR_ADMIT, "error('x' .. facts.now)");
	ask_body(h, "loops", DOOR_ADMIT, "while true do end");
	for (int i = 0; i < 600; i++) {
		ask(h, i % 3 == 0 ? "m" : i % 3 == 1 ? "broken" : "loops", DOOR_ADMIT);
		if (i == 200)
			before = settled(h);
	}
	assert_true(settled(h) <= before + 2048);
}

/* A script that keeps data loses it, and other scripts are asked as before. */
static void
hoarding_ends_with_a_new_state(void **state)
{
	struct house *h = *state;
	size_t most = 0;

	script(h, "hoard", "local kept, x = {}, ('x'):rep(100000) return { admit = function()\n"
		"for i = 1, 10 do kept[#kept + 1] = x .. #kept end\n"
		"return require 'policy'.refuse('kept', tostring(#kept)) end }");
	ask_body(h, "fine", DOOR_ADMIT, "return policy.accept()");
	load(h, "hoard");
	for (int i = 0; i < 100; i++) {
		assert_string_equal(ask(h, "hoard", DOOR_ADMIT)->code, "kept");
		assert_int_equal(ask(h, "fine", DOOR_ADMIT)->kind, VERDICT_ACCEPT);
		most = policy_bytes(h->policy) > most ? policy_bytes(h->policy) : most;
	}
	assert_in_range(most, 4 << 20, 12 << 20); /* of 2 MiB for each question */
	assert_true(policy_has(h->policy, "hoard", DOOR_ADMIT));
}

/*
 * A verdict made while the script loaded, or at another door, is valid. A door takes its own grants of the verdict.
 */
static void
a_verdict_may_be_kept(void **state)
{
	struct house *h = *state;

	script(h, "keeper", "local p = require 'policy'\nlocal yes, no, kept = p.accept { sysplex = true, userid = 'U' }, p.refuse 'never', nil\n"
		"return { admit = function() kept = kept or p.install { ipconn = 'A', port = 7 } return yes end,\n"
		"bind = function() return kept or no end, certify = function() return yes end, install = function() return kept end }");
	load(h, "keeper");
	assert_string_equal(ask(h, "keeper", DOOR_BIND)->code, "never");
	assert_int_equal(h->verdict.line, 2);
	assert_true(ask(h, "keeper", DOOR_ADMIT)->sysplex);
	assert_string_equal(h->verdict.userid, "");
	assert_string_equal(ask(h, "keeper", DOOR_CERTIFY)->userid, "U");
	assert_false(h->verdict.sysplex);
	assert_string_equal(ask(h, "keeper", DOOR_BIND)->code, "policy_error");
	assert_int_equal(ask(h, "keeper", DOOR_INSTALL)->kind, VERDICT_INSTALL);
	assert_int_equal(h->verdict.install.port, 7);
}

static void
policies_that_fail_to_load_leak_nothing(void **state)
{
	struct house *h = *state;
	struct budget_limits tiny = { 10, 1, 1 };

	assert_null(policy_new(h->sources, &tiny, NULL, NULL, &h->faults));
	assert_true(h->faults.errors > 0);
	policy_free(NULL);
}

/* ---- rows of specs */

static void
a_table_of_facts_can_be_asked_and_is_not_changed(void **state)
{
	struct house *h = *state;
	struct policy_row row = { .script = "t", .door = DOOR_INSTALL, .facts = -2, .mock = -1, .params = LUA_NOREF };
	const struct verdict *v = &row.verdict;
	lua_State *L;

	ask_body(h, "t", DOOR_INSTALL, "facts.capex.applid = facts.capex.applid .. 'X'\n"
		"local n = policy.counter('NETX'):next()\n"
		"return policy.install { ipconn = facts.capex.applid .. n }");
	L = policy_lua(h->policy);
	for (int i = 0; i < 2; i++) {
		assert_false(luaL_dostring(L, "return { capex = { applid = 'AP' } }, { counters = { NETX = 4 } }"));
		policy_ask_row(h->policy, &row);
		assert_int_equal(v->kind, VERDICT_INSTALL);
		assert_string_equal(v->install.ipconn, "APX5");
		lua_getfield(L, -2, "capex");
		lua_getfield(L, -1, "applid");
		assert_string_equal(lua_tostring(L, -1), "AP");
		lua_settop(L, 0);
	}
	assert_false(luaL_dostring(L, "local t = {} t.t = t return t, {}"));
	policy_ask_row(h->policy, &row);
	assert_string_equal(v->code, "policy_error");
	assert_non_null(strstr(v->text, "facts has no 't'"));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_door_answers_with_its_own_verdicts),
		T(a_refusal_carries_its_words_and_its_place),
		T(whatever_else_comes_back_is_a_refusal),
		T(a_long_error_is_cut),
		T(delete_is_a_notification),
		T(without_a_script_a_door_does_what_is_written),
		T(facts_are_fresh_at_every_door),
		T(scripts_require_the_library_and_each_other),
		T(a_policy_can_be_required_and_named),
		T(a_script_that_does_not_load_is_a_fault_with_its_place),
		T(a_long_path_keeps_its_place),
		T(a_fault_is_told_once_for_each_script),
		T(a_script_named_like_the_library_is_a_fault),
		T(a_failure_is_logged_on_one_line),
		T(an_asking_is_on_record_with_its_checks),
		T(without_memory_a_door_stays_shut),
		T(without_memory_a_script_does_not_load),
		T(a_failure_inside_the_library_is_the_scripts),
		T(a_script_that_swallows_the_lack_of_memory_is_refused),
		T(memory_returns),
		T(hoarding_ends_with_a_new_state),
		T(a_verdict_may_be_kept),
		T(policies_that_fail_to_load_leak_nothing),
		T(a_table_of_facts_can_be_asked_and_is_not_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
