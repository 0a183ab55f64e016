/* SPDX-License-Identifier: Apache-2.0 */
#include "lfacts.h"

#include <lauxlib.h>
#include <lua.h>

/* The setters: [-0, +0, may throw]; the table is on the top. An empty name is not known, so it is not there. */

static void
set_text(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

static void
set_name(lua_State *L, const char *key, const char *value)
{
	if (value[0] != '\0')
		set_text(L, key, value);
}

static void
set_integer(lua_State *L, const char *key, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, key);
}

static void
set_boolean(lua_State *L, const char *key, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, key);
}

static void
set_addr(lua_State *L, const struct addr *a)
{
	char ip[ADDR_TEXT];

	if (a->family == 0)
		return;
	set_text(L, "ip", addr_ip(a, ip, sizeof ip));
	set_integer(L, "port", a->port);
}

static void
set_load(lua_State *L, const struct facts *f)
{
	lua_createtable(L, 0, 5);
	set_integer(L, "halfopen", f->load.halfopen);
	set_integer(L, "connections", f->load.connections);
	set_integer(L, "from_peer", f->load.from_peer);
	set_integer(L, "from_prefix", f->load.from_prefix);
	set_integer(L, "refused_from_peer", f->load.refused_from_peer);
	lua_setfield(L, -2, "load");
}

static void
set_ends(lua_State *L, const struct facts *f)
{
	lua_createtable(L, 0, 3);
	set_addr(L, &f->peer.addr);
	set_boolean(L, "sysplex", f->peer.sysplex);
	lua_setfield(L, -2, "peer");
	lua_createtable(L, 0, 2);
	set_addr(L, &f->own.addr);
	lua_setfield(L, -2, "own");
}

static void
set_tls(lua_State *L, const struct facts *f)
{
	if (f->tls.version == NULL)
		return;
	lua_createtable(L, 0, 3);
	set_text(L, "version", f->tls.version);
	set_name(L, "cipher", f->tls.cipher);
	set_name(L, "sni", f->tls.sni);
	lua_setfield(L, -2, "tls");
}

