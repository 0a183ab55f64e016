/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a script can reach and change; and each hostile script ends within its budget and leaves the state usable for
 * the next one.
 */
#include "sandbox/lfrozen.h"
#include "sandbox/sandbox.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct budget_limits ask_limits = { 1000000, 50, 4096 };
/* So large that only a runaway exceeds it, with sanitizers too. */
static const double patience = 1500;

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Runs one question as the engine does: in a coroutine. Returns its status, and its message in text. */
static int
ask(lua_State *L, const char *code, enum budget_hit *hit, char *text, size_t size)
{
	lua_State *co;
	int status, n;

	lua_settop(L, 0);
	if (luaL_loadstring(L, code) != LUA_OK)
		fail_msg("%s", lua_tostring(L, -1));
	co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	budget_arm(co, 1);
	status = lua_resume(co, L, 0, &n);
	*hit = budget_disarm(L);
	snprintf(text, size, "%s", status != LUA_OK && lua_type(co, -1) == LUA_TSTRING ? lua_tostring(co, -1) : "");
	lua_settop(L, 0);
	return status;
}

static void
must_pass(lua_State *L, const char *code)
{
	enum budget_hit hit;
	char text[200];

	if (ask(L, code, &hit, text, sizeof text) != LUA_OK || hit != HIT_NONE)
		fail_msg("%s: %s (hit %d)", code, text, hit);
}

/* -- limits -- */

