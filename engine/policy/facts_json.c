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
escaped(const char *bytes, size_t n)
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

	return string != NULL ? string : escaped(bytes, n);
}

static void
put(json_t *o, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		json_object_set_new(o, key, facts_json_text(value, strlen(value)));
}

static json_t *
endpoint(const struct addr *a)
{
	char ip[ADDR_TEXT];

	if (a->family == 0) /* not known yet: a host that is being resolved */
		return json_object();
	return json_pack("{s:s, s:i}", "ip", addr_ip(a, ip, sizeof ip), "port", (int)a->port);
}

/* The list that scripts see; their `printed` finds no place in an array, and is made of it where a row is read. */
static json_t *
names(const struct dn *d)
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
strings(const struct texts *t)
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
	put(o, "text", e->text);
	json_object_set_new(o, "depth", json_integer(e->depth));
}

static json_t *
link_of(const struct chain_link *l)
{
	return json_pack("{s:o, s:o, s:s}", "subject", names(&l->subject), "issuer", names(&l->issuer), "sha256", l->sha256);
}

static json_t *
links(const struct certificate *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->chain.links; i++)
		json_array_append_new(list, link_of(&c->chain.link[i]));
	return list;
}

static json_t *
anchor(const struct chain_link *l)
{
	return json_pack("{s:o, s:s}", "subject", names(&l->subject), "sha256", l->sha256);
}

static json_t *
chain(const struct certificate *c)
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
	json_object_set_new(o, "certificates", links(c));
	if (c->chain.anchored && c->chain.links > 0)
		json_object_set_new(o, "anchor", anchor(&c->chain.link[c->chain.links - 1]));
	return o;
}

static json_t *
certificate(const struct facts *f)
{
	const struct certificate *c = f->certificate;
	json_t *o = json_object();

	json_object_set_new(o, "subject", names(&c->subject));
	json_object_set_new(o, "issuer", names(&c->issuer));
	json_object_set_new(o, "san", json_pack("{s:o, s:o, s:o, s:o}", "dns", strings(&c->dns), "uri", strings(&c->uri),
		"ip", strings(&c->ip), "email", strings(&c->email)));
	put(o, "serial", c->serial);
	put(o, "sha256", c->sha256);
	json_object_set_new(o, "not_before", json_integer(c->not_before));
	json_object_set_new(o, "not_after", json_integer(c->not_after));
	json_object_set_new(o, "chain", chain(c));
	put(o, "userid", f->userid);
	if (f->way == WAY_OUT)
		json_object_set_new(o, "names_host", json_boolean(f->names_host));
	return o;
}

static json_t *
capex(const struct capex *c)
{
	json_t *o = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i}", "applid", c->applid, "networkid", c->networkid, "port", c->port,
		"sendcount", c->sendcount, "receivecount", c->receivecount, "sockets", c->sockets);

	put(o, "suggested_applid", c->suggested_applid);
	put(o, "server_applid", c->server_applid);
	put(o, "server_networkid", c->server_networkid);
	json_object_set_new(o, "host", facts_json_text(c->host, strlen(c->host)));
	json_object_set_new(o, "callback", json_boolean(c->answering[0] != '\0'));
	return o;
}

static json_t *
tls(const struct facts *f)
{
	json_t *o = json_pack("{s:s}", "version", f->tls.version);

	put(o, "cipher", f->tls.cipher);
	put(o, "sni", f->tls.sni);
	return o;
}

static json_t *
request(const struct facts *f)
{
	json_t *o = json_pack("{s:I}", "bytes", (json_int_t)f->bytes), *users = json_array();

	put(o, "tran", f->request->tran);
	put(o, "program", f->request->program);
	put(o, "userid", f->request->userid);
	for (unsigned i = 0; f->users != NULL && i < f->users->nchecked; i++)
		json_array_append_new(users, facts_json_text(f->users->checked[i], strlen(f->users->checked[i])));
	json_object_set_new(o, "users", users);
	if (f->users != NULL) {
		put(o, "linkuser", f->users->link);
		put(o, "taskuser", f->users->task);
	}
	return o;
}

static json_t *
ipconn(const struct facts *f)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "ipconn", f->ipconn.ipconn, "applid", f->ipconn.applid, "networkid", f->ipconn.networkid);

	put(o, "tcpipservice", f->tcpipservice);
	return o;
}

static void
put_what(json_t *o, const struct facts *f)
{
	put(o, "stage", stage_name(f->stage));
	put(o, "way", f->way == WAY_OUT ? "out" : "in");
	json_object_set_new(o, "now", json_real(f->now));
	put(o, "connection", f->connection);
	json_object_set_new(o, "generation", json_integer((json_int_t)f->generation));
	put(o, "tcpipservice", f->tcpipservice);
	json_object_set_new(o, "recheck", json_boolean(f->recheck));
	if (f->socket > 0)
		json_object_set_new(o, "socket", json_integer(f->socket));
}

static void
put_where(json_t *o, const struct facts *f)
{
	json_t *peer = endpoint(&f->peer.addr);

	put(peer, "host", f->peer.host);
	json_object_set_new(peer, "sysplex", json_boolean(f->peer.sysplex));
	json_object_set_new(o, "peer", peer);
	json_object_set_new(o, "own", endpoint(&f->own.addr));
	json_object_set_new(o, "load", json_pack("{s:i, s:i, s:i, s:i, s:i}", "halfopen", (int)f->load.halfopen, "connections",
		(int)f->load.connections, "from_peer", (int)f->load.from_peer, "from_prefix", (int)f->load.from_prefix, "refused_from_peer",
		(int)f->load.refused_from_peer));
}

json_t *
facts_json(const struct facts *f)
{
	json_t *o = json_object();

	put_what(o, f);
	put_where(o, f);
	if (f->tls.version != NULL)
		json_object_set_new(o, "tls", tls(f));
	if (f->certificate != NULL)
		json_object_set_new(o, "certificate", certificate(f));
	if (f->has_capex)
		json_object_set_new(o, "capex", capex(&f->capex));
	if (f->ipconn.ipconn[0] != '\0')
		json_object_set_new(o, "ipconn", ipconn(f));
	if (f->request != NULL)
		json_object_set_new(o, "request", request(f));
	return o;
}
