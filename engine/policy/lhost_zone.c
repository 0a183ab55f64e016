/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_zone: time zones, for policy.zone: a zone is a userdata, which no script can change. */
#include "policy/lhost.h"

#include "base/zone.h"
#include "policy/inputs.h"
#include "policy/lhost_internal.h"
#include "policy/lshape.h"
#include "sandbox/lstrict.h"
#include "sandbox/registry.h"

#include <math.h>

#define STEPS 40 /* cost of zone:at */

static const char zone_key; /* registry key of the metatable */

/* The zone of the userdata at 1. [-0, +0, may throw] */
static const struct zone *
zone_self(lua_State *L)
{
	bool yes = lua_isuserdata(L, 1) && lua_getmetatable(L, 1);

	if (yes) {
		registry_get(L, &zone_key);
		yes = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	if (!yes)
		script_place_raise(L, "zone:at: call it with a colon on what policy.zone returned");
	return *(const struct zone *const *)lua_touserdata(L, 1);
}

static void
set(lua_State *L, enum fact key, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, fact_row(key)->name);
}

/* zone:at(seconds) -> { year =, month =, day =, weekday =, hour =, minute =, offset = } */
static int
lhost_zone_at(lua_State *L)
{
	const struct zone *z = zone_self(L);
	double seconds;
	struct zone_time t;

	if (lua_type(L, 2) != LUA_TNUMBER)
		script_place_raise(L, "zone:at: takes seconds since 1970, such as facts.now, not a %s", luaL_typename(L, 2));
	seconds = floor(lua_tonumber(L, 2));
	if (!(fabs(seconds) <= (double)ZONE_SECONDS_MAX))
		script_place_raise(L, "zone:at: %f seconds are no time of a calendar", seconds);
	lhost_pay(L, lhost_of(L), STEPS);
	t = zone_at(z, (int64_t)seconds);
	lua_createtable(L, 0, 7);
	set(L, FACT_zone_time_year, t.year);
	set(L, FACT_zone_time_month, t.month);
	set(L, FACT_zone_time_day, t.day);
	set(L, FACT_zone_time_weekday, t.weekday);
	set(L, FACT_zone_time_hour, t.hour);
	set(L, FACT_zone_time_minute, t.minute);
	set(L, FACT_zone_time_offset, t.offset);
	lshape_set(L, SHAPE_zone_time);
	return 1;
}

/* host.zone(name) -> a zone; raises for a name without a zone, and at a door */
static int
lhost_zone_get(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const struct zone **box;
	const char *name;
	struct fault f = { "" };
	size_t len;

	lua_settop(L, 1);
	if (lua_type(L, 1) != LUA_TSTRING)
		script_place_raise(L, "policy.zone: takes the name of a zone such as \"Europe/Berlin\", not a %s", luaL_typename(L, 1));
	lhost_want_loading(L, h, "policy.zone");
	name = lua_tolstring(L, 1, &len);
	box = lua_newuserdatauv(L, sizeof *box, 0);
	registry_get(L, &zone_key);
	lua_setmetatable(L, -2);
	*box = inputs_zone(h->inputs, name, len, &f);
	if (*box == NULL)
		script_place_raise(L, "policy.zone: %s", f.text);
	return 1;
}

void
lhost_zone_open(struct lua_State *L, struct lhost *h)
{
	lua_createtable(L, 0, 3);
	lua_createtable(L, 0, 1);
	lua_pushlightuserdata(L, h);
	lua_pushcclosure(L, lhost_zone_at, 1);
	lua_setfield(L, -2, "at");
	lstrict_library(L, "a zone", 0);
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pushliteral(L, "zone");
	lua_setfield(L, -2, "__name");
	registry_set(L, &zone_key);
}

const luaL_Reg lhost_zone_functions[] = {
	{ "zone", lhost_zone_get },
	{ NULL, NULL },
};
