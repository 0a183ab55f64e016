/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A facts table is made for every asking, and attach asks for every request: its keys and metatables are made once for each state (lstrict.h), so that
 * no key is hashed or compared again.
 */
#include "policy/lfacts.h"

#include "policy/lchain.h"
#include "policy/lshape.h"

#include <lauxlib.h>
#include <lua.h>

#include <string.h>

struct pushing {
	lua_State *L;
	int kit; /* lstrict's: names and metatables */
};

/* The setters: [-0, +0, may throw]; the table is on the top. An empty name is not known, so it is not there. */

static void
key(const struct pushing *p, enum fact k)
{
	lshape_key(p->L, p->kit, k);
}

/* A table within the table: what follows goes into it, until it is closed. [-0, +2]; closed: [-2, +0] */
static void
open_table(const struct pushing *p, enum fact k, size_t items, int members)
{
	key(p, k);
	lua_createtable(p->L, (int)items, members);
	lshape_seal(p->L, p->kit, fact_row(k)->type.of);
}

/* An element of the list on the top. [-0, +1]; closed: [-1, +0] */
static void
open_element(const struct pushing *p, enum shape s, int members)
{
	lua_createtable(p->L, 0, members);
	lshape_seal(p->L, p->kit, s);
}

static void
close_element(const struct pushing *p, size_t i)
{
	lua_rawseti(p->L, -2, (lua_Integer)i + 1);
}

static void
close_table(const struct pushing *p)
{
	lua_rawset(p->L, -3);
}

static void
set_bytes(const struct pushing *p, enum fact k, const char *bytes, size_t len)
{
	key(p, k);
	lua_pushlstring(p->L, bytes, len);
	lua_rawset(p->L, -3);
}

static void
set_text(const struct pushing *p, enum fact k, const char *value)
{
	set_bytes(p, k, value, strlen(value));
}

static void
set_name(const struct pushing *p, enum fact k, const char *value)
{
	if (value[0] != '\0')
		set_text(p, k, value);
}

static void
set_integer(const struct pushing *p, enum fact k, lua_Integer value)
{
	key(p, k);
	lua_pushinteger(p->L, value);
	lua_rawset(p->L, -3);
}

static void
set_boolean(const struct pushing *p, enum fact k, bool value)
{
	key(p, k);
	lua_pushboolean(p->L, value);
	lua_rawset(p->L, -3);
}

static void
set_addr(const struct pushing *p, const struct addr *a, enum fact ip_key, enum fact port_key)
{
	char ip[ADDR_TEXT];

	if (a->family == 0)
		return;
	set_text(p, ip_key, addr_ip(a, ip, sizeof ip));
	set_integer(p, port_key, a->port);
}

static void
set_load(const struct pushing *p, const struct facts *f)
{
	open_table(p, FACT_facts_load, 0, 5);
	set_integer(p, FACT_load_halfopen, f->load.halfopen);
	set_integer(p, FACT_load_connections, f->load.connections);
	set_integer(p, FACT_load_from_peer, f->load.from_peer);
	set_integer(p, FACT_load_from_prefix, f->load.from_prefix);
	set_integer(p, FACT_load_refused_from_peer, f->load.refused_from_peer);
	close_table(p);
}

static void
set_ends(const struct pushing *p, const struct facts *f)
{
	open_table(p, FACT_facts_peer, 0, 4);
	set_addr(p, &f->peer.addr, FACT_peer_ip, FACT_peer_port);
	set_boolean(p, FACT_peer_sysplex, f->peer.sysplex);
	set_name(p, FACT_peer_host, f->peer.host);
	close_table(p);
	open_table(p, FACT_facts_own, 0, 2);
	set_addr(p, &f->own.addr, FACT_own_ip, FACT_own_port);
	close_table(p);
}

static void
set_tls(const struct pushing *p, const struct facts *f)
{
	if (f->tls.version == NULL)
		return;
	open_table(p, FACT_facts_tls, 0, 3);
	set_text(p, FACT_tls_version, f->tls.version);
	set_name(p, FACT_tls_cipher, f->tls.cipher);
	set_name(p, FACT_tls_sni, f->tls.sni);
	close_table(p);
}

/* A list of { type =, value = } in the certificate's order, with shared = true in a part of several, and `printed`. */
static void
set_dn(const struct pushing *p, enum fact k, const struct dn *d)
{
	open_table(p, k, d->n, 1);
	for (size_t i = 0; i < d->n; i++) {
		open_element(p, SHAPE_rdn, 2);
		set_text(p, FACT_rdn_type, d->item[i].type);
		set_bytes(p, FACT_rdn_value, d->item[i].value.bytes, d->item[i].value.len);
		if (d->item[i].shared)
			set_boolean(p, FACT_rdn_shared, true);
		close_element(p, i);
	}
	set_text(p, FACT_dn_printed, d->printed != NULL ? d->printed : "");
	close_table(p);
}

