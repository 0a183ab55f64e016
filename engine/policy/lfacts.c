/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each question makes a table of facts, and each request asks attach. Members are therefore made when a script reads
 * them (lsource.h), and keys and metatables once for each state (lshape.h), so that no key is hashed again.
 */
#include "policy/lfacts.h"

#include "policy/lchain.h"
#include "policy/lpush.h"
#include "policy/lshape.h"
#include "policy/lsource.h"
#include "policy/notes.h"

#include <lauxlib.h>
#include <lua.h>

#include <string.h>

static void
set_addr(const struct lpush *p, const struct addr *a, enum fact ip_key, enum fact port_key)
{
	char ip[ADDR_TEXT];

	if (a->family == 0)
		return;
	lpush_text(p, ip_key, addr_ip(a, ip, sizeof ip));
	lpush_integer(p, port_key, a->port);
}

static void
set_load(const struct lpush *p, const struct facts *f)
{
	lpush_open(p, FACT_facts_load, 0, 5);
	lpush_integer(p, FACT_load_halfopen, f->load.halfopen);
	lpush_integer(p, FACT_load_connections, f->load.connections);
	lpush_integer(p, FACT_load_from_peer, f->load.from_peer);
	lpush_integer(p, FACT_load_from_prefix, f->load.from_prefix);
	lpush_integer(p, FACT_load_refused_from_peer, f->load.refused_from_peer);
	lpush_close(p);
}

static void
set_peer(const struct lpush *p, const struct facts *f)
{
	lpush_open(p, FACT_facts_peer, 0, 4);
	if (f->ip_hidden)
		lpush_integer(p, FACT_peer_port, f->peer.addr.port);
	else
		set_addr(p, &f->peer.addr, FACT_peer_ip, FACT_peer_port);
	lpush_boolean(p, FACT_peer_sysplex, f->peer.sysplex);
	lpush_name(p, FACT_peer_host, f->peer.host);
	lpush_close(p);
}

static void
set_self(const struct lpush *p, const struct facts *f)
{
	lpush_open(p, FACT_facts_own, 0, 2);
	set_addr(p, &f->own.addr, FACT_own_ip, FACT_own_port);
	lpush_close(p);
}

static void
set_tls(const struct lpush *p, const struct facts *f)
{
	if (f->tls.version == NULL)
		return;
	lpush_open(p, FACT_facts_tls, 0, 3);
	lpush_text(p, FACT_tls_version, f->tls.version);
	lpush_name(p, FACT_tls_cipher, f->tls.cipher);
	lpush_name(p, FACT_tls_sni, f->tls.sni);
	lpush_close(p);
}

static void
set_list(const struct lpush *p, enum fact k, const struct texts *t)
{
	lpush_open(p, k, t->n, 0);
	for (size_t i = 0; i < t->n; i++) {
		lua_pushlstring(p->L, t->item[i].bytes, t->item[i].len);
		lpush_close_element(p, i);
	}
	lpush_close(p);
}

static void
set_san(const struct lpush *p, const struct certificate *c)
{
	lpush_open(p, FACT_certificate_san, 0, 4);
	set_list(p, FACT_san_dns, &c->dns);
	set_list(p, FACT_san_uri, &c->uri);
	set_list(p, FACT_san_ip, &c->ip);
	set_list(p, FACT_san_email, &c->email);
	lpush_close(p);
}

static void
set_chain_error(const struct lpush *p, const struct chain_error *e)
{
	lpush_integer(p, FACT_chain_error_code, e->code);
	lpush_text(p, FACT_chain_error_text, e->text != NULL ? e->text : "");
	lpush_integer(p, FACT_chain_error_depth, e->depth);
}

/* code, text and depth are of the first error, which decides the alert; `errors` lists all. */
static void
set_chain(const struct lpush *p, const struct facts *f)
{
	const struct certificate *c = f->certificate;

	lpush_open(p, FACT_certificate_chain, 0, c->chain.ok ? 3 : 6);
	lpush_boolean(p, FACT_chain_ok, c->chain.ok);
	lpush_boolean(p, FACT_chain_complete, c->chain.complete);
	if (!c->chain.ok && c->chain.n > 0)
		set_chain_error(p, &c->chain.error[0]);
	lpush_open(p, FACT_chain_errors, c->chain.n, 0);
	for (size_t i = 0; i < c->chain.n; i++) {
		lpush_open_element(p, SHAPE_chain_error, 3);
		set_chain_error(p, &c->chain.error[i]);
		lpush_close_element(p, i);
	}
	lpush_close(p);
	lchain_seal(p->L, f->certificate);
	lpush_close(p);
}