static const char *const hostile[] = {
	"while true do end",
	"local function f() return f() end f()",
	"for i = 1, math.huge do local x = i end",
	"repeat until false",
	"goto again ::again:: goto again",
	/* loops in C */
	"return (''):rep(1 << 50)",
	"return (''):rep(1 << 50, '')",
	"return ('x'):rep(1 << 40)",
	"table.move({}, 1, 1 << 50, 2)",
	"table.move({}, 1, 1 << 50, 2, {})",
	"local t = {} for i = 1, 60000 do t[i] = '' end while true do table.concat(t) end",
	"local t = {} for i = 1, 50000 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end",
	"local t = {} for i = 1, 50000 do t[i] = -i end while true do table.sort(t) table.sort(t, function(a, b) return a > b end) end",
	"table.sort({ 3, 2, 1 }, function() while true do end end)",
	"local t = {} for i = 1, 30000 do t[i] = i end table.sort(t, function() return true end) while true do table.sort(t, function() return true end) end",
	"while true do table.unpack({}, 1, 100000) end",
	"local t = {} while true do select(-1, table.unpack(t, 1, 100000)) end",
	"while true do table.pack(table.unpack({}, 1, 10000)) end",
	"return ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40))",
	"return ('a'):rep(40):match(('a*'):rep(40) .. 'b')",
	"return ('a'):rep(40):gsub(('a-'):rep(40) .. 'b', '')",
	"return ('a'):rep(300000):find('.-b')",
	"for w in ('a'):rep(300000):gmatch('.-b') do end",
	"return ('a'):rep(100000):find(('a*'):rep(20) .. 'b')",
	"return ('('):rep(300000):find('%b()')",
	"return ('a'):rep(300000):find('[' .. ('b'):rep(100000) .. ']')",
	"return ('a'):rep(100000):find('(a*)(a*)%1%2b')",
	"local s = ('a'):rep(200000) while true do s:gsub('a', 'b') end",
	"return ('a'):rep(9):gsub('a', function() while true do end end)",
	"local s, t = ('a'):rep(400000), ('a'):rep(200000) .. 'b' while true do s:find(t, 1, true) end",
	"local t = {} for i = 1, 1000 do t[i] = i end while true do ('%99d'):rep(1000):format(table.unpack(t)) end",
	"local s = ('x'):rep(900000) while true do ('%s%s'):format(s, s) end",
	"local s = ('\\n'):rep(300000) while true do ('%q'):format(s) end",
	"string.pack('c2147483647', '')",
	"string.pack(('c9999999'):rep(100), '')",
	"local f = ('b'):rep(100000) while true do string.packsize(f) end",
	"local f, s = ('c0'):rep(1000), '' while true do string.unpack(f, s) end",
	"local s = ('x'):rep(300000) while true do s:byte(1, 100000) end",
	"local s = ('x'):rep(300000) while true do s:upper() s:lower() s:reverse() s:sub(2) end",
	"local s = ('x'):rep(300000) while true do utf8.len(s) end",
	"local s = ('x'):rep(300000) while true do utf8.offset(s, 299999) utf8.offset(s, -299999) end",
	"local s = 'a' .. ('\\x80'):rep(300000) while true do pcall(function() for p in utf8.codes(s, true) do end end) utf8.offset(s, 0, 300000) end",
	"local s = ('\\u{20ac}'):rep(100000) while true do for p in utf8.codes(s, true) do end end",
	"local s = ('x'):rep(100000) while true do utf8.codepoint(s, 1, 100000) end",
	"local t = {} for i = 1, 10000 do t[i] = 8364 end while true do utf8.char(table.unpack(t)) string.char(#t % 256) end",
	/* single instructions that work on a whole block */
	"local s = '0x' .. ('1'):rep(900000) while true do local x = s + 0 end",
	"local s = ('1'):rep(900000) while true do local x = tonumber(s) end",
	"local a, b = ('x'):rep(900000) .. 'a', ('x'):rep(900000) .. 'b' while true do local x = a == b or a < b end",
	"local t = {} for i = 1, 60000 do t['k' .. i % 30000] = i end for k in pairs(t) do t[k] = nil end while true do next(t) end",
	/* memory */
	"local s = 'x' while true do s = s .. s end",
	"local t = {} while true do t[#t + 1] = {} end",
	"local t = {} while true do t[#t + 1] = ('x'):rep(10000) .. #t end",
	"local keep = ('x'):rep(1000):rep(1700) while true do local x = keep .. 'y' end",
	"local t = {} for i = 1, 1e9 do t[i] = ('k'):rep(i) end",
	"local function f(...) return f(1, ...) end f()",
	"local function f() return 1 + f() end pcall(f) while true do end",
	/* scripts that try to continue after a limit */
	"while true do pcall(function() while true do end end) end",
	"pcall(function() while true do end end) return 'alive'",
	"pcall(pcall, pcall, function() while true do end end) return 'alive'",
	"pcall(string.rep, '', 1 << 50) return 'alive'",
	"pcall(string.rep, 'x', 1 << 40) return 'alive'",
	"pcall(function() local t = {} while true do t[#t + 1] = {} end end) return 'alive'",
	"xpcall(function() while true do end end, function() while true do end end) return 'alive'",
	"xpcall(string.rep, function() while true do end end, '', 1 << 50) return 'alive'",
	"xpcall(error, function() while true do end end, 'x') return 'alive'",
	"xpcall(error, function() error('again') end) xpcall(error, function() return ('').rep('', 1 << 50) end) return 'alive'",
	"local c <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
	"do local c <close> = setmetatable({}, { __close = function() while true do end end }) end return 'alive'",
	"pcall(function() local c <close> = setmetatable({}, { __close = function() while true do end end }); ('').rep('', 1 << 50) end) return 'alive'",
	/* metamethods */
	"return tostring(setmetatable({}, { __tostring = function() while true do end end }))",
	"return setmetatable({}, { __index = function() while true do end end }).x",
	"return #setmetatable({}, { __len = function() while true do end end })",
	"return setmetatable({}, { __eq = function() while true do end end }) == setmetatable({}, {})",
	"return setmetatable({}, { __concat = function() while true do end end }) .. 'x'",
	"for k in pairs(setmetatable({}, { __pairs = function() while true do end end })) do end",
	"for k in ipairs(setmetatable({}, { __index = function(t, i) return i end })) do end",
	"table.sort({ setmetatable({}, { __lt = function() while true do end end }), setmetatable({}, {}) })",
	"string[setmetatable({}, { __tostring = function() while true do end end })] = 1",
};

