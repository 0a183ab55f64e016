/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/facts_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
has_controls(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f)
			return true;
	return false;
}

static json_t *
escaped_json(const char *bytes, size_t n)
{
	char *text = malloc(4 * n + 1), *p = text;
	json_t *string;

	if (text == NULL)
		return NULL;
	*p = '\0';
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == '\\')
			p += sprintf(p, "\\\\");
		else if (c >= 0x20 && c < 0x7f)
			p += sprintf(p, "%c", c);
		else
			p += sprintf(p, "\\x%02x", c);
	}
	string = json_string(text);
	free(text);
	return string;
}

json_t *
facts_json_text(const char *bytes, size_t n)
{
	json_t *string = has_controls(bytes, n) ? NULL : json_stringn(bytes, n);

	return string != NULL ? string : escaped_json(bytes, n);
}

static void
put_text(json_t *o, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		json_object_set_new(o, key, facts_json_text(value, strlen(value)));
}

static json_t *
endpoint_json(const struct addr *a)
{
	char ip[ADDR_TEXT];

	if (a->family == 0) /* not known yet: the host is being resolved */
		return json_object();
	return json_pack("{s:s, s:i}", "ip", addr_ip(a, ip, sizeof ip), "port", (int)a->port);
}

/*
 * The list of a name's parts. `printed` is left out: a JSON array has no member for it, and lrow.c makes it of the
 * parts.
 */
static json_t *
names_json(const struct dn *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n; i++) {
		const struct rdn *r = &d->item[i];
		json_t *one = json_pack("{s:s, s:o}", "type", r->type, "value", facts_json_text(r->value.bytes, r->value.len));

		if (r->shared)
			json_object_set_new(one, "shared", json_true());
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *
strings_json(const struct texts *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->n; i++)
		json_array_append_new(list, facts_json_text(t->item[i].bytes, t->item[i].len));
	return list;
}

static void
put_chain_error(json_t *o, const struct chain_error *e)
{
	json_object_set_new(o, "code", json_integer(e->code));
	put_text(o, "text", e->text);
	json_object_set_new(o, "depth", json_integer(e->depth));
}

static json_t *
link_json(const struct chain_link *l)
{
	return json_pack("{s:o, s:o, s:s}", "subject", names_json(&l->subject), "issuer", names_json(&l->issuer), "sha256", l->sha256);
}

static json_t *
links_json(const struct certificate *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->chain.links; i++)
		json_array_append_new(list, link_json(&c->chain.link[i]));
	return list;
}

static json_t *
anchor_json(const struct chain_link *l)
{
	return json_pack("{s:o, s:s}", "subject", names_json(&l->subject), "sha256", l->sha256);
}

static json_t *
chain_json(const struct certificate *c)
{
	json_t *o = json_pack("{s:b, s:b}", "ok", c->chain.ok, "complete", c->chain.complete), *errors = json_array();

	if (c->chain.n > 0)
		put_chain_error(o, &c->chain.error[0]);
	for (size_t i = 0; i < c->chain.n; i++) {
		json_t *error = json_object();

		put_chain_error(error, &c->chain.error[i]);
		json_array_append_new(errors, error);
	}
	json_object_set_new(o, "errors", errors);
	json_object_set_new(o, "certificates", links_json(c));
	if (c->chain.anchored && c->chain.links > 0)
		json_object_set_new(o, "anchor", anchor_json(&c->chain.link[c->chain.links - 1]));
	return o;
}

static json_t *
certificate_json(const struct facts *f)
{
	const struct certificate *c = f->certificate;
	json_t *o = json_object();

	json_object_set_new(o, "subject", names_json(&c->subject));
	json_object_set_new(o, "issuer", names_json(&c->issuer));
	json_object_set_new(o, "san", json_pack("{s:o, s:o, s:o, s:o}", "dns", strings_json(&c->dns), "uri", strings_json(&c->uri),
		"ip", strings_json(&c->ip), "email", strings_json(&c->email)));
	put_text(o, "serial", c->serial);
	put_text(o, "sha256", c->sha256);
	json_object_set_new(o, "not_before", json_integer(c->not_before));
	json_object_set_new(o, "not_after", json_integer(c->not_after));
	json_object_set_new(o, "chain", chain_json(c));
	put_text(o, "userid", f->userid);
	if (f->way == WAY_OUT)
		json_object_set_new(o, "names_host", json_boolean(f->names_host));
	return o;
}

