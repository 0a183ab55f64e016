/* SPDX-License-Identifier: Apache-2.0 */
/* lhost_cert: cert.filter: a map from certificates to user IDs, as in a ring's maps.lua, for facts.certificate. */
#include "policy/lhost.h"

#include "security/certmap_read.h"
#include "tls/dn_type.h"
#include "policy/lchain.h"
#include "policy/lhost_internal.h"
#include "sandbox/lfrozen.h"

#include <string.h>

#define COST_BYTE 16   /* steps for each byte of a name, whose types are looked up */
#define PARTS_MAX 1024 /* of a name; a name with more parts fits no filter */

struct box { /* a userdata: a list of filters */
	struct certmap *map;  /* owned */
	struct faults faults; /* of reading the list; owned here, so that a Lua error leaks nothing */
};

static int
lhost_cert_gc(lua_State *L)
{
	struct box *b = lua_touserdata(L, 1);

	certmap_free(b->map);
	faults_free(&b->faults);
	*b = (struct box){ .map = NULL };
	return 0;
}

static struct box *
push_box(lua_State *L)
{
	struct box *b = lua_newuserdatauv(L, sizeof *b, 0);

	*b = (struct box){ .map = NULL };
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, lhost_cert_gc);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	return b;
}

/* --- facts.certificate as a struct certificate --- */

/* Pushes a member without metamethods, also of a frozen table. Returns its type. [-0, +1] */
static int
push_field(lua_State *L, int idx, const char *key)
{
	if (!lua_istable(L, idx))
		return lua_pushnil(L), LUA_TNIL;
	idx = lua_absindex(L, idx);
	lua_pushstring(L, key);
	lua_rawget(L, idx);
	lfrozen_read_through(L, -1);
	return lua_type(L, -1);
}

static bool
is_true(lua_State *L, int idx, const char *key)
{
	bool yes = push_field(L, idx, key) != LUA_TNIL && lua_toboolean(L, -1);

	lua_pop(L, 1);
	return yes;
}

/* A member that is a string, borrowed from the table; else NULL. [-0, +0] */
static const char *
string_of(lua_State *L, int idx, const char *key, size_t *len)
{
	const char *s = push_field(L, idx, key) == LUA_TSTRING ? lua_tolstring(L, -1, len) : NULL;

	lua_pop(L, 1);
	return s;
}

/* Reads a part of a name. A part that no name can have (of a decision table) matches no filter. */
static void
part_of(lua_State *L, int idx, struct rdn *r)
{
	size_t type_len = 0, len = 0;
	const char *type = string_of(L, idx, "type", &type_len), *value = string_of(L, idx, "value", &len);

	*r = (struct rdn){ .shared = type == NULL || value == NULL || type_len >= sizeof r->type || is_true(L, idx, "shared") };
	if (r->shared)
		return;
	memcpy(r->type, type, type_len + 1);
	r->value = (struct text){ .bytes = (char *)value, .len = len };
}

/* Reads a name. Leaves the memory of its parts on the stack; the values belong to the table. [-0, +2, may throw] */
static void
name_of(lua_State *L, int idx, const char *key, struct dn *out)
{
	size_t n = push_field(L, idx, key) == LUA_TTABLE ? lua_rawlen(L, -1) : 0;

	*out = (struct dn){ .n = n <= PARTS_MAX ? n : 0 };
	out->item = lua_newuserdatauv(L, (out->n + 1) * sizeof *out->item, 0);
	for (size_t i = 0; i < out->n; i++) {
		lua_rawgeti(L, -2, (lua_Integer)i + 1);
		lfrozen_read_through(L, -1);
		part_of(L, -1, &out->item[i]);
		lua_pop(L, 1);
	}
}

/*
 * Makes the anchor's fingerprint the only link of the chain. Reads it from the table when the chain has no certificate.
 * [-0, +0]
 */
static void
anchor_of(lua_State *L, int chain, struct certificate *out, struct chain_link *link)
{
	const struct certificate *real = lchain_of(L, chain);
	const char *sha256 = NULL;
	size_t len = 0;

	*link = (struct chain_link){ .sha256 = "" };
	if (real == NULL && push_field(L, chain, "anchor") == LUA_TTABLE)
		sha256 = string_of(L, -1, "sha256", &len);
	else if (real != NULL && real->chain.anchored && real->chain.links > 0)
		sha256 = real->chain.link[real->chain.links - 1].sha256, len = strlen(sha256);
	if (sha256 != NULL && len < sizeof link->sha256)
		memcpy(link->sha256, sha256, len);
	if (real == NULL)
		lua_pop(L, 1);
	out->chain.link = link;
	out->chain.links = 1;
	out->chain.anchored = link->sha256[0] != '\0';
}

