/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/lbuf.h"

#include "sandbox/budget.h"

#include <lauxlib.h>
#include <lua.h>

#include <stdint.h>
#include <string.h>

enum { BYTES_PER_STEP = 64 };

void
lbuf_pay(struct lua_State *L, size_t n)
{
	budget_pay(L, 1 + n / BYTES_PER_STEP);
}

void
lbuf_begin(struct lbuf *b, struct lua_State *L)
{
	luaL_checkstack(L, 4, NULL);
	b->L = L;
	b->p = b->small;
	b->n = 0;
	b->cap = sizeof b->small;
	lua_pushnil(L);
	b->slot = lua_gettop(L);
}

static void
grow(struct lbuf *b, size_t need)
{
	size_t cap = b->cap > PTRDIFF_MAX / 2 ? need : b->cap * 2;
	char *p;

	if (cap < need)
		cap = need;
	lbuf_pay(b->L, cap);
	luaL_checkstack(b->L, 1, NULL);
	p = lua_newuserdatauv(b->L, cap, 0);
	memcpy(p, b->p, b->n);
	lua_replace(b->L, b->slot);
	b->p = p;
	b->cap = cap;
}

char *
lbuf_room(struct lbuf *b, size_t n)
{
	if (n > PTRDIFF_MAX - b->n)
		luaL_error(b->L, "resulting string too large");
	if (n > b->cap - b->n)
		grow(b, b->n + n);
	return b->p + b->n;
}

void
lbuf_add(struct lbuf *b, const char *s, size_t n)
{
	if (n == 0)
		return;
	if (n >= BYTES_PER_STEP)
		lbuf_pay(b->L, n);
	memcpy(lbuf_room(b, n), s, n);
	b->n += n;
}

void
lbuf_char(struct lbuf *b, char c)
{
	*lbuf_room(b, 1) = c;
	b->n++;
}

void
lbuf_push(struct lbuf *b)
{
	lbuf_pay(b->L, b->n);
	lua_pushlstring(b->L, b->p, b->n);
}

size_t
lbuf_first(long long pos, size_t len)
{
	if (pos > 0)
		return (size_t)pos;
	if (pos == 0 || pos < -(long long)len)
		return 1;
	return len + (size_t)(pos + 1);
}

size_t
lbuf_last(long long pos, size_t len)
{
	if (pos > (long long)len)
		return len;
	if (pos >= 0)
		return (size_t)pos;
	if (pos < -(long long)len)
		return 0;
	return len + (size_t)(pos + 1);
}
