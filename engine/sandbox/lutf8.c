/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/lutf8.h"

#include "sandbox/budget.h"
#include "sandbox/lbuf.h"

#include <lauxlib.h>
#include <lua.h>

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define CHAR_PATTERN "[\0-\x7F\xC2-\xFD][\x80-\xBF]*"
#define LARGEST_CODE 0x7FFFFFFFu

static bool
continues(const char *s)
{
	return ((unsigned char)*s & 0xC0) == 0x80;
}

/* The length of a character by its first byte; 0: not a first byte. */
static int
announced(unsigned char c)
{
	int n = 0;

	if (c < 0x80)
		return 1;
	while (n < 8 && (c & (0x80 >> n)) != 0)
		n++;
	return n >= 2 && n <= 6 ? n : 0;
}

/* Reads one character. Returns its length in bytes; 0: no UTF-8. A NUL follows the last byte of a Lua string. */
static int
decode(const char *s, unsigned *code, bool strict)
{
	static const unsigned smallest[] = { 0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000 };
	int n = announced((unsigned char)*s);
	unsigned v;

	if (n == 0)
		return 0;
	v = n == 1 ? (unsigned char)*s : (unsigned char)*s & (0x7Fu >> n);
	for (int i = 1; i < n; i++) {
		if (!continues(s + i))
			return 0;
		v = v << 6 | ((unsigned char)s[i] & 0x3F);
	}
	if (v < smallest[n] || (strict && (v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF))))
		return 0;
	*code = v;
	return n;
}

/* Writes one character. Returns its length in bytes, at most 6. */
static size_t
encode(unsigned code, char *out)
{
	static const unsigned above[] = { 0x7F, 0x7FF, 0xFFFF, 0x1FFFFF, 0x3FFFFFF };
	size_t n = 1;

	while (n <= 5 && code > above[n - 1])
		n++;
	if (n == 1) {
		out[0] = (char)code;
		return 1;
	}
	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3F));
	out[0] = (char)((0xFF00u >> n & 0xFF) | code);
	return n;
}

/* A position from 1 on; negative: from the end; 0: before the start. */
static lua_Integer
position(lua_Integer pos, size_t len)
{
	if (pos >= 0)
		return pos;
	return 0u - (size_t)pos > len ? 0 : (lua_Integer)len + pos + 1;
}

static int
lutf8_len(lua_State *L)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	lua_Integer at = position(luaL_optinteger(L, 2, 1), len) - 1;
	lua_Integer last = position(luaL_optinteger(L, 3, -1), len) - 1;
	bool strict = !lua_toboolean(L, 4);
	lua_Integer n = 0;
	unsigned code;

	luaL_argcheck(L, at >= 0 && at <= (lua_Integer)len, 2, "initial position out of bounds");
	luaL_argcheck(L, last < (lua_Integer)len, 3, "final position out of bounds");
	for (; at <= last; n++) {
		int bytes = decode(s + at, &code, strict);

		budget_pay(L, 1);
		if (bytes == 0) {
			luaL_pushfail(L);
			lua_pushinteger(L, at + 1);
			return 2;
		}
		at += bytes;
	}
	lua_pushinteger(L, n);
	return 1;
}

static int
lutf8_codepoint(lua_State *L)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	lua_Integer first = position(luaL_optinteger(L, 2, 1), len);
	lua_Integer last = position(luaL_optinteger(L, 3, first), len);
	bool strict = !lua_toboolean(L, 4);
	unsigned code;
	int n = 0;

	luaL_argcheck(L, first >= 1, 2, "out of bounds");
	luaL_argcheck(L, last <= (lua_Integer)len, 3, "out of bounds");
	if (first > last)
		return 0;
	if (last - first >= INT_MAX)
		return luaL_error(L, "string slice too long");
	luaL_checkstack(L, (int)(last - first) + 1, "string slice too long");
	for (lua_Integer at = first - 1; at < last; n++) {
		int bytes = decode(s + at, &code, strict);

		budget_pay(L, 1);
		if (bytes == 0)
			return luaL_error(L, "invalid UTF-8 code");
		lua_pushinteger(L, code);
		at += bytes;
	}
	return n;
}