static void
hostile_scripts_end(void **state)
{
	lua_State *L = sandbox_new(&ask_limits);
	enum budget_hit hit;
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		double began = cpu_ms(), took;

		ask(L, hostile[i], &hit, text, sizeof text);
		took = cpu_ms() - began;
		if (took > patience)
			fail_msg("%s: took %.0f ms", hostile[i], took);
		if (hit == HIT_NONE)
			fail_msg("%s: no limit was hit: %s", hostile[i], text);
		/* half a megabyte in few strings: its CPU time counts too */
		must_pass(L, "local t = {} for i = 1, 31 do t[i] = ('x'):rep(i * 1000) end return #t");
	}
	sandbox_free(L);
}

/* Lua's own limit ends recursion in C with an ordinary error. */
static void
recursion_is_an_error(void **state)
{
	static const char *const deep[] = {
		"local function f() return (string.gsub('a', 'a', f)) end f()",
		"local function f() table.sort({ 1, 2 }, f) end f()",
		"local m, t = {} m.__tostring = function() return tostring(t) end t = setmetatable({}, m) tostring(t)",
		"local m, t = {} m.__index = function(_, k) return t[k] .. '' end t = setmetatable({}, m) local x = t.x",
		"return ('a'):rep(300):find(('a?'):rep(300))",
		"return ('x'):find(('('):rep(1000))",
		"error(setmetatable({}, { __tostring = function(t) return tostring(t) end }))",
	};
	lua_State *L = sandbox_new(&ask_limits);
	enum budget_hit hit;
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
		if (ask(L, deep[i], &hit, text, sizeof text) == LUA_OK || hit != HIT_NONE)
			fail_msg("%s: hit %d %s", deep[i], hit, text);
		must_pass(L, "return 1");
	}
	must_pass(L, "local function f() return pcall(f) end f()");
	must_pass(L, "local function f() return xpcall(f, f) end f()");
	sandbox_free(L);
}

static void
each_limit_is_named(void **state)
{
	static const struct {
		const char *code;
		enum budget_hit hit;
		const char *text;
	} rows[] = {
		{ "while true do end", HIT_INSTRUCTIONS, "1000000 instructions" },
		{ "local s = 'x' while true do s = s .. s end", HIT_MEMORY, "4096 KiB" },
	};
	lua_State *L = sandbox_new(&ask_limits);
	enum budget_hit hit;
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ask(L, rows[i].code, &hit, text, sizeof text);
		assert_int_equal(hit, rows[i].hit);
		assert_int_equal(budget_hit(L), rows[i].hit);
		assert_string_equal(budget_hit_text(L, text, sizeof text), rows[i].text);
	}
	sandbox_free(L);
}

static void
time_is_a_limit(void **state)
{
	const struct budget_limits limits = { 1000000000, 20, 4096 };
	lua_State *L = sandbox_new(&limits);
	enum budget_hit hit;
	char text[200];
	double began = cpu_ms();

	(void)state;
	ask(L, "while true do end", &hit, text, sizeof text);
	assert_int_equal(hit, HIT_TIME);
	assert_string_equal(budget_hit_text(L, text, sizeof text), "20 ms of CPU time");
	ask(L, "return ('a'):rep(300000):find('.-b')", &hit, text, sizeof text);
	assert_int_equal(hit, HIT_TIME);
	assert_true(cpu_ms() - began < patience);
	budget_arm(L, 10);
	assert_int_equal(budget_hit(L), HIT_NONE);
	budget_disarm(L);
	sandbox_free(L);
}

/*
 * Garbage of one question is not charged to the next, and growth beyond the limit is allowed as long as it is garbage.
 */
static void
garbage_is_not_held_against_anybody(void **state)
{
	const struct budget_limits limits = { 100000000, 5000, 4096 };
	lua_State *L = sandbox_new(&limits);

	(void)state;
	for (int i = 0; i < 20; i++)
		must_pass(L, "local t = {} for i = 1, 30000 do t[i] = { i } end");
	must_pass(L, "for i = 1, 300 do local s = ('x'):rep(100000) .. i end");
	must_pass(L, "for i = 1, 30 do local t = {} for k = 1, 10000 do t[k] = k .. 'x' end table.concat(t) end");
	must_pass(L, "for i = 1, 60 do local s = string.pack('s', ('x'):rep(150000)) end");
	sandbox_free(L);
}

/*
 * Each allocation of a question fails once. The question ends with the memory limit, or succeeds where Lua can do
 * without the allocation.
 */
