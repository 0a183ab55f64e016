/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares our string, table and utf8 with Lua's own: the same chunk runs in a plain Lua and in the sandbox and must
 * write the same report.
 */
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

#include <cmocka.h>

/*
 * try(f, ...) reports the results, or the error without its place (Lua's own remove names the wrong argument). cross(f,
 * { list, ... }) tries each combination of one value of each list.
 */
static const char prelude[] =
	"local out, NONE = {}, {}\n"
	"local function show(v)\n"
	"  if type(v) == 'string' then return (('%q'):format(v):gsub('\\n', 'n')) end\n"
	"  if type(v) == 'table' then\n"
	"    local t = {}\n"
	"    for i = -2, 12 do t[#t + 1] = tostring(rawget(v, i)) end\n"
	"    return '{' .. table.concat(t, ',') .. ';' .. tostring(v.n) .. '}'\n"
	"  end\n"
	"  if type(v) == 'function' then return 'function' end\n"
	"  return math.type(v) == 'float' and ('%a'):format(v) or tostring(v)\n"
	"end\n"
	"local function note(ok, ...)\n"
	"  local t = { tostring(ok) }\n"
	"  for i = 1, select('#', ...) do t[#t + 1] = show((select(i, ...))) end\n"
	"  if not ok then t[2] = t[2]:gsub('%[string[^:]*:%d+: ', ''):gsub('_G%.', ''):gsub('#1 to .remove. %(pos', \"#2 to 'remove' (pos\") end\n"
	"  out[#out + 1] = table.concat(t, ' ')\n"
	"end\n"
	"local function try(f, ...) note(pcall(f, ...)) end\n"
	"local function cross(f, lists, i, n, ...)\n"
	"  i, n = i or 1, n or 0\n"
	"  if i > #lists then return try(f, ...) end\n"
	"  for _, v in ipairs(lists[i]) do\n"
	"    if v == NONE then try(f, ...) else\n"
	"      local t = table.pack(...) t[n + 1] = v\n"
	"      cross(f, lists, i + 1, n + 1, table.unpack(t, 1, n + 1))\n"
	"    end\n"
	"  end\n"
	"end\n"
	"local function collect(f, s, ...)\n"
	"  local t = {}\n"
	"  for a, b in f(s, ...) do t[#t + 1] = show(a) .. '/' .. show(b) if #t > 50 then break end end\n"
	"  return table.concat(t, ' ')\n"
	"end\n"
	"local function copy(t) local c = {} for k, v in pairs(t) do c[k] = v end return c end\n"
	"local ints = { NONE, 0, 1, 2, 3, -1, -2, -4, 5, 6, 100, -100, math.maxinteger, math.mininteger }\n"
	"local texts = { '', 'a', 'hello', 'a\\0b', 'x.y%z', ' \\t\\n\"\\\\', '\\200\\255' }\n";

struct chunk {
	const char *name, *code;
};

static const char code_string[] =
	"cross(string.sub, { texts, ints, ints })\n"
	"cross(string.byte, { texts, ints, ints })\n"
	"cross(string.rep, { texts, { NONE, 0, 1, 3, -1, 2.0, 2.5, '2' }, { NONE, '', ', ', '\\0' } })\n"
	"cross(string.len, { texts }) cross(string.upper, { texts }) cross(string.lower, { texts }) cross(string.reverse, { texts })\n"
	"try(string.rep, 'ab', math.maxinteger) try(string.rep, 'ab', math.maxinteger, 'c')\n"
	"try(string.char) try(string.char, 0, 65, 255) try(string.char, 256) try(string.char, -1) try(string.char, 'x')\n"
	"try(string.len) try(string.len, {}) try(string.upper, 12) try(string.sub, 'x') try(string.sub, 'abc', 'x')\n"
	"try(function() return ('x'):rep(3), #'abc', ('abc'):sub(2), '10' + 1, '3' * '4', -'2', '7' // 2, 'a' .. 1 end)\n"
	"try(function() return 'a' + 1 end) try(function() return ('x')[1] end)\n";