static int
lutf8_char(lua_State *L)
{
	int n = lua_gettop(L);
	struct lbuf b;

	lbuf_begin(&b, L);
	for (int i = 1; i <= n; i++) {
		lua_Unsigned code = (lua_Unsigned)luaL_checkinteger(L, i);

		budget_pay(L, 1);
		luaL_argcheck(L, code <= LARGEST_CODE, i, "value out of range");
		b.n += encode((unsigned)code, lbuf_room(&b, 6));
	}
	lbuf_push(&b);
	return 1;
}

/* Moves *at to the start of the nth character from there, forward or back. False: there is none. */
static bool
walk(lua_State *L, const char *s, lua_Integer len, lua_Integer *at, lua_Integer n)
{
	lua_Integer i = *at;

	for (; n < 0 && i > 0; n++) {
		do {
			budget_pay(L, 1);
			i--;
		} while (i > 0 && continues(s + i));
	}
	for (; n > 0 && i < len; n--) {
		do {
			budget_pay(L, 1);
			i++;
		} while (continues(s + i));
	}
	*at = i;
	return n == 0;
}

static int
lutf8_offset(lua_State *L)
{
	size_t size;
	const char *s = luaL_checklstring(L, 1, &size);
	lua_Integer len = (lua_Integer)size, n = luaL_checkinteger(L, 2);
	lua_Integer at = position(luaL_optinteger(L, 3, n >= 0 ? 1 : len + 1), size) - 1;
	bool found = true;

	luaL_argcheck(L, at >= 0 && at <= len, 3, "position out of bounds");
	if (n == 0) {
		for (; at > 0 && continues(s + at); at--)
			budget_pay(L, 1);
	} else {
		if (continues(s + at))
			return luaL_error(L, "initial position is a continuation byte");
		found = walk(L, s, len, &at, n > 0 ? n - 1 : n);
	}
	if (found)
		lua_pushinteger(L, at + 1);
	else
		luaL_pushfail(L);
	return 1;
}

/* The iterator of codes: from the character at the position in argument 2 (0: none yet) to the next. */
static int
next_code(lua_State *L, bool strict)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	lua_Unsigned at = (lua_Unsigned)lua_tointeger(L, 2);
	unsigned code;
	int bytes;

	for (; at < len && continues(s + at); at++)
		budget_pay(L, 1);
	if (at >= len)
		return 0;
	bytes = decode(s + at, &code, strict);
	if (bytes == 0 || continues(s + at + bytes))
		return luaL_error(L, "invalid UTF-8 code");
	lua_pushinteger(L, (lua_Integer)at + 1);
	lua_pushinteger(L, code);
	return 2;
}

static int
lutf8_next_strict(lua_State *L)
{
	return next_code(L, true);
}

static int
lutf8_next_lax(lua_State *L)
{
	return next_code(L, false);
}

static int
lutf8_codes(lua_State *L)
{
	luaL_argcheck(L, !continues(luaL_checkstring(L, 1)), 1, "invalid UTF-8 code");
	lua_pushcfunction(L, lua_toboolean(L, 2) ? lutf8_next_lax : lutf8_next_strict);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	return 3;
}

static const luaL_Reg functions[] = {
	{ "char", lutf8_char },
	{ "codepoint", lutf8_codepoint },
	{ "codes", lutf8_codes },
	{ "len", lutf8_len },
	{ "offset", lutf8_offset },
	{ NULL, NULL },
};

void
lutf8_push(struct lua_State *L)
{
	luaL_newlib(L, functions);
	lua_pushlstring(L, CHAR_PATTERN, sizeof CHAR_PATTERN - 1);
	lua_setfield(L, -2, "charpattern");
}