static void
every_failed_allocation_is_noticed(void **state)
{
	static const char code[] =
		"local t = {} for i = 1, 20 do t[#t + 1] = ('k%d'):format(i):gsub('k', function(k) return k:rep(100) end) end\n"
		"local ok, e = pcall(error, { 'x' }) table.sort(t) local s = table.concat(t) .. utf8.char(8364, 65)\n"
		"xpcall(error, tostring, 'y') return (s:find('(k+)1')), string.pack('z', s)";
	unsigned long n = 1, failed = 0;
	int status, results;

	(void)state;
	for (;; n++) {
		lua_State *L = sandbox_new(&ask_limits), *co;

		assert_int_equal(luaL_loadstring(L, code), LUA_OK);
		co = lua_newthread(L);
		lua_pushvalue(L, 1);
		lua_xmove(L, co, 1);
		budget_arm(co, 1);
		budget_fail_at(L, n);
		status = lua_resume(co, L, 0, &results);
		if (status != LUA_OK)
			assert_int_equal(budget_hit(L), HIT_MEMORY);
		failed += status != LUA_OK;
		budget_disarm(L);
		must_pass(L, "return ('x'):rep(1000)");
		sandbox_free(L);
		if (status == LUA_OK && n > 500)
			break;
		assert_true(n < 5000);
	}
	assert_true(failed > 50);
}

/* -- what scripts can reach -- */

static void
reachable_is_a_list(void **state)
{
	static const char code[] =
		"local function names(t) local n = {} for k in pairs(t) do n[#n + 1] = k end table.sort(n) return table.concat(n, ' ') end\n"
		"local env = ... local out = { names(env) }\n"
		"for _, lib in ipairs { 'math', 'string', 'table', 'utf8' } do out[#out + 1] = names(env[lib]) end\n"
		"return table.concat(out, '\\n')";
	static const char expected[] = /* Debian's math has some functions of Lua 5.2 */
		"_VERSION assert error getmetatable ipairs math next pairs pcall rawequal rawget rawlen rawset select setmetatable string table "
		"tonumber tostring type utf8 xpcall\n"
		"abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max maxinteger min mininteger modf pi pow rad sin "
		"sinh sqrt tan tanh tointeger type ult\n"
		"byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper\n"
		"concat insert move pack remove sort unpack\n"
		"char charpattern codepoint codes len offset";
	lua_State *L = sandbox_new(&ask_limits);

	(void)state;
	assert_int_equal(luaL_loadstring(L, code), LUA_OK);
	sandbox_push_env(L);
	assert_int_equal(lua_pcall(L, 1, 1, 0), LUA_OK);
	assert_string_equal(lua_tostring(L, -1), expected);
	sandbox_free(L);
}

static const struct {
	const char *code, *error;
} refused[] = {
	{ "x = 1", "assignment to global 'x': policies cannot have globals; use local" },
	{ "string = nil", "assignment to global 'string'" },
	{ "function helper() end", "assignment to global 'helper'" },
	{ "string.rep = nil", "read-only" },
	{ "table.x = 1", "read-only" },
	{ "math.pi = 3", "read-only" },
	{ "utf8.char = nil", "read-only" },
	{ "rawset(string, 'rep', nil)", "read-only" },
	{ "table.insert(string, 'x')", "read-only" },
	{ "table.insert(math, 1, 'x')", "read-only" },
	{ "table.remove(utf8)", "read-only" },
	{ "table.sort(table)", "read-only" },
	{ "table.move({ 1 }, 1, 1, 1, table)", "read-only" },
	{ "setmetatable(string, {})", "protected metatable" },
	{ "setmetatable(string, nil)", "protected metatable" },
	{ "setmetatable({}, string)", "read-only" },
	{ "setmetatable('', {})", "table expected" },
	{ "getmetatable('').__index = nil", "attempt to index a boolean" },
	{ "('').rep = 1", "attempt to index a string" },
	{ "setmetatable({}, { __gc = function() end })", "'__gc' is not available to policies" },
	{ "setmetatable({}, { __gc = true })", "'__gc' is not available to policies" },
	{ "setmetatable({}, { __mode = 'k' })", "'__mode' is not available to policies" },
	{ "setmetatable({}, { __mode = false })", "'__mode' is not available to policies" },
	{ "setmetatable(setmetatable({}, { __metatable = 1 }), {})", "protected metatable" },
};

