/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_rate: the questions of scripts to the region's token buckets, or a mock's. The record gets each answer. */
#include "policy/lhost.h"

#include "base/clock.h"
#include "policy/answer_source.h"
#include "policy/lhost_internal.h"
#include "policy/record_answer.h"

#include <stdio.h>
#include <string.h>

#define STEPS 20 /* cost of a take */

/* The buckets of the mock, with the time of its clock in *now; NULL: no mock. [-0, +0, may throw] */
static struct rates *
mock_rates(lua_State *L, const struct lhost *h, double *now)
{
	struct rates **box;

	if (!lhost_push_mock(L, h, MOCK_RATES))
		return NULL;
	box = lua_touserdata(L, -1);
	lua_pop(L, 1); /* the mock keeps the userdata */
	*now = lhost_mock_clock(L, h);
	return *box;
}

static enum rates_answer
ask(lua_State *L, struct lhost *h, const char *name, size_t len, const struct rate_terms *t, double n, struct rate_take *out)
{
	double now = 0;
	struct rates *mock = mock_rates(L, h, &now);
	enum rates_answer a;

	if (mock != NULL)
		return rates_take(mock, name, len, t, n, now, out);
	a = answer_source_take(h, name, len, t, n, out);
	if (a == RATES_FULL && rates_complains(h->world->rates, clock_span()))
		h->full = rates_reason(a);
	return a;
}

/*
 * The terms at index 3 to 5. policy.lua has checked them, but a script can write into the table of a rate. [-0, +0, may
 * throw]
 */
static struct rate_terms
terms_of(lua_State *L)
{
	struct rate_terms t = { .count = luaL_checknumber(L, 3), .per = luaL_checknumber(L, 4), .burst = luaL_checknumber(L, 5) };

	if (!(t.count >= 1 && t.count <= RATE_TOKENS_MAX && t.burst >= 1 && t.burst <= RATE_TOKENS_MAX && t.per >= RATE_PER_MIN && t.per <= RATE_PER_MAX))
		script_place_raise(L, "rate:take: the terms of the rate were changed to impossible ones");
	return t;
}

static void
keep_take(const struct lhost *h, const char *name, double n, const struct rate_terms *t, enum rates_answer a, const struct rate_take *got)
{
	struct jsontext *j = record_answer_begin(h->now.entry, "rate.take");

	jsontext_text(j, "name", name, strlen(name));
	jsontext_real(j, "n", n);
	jsontext_real(j, "count", t->count);
	jsontext_real(j, "per", t->per);
	jsontext_real(j, "burst", t->burst);
	if (a == RATES_TAKEN || a == RATES_WAIT)
		jsontext_flag(j, "answer", a == RATES_TAKEN);
	else
		jsontext_null(j, "answer");
	if (a == RATES_TAKEN || a == RATES_WAIT)
		jsontext_real(j, "left", got->left);
	else
		jsontext_string(j, "reason", rates_reason(a));
	if (a == RATES_WAIT)
		jsontext_real(j, "wait", got->wait);
	record_answer_end(h->now.entry);
}

/* host.rate_take(name, n, count, per, burst) -> true; false and the seconds to wait; nil and the reason */
static int
lhost_rate_take(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	size_t len;
	const char *name = luaL_checklstring(L, 1, &len);
	double n = luaL_checknumber(L, 2);
	struct rate_terms t = terms_of(L);
	char title[RATE_NAME_MAX + 16];
	struct rate_take got = { .wait = 0 };
	enum rates_answer a;

	lhost_want_asking(L, h, "rate:take");
	lhost_pay(L, h, STEPS);
	a = ask(L, h, name, len, &t, n, &got);
	snprintf(title, sizeof title, "rate %.64s", name);
	keep_take(h, name, n, &t, a, &got);
	if (a == RATES_WAIT) {
		lhost_effect(h, title, "take %g: wait %.6g s", n, got.wait);
		lua_pushboolean(L, false);
		lua_pushnumber(L, got.wait);
		return 2;
	}
	lhost_effect(h, title, "take %g: %s", n, rates_reason(a));
	if (a == RATES_TAKEN)
		return lua_pushboolean(L, true), 1;
	lua_pushnil(L);
	lua_pushstring(L, rates_reason(a));
	return 2;
}

const luaL_Reg lhost_rate_functions[] = {
	{ "rate_take", lhost_rate_take },
	{ NULL, NULL },
};
