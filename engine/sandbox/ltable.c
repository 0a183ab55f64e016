/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/ltable.h"

#include "sandbox/budget.h"
#include "sandbox/lbuf.h"
#include "sandbox/lfrozen.h"

#include <lauxlib.h>
#include <lua.h>

#include <limits.h>
#include <stdbool.h>

/* moves of elements that are charged at once */
enum { STRIDE = 256 };

/* Checks a table that is read and replaces a frozen view by the table behind it. Returns its length. */
static lua_Integer
readable(lua_State *L, int arg)
{
	luaL_checktype(L, arg, LUA_TTABLE);
	lfrozen_read_through(L, arg);
	return (lua_Integer)lua_rawlen(L, arg);
}

/* Checks a table that is written. Returns its length. */
static lua_Integer
writable(lua_State *L, int arg)
{
	luaL_checktype(L, arg, LUA_TTABLE);
	luaL_argcheck(L, !lfrozen_is_view(L, arg), arg, "this table is read-only");
	return (lua_Integer)lua_rawlen(L, arg);
}

/* Charges for the next STRIDE of n elements when `done` is at their beginning. */
static void
toll(lua_State *L, lua_Integer done, lua_Integer n)
{
	if (done % STRIDE == 0)
		budget_pay(L, n - done < STRIDE ? (size_t)(n - done) : STRIDE);
}

/*
 * Copies n elements of the table at `from`, beginning at position f, to position t of the table at `to`. They may
 * overlap.
 */
static void
copy_elements(lua_State *L, int from, lua_Integer f, lua_Integer n, int to, lua_Integer t)
{
	bool up = t > f && (lua_Unsigned)t - (lua_Unsigned)f < (lua_Unsigned)n && lua_rawequal(L, from, to); /* t - f may exceed LUA_MAXINTEGER */

	for (lua_Integer i = 0; i < n; i++) {
		lua_Integer k = up ? n - 1 - i : i;

		toll(L, i, n);
		lua_rawgeti(L, from, f + k);
		lua_rawseti(L, to, t + k);
	}
}

static int
ltable_insert(lua_State *L)
{
	lua_Integer len = writable(L, 1), end, pos;

	if (len == LUA_MAXINTEGER)
		return luaL_error(L, "no room behind the last integer key in table for 'insert'");
	pos = end = len + 1;
	switch (lua_gettop(L)) {
	case 2:
		break;
	case 3:
		pos = luaL_checkinteger(L, 2);
		luaL_argcheck(L, pos >= 1 && pos <= end, 2, "position out of bounds");
		copy_elements(L, 1, pos, end - pos, 1, pos + 1);
		break;
	default:
		return luaL_error(L, "wrong number of arguments to 'insert'");
	}
	lua_rawseti(L, 1, pos);
	return 0;
}

static int
ltable_remove(lua_State *L)
{
	lua_Integer len = writable(L, 1);
	lua_Integer pos = luaL_optinteger(L, 2, len);

	if (lua_gettop(L) > 1 && pos != len)
		luaL_argcheck(L, pos >= 1 && pos - 1 <= len, 2, "position out of bounds");
	lua_rawgeti(L, 1, pos);
	if (pos < len)
		copy_elements(L, 1, pos + 1, len - pos, 1, pos);
	lua_pushnil(L);
	lua_rawseti(L, 1, pos < len ? len : pos);
	return 1;
}

static int
ltable_move(lua_State *L)
{
	lua_Integer f = luaL_checkinteger(L, 2), e = luaL_checkinteger(L, 3), t = luaL_checkinteger(L, 4);
	int to = lua_isnoneornil(L, 5) ? 1 : 5;

	luaL_checktype(L, 1, LUA_TTABLE);
	writable(L, to);
	readable(L, 1);
	if (e >= f) {
		luaL_argcheck(L, f > 0 || e < LUA_MAXINTEGER + f, 3, "too many elements to move");
		luaL_argcheck(L, t <= LUA_MAXINTEGER - (e - f), 4, "destination wrap around");
		copy_elements(L, 1, f, e - f + 1, to, t);
	}
	lua_pushvalue(L, to);
	return 1;
}

static void
add_element(struct lbuf *b, lua_Integer i)
{
	size_t len;
	const char *s;

	if (lua_rawgeti(b->L, 1, i) != LUA_TSTRING && lua_type(b->L, -1) != LUA_TNUMBER)
		luaL_error(b->L, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(b->L, -1), (LUAI_UACINT)i);
	s = lua_tolstring(b->L, -1, &len);
	lbuf_add(b, s, len);
	lua_pop(b->L, 1);
}