static void
writers_are_refused(void **state)
{
	lua_State *L = sandbox_new(&ask_limits);
	enum budget_hit hit;
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		int status = ask(L, refused[i].code, &hit, text, sizeof text);

		if (status == LUA_OK || hit != HIT_NONE || strstr(text, refused[i].error) == NULL)
			fail_msg("%s: %s (hit %d)", refused[i].code, text, hit);
	}
	must_pass(L, "assert(type(getmetatable('')) ~= 'table' and type(getmetatable(string)) ~= 'table')");
	must_pass(L, "assert(('x'):rep(2) == 'xx' and string.rep('x', 2) == 'xx' and '10' + 1 == 11 and math.pi > 3)");
	must_pass(L, "for _, n in ipairs { 'load', 'print', 'os', 'io', 'debug', 'coroutine', '_G', 'package', 'collectgarbage', 'dofile', 'loadfile', 'require' } do\n"
		"  local ok, text = pcall(function() return _ENV[n] end)\n"
		"  assert(not ok and text:find(\"there is no global '\" .. n .. \"'\", 1, true) and rawget(_ENV, n) == nil) end");
	sandbox_free(L);
}

/* A finalizer that is set in a metatable after setmetatable never runs. */
static void
late_gc_never_runs(void **state)
{
	lua_State *L = sandbox_new(&ask_limits);

	(void)state;
	must_pass(L, "local mt = {} for i = 1, 10 do setmetatable({}, mt) end mt.__gc = function() while true do end end");
	lua_gc(L, LUA_GCCOLLECT);
	must_pass(L, "return 1");
	sandbox_free(L);
}

static void
frozen_views_read_like_tables(void **state)
{
	static const char code[] =
		"local v, f = ... assert(#v == 2 and v[1] == 'a' and rawlen(v) == 2 and rawget(v, 2) == 'b' and v.inner.deep.x == 1)\n"
		"local n = 0 for k in pairs(v) do n = n + 1 end assert(n == 5)\n"
		"n = 0 for k in next, v do n = n + 1 end assert(n == 5) for i, x in ipairs(v) do assert(v[i] == x) end\n"
		"assert(table.concat(v, '-') == 'a-b' and table.unpack(v) == 'a' and v.again == v.inner and v.self == v)\n"
		"for _, t in ipairs { v, v.inner, v.inner.deep, v.self } do\n"
		"  assert(not pcall(rawset, t, 1, 2) and not pcall(table.insert, t, 1) and not pcall(function() t.x = 2 end)) end\n"
		"for k, x in pairs(v) do assert(type(x) ~= 'table' or not pcall(rawset, x, 1, 1)) end\n"
		"assert(table.concat(table.move(v, 1, 2, 1, {})) == 'ab') assert(v.inner.deep.x == 1)";
	lua_State *L = sandbox_new(&ask_limits);

	(void)state;
	assert_int_equal(luaL_loadstring(L, code), LUA_OK);
	assert_int_equal(luaL_dostring(L, "local t = { 'a', 'b', inner = { deep = { x = 1 } } } t.again = t.inner t.self = t return t"), LUA_OK);
	assert_false(lfrozen_is_view(L, -1));
	lfrozen_freeze(L, true);
	assert_true(lfrozen_is_view(L, -1));
	if (lua_pcall(L, 1, 0, 0) != LUA_OK)
		fail_msg("%s", lua_tostring(L, -1));
	assert_int_equal(lua_gettop(L), 0);
	sandbox_free(L);
}

