/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/facts_json.h"

#include <stdio.h>
#include <string.h>

#include "base/jsontext.h"
#include "policy/notes.h"

json_t *
facts_json_text(const char *bytes, size_t n)
{
	struct jsontext j = { 0 };
	json_t *string;

	jsontext_text(&j, NULL, bytes, n);
	string = j.full ? NULL : json_loadb(j.bytes, j.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	jsontext_free(&j);
	return string;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes the next byte of the string. Each backslash of it begins \xHH or is followed by another one. */
static char
take_byte(const char **at, const char *end)
{
	const char *p = *at;
	size_t left = (size_t)(end - p);

	*at = p + 1;
	if (p[0] != '\\')
		return p[0];
	if (left >= 4 && p[1] == 'x' && hex_digit(p[2]) >= 0 && hex_digit(p[3]) >= 0) {
		*at = p + 4;
		return (char)(hex_digit(p[2]) * 16 + hex_digit(p[3]));
	}
	if (left >= 2 && p[1] == '\\')
		*at = p + 2;
	return '\\';
}

size_t
facts_json_unescape(const char *string, size_t len, char *out, size_t size)
{
	const char *at = string, *end = at != NULL ? at + len : NULL;
	size_t n = 0;

	for (; at != end; n++) {
		char c = take_byte(&at, end);

		if (n + 1 < size)
			out[n] = c;
	}
	if (size > 0)
		out[n < size ? n : size - 1] = '\0';
	return n;
}

size_t
facts_json_bytes(const json_t *string, char *out, size_t size)
{
	return facts_json_unescape(json_string_value(string), json_string_length(string), out, size);
}

json_t *
facts_json_sentence(const char *sentence)
{
	struct jsontext j = { 0 };
	json_t *string;

	if (sentence[0] == '\0')
		return json_string("");
	jsontext_sentence(&j, NULL, sentence);
	string = j.full ? NULL : json_loadb(j.bytes, j.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	jsontext_free(&j);
	return string;
}

static void
put_endpoint(struct jsontext *j, const struct addr *a)
{
	char ip[ADDR_TEXT];

	if (a->family == 0) /* not known yet: the host is being resolved */
		return;
	jsontext_string(j, "ip", addr_ip(a, ip, sizeof ip));
	jsontext_integer(j, "port", a->port);
}

/*
 * The list of a name's parts. `printed` is left out: a JSON array has no member for it, and lrow.c makes it of the
 * parts.
 */
static void
put_names(struct jsontext *j, const char *key, const struct dn *d)
{
	jsontext_begin(j, key, '[');
	for (size_t i = 0; i < d->n; i++) {
		const struct rdn *r = &d->item[i];

		jsontext_begin(j, NULL, '{');
		jsontext_string(j, "type", r->type);
		jsontext_text(j, "value", r->value.bytes, r->value.len);
		if (r->shared)
			jsontext_flag(j, "shared", true);
		jsontext_end(j, '}');
	}
	jsontext_end(j, ']');
}

static void
put_texts(struct jsontext *j, const char *key, const struct texts *t)
{
	jsontext_begin(j, key, '[');
	for (size_t i = 0; i < t->n; i++)
		jsontext_text(j, NULL, t->item[i].bytes, t->item[i].len);
	jsontext_end(j, ']');
}

static void
put_chain_error(struct jsontext *j, const struct chain_error *e)
{
	jsontext_integer(j, "code", e->code);
	jsontext_some(j, "text", e->text);
	jsontext_integer(j, "depth", e->depth);
}

static void
put_links(struct jsontext *j, const struct certificate *c)
{
	jsontext_begin(j, "certificates", '[');
	for (size_t i = 0; i < c->chain.links; i++) {
		const struct chain_link *l = &c->chain.link[i];

		jsontext_begin(j, NULL, '{');
		put_names(j, "subject", &l->subject);
		put_names(j, "issuer", &l->issuer);
		jsontext_string(j, "sha256", l->sha256);
		jsontext_end(j, '}');
	}
	jsontext_end(j, ']');
}

static void
put_chain(struct jsontext *j, const struct certificate *c)
{
	const struct chain_link *anchor = c->chain.anchored && c->chain.links > 0 ? &c->chain.link[c->chain.links - 1] : NULL;

	jsontext_begin(j, "chain", '{');
	jsontext_flag(j, "ok", c->chain.ok);
	jsontext_flag(j, "complete", c->chain.complete);
	if (c->chain.n > 0)
		put_chain_error(j, &c->chain.error[0]);
	jsontext_begin(j, "errors", '[');
	for (size_t i = 0; i < c->chain.n; i++) {
		jsontext_begin(j, NULL, '{');
		put_chain_error(j, &c->chain.error[i]);
		jsontext_end(j, '}');
	}
	jsontext_end(j, ']');
	put_links(j, c);
	if (anchor != NULL) {
		jsontext_begin(j, "anchor", '{');
		put_names(j, "subject", &anchor->subject);
		jsontext_string(j, "sha256", anchor->sha256);
		jsontext_end(j, '}');
	}
	jsontext_end(j, '}');
}

static void
put_certificate(struct jsontext *j, const struct facts *f)
{
	const struct certificate *c = f->certificate;

	jsontext_begin(j, "certificate", '{');
	put_names(j, "subject", &c->subject);
	put_names(j, "issuer", &c->issuer);
	jsontext_begin(j, "san", '{');
	put_texts(j, "dns", &c->dns);
	put_texts(j, "uri", &c->uri);
	put_texts(j, "ip", &c->ip);
	put_texts(j, "email", &c->email);
	jsontext_end(j, '}');
	jsontext_some(j, "serial", c->serial);
	jsontext_some(j, "sha256", c->sha256);
	jsontext_integer(j, "not_before", c->not_before);
	jsontext_integer(j, "not_after", c->not_after);
	put_chain(j, c);
	jsontext_some(j, "userid", f->userid);
	if (f->way == WAY_OUT)
		jsontext_flag(j, "names_host", f->names_host);
	jsontext_end(j, '}');
}

static void
put_capex(struct jsontext *j, const struct capex *c)
{
	jsontext_begin(j, "capex", '{');
	jsontext_text(j, "applid", c->applid, strlen(c->applid));
	jsontext_text(j, "networkid", c->networkid, strlen(c->networkid));
	jsontext_integer(j, "port", c->port);
	jsontext_integer(j, "sendcount", c->sendcount);
	jsontext_integer(j, "receivecount", c->receivecount);
	jsontext_integer(j, "sockets", c->sockets);
	jsontext_some(j, "suggested_applid", c->suggested_applid);
	jsontext_some(j, "server_applid", c->server_applid);
	jsontext_some(j, "server_networkid", c->server_networkid);
	jsontext_text(j, "host", c->host, strlen(c->host));
	jsontext_flag(j, "callback", c->answering[0] != '\0');
	jsontext_end(j, '}');
}

static void
put_tls(struct jsontext *j, const struct facts *f)
{
	jsontext_begin(j, "tls", '{');
	jsontext_some(j, "version", f->tls.version);
	jsontext_some(j, "cipher", f->tls.cipher);
	jsontext_some(j, "sni", f->tls.sni);
	jsontext_end(j, '}');
}

static void
put_request(struct jsontext *j, const struct facts *f)
{
	jsontext_begin(j, "request", '{');
	jsontext_integer(j, "bytes", (int64_t)f->bytes);
	jsontext_some(j, "tran", f->request->tran);
	jsontext_some(j, "program", f->request->program);
	jsontext_some(j, "userid", f->request->userid);
	jsontext_begin(j, "users", '[');
	for (unsigned i = 0; f->users != NULL && i < f->users->nchecked; i++)
		jsontext_text(j, NULL, f->users->checked[i], strlen(f->users->checked[i]));
	jsontext_end(j, ']');
	if (f->users != NULL) {
		jsontext_some(j, "linkuser", f->users->link);
		jsontext_some(j, "taskuser", f->users->task);
	}
	jsontext_end(j, '}');
}

static void
put_ipconn(struct jsontext *j, const struct facts *f)
{
	jsontext_begin(j, "ipconn", '{');
	jsontext_text(j, "ipconn", f->ipconn.ipconn, strlen(f->ipconn.ipconn));
	jsontext_text(j, "applid", f->ipconn.applid, strlen(f->ipconn.applid));
	jsontext_text(j, "networkid", f->ipconn.networkid, strlen(f->ipconn.networkid));
	jsontext_some(j, "tcpipservice", f->tcpipservice);
	jsontext_end(j, '}');
}

static void
put_connection(struct jsontext *j, const struct facts *f)
{
	jsontext_some(j, "stage", stage_name(f->stage));
	jsontext_some(j, "way", f->way == WAY_OUT ? "out" : "in");
	jsontext_number(j, "now", f->now, 6);
	jsontext_some(j, "connection", f->connection);
	jsontext_integer(j, "generation", (int64_t)f->generation);
	jsontext_some(j, "tcpipservice", f->tcpipservice);
	jsontext_flag(j, "recheck", f->recheck);
	if (f->socket > 0)
		jsontext_integer(j, "socket", f->socket);
}

void
facts_json_load(struct jsontext *j, const struct facts_load *l)
{
	jsontext_begin(j, "load", '{');
	jsontext_integer(j, "halfopen", l->halfopen);
	jsontext_integer(j, "connections", l->connections);
	jsontext_integer(j, "from_peer", l->from_peer);
	jsontext_integer(j, "from_prefix", l->from_prefix);
	jsontext_integer(j, "refused_from_peer", l->refused_from_peer);
	jsontext_end(j, '}');
}

static void
put_ends(struct jsontext *j, const struct facts *f)
{
	jsontext_begin(j, "peer", '{');
	put_endpoint(j, &f->peer.addr);
	jsontext_some(j, "host", f->peer.host);
	jsontext_flag(j, "sysplex", f->peer.sysplex);
	jsontext_end(j, '}');
	jsontext_begin(j, "own", '{');
	put_endpoint(j, &f->own.addr);
	jsontext_end(j, '}');
	facts_json_load(j, &f->load);
}

void
facts_json_note(struct jsontext *j, const char *key, const struct note *note)
{
	switch (note->kind) {
	case NOTE_TEXT:
		jsontext_text(j, key, note->text, note->len);
		break;
	case NOTE_INTEGER:
		jsontext_integer(j, key, note->integer);
		break;
	case NOTE_NUMBER:
		jsontext_real(j, key, note->number);
		break;
	case NOTE_FLAG:
		jsontext_flag(j, key, note->flag);
		break;
	}
}

static void
put_notes(struct jsontext *j, const struct notes *n)
{
	jsontext_begin(j, "notes", '{');
	for (size_t i = 0; i < n->n; i++)
		facts_json_note(j, n->item[i].key, &n->item[i]);
	jsontext_end(j, '}');
}

void
facts_json(struct jsontext *j, const char *key, const struct facts *f)
{
	jsontext_begin(j, key, '{');
	put_connection(j, f);
	put_ends(j, f);
	if (f->tls.version != NULL)
		put_tls(j, f);
	if (f->certificate != NULL)
		put_certificate(j, f);
	if (f->has_capex)
		put_capex(j, &f->capex);
	if (f->ipconn.ipconn[0] != '\0')
		put_ipconn(j, f);
	if (f->notes != NULL && f->notes->n > 0)
		put_notes(j, f->notes);
	if (f->request != NULL)
		put_request(j, f);
	jsontext_end(j, '}');
}