static int
ltable_concat(lua_State *L)
{
	lua_Integer len = readable(L, 1);
	size_t seplen;
	const char *sep = luaL_optlstring(L, 2, "", &seplen);
	lua_Integer i = luaL_optinteger(L, 3, 1), last = luaL_optinteger(L, 4, len);
	struct lbuf b;

	lbuf_begin(&b, L);
	for (; i < last; i++) {
		budget_pay(L, 1);
		add_element(&b, i);
		lbuf_add(&b, sep, seplen);
	}
	if (i == last)
		add_element(&b, i);
	lbuf_push(&b);
	return 1;
}

static int
ltable_pack(lua_State *L)
{
	int n = lua_gettop(L);

	lua_createtable(L, n, 1);
	lua_insert(L, 1);
	for (int i = n; i >= 1; i--) {
		toll(L, n - i, n);
		lua_rawseti(L, 1, i);
	}
	lua_pushinteger(L, n);
	lua_setfield(L, 1, "n");
	return 1;
}

static int
ltable_unpack(lua_State *L)
{
	lua_Unsigned n;
	lua_Integer i = luaL_optinteger(L, 2, 1), last;

	lua_settop(L, 3);
	last = lua_isnil(L, 3) ? readable(L, 1) : luaL_checkinteger(L, 3);
	readable(L, 1);
	if (i > last)
		return 0;
	n = (lua_Unsigned)last - (lua_Unsigned)i;
	if (n >= INT_MAX || !lua_checkstack(L, (int)n + 1))
		return luaL_error(L, "too many results to unpack");
	for (lua_Integer k = 0; k <= (lua_Integer)n; k++) {
		toll(L, k, (lua_Integer)n + 1);
		lua_rawgeti(L, 1, i + k);
	}
	return (int)n + 1;
}

/* -- sort -- */

/* Merges two sorted runs of the table at `from`, [lo, mid) and [mid, hi), into the table at `to`. */
struct merge {
	int from, to;
	lua_Integer lo, mid, hi;
};

/* Whether the element on the top comes before the one below it. [-0, +0, runs the comparison] */
static bool
comes_first(lua_State *L)
{
	bool less;

	budget_pay(L, 4);
	if (lua_isnil(L, 2))
		return lua_compare(L, -1, -2, LUA_OPLT);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, -2);
	lua_pushvalue(L, -4);
	lua_call(L, 2, 1);
	less = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return less;
}

static void
merge(lua_State *L, const struct merge *m)
{
	lua_Integer a = m->lo, b = m->mid, out = m->lo;

	while (a < m->mid && b < m->hi) {
		lua_rawgeti(L, m->from, a);
		lua_rawgeti(L, m->from, b);
		if (comes_first(L)) {
			lua_rawseti(L, m->to, out++);
			b++;
			lua_pop(L, 1);
		} else {
			lua_pop(L, 1);
			lua_rawseti(L, m->to, out++);
			a++;
		}
	}
	copy_elements(L, m->from, a, m->mid - a, m->to, out);
	copy_elements(L, m->from, b, m->hi - b, m->to, out + (m->mid - a));
}

/*
 * Merge sort between two work tables (at 3 and 4). It takes n log n steps always, and an error in the comparison leaves
 * the script's table unchanged.
 */
static int
sort_elements(lua_State *L, lua_Integer n)
{
	int from = 3, to = 4;

	for (lua_Integer width = 1; width < n; width *= 2) {
		for (lua_Integer lo = 1; lo <= n; lo += 2 * width) {
			lua_Integer mid = lo + width < n + 1 ? lo + width : n + 1;
			lua_Integer hi = mid + width < n + 1 ? mid + width : n + 1;

			merge(L, &(struct merge){ from, to, lo, mid, hi });
		}
		from = 7 - from;
		to = 7 - to;
	}
	return from;
}

static int
ltable_sort(lua_State *L)
{
	lua_Integer n = writable(L, 1);

	if (n < 2)
		return 0;
	luaL_argcheck(L, n < INT_MAX, 1, "array too big");
	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	budget_pay(L, (size_t)n);
	lua_createtable(L, (int)n, 0);
	lua_createtable(L, (int)n, 0);
	luaL_checkstack(L, 8, NULL);
	copy_elements(L, 1, 1, n, 3, 1);
	copy_elements(L, sort_elements(L, n), 1, n, 1, 1);
	return 0;
}

static const luaL_Reg functions[] = {
	{ "concat", ltable_concat },
	{ "insert", ltable_insert },
	{ "move", ltable_move },
	{ "pack", ltable_pack },
	{ "remove", ltable_remove },
	{ "sort", ltable_sort },
	{ "unpack", ltable_unpack },
	{ NULL, NULL },
};

void
ltable_push(struct lua_State *L)
{
	luaL_newlib(L, functions);
}
