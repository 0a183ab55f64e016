/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lsource.h"

#include "policy/lchain.h"
#include "policy/lpush.h"
#include "policy/lshape.h"
#include "sandbox/lfrozen.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>
#include <string.h>

/* The key of the source in a lazy table. */
static const char source_key;

struct source {
	lsource_set set;
	uint64_t made[(FACT_COUNT + 63) / 64];
	struct facts facts;         /* without a request only facts_extent bytes are copied */
	struct asked_for { /* at attach only: the copies that the facts refer to */
		struct request request; /* without its password */
		struct users users;
	} asked_for[];
};

static bool
is_made(const struct source *s, int k)
{
	return (s->made[k / 64] >> (k % 64) & 1) != 0;
}

static void
set_made(struct source *s, int k)
{
	s->made[k / 64] |= (uint64_t)1 << (k % 64);
}

/* The request and its users are lent for the question. */
static void
copy_request(struct source *s, const struct facts *f)
{
	struct asked_for *to = s->asked_for;

	to->request = *f->request;
	explicit_bzero(to->request.password, sizeof to->request.password);
	s->facts.request = &to->request;
	if (f->users == NULL)
		return;
	to->users = *f->users;
	s->facts.users = &to->users;
}

void
lsource_push(struct lua_State *L, const struct facts *f, lsource_set set)
{
	size_t extent = facts_extent(f);
	size_t size = f->request != NULL ? sizeof(struct source) + sizeof(struct asked_for) : offsetof(struct source, facts) + extent;
	struct source *s = lua_newuserdatauv(L, size, 1);

	memcpy(&s->facts, f, extent);
	s->set = set;
	memset(s->made, 0, sizeof s->made);
	s->facts.request = NULL;
	s->facts.users = NULL;
	s->facts.notes = NULL;
	if (f->request != NULL)
		copy_request(s, f);
	if (f->certificate == NULL)
		return;
	lchain_hold(L, f->certificate);
	lua_setiuservalue(L, -2, 1);
}

void
lsource_get(struct lua_State *L, int idx)
{
	lua_rawgetp(L, idx, &source_key);
}

void
lsource_made(struct lua_State *L, int source, enum fact k)
{
	set_made(lua_touserdata(L, source), (int)k);
}

/*
 * Sets the member of the table at 1, whose source is on the top. Upvalue 2: the kit (lshape.h). An error leaves the
 * member to be made again. [-0, +0, may throw]
 */
static void
make(lua_State *L, struct source *s, int k)
{
	int top = lua_gettop(L);
	struct lpush p = { .L = L, .kit = top + 1, .source = top };

	luaL_checkstack(L, 20, "facts");
	lua_pushvalue(L, lua_upvalueindex(2));
	lua_pushvalue(L, 1);
	s->set(&p, &s->facts, (enum fact)k);
	set_made(s, k);
	lua_settop(L, top);
}

/* The source of the table at 1, which stays on the stack; NULL: all members are made. [-0, +1] */
static struct source *
source_of(lua_State *L)
{
	lsource_get(L, 1);
	return lua_touserdata(L, -1);
}

/*
 * __index. Upvalues: the members by name, as numbers; the kit; the shape. An absent member comes from the strict
 * table.
 */
static int
lsource_index(lua_State *L)
{
	struct source *s;
	int k;

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNUMBER) {
		k = (int)lua_tointeger(L, -1);
		s = source_of(L);
		if (s != NULL && !is_made(s, k)) {
			make(L, s, k);
			lua_pushvalue(L, 2);
			if (lua_rawget(L, 1) != LUA_TNIL)
				return 1;
		}
	}
	lua_settop(L, 2);
	lshape_push_index(L, (enum shape)lua_tointeger(L, lua_upvalueindex(3)));
	lua_insert(L, 1);
	lua_call(L, 2, 1);
	return 1;
}

/* Makes the other members of the table at 1. Upvalues: the shape; the kit. */
static int
lsource_fill(lua_State *L)
{
	enum shape shape = (enum shape)lua_tointeger(L, lua_upvalueindex(1));
	struct source *s;

	lua_settop(L, 1);
	s = source_of(L);
	if (s == NULL)
		return 0;
	for (int k = 0; k < FACT_COUNT; k++)
		if (fact_row((enum fact)k)->shape == shape && !is_made(s, k))
			make(L, s, k);
	lua_pushnil(L);
	lua_rawsetp(L, 1, &source_key);
	lua_pushvalue(L, 1);
	lshape_set(L, shape);
	return 0;
}

/* __newindex: makes the members first, so that making them later does not replace the value that the script writes. */
static int
lsource_newindex(lua_State *L)
{
	lua_settop(L, 3);
	lfrozen_fill(L, 1);
	lua_rawset(L, 1);
	return 0;
}

/* __pairs: lfrozen_next fills the table. */
static int
lsource_pairs(lua_State *L)
{
	lua_settop(L, 1);
	lua_pushcfunction(L, lfrozen_next);
	lua_pushvalue(L, 1);
	return 2;
}

/* Pushes the members of the shape by name. [-0, +1, may throw] */
static void
push_members(lua_State *L, enum shape s)
{
	lua_createtable(L, 0, 20);
	for (int k = 0; k < FACT_COUNT; k++)
		if (fact_row((enum fact)k)->shape == s) {
			lua_pushinteger(L, k);
			lua_setfield(L, -2, fact_row((enum fact)k)->name);
		}
}

static void
push_metatable(lua_State *L, int kit, enum shape s)
{
	luaL_checkstack(L, 8, "facts");
	lua_createtable(L, 0, 5);
	push_members(L, s);
	lua_pushvalue(L, kit);
	lua_pushinteger(L, (lua_Integer)s);
	lua_pushcclosure(L, lsource_index, 3);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, lsource_newindex);
	lua_setfield(L, -2, "__newindex");
	lua_pushcfunction(L, lsource_pairs);
	lua_setfield(L, -2, "__pairs");
	lua_pushinteger(L, (lua_Integer)s);
	lua_pushvalue(L, kit);
	lua_pushcclosure(L, lsource_fill, 2);
	lfrozen_set_filler(L);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
}

void
lsource_seal(const struct lpush *p, enum shape s)
{
	lua_State *L = p->L;

	lua_pushvalue(L, p->source);
	lua_rawsetp(L, -2, &source_key);
	if (lua_rawgeti(L, p->kit, LSHAPE_LAZY + (lua_Integer)s) != LUA_TTABLE) {
		lua_pop(L, 1);
		push_metatable(L, p->kit, s);
		lua_pushvalue(L, -1);
		lua_rawseti(L, p->kit, LSHAPE_LAZY + (lua_Integer)s);
	}
	lua_setmetatable(L, -2);
}
