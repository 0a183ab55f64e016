/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/lfind.h"

#include "sandbox/budget.h"
#include "sandbox/lbuf.h"
#include "sandbox/lfrozen.h"
#include "sandbox/lpattern.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdbool.h>
#include <string.h>

/* A search with arguments 1 and 2 of the functions of this file. */
struct search {
	struct lpattern m;
	const char *pattern; /* after the '^' */
	bool anchored;
};

static void
search_begin(struct search *f, lua_State *L, const char *s, size_t len, const char *p, size_t plen, bool caret)
{
	f->anchored = caret && plen > 0 && *p == '^';
	f->pattern = f->anchored ? p + 1 : p;
	lpattern_begin(&f->m, L, s, len, f->pattern, plen - f->anchored);
}

/* Returns the end of a match that starts at s; NULL: no match. */
static const char *
try_at(struct search *f, const char *s)
{
	f->m.captures = 0;
	return lpattern_match(&f->m, s, f->pattern);
}

static bool
is_plain(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (memchr("^$*+?.([%-", p[i], 10) != NULL)
			return false;
	return true;
}

/* The time of memmem grows with the sum of both lengths, not with their product. */
static int
find_plain(lua_State *L, const char *s, size_t len, size_t from, const char *p, size_t plen)
{
	const char *at;

	lbuf_pay(L, 4 * (len - from + plen));
	at = plen == 0 ? s + from : memmem(s + from, len - from, p, plen);
	if (at == NULL) {
		luaL_pushfail(L);
		return 1;
	}
	lua_pushinteger(L, at - s + 1);
	lua_pushinteger(L, at - s + (lua_Integer)plen);
	return 2;
}

static int
find_pattern(struct search *f, const char *s, bool find)
{
	const char *e;

	do {
		e = try_at(f, s);
		if (e == NULL)
			continue;
		if (!find)
			return lpattern_push_captures(&f->m, s, e);
		lua_pushinteger(f->m.L, s - f->m.subject + 1);
		lua_pushinteger(f->m.L, e - f->m.subject);
		return lpattern_push_captures(&f->m, NULL, NULL) + 2;
	} while (!f->anchored && ++s <= f->m.end);
	luaL_pushfail(f->m.L);
	return 1;
}

static int
find_or_match(lua_State *L, bool find)
{
	size_t len, plen;
	const char *s = luaL_checklstring(L, 1, &len);
	const char *p = luaL_checklstring(L, 2, &plen);
	size_t from = lbuf_first(luaL_optinteger(L, 3, 1), len) - 1;
	struct search f;

	if (from > len) {
		luaL_pushfail(L);
		return 1;
	}
	lbuf_pay(L, plen);
	if (find && (lua_toboolean(L, 4) || is_plain(p, plen)))
		return find_plain(L, s, len, from, p, plen);
	search_begin(&f, L, s, len, p, plen, true);
	return find_pattern(&f, s + from, find);
}

int
lfind_find(struct lua_State *L)
{
	return find_or_match(L, true);
}

int
lfind_match(struct lua_State *L)
{
	return find_or_match(L, false);
}

/*
 * lua_CFunction: the iterator of gmatch. Upvalues: subject, pattern, offset of the next search, offset of the end of
 * the last match (-1: none yet).
 */
static int
lfind_gmatch_next(lua_State *L)
{
	size_t len, plen;
	const char *s = lua_tolstring(L, lua_upvalueindex(1), &len);
	const char *p = lua_tolstring(L, lua_upvalueindex(2), &plen);
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	struct search f;

	search_begin(&f, L, s, len, p, plen, false);
	for (const char *at = s + lua_tointeger(L, lua_upvalueindex(3)); at <= s + len; at++) {
		const char *e = try_at(&f, at);

		if (e == NULL || e - s == last)
			continue;
		lua_pushinteger(L, e - s);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return lpattern_push_captures(&f.m, at, e);
	}
	return 0;
}