/* setmetatable copies the metatable, so that weak tables and finalizers cannot be added later. */
static void
a_metatable_is_read_when_it_is_set(void **state)
{
	static const char code[] =
		"local m = { __index = { x = 1 }, __len = function() return 7 end, __name = 'thing', __close = function() end }\n"
		"local t = setmetatable({}, m) assert(t.x == 1 and #t == 7 and getmetatable(t) == m and tostring(t):find('^thing'))\n"
		"m.__index, m.__call, m.__metatable, m.__len, m.__mode = nil, error, 'mine', nil, 'k'\n"
		"assert(t.x == 1 and #t == 7 and getmetatable(t) == m and not pcall(t))\n"
		"assert(setmetatable(t, nil) == t and getmetatable(t) == nil and t.x == nil)\n"
		"assert(not pcall(setmetatable, {}, m)) m.__mode = nil\n"
		"assert(getmetatable(setmetatable({}, m)) == 'mine' and not pcall(setmetatable, setmetatable({}, m), {}))\n"
		"local a, b = setmetatable({}, { __eq = function() return true end }), {} assert(a == b)\n"
		"local n = 0 for _ in pairs(setmetatable({}, { __pairs = function() return next, { 1, 2 } end })) do n = n + 1 end assert(n == 2)\n"
		"assert(getmetatable(1) == nil and getmetatable(next) == nil and getmetatable('') == false and not pcall(getmetatable))";
	lua_State *L = sandbox_new(&ask_limits);

	(void)state;
	must_pass(L, code);
	sandbox_free(L);
}

static void
a_global_can_be_defined(void **state)
{
	lua_State *L = sandbox_new(&ask_limits);

	(void)state;
	lua_pushinteger(L, 42);
	sandbox_define(L, "answer");
	assert_int_equal(lua_gettop(L), 0);
	must_pass(L, "assert(answer == 42 and not pcall(function() answer = 1 end) and answer == 42)");
	sandbox_free(L);
}

static void
every_thread_of_a_state_has_its_budget(void **state)
{
	lua_State *L = sandbox_new(&ask_limits), *co;
	lua_State *plain = luaL_newstate();
	char text[64];

	(void)state;
	co = lua_newthread(L);
	assert_true(budget_bytes(L) > 0);
	assert_int_equal(budget_bytes(co), budget_bytes(L));
	budget_arm(co, 10);
	assert_string_equal(budget_hit_text(L, text, sizeof text), "none");
	budget_pay(plain, SIZE_MAX);
	assert_int_equal(budget_hit(plain), HIT_NONE);
	lua_close(plain);
	sandbox_free(L);
	sandbox_free(NULL);
}

/*
 * pcall inside a question that waits: the answer returns through it, and a limit after the wait still ends the
 * question.
 */
static int
wait_for_engine(lua_State *L)
{
	return lua_yield(L, 0);
}

static void
pcall_lets_an_ask_wait(void **state)
{
	lua_State *L = sandbox_new(&ask_limits), *co;
	int n;

	(void)state;
	lua_pushcfunction(L, wait_for_engine);
	sandbox_define(L, "wait");
	assert_int_equal(luaL_loadstring(L, "local ok, v = pcall(wait) local _, w = xpcall(wait, error) pcall(function() wait() while v do end end) return v + w"), LUA_OK);
	co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	for (int i = 1; i <= 3; i++) {
		budget_arm(co, 1);
		assert_int_equal(lua_resume(co, L, i == 1 ? 0 : 1, &n), LUA_YIELD);
		assert_int_equal(budget_disarm(L), HIT_NONE);
		lua_pushinteger(co, i);
	}
	budget_arm(co, 1);
	assert_int_equal(lua_resume(co, L, 1, &n), LUA_ERRRUN);
	assert_int_equal(budget_disarm(L), HIT_INSTRUCTIONS);
	sandbox_free(L);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_scripts_end),
		cmocka_unit_test(recursion_is_an_error),
		cmocka_unit_test(each_limit_is_named),
		cmocka_unit_test(time_is_a_limit),
		cmocka_unit_test(garbage_is_not_held_against_anybody),
		cmocka_unit_test(every_failed_allocation_is_noticed),
		cmocka_unit_test(reachable_is_a_list),
		cmocka_unit_test(writers_are_refused),
		cmocka_unit_test(late_gc_never_runs),
		cmocka_unit_test(frozen_views_read_like_tables),
		cmocka_unit_test(a_metatable_is_read_when_it_is_set),
		cmocka_unit_test(a_global_can_be_defined),
		cmocka_unit_test(every_thread_of_a_state_has_its_budget),
		cmocka_unit_test(pcall_lets_an_ask_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