/* A list of { type =, value = } in the certificate's order, and `printed`. */
static void
set_dn(lua_State *L, const char *key, const struct dn *d)
{
	lua_createtable(L, (int)d->n, 1);
	for (size_t i = 0; i < d->n; i++) {
		lua_createtable(L, 0, 2);
		set_text(L, "type", d->item[i].type);
		lua_pushlstring(L, d->item[i].value.bytes, d->item[i].value.len);
		lua_setfield(L, -2, "value");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	set_text(L, "printed", d->printed != NULL ? d->printed : "");
	lua_setfield(L, -2, key);
}

static void
set_list(lua_State *L, const char *key, const struct texts *t)
{
	lua_createtable(L, (int)t->n, 0);
	for (size_t i = 0; i < t->n; i++) {
		lua_pushlstring(L, t->item[i].bytes, t->item[i].len);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, key);
}

static void
set_san(lua_State *L, const struct certificate *c)
{
	lua_createtable(L, 0, 4);
	set_list(L, "dns", &c->dns);
	set_list(L, "uri", &c->uri);
	set_list(L, "ip", &c->ip);
	set_list(L, "email", &c->email);
	lua_setfield(L, -2, "san");
}

static void
set_chain_error(lua_State *L, const struct chain_error *e)
{
	set_integer(L, "code", e->code);
	set_text(L, "text", e->text != NULL ? e->text : "");
	set_integer(L, "depth", e->depth);
}

/* code, text and depth are the first error's, which decides the alert; `errors` lists them all. */
static void
set_chain(lua_State *L, const struct certificate *c)
{
	lua_createtable(L, 0, 5);
	set_boolean(L, "ok", c->chain.ok);
	if (!c->chain.ok && c->chain.n > 0)
		set_chain_error(L, &c->chain.error[0]);
	lua_createtable(L, (int)c->chain.n, 0);
	for (size_t i = 0; i < c->chain.n; i++) {
		lua_createtable(L, 0, 3);
		set_chain_error(L, &c->chain.error[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "errors");
	lua_setfield(L, -2, "chain");
}

static void
set_certificate(lua_State *L, const struct facts *f)
{
	const struct certificate *c = f->certificate;

	if (c == NULL)
		return;
	lua_createtable(L, 0, 9);
	set_dn(L, "subject", &c->subject);
	set_dn(L, "issuer", &c->issuer);
	set_text(L, "serial", c->serial != NULL ? c->serial : "");
	set_text(L, "sha256", c->sha256);
	set_integer(L, "not_before", c->not_before);
	set_integer(L, "not_after", c->not_after);
	set_name(L, "userid", f->userid);
	set_san(L, c);
	set_chain(L, c);
	lua_setfield(L, -2, "certificate");
}

/* The token is a secret between the partner and the engine: never a fact. */
static void
set_capex(lua_State *L, const struct facts *f)
{
	const struct capex *c = &f->capex;

	if (!f->has_capex)
		return;
	lua_createtable(L, 0, 10);
	set_text(L, "applid", c->applid);
	set_text(L, "networkid", c->networkid);
	set_name(L, "suggested_applid", c->suggested_applid);
	set_name(L, "server_applid", c->server_applid);
	set_name(L, "server_networkid", c->server_networkid);
	set_text(L, "host", c->host);
	set_integer(L, "port", c->port);
	set_integer(L, "sendcount", c->sendcount);
	set_integer(L, "receivecount", c->receivecount);
	set_integer(L, "sockets", c->sockets);
	lua_setfield(L, -2, "capex");
}

static void
set_ipconn(lua_State *L, const struct facts *f)
{
	if (f->ipconn.ipconn[0] == '\0')
		return;
	lua_createtable(L, 0, 4);
	set_text(L, "ipconn", f->ipconn.ipconn);
	set_text(L, "applid", f->ipconn.applid);
	set_text(L, "networkid", f->ipconn.networkid);
	set_name(L, "tcpipservice", f->tcpipservice);
	lua_setfield(L, -2, "ipconn");
}

void
lfacts_push(lua_State *L, const struct facts *f)
{
	luaL_checkstack(L, 10, "facts");
	lua_createtable(L, 0, 16);
	set_text(L, "stage", stage_name(f->stage));
	set_text(L, "way", f->way == WAY_IN ? "in" : "out");
	lua_pushnumber(L, f->now);
	lua_setfield(L, -2, "now");
	set_name(L, "connection", f->connection);
	set_integer(L, "generation", (lua_Integer)f->generation);
	set_name(L, "tcpipservice", f->tcpipservice);
	set_boolean(L, "recheck", f->recheck);
	set_ends(L, f);
	set_load(L, f);
	set_tls(L, f);
	set_certificate(L, f);
	set_capex(L, f);
	set_ipconn(L, f);
}

static void
set_attribute(lua_State *L, const struct attribute *a, const struct ipconn_def *d)
{
	char text[PATH_SIZE];
	double number;

	if (!attribute_number(a, d, &number))
		lua_pushstring(L, attribute_print(a, d, text, sizeof text));
	else if (a->kind == ATTR_INT)
		lua_pushinteger(L, (lua_Integer)number);
	else
		lua_pushnumber(L, number);
	lua_setfield(L, -2, a->name);
}

void
lfacts_push_ipconn(lua_State *L, const struct ipconn_view *v)
{
	luaL_checkstack(L, 5, "ipconn");
	lua_createtable(L, 0, 32);
	for (const struct attribute *a = ipconn_attributes; a->name != NULL; a++)
		set_attribute(L, a, &v->def);
	set_text(L, "ipconn", v->def.ipconn);
	set_text(L, "servstatus", v->inservice ? "INSERVICE" : "OUTSERVICE");
	set_text(L, "connstatus", connstatus_name(v->connstatus));
	set_boolean(L, "autoinstalled", v->autoinstalled);
	/* an autoinstalled one cannot itself be marked as a template: there the word names what it was copied from */
	if (v->autoinstalled)
		set_text(L, "template", v->template);
}