static void
set_certificate_member(const struct lpush *p, const struct facts *f, enum fact k)
{
	const struct certificate *c = f->certificate;

	switch (k) {
	case FACT_certificate_subject:
		lpush_dn(p, k, &c->subject);
		break;
	case FACT_certificate_issuer:
		lpush_dn(p, k, &c->issuer);
		break;
	case FACT_certificate_serial:
		lpush_text(p, k, c->serial != NULL ? c->serial : "");
		break;
	case FACT_certificate_sha256:
		lpush_text(p, k, c->sha256);
		break;
	case FACT_certificate_not_before:
		lpush_integer(p, k, c->not_before);
		break;
	case FACT_certificate_not_after:
		lpush_integer(p, k, c->not_after);
		break;
	case FACT_certificate_userid:
		lpush_name(p, k, f->userid);
		break;
	case FACT_certificate_names_host:
		if (f->way == WAY_OUT)
			lpush_boolean(p, k, f->names_host);
		break;
	case FACT_certificate_san:
		set_san(p, c);
		break;
	case FACT_certificate_chain:
		set_chain(p, f);
		break;
	default:
		break;
	}
}

/* Sets a table of the table on the top, whose members are made when they are read. */
static void
set_lazy(const struct lpush *p, enum fact k)
{
	lpush_key(p, k);
	lua_createtable(p->L, 0, 4);
	lsource_seal(p, fact_row(k)->type.of);
	lpush_close(p);
}

/* The token is a secret of the partner and the engine, and never a fact. */
static void
set_capex_member(const struct lpush *p, const struct capex *c, enum fact k)
{
	switch (k) {
	case FACT_capex_applid:
		lpush_text(p, k, c->applid);
		break;
	case FACT_capex_networkid:
		lpush_text(p, k, c->networkid);
		break;
	case FACT_capex_suggested_applid:
		lpush_name(p, k, c->suggested_applid);
		break;
	case FACT_capex_server_applid:
		lpush_name(p, k, c->server_applid);
		break;
	case FACT_capex_server_networkid:
		lpush_name(p, k, c->server_networkid);
		break;
	case FACT_capex_host:
		lpush_text(p, k, c->host);
		break;
	case FACT_capex_port:
		lpush_integer(p, k, c->port);
		break;
	case FACT_capex_sendcount:
		lpush_integer(p, k, c->sendcount);
		break;
	case FACT_capex_receivecount:
		lpush_integer(p, k, c->receivecount);
		break;
	case FACT_capex_sockets:
		lpush_integer(p, k, c->sockets);
		break;
	case FACT_capex_callback:
		lpush_boolean(p, k, c->answering[0] != '\0');
		break;
	default:
		break;
	}
}

static void
set_ipconn(const struct lpush *p, const struct facts *f)
{
	if (f->ipconn.ipconn[0] == '\0')
		return;
	lpush_open(p, FACT_facts_ipconn, 0, 4);
	lpush_text(p, FACT_installed_ipconn, f->ipconn.ipconn);
	lpush_text(p, FACT_installed_applid, f->ipconn.applid);
	lpush_text(p, FACT_installed_networkid, f->ipconn.networkid);
	lpush_name(p, FACT_installed_tcpipservice, f->tcpipservice);
	lpush_close(p);
}

static void
set_users(const struct lpush *p, const struct users *u)
{
	lpush_open(p, FACT_request_users, u->nchecked, 0);
	for (unsigned i = 0; i < u->nchecked; i++) {
		lua_pushstring(p->L, u->checked[i]);
		lpush_close_element(p, i);
	}
	lpush_close(p);
}

/* The password is a secret of the partner and the engine, and never a fact. */
static void
set_request_member(const struct lpush *p, const struct facts *f, enum fact k)
{
	switch (k) {
	case FACT_request_tran:
		lpush_name(p, k, f->request->tran);
		break;
	case FACT_request_program:
		lpush_name(p, k, f->request->program);
		break;
	case FACT_request_userid:
		lpush_name(p, k, f->request->userid);
		break;
	case FACT_request_bytes:
		lpush_integer(p, k, (lua_Integer)f->bytes);
		break;
	case FACT_request_linkuser:
		lpush_name(p, k, f->users != NULL ? f->users->link : "");
		break;
	case FACT_request_taskuser:
		lpush_name(p, k, f->users != NULL ? f->users->task : "");
		break;
	case FACT_request_users:
		if (f->users != NULL)
			set_users(p, f->users);
		break;
	default:
		break;
	}
}

/* Sets the texts, numbers and flags of facts itself. */
static void
set_own(const struct lpush *p, const struct facts *f, enum fact k)
{
	switch (k) {
	case FACT_facts_stage:
		lpush_text(p, k, stage_name(f->stage));
		break;
	case FACT_facts_way:
		lpush_text(p, k, f->way == WAY_IN ? "in" : "out");
		break;
	case FACT_facts_now:
		lpush_key(p, k);
		lua_pushnumber(p->L, f->now);
		lua_rawset(p->L, -3);
		break;
	case FACT_facts_connection:
		lpush_name(p, k, f->connection);
		break;
	case FACT_facts_generation:
		lpush_integer(p, k, (lua_Integer)f->generation);
		break;
	case FACT_facts_tcpipservice:
		lpush_name(p, k, f->tcpipservice);
		break;
	case FACT_facts_recheck:
		lpush_boolean(p, k, f->recheck);
		break;
	case FACT_facts_socket:
		if (f->socket > 0)
			lpush_integer(p, k, f->socket);
		break;
	default:
		break;
	}
}