static const char code_find[] =
	"local subjects = { '', 'a', 'aaa', 'hello world', 'key = value', 'a.b.c', '((x)(y))', 'THE (quick) fox', 'a\\0b\\0', '  trim  ', 'x1y22z333' }\n"
	"local patterns = { '', 'a', 'a*', 'a-', 'a?', 'a+', '^a', 'a$', '^$', '$', '.', '.*', '.-', '(.)', '(.)%1', '()', '(()a)', '%a+', '%A+',\n"
	"  '(%w+)%s*=%s*(%w+)', '%b()', '%b((', '%f[%w]%w+', '%f[^%w]', '[a-c]', '[^a-c]', '[]]', '[^]]', '[]-a]', '[a-]', '[%a-z]', '[%]]', '%.',\n"
	"  '\\0', '[\\0]', '%z', '%Z+', '^%s*(.-)%s*$', '%d+', '(%a)(%d*)', '%u%l*', '%x+', '%p', '%c', '%g+', '%1', '(%1)', '(a', 'a)', '[a', '[^',\n"
	"  '[', '%', 'a%', '%b', '%bx', '%f', '%fa', '[%', '[a%', '[a-%', '()()()', '(a*(.)%w(%s*))', '-', '*', '+', '?', '^*', 'a**', 'a^', '$a', '[[:x]', '(a)(b)?' }\n"
	"cross(string.find, { subjects, patterns, { NONE, 2, -2, 100, -100 }, { NONE, true, false } })\n"
	"cross(string.match, { subjects, patterns, { NONE, 3, -1 } })\n"
	"cross(string.gsub, { subjects, patterns, { '', '<%0>', '%1', '%2', '%%', 'x%', '%x', { a = 'A', hello = false, [''] = 'e' }, 7 }, { NONE, 0, 1, 2, -1 } })\n"
	"cross(string.gsub, { subjects, patterns, { function(...) return select('#', ...) .. tostring((...)) end, function() end,\n"
	"  function() return {} end, function() return true end, function() error('boom', 0) end, function(a) return a end } })\n"
	"cross(function(s, p, i) return collect(string.gmatch, s, p, i) end, { subjects, patterns, { NONE, 2, -1, 50 } })\n"
	"try(string.find, ('('):rep(33), ('('):rep(33)) try(string.find, ('a'):rep(33), ('(a)'):rep(33)) try(string.find, ('a'):rep(32), ('(a)'):rep(32))\n"
	"for n = 195, 205 do try(string.find, ('a'):rep(n), ('a?'):rep(n)) end\n"
	"try(string.gsub, 'x', 'x') try(string.gsub, 'x', 'x', nil) try(string.gsub, 'x', 'x', true) try(string.find, 'x') try(string.gmatch, 'x')\n"
	"try(string.find, 123, 2) try(string.gsub, 121, 1, 5)\n";