static void
set_list(const struct pushing *p, enum fact k, const struct texts *t)
{
	open_table(p, k, t->n, 0);
	for (size_t i = 0; i < t->n; i++) {
		lua_pushlstring(p->L, t->item[i].bytes, t->item[i].len);
		close_element(p, i);
	}
	close_table(p);
}

static void
set_san(const struct pushing *p, const struct certificate *c)
{
	open_table(p, FACT_certificate_san, 0, 4);
	set_list(p, FACT_san_dns, &c->dns);
	set_list(p, FACT_san_uri, &c->uri);
	set_list(p, FACT_san_ip, &c->ip);
	set_list(p, FACT_san_email, &c->email);
	close_table(p);
}

static void
set_chain_error(const struct pushing *p, const struct chain_error *e)
{
	set_integer(p, FACT_chain_error_code, e->code);
	set_text(p, FACT_chain_error_text, e->text != NULL ? e->text : "");
	set_integer(p, FACT_chain_error_depth, e->depth);
}

static void
set_link(const struct pushing *p, const struct chain_link *l)
{
	set_dn(p, FACT_link_subject, &l->subject);
	set_dn(p, FACT_link_issuer, &l->issuer);
	set_text(p, FACT_link_sha256, l->sha256);
}

/* The certificates from the leaf up, and the last of them as the anchor where it is one. */
static void
set_links(const struct pushing *p, const struct certificate *c)
{
	open_table(p, FACT_chain_certificates, c->chain.links, 0);
	for (size_t i = 0; i < c->chain.links; i++) {
		open_element(p, SHAPE_link, 3);
		set_link(p, &c->chain.link[i]);
		close_element(p, i);
	}
	close_table(p);
	if (!c->chain.anchored || c->chain.links == 0)
		return;
	open_table(p, FACT_chain_anchor, 0, 2);
	set_dn(p, FACT_anchor_subject, &c->chain.link[c->chain.links - 1].subject);
	set_text(p, FACT_anchor_sha256, c->chain.link[c->chain.links - 1].sha256);
	close_table(p);
}

/* code, text and depth are the first error's, which decides the alert; `errors` lists them all. */
static void
set_chain(const struct pushing *p, const struct facts *f)
{
	const struct certificate *c = f->certificate;

	open_table(p, FACT_certificate_chain, 0, c->chain.ok ? 3 : 6);
	set_boolean(p, FACT_chain_ok, c->chain.ok);
	set_boolean(p, FACT_chain_complete, c->chain.complete);
	if (!c->chain.ok && c->chain.n > 0)
		set_chain_error(p, &c->chain.error[0]);
	open_table(p, FACT_chain_errors, c->chain.n, 0);
	for (size_t i = 0; i < c->chain.n; i++) {
		open_element(p, SHAPE_chain_error, 3);
		set_chain_error(p, &c->chain.error[i]);
		close_element(p, i);
	}
	close_table(p);
	lchain_seal(p->L, f->certificate);
	close_table(p);
}

static void
set_certificate(const struct pushing *p, const struct facts *f)
{
	const struct certificate *c = f->certificate;

	if (c == NULL)
		return;
	open_table(p, FACT_facts_certificate, 0, 9);
	set_dn(p, FACT_certificate_subject, &c->subject);
	set_dn(p, FACT_certificate_issuer, &c->issuer);
	set_text(p, FACT_certificate_serial, c->serial != NULL ? c->serial : "");
	set_text(p, FACT_certificate_sha256, c->sha256);
	set_integer(p, FACT_certificate_not_before, c->not_before);
	set_integer(p, FACT_certificate_not_after, c->not_after);
	set_name(p, FACT_certificate_userid, f->userid);
	if (f->way == WAY_OUT)
		set_boolean(p, FACT_certificate_names_host, f->names_host);
	set_san(p, c);
	set_chain(p, f);
	close_table(p);
}