/* Reads the certificate at idx into *out; link is the memory of its anchor. [-0, +4, may throw] */
static void
certificate_of(lua_State *L, int idx, struct certificate *out, struct chain_link *link)
{
	size_t len = 0;
	const char *sha256 = string_of(L, idx, "sha256", &len);

	*out = (struct certificate){ .refs = 0 };
	if (sha256 != NULL && len < sizeof out->sha256)
		memcpy(out->sha256, sha256, len);
	push_field(L, idx, "chain");
	out->chain.ok = is_true(L, -1, "ok");
	anchor_of(L, lua_gettop(L), out, link);
	lua_pop(L, 1);
	name_of(L, idx, "subject", &out->subject);
	name_of(L, idx, "issuer", &out->issuer);
}

/* --- the filters --- */

/* The function that cert.filter returns: function(certificate) -> userid, or nil */
static int
lhost_cert_userid(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	const struct box *b = lua_touserdata(L, lua_upvalueindex(2));
	struct certificate c;
	struct chain_link link;
	const char *found;

	lua_settop(L, 1);
	if (!lua_istable(L, 1))
		script_place_raise(L, "cert.filter: takes facts.certificate, not a %s (a peer without a certificate has none)", luaL_typename(L, 1));
	luaL_checkstack(L, 12, NULL);
	lfrozen_read_through(L, 1);
	lfrozen_fill(L, 1);
	certificate_of(L, 1, &c, &link);
	lhost_pay(L, h, certmap_filters(b->map) + c.subject.n + c.issuer.n);
	found = certmap_userid(b->map, &c);
	if (found != NULL)
		lua_pushstring(L, found);
	else
		lua_pushnil(L);
	return 1;
}

/*
 * The cost of reading the list of filters, by the bytes of its names. A value below the second level is a fault and
 * costs nothing.
 */
static size_t
cost_of(lua_State *L, int idx)
{
	size_t n = 0;

	for (lua_pushnil(L); lua_next(L, idx) != 0; lua_pop(L, 1)) {
		n++;
		lfrozen_read_through(L, -1);
		if (!lua_istable(L, -1))
			continue;
		for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
			n += lua_type(L, -1) == LUA_TSTRING ? COST_BYTE * lua_rawlen(L, -1) : 1;
	}
	return n;
}

/* host.certmap(filters) -> the function of cert.filter */
static int
lhost_cert_map(lua_State *L)
{
	struct lhost *h = lhost_of(L);
	struct box *b;

	lua_settop(L, 1);
	if (!lua_istable(L, 1))
		script_place_raise(L, "cert.filter: takes a list of filters, not a %s", luaL_typename(L, 1));
	luaL_checkstack(L, 12, NULL);
	lfrozen_read_through(L, 1);
	lhost_pay(L, h, cost_of(L, 1));
	b = push_box(L);
	b->map = certmap_new();
	if (b->map == NULL)
		return luaL_error(L, "cert.filter: out of memory");
	certmap_read(L, 1, b->map, NULL, &b->faults);
	if (b->faults.errors > 0)
		script_place_raise(L, "cert.filter: %s", b->faults.n > 0 && b->faults.entry[0].text != NULL ? b->faults.entry[0].text : "out of memory");
	lua_pushlightuserdata(L, h);
	lua_insert(L, -2);
	lua_pushcclosure(L, lhost_cert_userid, 2);
	return 1;
}

/* host.dntype(type) -> the attribute type as facts have it; raises for an unknown type */
static int
lhost_cert_dn_type(lua_State *L)
{
	char type[DN_TYPE_SIZE];
	struct fault f = { "" };

	lhost_pay(L, lhost_of(L), COST_BYTE);
	if (dn_type_read(luaL_checkstring(L, 1), type, &f) < 0)
		script_place_raise(L, "%s", f.text);
	lua_pushstring(L, type);
	return 1;
}

const luaL_Reg lhost_cert_functions[] = {
	{ "certmap", lhost_cert_map },
	{ "dntype", lhost_cert_dn_type },
	{ NULL, NULL },
};
