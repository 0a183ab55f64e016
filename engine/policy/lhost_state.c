/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_state: the struct lhost of a running function of the host module, and the parts of its mock. */
#include "policy/lhost_internal.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>

struct lhost *
lhost_of(struct lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

void
lhost_pay(struct lua_State *L, struct lhost *h, size_t n)
{
	if (h->pay != NULL)
		h->pay(L, n);
}

bool
lhost_push_mock(struct lua_State *L, const struct lhost *h, const char *part)
{
	if (h->mock <= 0)
		return false;
	lua_rawgeti(L, LUA_REGISTRYINDEX, h->mock);
	lua_getfield(L, -1, part);
	lua_remove(L, -2);
	return true;
}

double
lhost_mock_now(lua_State *L, int mocked)
{
	double now;
	int is_number;

	if (lua_getfield(L, mocked, MOCK_CLOCK) == LUA_TNIL) {
		lua_pop(L, 1);
		return clock_span();
	}
	if (lua_isfunction(L, -1))
		lua_call(L, 0, 1);
	now = lua_tonumberx(L, -1, &is_number);
	lua_pop(L, 1);
	if (!is_number)
		luaL_error(L, "mock: clock must answer a number of seconds");
	return now;
}

double
lhost_mock_clock(struct lua_State *L, const struct lhost *h)
{
	double now;

	lua_rawgeti(L, LUA_REGISTRYINDEX, h->mock);
	now = lhost_mock_now(L, lua_gettop(L));
	lua_pop(L, 1);
	return now;
}

void
lhost_want_asking(lua_State *L, const struct lhost *h, const char *what)
{
	if (h->mock <= 0 && h->pay != NULL && !h->asking)
		script_place_raise(L, "%s: call it in the function of a door, not while the script loads", what);
}

void
lhost_want_loading(lua_State *L, const struct lhost *h, const char *what)
{
	if (h->asking)
		script_place_raise(L, "%s: call it while the script loads, outside of the functions of doors", what);
}

void
lhost_effect(const struct lhost *h, const char *name, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	record_effect(h->now.entry, name, text);
}