static void
set_facts_member(const struct lpush *p, const struct facts *f, enum fact k)
{
	switch (k) {
	case FACT_facts_peer:
		set_peer(p, f);
		break;
	case FACT_facts_own:
		set_self(p, f);
		break;
	case FACT_facts_load:
		set_load(p, f);
		break;
	case FACT_facts_tls:
		set_tls(p, f);
		break;
	case FACT_facts_certificate:
		if (f->certificate != NULL)
			set_lazy(p, k);
		break;
	case FACT_facts_request:
		if (f->request != NULL)
			set_lazy(p, k);
		break;
	case FACT_facts_capex:
		if (f->has_capex)
			set_lazy(p, k);
		break;
	case FACT_facts_ipconn:
		set_ipconn(p, f);
		break;
	case FACT_facts_notes: /* lfacts_set_notes has set others */
		lpush_open(p, k, 0, 0);
		lpush_close(p);
		break;
	default:
		set_own(p, f, k);
		break;
	}
}

/* Sets a member of facts, or of one of its lazy tables. */
static void
lfacts_set_member(const struct lpush *p, const struct facts *f, enum fact k)
{
	switch (fact_row(k)->shape) {
	case SHAPE_certificate:
		set_certificate_member(p, f, k);
		break;
	case SHAPE_request:
		set_request_member(p, f, k);
		break;
	case SHAPE_capex:
		set_capex_member(p, &f->capex, k);
		break;
	default:
		set_facts_member(p, f, k);
		break;
	}
}

/* Pushes the kit and a source of the facts, for *p. [-0, +2, may throw] */
static void
push_source(struct lpush *p, const struct facts *f)
{
	luaL_checkstack(p->L, 16, "facts");
	lshape_push_kit(p->L);
	p->kit = lua_gettop(p->L);
	lsource_push(p->L, f, lfacts_set_member);
	p->source = p->kit + 1;
}

void
lfacts_push(lua_State *L, const struct facts *f)
{
	struct lpush p = { .L = L };

	push_source(&p, f);
	lshape_begin(L, p.kit, f->way, f->ip_hidden ? fact_row(FACT_peer_ip) : NULL);
	lua_createtable(L, 0, 4);
	lsource_seal(&p, SHAPE_facts);
	lua_replace(L, p.kit);
	lua_pop(L, 1);
}

void
lfacts_set_certificate(lua_State *L, const struct facts *f)
{
	struct lpush p = { .L = L };

	if (f->certificate == NULL)
		return;
	push_source(&p, f);
	lua_pushvalue(L, p.kit - 1); /* [facts kit source facts] */
	set_lazy(&p, FACT_facts_certificate);
	lua_settop(L, p.kit - 1);
}

static void
push_note(lua_State *L, const struct note *note)
{
	switch (note->kind) {
	case NOTE_TEXT:
		lua_pushlstring(L, note->text, note->len);
		break;
	case NOTE_INTEGER:
		lua_pushinteger(L, note->integer);
		break;
	case NOTE_NUMBER:
		lua_pushnumber(L, note->number);
		break;
	case NOTE_FLAG:
		lua_pushboolean(L, note->flag);
		break;
	}
}

void
lfacts_set_notes(lua_State *L, const struct notes *n, enum door door)
{
	if (n == NULL)
		return; /* an empty table, when a script reads it */
	luaL_checkstack(L, 4, "notes");
	lua_pushstring(L, fact_row(FACT_facts_notes)->name);
	lua_createtable(L, 0, (int)n->n);
	for (size_t i = 0; i < n->n; i++)
		if (notes_seen(&n->item[i], door)) {
			push_note(L, &n->item[i]);
			lua_setfield(L, -2, n->item[i].key);
		}
	lua_rawset(L, -3);
	lsource_get(L, -1);
	lsource_made(L, lua_gettop(L), FACT_facts_notes);
	lua_pop(L, 1);
}

static void
set_field(lua_State *L, const char *name, const char *value)
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
	for (const struct attribute *a = resource_ipconn; a->name != NULL; a++)
		set_attribute(L, a, &v->def);
	set_field(L, "ipconn", v->def.ipconn);
	set_field(L, "servstatus", v->inservice ? "INSERVICE" : "OUTSERVICE");
	set_field(L, "connstatus", resource_connstatus(v->connstatus));
	lua_pushboolean(L, v->autoinstalled);
	lua_setfield(L, -2, "autoinstalled");
	/* of an autoinstalled ipconn, which is never a template, `template` names the ipconn that it was copied from */
	if (v->autoinstalled)
		set_field(L, "template", v->template);
	lshape_set(L, SHAPE_ipconn);
}