static json_t *
capex_json(const struct capex *c)
{
	json_t *o = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "applid", c->applid, "networkid", c->networkid, "port", c->port,
		"sendcount", c->sendcount, "receivecount", c->receivecount, "sockets", c->sockets);

	put_text(o, "suggested_applid", c->suggested_applid);
	put_text(o, "server_applid", c->server_applid);
	put_text(o, "server_networkid", c->server_networkid);
	json_object_set_new(o, "host", facts_json_text(c->host, strlen(c->host)));
	json_object_set_new(o, "callback", json_boolean(c->answering[0] != '\0'));
	return o;
}

static json_t *
tls_json(const struct facts *f)
{
	json_t *o = json_pack("{s:s}", "version", f->tls.version);

	put_text(o, "cipher", f->tls.cipher);
	put_text(o, "sni", f->tls.sni);
	return o;
}

static json_t *
request_json(const struct facts *f)
{
	json_t *o = json_pack("{s:I}", "bytes", (json_int_t)f->bytes), *users = json_array();

	put_text(o, "tran", f->request->tran);
	put_text(o, "program", f->request->program);
	put_text(o, "userid", f->request->userid);
	for (unsigned i = 0; f->users != NULL && i < f->users->nchecked; i++)
		json_array_append_new(users, facts_json_text(f->users->checked[i], strlen(f->users->checked[i])));
	json_object_set_new(o, "users", users);
	if (f->users != NULL) {
		put_text(o, "linkuser", f->users->link);
		put_text(o, "taskuser", f->users->task);
	}
	return o;
}

static json_t *
ipconn_json(const struct facts *f)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "ipconn", f->ipconn.ipconn, "applid", f->ipconn.applid, "networkid", f->ipconn.networkid);

	put_text(o, "tcpipservice", f->tcpipservice);
	return o;
}

static void
put_connection(json_t *o, const struct facts *f)
{
	put_text(o, "stage", stage_name(f->stage));
	put_text(o, "way", f->way == WAY_OUT ? "out" : "in");
	json_object_set_new(o, "now", json_real(f->now));
	put_text(o, "connection", f->connection);
	json_object_set_new(o, "generation", json_integer((json_int_t)f->generation));
	put_text(o, "tcpipservice", f->tcpipservice);
	json_object_set_new(o, "recheck", json_boolean(f->recheck));
	if (f->socket > 0)
		json_object_set_new(o, "socket", json_integer(f->socket));
}

static void
put_ends(json_t *o, const struct facts *f)
{
	json_t *peer = endpoint_json(&f->peer.addr);

	put_text(peer, "host", f->peer.host);
	json_object_set_new(peer, "sysplex", json_boolean(f->peer.sysplex));
	json_object_set_new(o, "peer", peer);
	json_object_set_new(o, "own", endpoint_json(&f->own.addr));
	json_object_set_new(o, "load", json_pack("{s:i, s:i, s:i, s:i, s:i}", "halfopen", (int)f->load.halfopen, "connections",
		(int)f->load.connections, "from_peer", (int)f->load.from_peer, "from_prefix", (int)f->load.from_prefix, "refused_from_peer",
		(int)f->load.refused_from_peer));
}

json_t *
facts_json(const struct facts *f)
{
	json_t *o = json_object();

	put_connection(o, f);
	put_ends(o, f);
	if (f->tls.version != NULL)
		json_object_set_new(o, "tls", tls_json(f));
	if (f->certificate != NULL)
		json_object_set_new(o, "certificate", certificate_json(f));
	if (f->has_capex)
		json_object_set_new(o, "capex", capex_json(&f->capex));
	if (f->ipconn.ipconn[0] != '\0')
		json_object_set_new(o, "ipconn", ipconn_json(f));
	if (f->request != NULL)
		json_object_set_new(o, "request", request_json(f));
	return o;
}
