/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/lstring.h"

#include "sandbox/budget.h"
#include "sandbox/lbuf.h"
#include "sandbox/lfind.h"
#include "sandbox/lformat.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

static int
lstring_byte(lua_State *L)
{
	size_t len, first, last;
	const char *s = luaL_checklstring(L, 1, &len);
	lua_Integer i = luaL_optinteger(L, 2, 1);

	first = lbuf_first(i, len);
	last = lbuf_last(luaL_optinteger(L, 3, i), len);
	if (first > last)
		return 0;
	if (last - first >= INT_MAX)
		return luaL_error(L, "string slice too long");
	budget_pay(L, last - first + 1);
	luaL_checkstack(L, (int)(last - first) + 1, "string slice too long");
	for (size_t k = first; k <= last; k++)
		lua_pushinteger(L, (unsigned char)s[k - 1]);
	return (int)(last - first) + 1;
}

static int
lstring_char(lua_State *L)
{
	int n = lua_gettop(L);
	struct lbuf b;
	char *p;

	budget_pay(L, (size_t)n);
	lbuf_begin(&b, L);
	p = lbuf_room(&b, (size_t)n);
	for (int i = 1; i <= n; i++) {
		lua_Integer c = luaL_checkinteger(L, i);

		luaL_argcheck(L, c >= 0 && c <= UCHAR_MAX, i, "value out of range");
		p[i - 1] = (char)c;
	}
	b.n = (size_t)n;
	lbuf_push(&b);
	return 1;
}

static int
lstring_len(lua_State *L)
{
	size_t len;

	luaL_checklstring(L, 1, &len);
	lua_pushinteger(L, (lua_Integer)len);
	return 1;
}

/* Pushes a string of the same length: f applied to each byte. */
static int
map_bytes(lua_State *L, int (*f)(int))
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	struct lbuf b;
	char *p;

	lbuf_begin(&b, L);
	p = lbuf_room(&b, len);
	for (size_t i = 0; i < len; i++)
		p[i] = (char)f((unsigned char)s[i]);
	b.n = len;
	lbuf_push(&b);
	return 1;
}

static int
lstring_lower(lua_State *L)
{
	return map_bytes(L, tolower);
}

static int
lstring_upper(lua_State *L)
{
	return map_bytes(L, toupper);
}

static int
lstring_reverse(lua_State *L)
{
	size_t len;
	const char *s = luaL_checklstring(L, 1, &len);
	struct lbuf b;
	char *p;

	lbuf_begin(&b, L);
	p = lbuf_room(&b, len);
	for (size_t i = 0; i < len; i++)
		p[i] = s[len - 1 - i];
	b.n = len;
	lbuf_push(&b);
	return 1;
}

/* Each repetition costs a step, also of an empty string. */
static int
lstring_rep(lua_State *L)
{
	size_t len, seplen;
	const char *s = luaL_checklstring(L, 1, &len);
	lua_Integer n = luaL_checkinteger(L, 2);
	const char *sep = luaL_optlstring(L, 3, "", &seplen);
	struct lbuf b;

	if (n <= 0) {
		lua_pushliteral(L, "");
		return 1;
	}
	if (len > PTRDIFF_MAX - seplen || len + seplen > PTRDIFF_MAX / (size_t)n)
		return luaL_error(L, "resulting string too large");
	budget_pay(L, (size_t)n);
	lbuf_begin(&b, L);
	lbuf_room(&b, (size_t)n * len + ((size_t)n - 1) * seplen);
	while (n-- > 1 && len + seplen > 0) {
		lbuf_add(&b, s, len);
		lbuf_add(&b, sep, seplen);
	}
	lbuf_add(&b, s, len);
	lbuf_push(&b);
	return 1;
}

static int
lstring_sub(lua_State *L)
{
	size_t len, first, last;
	const char *s = luaL_checklstring(L, 1, &len);

	first = lbuf_first(luaL_checkinteger(L, 2), len);
	last = lbuf_last(luaL_optinteger(L, 3, -1), len);
	if (first > last) {
		lua_pushliteral(L, "");
		return 1;
	}
	lbuf_pay(L, last - first);
	lua_pushlstring(L, s + first - 1, last - first + 1);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "byte", lstring_byte },
	{ "char", lstring_char },
	{ "find", lfind_find },
	{ "format", lformat_format },
	{ "gmatch", lfind_gmatch },
	{ "gsub", lfind_gsub },
	{ "len", lstring_len },
	{ "lower", lstring_lower },
	{ "match", lfind_match },
	{ "rep", lstring_rep },
	{ "reverse", lstring_reverse },
	{ "sub", lstring_sub },
	{ "upper", lstring_upper },
	{ NULL, NULL },
};

/* Lua's own library is opened too, because it gives strings the metatable that makes "10" + 1 work. */
void
lstring_push(struct lua_State *L)
{
	luaL_newlib(L, functions);
	luaopen_string(L);
	lua_pushvalue(L, -2);
	lformat_add_pack(L); /* [lib stock lib] */
	lua_pop(L, 2);
}

int
lstring_select(struct lua_State *L)
{
	int n = lua_gettop(L);
	lua_Integer i;

	if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
		lua_pushinteger(L, n - 1);
		return 1;
	}
	i = luaL_checkinteger(L, 1);
	if (i < 0)
		i = n + i;
	else if (i > n)
		i = n;
	luaL_argcheck(L, i >= 1, 1, "index out of range");
	budget_pay(L, 1 + (size_t)(n - i) / 16);
	return n - (int)i;
}