static const char code_format[] =
	"local specs, hex = {}, {}\n"
	"for _, flags in ipairs { '', '-', '+', ' ', '#', '0', '-0', '+#0', '--', '-+ #0' } do\n"
	"  for _, width in ipairs { '', '5', '20', '99', '100', '0', '05' } do\n"
	"    for _, precision in ipairs { '', '.', '.0', '.3', '.20', '.99', '.100', '.-1' } do\n"
	"      for letter in ('aA'):gmatch '.' do hex[#hex + 1] = '[%' .. flags .. width .. precision .. letter .. ']' end\n"
	"      for letter in ('cdiuoxXfFeEgGsqzn%*'):gmatch '.' do specs[#specs + 1] = '[%' .. flags .. width .. precision .. letter .. ']' end\n"
	"    end\n"
	"  end\n"
	"end\n"
	"specs[#specs + 1] = '%' specs[#specs + 1] = '%5' specs[#specs + 1] = '%-' specs[#specs + 1] = '%%' specs[#specs + 1] = '%l' specs[#specs + 1] = '%0000000000000000000000000000005d'\n"
	"cross(string.format, { specs, { NONE, 65, -7, 1.5, 1e300, 'text' } }) cross(string.format, { hex, { 65, -7, 1.5, 1e300 } })\n"
	"cross(string.format, { { '%q' }, { 1, -1, 0.1, 1/0, -1/0, 0/0, math.mininteger, math.maxinteger, true, 'a\\0001', 'a\\0b', '\\r\\n\\\\\"', {}, string.rep, 2.0, '\\127\\1281' } })\n"
	"cross(string.format, { { '%p', '%20p', '%-20p|', '%020p', '%.3p' }, { NONE, 1, true } })\n"
	"try(string.format, '%q', nil) try(string.format, '%s', nil) try(string.format, '%d', '10') try(string.format, '%d', 1.5) try(string.format, '%d', 2.0)\n"
	"try(string.format, '%s %s', 1) try(string.format, '%s', setmetatable({}, { __tostring = function() return 'me' end }))\n"
	"try(string.format, '%s', setmetatable({}, { __tostring = function() return 1 end })) try(string.format, '%10s|%-10s|%.2s', 'abc', 'abc', 'abc')\n"
	"try(string.format, '%s', 'a\\0b') try(string.format, '%5s', 'a\\0b') try(string.format, '%5s', ('x'):rep(200)) try(string.format, '%.5s', ('x'):rep(200))\n"
	"try(string.format, '%5s', ('x\\0'):rep(200)) try(string.format, '%99.99f', -1e308) try(string.format, '%c%c', 0, 255) try(string.format, '%5c', 0)\n"
	"try(string.format, 'a\\0b%d\\0', 3) try(string.format, '%i', 3) try(string.format) try(string.format, '%p', 1)\n"
	"cross(string.pack, { { 'i4', '<i2', '>I8', 'b', 'B', 'z', 's1', 's', 'c5', 'c0', 'i17', 'f', 'd', 'n', 'j', 'J', 'T', '!4 b i4', 'xb', 'Xi4', 'bXi8', 'q', ' ', '', 'c' },\n"
	"  { NONE, 1, -1, 300, 'abc', 'a\\0b', 1.5 } })\n"
	"cross(string.unpack, { { 'i4', '<i2', 'z', 's1', 'c2', 'c100', 'b', 'bb', 'd', 'q', 'c2147483647', '' }, { '', 'a', 'abcd', 'abcdefghij\\0', '\\3abc' }, { NONE, 1, 2, 20, -1, 0 } })\n"
	"cross(string.packsize, { { '', 'i4', '!8 b i8', 's', 'z', 'c10', 'c2147483647', 'c2147483647c2147483647', 'q' } })\n";

static const char code_table[] =
	"local lists = { {}, { 1 }, { 1, 2, 3 }, { 'a', 'b', 'c', 'd' }, { 3, 1, 2 }, { 1, 2.5, 'x' }, { true }, { 1, nil, 3 } }\n"
	"cross(table.concat, { lists, { NONE, '', ', ', 1 }, { NONE, 1, 2, 0, 10, -1 }, { NONE, 0, 1, 3, 4 } })\n"
	"cross(table.unpack, { lists, { NONE, 1, 2, 0, -1, 10 }, { NONE, 0, 3, 5 } })\n"
	"try(table.unpack, {}, 1, 1e7) try(table.unpack, {}, math.mininteger, math.maxinteger) try(table.unpack, {}, 1, math.maxinteger)\n"
	"try(table.unpack, { 1 }, math.maxinteger, math.maxinteger) try(table.concat, { 1 }, '', math.maxinteger, math.maxinteger)\n"
	"cross(table.pack, { ints, ints }) try(table.pack) try(table.pack, nil, nil)\n"
	"cross(function(t, ...) t = copy(t) table.insert(t, ...) return t end, { lists, { NONE, 1, 2, 4, 5, 0, -1, 9 }, { NONE, 'new' }, { NONE, 'more' } })\n"
	"cross(function(t, ...) t = copy(t) return table.remove(t, ...), t end, { lists, { NONE, 0, 1, 2, 3, 4, 5, -1, 9 } })\n"
	"cross(function(t, ...) t = copy(t) return table.move(t, ...) end, { lists, { 1, 2, 0, -1 }, { 0, 1, 3, 5 }, { 1, 2, 4, -2, 8 } })\n"
	"cross(function(t, f, e, p) return table.move(t, f, e, p, { 'z' }) end, { lists, { 1, 2 }, { 0, 3 }, { 1, 3 } })\n"
	"try(table.move, {}, 1, math.maxinteger, 2) try(table.move, {}, -1, math.maxinteger, 2) try(table.move, {}, math.mininteger, 0, 2) try(table.move, { 1 }, 1, 1, 1, 5)\n"
	"try(table.move, { 1 }, 'x', 1, 1) try(table.concat) try(table.insert) try(table.insert, 5, 1) try(table.remove, 5) try(table.sort, 3)\n"
	"local function sorted(t, f) t = copy(t) table.sort(t, f) return t end\n"
	"local seed = 1\n"
	"local function random(n) seed = (seed * 1103515245 + 12345) % 2147483648 return seed // 65536 % n end\n"
	"for n = 0, 40 do\n"
	"  local t, u = {}, {}\n"
	"  for i = 1, n do t[i] = random(1000) + i / 64 u[i] = ('k%03d'):format((i * 37) % 101) end\n"
	"  for _, f in ipairs { function(a, b) return a < b end, function(a, b) return a > b end } do\n"
	"    note(true, table.concat(sorted(t, f), ' '), table.concat(sorted(u, f), ' '), table.concat(sorted(u), ' '))\n"
	"  end\n"
	"end\n"
	"try(sorted, { 3, 'x', 1 }) try(sorted, { {}, {} }) try(sorted, { 1, 2 }, 5) try(sorted, { 2, 1 }, function() error('cmp', 0) end) try(sorted, { 3, 1, 2 }, nil)\n"
	"try(select) cross(select, { { 1, 2, 3, -1, -2, -3, 0, 9, '#', '2', 'x', 1.5 }, { NONE, 'a' }, { NONE, 'b' } })\n";