int
lfind_gmatch(struct lua_State *L)
{
	size_t len;
	size_t from;

	luaL_checklstring(L, 1, &len);
	luaL_checkstring(L, 2);
	from = lbuf_first(luaL_optinteger(L, 3, 1), len) - 1;
	lua_settop(L, 2);
	lua_pushinteger(L, (lua_Integer)(from > len ? len + 1 : from));
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, lfind_gmatch_next, 4);
	return 1;
}

/* -- gsub -- */

/* Appends the replacement string: %0-%9 are captures, %% is a percent sign. */
static void
add_text(struct lbuf *b, struct lpattern *m, const char *s, const char *e)
{
	size_t len, n;
	const char *text = lua_tolstring(b->L, 3, &len);
	const char *stop = text + len;

	for (; text < stop; text++) {
		const char *c = memchr(text, '%', (size_t)(stop - text));

		budget_pay(b->L, 1);
		lbuf_add(b, text, (size_t)((c != NULL ? c : stop) - text));
		if (c == NULL)
			return;
		text = c + 1;
		if (text < stop && *text == '%') {
			lbuf_char(b, '%');
		} else if (text < stop && *text == '0') {
			lbuf_add(b, s, (size_t)(e - s));
		} else if (text < stop && *text >= '1' && *text <= '9') {
			const char *piece;

			lpattern_push_capture(m, *text - '1', s, e);
			piece = luaL_tolstring(b->L, -1, &n);
			lbuf_add(b, piece, n);
			lua_pop(b->L, 2);
		} else {
			luaL_error(b->L, "invalid use of '%%' in replacement string");
		}
	}
}

/* Appends the result of the function or table at 3 for the match; false and nil keep the match as it is. */
static void
add_answer(struct lbuf *b, struct lpattern *m, const char *s, const char *e)
{
	lua_State *L = b->L;
	const char *text;
	size_t len;

	if (lua_type(L, 3) == LUA_TFUNCTION) {
		lua_pushvalue(L, 3);
		lua_call(L, lpattern_push_captures(m, s, e), 1);
	} else {
		lpattern_push_capture(m, 0, s, e);
		lua_rawget(L, 3);
	}
	if (!lua_toboolean(L, -1)) {
		lbuf_add(b, s, (size_t)(e - s));
	} else {
		if (!lua_isstring(L, -1))
			luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
		text = lua_tolstring(L, -1, &len);
		lbuf_add(b, text, len);
	}
	lua_pop(L, 1);
}

static lua_Integer
substitute(struct search *f, struct lbuf *b, lua_Integer max)
{
	const char *s = f->m.subject;
	const char *last = NULL;
	bool text = lua_isstring(b->L, 3);
	lua_Integer n = 0;

	while (n < max) {
		const char *e = try_at(f, s);

		if (e != NULL && e != last) {
			n++;
			(text ? add_text : add_answer)(b, &f->m, s, e);
			s = last = e;
		} else if (s < f->m.end) {
			lbuf_char(b, *s++);
		} else {
			break;
		}
		if (f->anchored)
			break;
	}
	lbuf_add(b, s, (size_t)(f->m.end - s));
	return n;
}

int
lfind_gsub(struct lua_State *L)
{
	size_t len, plen;
	const char *s = luaL_checklstring(L, 1, &len);
	const char *p = luaL_checklstring(L, 2, &plen);
	int type = lua_type(L, 3);
	lua_Integer max = luaL_optinteger(L, 4, (lua_Integer)len + 1), n;
	struct search f;
	struct lbuf b;

	luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
		"string/function/table");
	lua_settop(L, 4);
	lfrozen_read_through(L, 3);
	lbuf_pay(L, plen);
	search_begin(&f, L, s, len, p, plen, true);
	lbuf_begin(&b, L);
	n = substitute(&f, &b, max);
	lbuf_push(&b);
	lua_pushinteger(L, n);
	return 2;
}
