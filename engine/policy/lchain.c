/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/lchain.h"

#include "policy/lpush.h"
#include "policy/lshape.h"
#include "sandbox/budget.h"
#include "sandbox/lfrozen.h"
#include "sandbox/registry.h"

#include <lauxlib.h>
#include <lua.h>

#include <string.h>

/*
 * Registry keys: a weak table of the metatables of chains by certificate, and the metatable of the userdata with the
 * reference.
 */
static const char metatables_key, holder_key;

struct holder {
	struct certificate *c; /* counted */
};

static int
lchain_gc(lua_State *L)
{
	struct holder *h = lua_touserdata(L, 1);

	certificate_unref(h->c);
	h->c = NULL;
	return 0;
}

/* Pushes a userdata that holds a reference to c. [-0, +1, may throw] */
static void
push_holder(lua_State *L, struct certificate *c)
{
	struct holder *h = lua_newuserdatauv(L, sizeof *h, 0);

	h->c = NULL;
	if (registry_get(L, &holder_key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_createtable(L, 0, 1);
		lua_pushcfunction(L, lchain_gc);
		lua_setfield(L, -2, "__gc");
		lua_pushvalue(L, -1);
		registry_set(L, &holder_key);
	}
	lua_setmetatable(L, -2);
	h->c = certificate_ref(c);
}

static int lchain_index(lua_State *L);

const struct certificate *
lchain_of(struct lua_State *L, int idx)
{
	const struct certificate *c = NULL;
	int top = lua_gettop(L);

	if (!lua_checkstack(L, 3) || !lua_istable(L, idx) || !lua_getmetatable(L, idx))
		return NULL;
	lua_pushliteral(L, "__index");
	lua_rawget(L, top + 1);
	if (lua_tocfunction(L, -1) == lchain_index) {
		lua_rawgeti(L, top + 1, 1);
		c = ((struct holder *)lua_touserdata(L, -1))->c;
	}
	lua_settop(L, top);
	return c;
}

static void
set_link(const struct lpush *p, const struct chain_link *l)
{
	lpush_dn(p, FACT_link_subject, &l->subject);
	lpush_dn(p, FACT_link_issuer, &l->issuer);
	lpush_text(p, FACT_link_sha256, l->sha256);
}

/*
 * Sets the certificates from the leaf up, and the last one as the anchor when the chain ends at a signer of the ring.
 */
static void
set_links(const struct lpush *p, const struct certificate *c)
{
	lpush_open(p, FACT_chain_certificates, c->chain.links, 0);
	for (size_t i = 0; i < c->chain.links; i++) {
		lpush_open_element(p, SHAPE_link, 3);
		set_link(p, &c->chain.link[i]);
		lpush_close_element(p, i);
	}
	lpush_close(p);
	if (!c->chain.anchored || c->chain.links == 0)
		return;
	lpush_open(p, FACT_chain_anchor, 0, 2);
	lpush_dn(p, FACT_anchor_subject, &c->chain.link[c->chain.links - 1].subject);
	lpush_text(p, FACT_anchor_sha256, c->chain.link[c->chain.links - 1].sha256);
	lpush_close(p);
}

/* Sets `certificates` and `anchor` of the chain on the top. [-0, +0, may throw] */
static void
set_members(lua_State *L, const struct certificate *c)
{
	struct lpush p = { .L = L };

	luaL_checkstack(L, 16, "chain");
	lshape_push_kit(L);
	p.kit = lua_gettop(L);
	lua_pushvalue(L, -2);
	set_links(&p, c);
	lua_settop(L, p.kit - 1);
}

static size_t
cost_of(const struct certificate *c)
{
	size_t n = 1;

	for (size_t i = 0; i < c->chain.links; i++)
		n += c->chain.link[i].subject.n + c->chain.link[i].issuer.n;
	return n;
}

/*
 * Makes the two members of the chain at 1, then gives it the metatable of a plain chain. After an error the next read
 * makes them again.
 */
static void
make_members(lua_State *L)
{
	const struct certificate *c = lchain_of(L, 1);

	if (c == NULL)
		return;
	luaL_checkstack(L, 16, "chain");
	budget_pay(L, cost_of(c));
	lua_pushvalue(L, 1);
	set_members(L, c);
	lshape_set(L, SHAPE_chain);
	lua_pop(L, 1);
}

/* __index: makes the members when one of them is read. */
static int
lchain_index(lua_State *L)
{
	const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

	lua_settop(L, 2);
	if (strcmp(key, "certificates") == 0 || strcmp(key, "anchor") == 0) {
		make_members(L);
		lua_gettable(L, 1);
		return 1;
	}
	lshape_push_index(L, SHAPE_chain);
	lua_insert(L, 1);
	lua_call(L, 2, 1);
	return 1;
}

/* __newindex: makes the members first, so that making them later does not replace the value that the script writes. */
static int
lchain_newindex(lua_State *L)
{
	lua_settop(L, 3);
	make_members(L);
	lua_rawset(L, 1);
	return 0;
}

static int
lchain_fill(lua_State *L)
{
	make_members(L);
	return 0;
}

/* __pairs: lfrozen_next fills the chain. */
static int
lchain_pairs(lua_State *L)
{
	lua_settop(L, 1);
	lua_pushcfunction(L, lfrozen_next);
	lua_pushvalue(L, 1);
	return 2;
}

/* Pushes the weak table of metatables. [-0, +1, may throw] */
static void
push_metatables(lua_State *L)
{
	if (registry_get(L, &metatables_key) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_createtable(L, 0, 8);
	lua_createtable(L, 0, 1);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	lua_pushvalue(L, -1);
	registry_set(L, &metatables_key);
}

static void
push_metatable(lua_State *L, struct certificate *c)
{
	lua_createtable(L, 1, 5);
	push_holder(L, c);
	lua_rawseti(L, -2, 1);
	lua_pushcfunction(L, lchain_index);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, lchain_newindex);
	lua_setfield(L, -2, "__newindex");
	lua_pushcfunction(L, lchain_pairs);
	lua_setfield(L, -2, "__pairs");
	lua_pushcfunction(L, lchain_fill);
	lfrozen_set_filler(L);
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
}

void
lchain_hold(struct lua_State *L, struct certificate *c)
{
	luaL_checkstack(L, 8, "chain");
	push_metatables(L);
	/* a metatable in the table holds a reference, so that the address is of this certificate */
	if (lua_rawgeti(L, -1, (lua_Integer)(intptr_t)c) != LUA_TTABLE) {
		lua_pop(L, 1);
		push_metatable(L, c);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, (lua_Integer)(intptr_t)c);
	}
	lua_remove(L, -2);
}

void
lchain_seal(struct lua_State *L, struct certificate *c)
{
	lchain_hold(L, c);
	lua_setmetatable(L, -2);
}