static const char code_utf8[] =
	"local strings = { '', 'abc', 'h\\u{e9}llo', '\\u{20ac}\\u{10ffff}', '\\u{7fffffff}x', '\\u{d800}', '\\xff', 'a\\x80', '\\x80a', '\\xc0\\x80', '\\xe2\\x82', '\\0\\u{80}', '\\xf8\\x80\\x80\\x80\\x80', '\\xfe', '\\u{4000000}' }\n"
	"cross(utf8.len, { strings, ints, { NONE, -1, 1, 3, 0, 100 }, { NONE, true } })\n"
	"cross(utf8.codepoint, { strings, ints, { NONE, -1, 1, 3, 0, 100 }, { NONE, true } })\n"
	"cross(utf8.offset, { strings, { -100, -2, -1, 0, 1, 2, 3, 100, math.maxinteger, math.mininteger }, ints })\n"
	"local pure = {} for _, s in ipairs(strings) do if not s:find '^[\\x80-\\xbf]' and not s:find '[\\0-\\x7f][\\x80-\\xbf]' then pure[#pure + 1] = s end end\n" /* Lua 5.4.4 passes the others */
	"cross(function(s, lax) return collect(utf8.codes, s, lax) end, { pure, { NONE, true } })\n"
	"try(utf8.char) try(utf8.char, 65, 233, 8364, 1114111, 0x7fffffff) try(utf8.char, -1) try(utf8.char, 0x80000000) try(utf8.char, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x1fffff, 0x200000, 0x3ffffff, 0x4000000)\n"
	"note(true, utf8.charpattern) for _, s in ipairs(strings) do note(true, collect(string.gmatch, s, utf8.charpattern)) end\n";

static const struct chunk chunks[] = {
	{ "string", code_string }, { "find", code_find }, { "format", code_format }, { "table", code_table }, { "utf8", code_utf8 },
};

/* Pushes the report of one chunk. */
static const char *
report(lua_State *L, const struct chunk *c)
{
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	luaL_addstring(&b, prelude);
	luaL_addstring(&b, c->code);
	luaL_addstring(&b, "return table.concat(out, '\\n')");
	luaL_pushresult(&b);
	if (luaL_loadstring(L, lua_tostring(L, -1)) != LUA_OK || lua_pcall(L, 0, 1, 0) != LUA_OK)
		fail_msg("%s: %s", c->name, lua_tostring(L, -1));
	return lua_tostring(L, -1);
}