/* The token is a secret between the partner and the engine: never a fact. */
static void
set_capex(const struct pushing *p, const struct facts *f)
{
	const struct capex *c = &f->capex;

	if (!f->has_capex)
		return;
	open_table(p, FACT_facts_capex, 0, 11);
	set_text(p, FACT_capex_applid, c->applid);
	set_text(p, FACT_capex_networkid, c->networkid);
	set_name(p, FACT_capex_suggested_applid, c->suggested_applid);
	set_name(p, FACT_capex_server_applid, c->server_applid);
	set_name(p, FACT_capex_server_networkid, c->server_networkid);
	set_text(p, FACT_capex_host, c->host);
	set_integer(p, FACT_capex_port, c->port);
	set_integer(p, FACT_capex_sendcount, c->sendcount);
	set_integer(p, FACT_capex_receivecount, c->receivecount);
	set_integer(p, FACT_capex_sockets, c->sockets);
	set_boolean(p, FACT_capex_callback, c->answering[0] != '\0');
	close_table(p);
}

static void
set_ipconn(const struct pushing *p, const struct facts *f)
{
	if (f->ipconn.ipconn[0] == '\0')
		return;
	open_table(p, FACT_facts_ipconn, 0, 4);
	set_text(p, FACT_installed_ipconn, f->ipconn.ipconn);
	set_text(p, FACT_installed_applid, f->ipconn.applid);
	set_text(p, FACT_installed_networkid, f->ipconn.networkid);
	set_name(p, FACT_installed_tcpipservice, f->tcpipservice);
	close_table(p);
}

static void
set_users(const struct pushing *p, const struct users *u)
{
	open_table(p, FACT_request_users, u->nchecked, 0);
	for (unsigned i = 0; i < u->nchecked; i++) {
		lua_pushstring(p->L, u->checked[i]);
		close_element(p, i);
	}
	close_table(p);
	set_name(p, FACT_request_linkuser, u->link);
	set_name(p, FACT_request_taskuser, u->task);
}

/* The password is a secret between the partner and the engine: never a fact. */
static void
set_request(const struct pushing *p, const struct facts *f)
{
	const struct request *q = f->request;

	if (q == NULL)
		return;
	open_table(p, FACT_facts_request, 0, 8);
	set_name(p, FACT_request_tran, q->tran);
	set_name(p, FACT_request_program, q->program);
	set_name(p, FACT_request_userid, q->userid);
	set_integer(p, FACT_request_bytes, (lua_Integer)f->bytes);
	if (f->users != NULL)
		set_users(p, f->users);
	close_table(p);
}

static void
push_facts(const struct pushing *p, const struct facts *f)
{
	set_text(p, FACT_facts_stage, stage_name(f->stage));
	set_text(p, FACT_facts_way, f->way == WAY_IN ? "in" : "out");
	key(p, FACT_facts_now);
	lua_pushnumber(p->L, f->now);
	lua_rawset(p->L, -3);
	set_name(p, FACT_facts_connection, f->connection);
	set_integer(p, FACT_facts_generation, (lua_Integer)f->generation);
	set_name(p, FACT_facts_tcpipservice, f->tcpipservice);
	set_boolean(p, FACT_facts_recheck, f->recheck);
	if (f->socket > 0)
		set_integer(p, FACT_facts_socket, f->socket);
	set_ends(p, f);
	set_load(p, f);
	set_tls(p, f);
	set_certificate(p, f);
	set_capex(p, f);
	set_ipconn(p, f);
	set_request(p, f);
}

void
lfacts_set_links(lua_State *L, const struct certificate *c)
{
	struct pushing p = { .L = L };

	luaL_checkstack(L, 16, "chain");
	lshape_push_kit(L);
	p.kit = lua_gettop(L);
	lua_pushvalue(L, -2);
	set_links(&p, c);
	lua_settop(L, p.kit - 1);
}

void
lfacts_push(lua_State *L, const struct facts *f)
{
	struct pushing p = { .L = L };

	luaL_checkstack(L, 16, "facts");
	lshape_push_kit(L);
	p.kit = lua_gettop(L);
	lshape_begin(L, f->way);
	lua_createtable(L, 0, 16);
	lshape_seal(L, p.kit, SHAPE_facts);
	push_facts(&p, f);
	lua_remove(L, p.kit);
}

static void
field(lua_State *L, const char *name, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, name);
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
	field(L, "ipconn", v->def.ipconn);
	field(L, "servstatus", v->inservice ? "INSERVICE" : "OUTSERVICE");
	field(L, "connstatus", connstatus_name(v->connstatus));
	lua_pushboolean(L, v->autoinstalled);
	lua_setfield(L, -2, "autoinstalled");
	/* an autoinstalled one cannot itself be marked as a template: there the word names what it was copied from */
	if (v->autoinstalled)
		field(L, "template", v->template);
	lshape_set(L, SHAPE_ipconn);
}
