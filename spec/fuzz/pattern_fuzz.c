/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our matcher against Lua's: find, match, gmatch and gsub with a pattern and a subject made of the input must answer
 * the same, errors included. Lua's own has no limit, so lengths are kept where its worst case is short: patterns of 16
 * bytes on subjects of 24.
 *
 * Input: a first byte of flags (1: raw bytes; otherwise each byte picks from an alphabet that makes patterns likely),
 * pattern, 0xFF, subject.
 */
#include "sandbox/sandbox.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_MAX = 16, SUBJECT_MAX = 24 };

static const char pattern_letters[] = "aab.%%[]()*+-?^$bf1203w[]dsx-A \0z";
static const char subject_letters[] = "aaabb()x1 .-\0A[]%";

static const char code[] =
	"local p, s, init = ...\n"
	"local out = {}\n"
	"local function note(...)\n"
	"  for i = 1, select('#', ...) do out[#out + 1] = tostring((select(i, ...))) end\n"
	"  out[#out + 1] = '\\n'\n"
	"end\n"
	"note(pcall(string.find, s, p, init)) note(pcall(string.find, s, p, init, true)) note(pcall(string.match, s, p, init))\n"
	"note(pcall(string.gsub, s, p, '<%0%1>')) note(pcall(string.gsub, s, p, '%2', 2)) note(pcall(string.gsub, s, p, function(a) return a ~= 'a' and a end))\n"
	"note(pcall(string.gsub, s, p, s)) note(pcall(string.gsub, s, p, { a = 'A', b = false, [1] = 'one' }))\n"
	"note(pcall(function() for a, b in s:gmatch(p) do note(a, b) end end))\n"
	"return (table.concat(out, '|'):gsub('%[string[^|]*:%d+: ', ''))\n";

struct pair {
	lua_State *plain;
	lua_State *box;
};

static struct pair
new_pair(void)
{
	const struct budget_limits limits = { 1000000000, 600000, 1 << 20 };
	struct pair p = { luaL_newstate(), sandbox_new(&limits) };

	if (p.plain == NULL || p.box == NULL)
		abort();
	luaL_openlibs(p.plain);
	return p;
}

static const char *
run(lua_State *L, const char *p, size_t plen, const char *s, size_t len, int init)
{
	if (luaL_loadstring(L, code) != LUA_OK)
		abort();
	lua_pushlstring(L, p, plen);
	lua_pushlstring(L, s, len);
	lua_pushinteger(L, init);
	if (lua_pcall(L, 3, 1, 0) != LUA_OK) {
		fprintf(stderr, "%s\n", lua_tostring(L, -1));
		abort();
	}
	return lua_tostring(L, -1);
}

static size_t
letters(char *out, size_t max, const uint8_t *in, size_t n, const char *from, size_t count)
{
	if (n > max)
		n = max;
	for (size_t i = 0; i < n; i++)
		out[i] = from != NULL ? from[in[i] % count] : (char)in[i];
	return n;
}

static void
compare(const char *p, size_t plen, const char *s, size_t len, int init)
{
	struct pair pair = new_pair();
	lua_State *L = pair.box;
	size_t a, b;

	budget_arm(pair.box, 1);
	run(pair.plain, p, plen, s, len, init);
	run(L, p, plen, s, len, init);
	const char *theirs = lua_tolstring(pair.plain, -1, &a), *ours = lua_tolstring(L, -1, &b);
	if (a != b || memcmp(theirs, ours, a) != 0) {
		fprintf(stderr, "pattern '%.*s' subject '%.*s' init %d\nLua:  %s\nours: %s\n", (int)plen, p, (int)len, s, init, theirs, ours);
		abort();
	}
	lua_close(pair.plain);
	sandbox_free(pair.box);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char p[PATTERN_MAX], s[SUBJECT_MAX];
	const uint8_t *cut;
	bool raw;
	size_t plen, len;

	if (size < 2)
		return 0;
	raw = data[0] & 1;
	cut = memchr(data + 1, 0xFF, size - 1);
	if (cut == NULL)
		cut = data + size;
	plen = letters(p, sizeof p, data + 1, (size_t)(cut - data - 1), raw ? NULL : pattern_letters, sizeof pattern_letters - 1);
	if (cut < data + size)
		cut++;
	len = letters(s, sizeof s, cut, (size_t)(data + size - cut), raw ? NULL : subject_letters, sizeof subject_letters - 1);
	compare(p, plen, s, len, (data[0] >> 1) % 7 - 2);
	return 0;
}