static void
same_lines(const char *name, const char *theirs, const char *ours)
{
	unsigned line = 1;
	size_t start = 0, i = 0;

	for (; theirs[i] != '\0' && theirs[i] == ours[i]; i++) {
		if (theirs[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	if (theirs[i] != ours[i])
		fail_msg("%s, line %u of the report\n  Lua:  %.*s\n  ours: %.*s", name, line, (int)strcspn(theirs + start, "\n"), theirs + start,
			(int)strcspn(ours + start, "\n"), ours + start);
	assert_true(line > 50);
}

static void
equal_to_lua(void **state)
{
	const struct chunk *c = *state;
	const struct budget_limits limits = { 1000000000, 600000, 1 << 20 };
	lua_State *L = sandbox_new(&limits);
	lua_State *plain = luaL_newstate();

	assert_non_null(L);
	luaL_openlibs(plain);
	budget_arm(L, 1);
	same_lines(c->name, report(plain, c), report(L, c));
	assert_int_equal(budget_disarm(L), HIT_NONE);
	lua_close(plain);
	sandbox_free(L);
}

/* Functions and errors that Lua's own library does not have. */
static void
raw_and_frozen(void **state)
{
	static const char code[] =
		"local trap = setmetatable({ 'a', 'b' }, { __len = function() error 'len' end, __index = function() error 'index' end, __newindex = error })\n"
		"assert(table.concat(trap) == 'ab') assert(select('#', table.unpack(trap)) == 2)\n"
		"table.insert(trap, 'c') assert(rawlen(trap) == 3) assert(table.remove(trap) == 'c') table.sort(trap)\n"
		"assert(('k'):gsub('k', setmetatable({}, { __index = function() error 'index' end })) == 'k')\n"
		"assert(table.move(string, 1, 0, 1, {}) ~= nil)\n"
		"local t = { 3, 1, 2 }\n"
		"assert(not pcall(table.sort, t, function(a, b) if a == 2 or b == 2 then error 'no' end return a < b end))\n"
		"assert(table.concat(t) == '312')\n"
		"assert(not pcall(table.concat, { {} })) assert(rawget(string, 'dump') == nil and not pcall(function() return ('x').dump end))\n";
	const struct budget_limits limits = { 1000000, 5000, 4096 };
	lua_State *L = sandbox_new(&limits);

	(void)state;
	if (luaL_loadstring(L, code) != LUA_OK || lua_pcall(L, 0, 0, 0) != LUA_OK)
		fail_msg("%s", lua_tostring(L, -1));
	sandbox_free(L);
}

static void
holds(const char *code)
{
	const struct budget_limits limits = { 1000000, 5000, 4096 };
	lua_State *L = sandbox_new(&limits);

	sandbox_push_env(L);
	if (luaL_loadstring(L, code) != LUA_OK)
		fail_msg("%s", lua_tostring(L, -1));
	lua_insert(L, -2);
	lua_setupvalue(L, -2, 1);
	budget_arm(L, 1);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK)
		fail_msg("%s", lua_tostring(L, -1));
	assert_int_equal(budget_disarm(L), HIT_NONE);
	sandbox_free(L);
}

/*
 * Lua 5.4.4 accepts a continuation byte at the beginning or after a complete character; later versions and ours do not.
 */
static void
codes_of_no_utf8_raise(void **state)
{
	(void)state;
	holds("local function bad(s, lax) local ok, why = pcall(function() for _ in utf8.codes(s, lax) do end end) assert(not ok and why:find 'invalid UTF%-8 code', s) end\n"
		"for _, s in ipairs { 'a\\x80', '\\x80', '\\x80a', '\\u{e9}\\x80', 'ab\\xbfc', '\\u{20ac}\\x80\\x80', '\\0\\x80', '\\u{10ffff}\\xbf' } do bad(s) bad(s, true) end\n"
		"bad('\\u{d800}') bad('\\u{110000}') bad('a\\xff') bad('\\xc0\\x80', true)\n"
		"local n = 0 for _, c in utf8.codes '\\u{e9}a\\u{20ac}\\0' do n = n * 3 + c end assert(n == ((0xe9 * 3 + 97) * 3 + 0x20ac) * 3)\n");
}

/*
 * The border of a table may be the largest integer. The powers of 2 suffice as keys; the small ones come last, so that
 * Lua keeps no array for them. Nothing may overflow (UBSan checks it).
 */
static void
numbers_at_their_ends(void **state)
{
	(void)state;
	holds("local max, min = math.maxinteger, math.mininteger\n"
		"local function full() local t = { [max] = 'last', [max - 1] = 'y' } for i = 1, 60 do t['k' .. i] = i end for i = 62, 0, -1 do t[1 << i] = 'x' end return t end\n"
		"assert(#full() == max and rawlen(full()) == max)\n"
		"local function fails(words, f, ...) local ok, why = pcall(f, ...) assert(not ok and why:find(words), why) end\n"
		"fails('no room behind the last integer key', table.insert, full(), 'v')\n"
		"fails('no room behind the last integer key', table.insert, full(), max, 'v')\n"
		"fails('no room behind the last integer key', table.insert, full(), 1, 'v')\n"
		"local t = full() assert(table.remove(t) == 'last' and t[max] == nil)\n"
		"t = full() assert(table.remove(t, max) == 'last' and t[max] == nil)\n"
		"t = full() assert(table.remove(t, max - 1) == 'y' and t[max - 1] == 'last' and t[max] == nil)\n"
		"fails('out of bounds', table.remove, full(), min) fails('out of bounds', table.remove, full(), 0)\n"
		"fails('array too big', table.sort, full()) fails('too many results', table.unpack, full())\n"
		"fails('too many results', table.unpack, full(), min, max)\n"
		"assert(select('#', table.unpack(full(), max, max)) == 1 and select('#', table.unpack({}, min, min)) == 1)\n"
		"assert(table.concat({ [min] = 'a', [max] = 'b' }, '', min, min) == 'a' and table.concat({ [max] = 'b' }, '', max, max) == 'b')\n"
		"assert(table.concat({}, '', max, min) == '')\n"
		/* move: from, to and the distance between them may each be extreme */
		"local m = { [min + 1] = 'a', [min + 2] = 'b' } table.move(m, min + 1, min + 2, max - 1) assert(m[max - 1] == 'a' and m[max] == 'b')\n"
		"m = { [max - 1] = 'a', [max] = 'b' } table.move(m, max - 1, max, min) assert(m[min] == 'a' and m[min + 1] == 'b')\n"
		"m = { [max - 2] = 'a', [max - 1] = 'b' } table.move(m, max - 2, max - 1, max - 1) assert(m[max - 1] == 'a' and m[max] == 'b')\n"
		"m = { [min] = 'a', [min + 1] = 'b' } table.move(m, min, min + 1, min + 1) assert(m[min + 1] == 'a' and m[min + 2] == 'b')\n"
		"m = { [min] = 'a' } table.move(m, min, min, max) assert(m[max] == 'a') table.move(m, max, max, 0) assert(m[0] == 'a')\n"
		"assert(table.move({}, max, min, min)) fails('destination wrap', table.move, {}, 1, 2, max) fails('too many', table.move, {}, min, max, 1)\n"
		"fails('too many', table.move, {}, min, 0, 1) fails('too many', table.move, {}, 0, max, 1) fails('too many', table.move, {}, -1, max - 1, 1)\n"
		/* strings: each position and count */
		"for _, i in ipairs { max, min, min + 1, 0, 1, -1 } do for _, j in ipairs { max, min, min + 1, 0, -1 } do\n"
		"  local s = 'abc' assert(#s:sub(i, j) <= 3 and select('#', s:byte(i, j)) <= 3) s:find('b', i) s:find('b', i, true) s:match('b', i) s:gmatch('b', i)()\n"
		"  s:gsub('b', 'c', i) pcall(s.rep, s, i) pcall(s.rep, s, i, s) pcall(select, i, 1, 2) pcall(string.char, i) pcall(utf8.char, i)\n"
		"  pcall(utf8.len, s, i, j) pcall(utf8.codepoint, s, i, j) pcall(utf8.offset, s, i, j) pcall(utf8.codes(s), s, i)\n"
		"  pcall(string.format, '%d %x %c %5.3d %q', i, j, i, j, i) pcall(string.pack, 'i8', i) pcall(string.unpack, 'i1', s, i)\n"
		"end end\n"
		"fails('too large', string.rep, 'ab', max) fails('too large', string.rep, 'a', max, 'b')\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(equal_to_lua, (void *)&chunks[0]),
		cmocka_unit_test_prestate(equal_to_lua, (void *)&chunks[1]),
		cmocka_unit_test_prestate(equal_to_lua, (void *)&chunks[2]),
		cmocka_unit_test_prestate(equal_to_lua, (void *)&chunks[3]),
		cmocka_unit_test_prestate(equal_to_lua, (void *)&chunks[4]),
		cmocka_unit_test(raw_and_frozen),
		cmocka_unit_test(codes_of_no_utf8_raise),
		cmocka_unit_test(numbers_at_their_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
