/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certify: the TLS handshake and the certificate question. With a client certificate the question is asked inside the
 * handshake (the callback must not close the connection: OpenSSL stands on the stack); under ssl = "yes" after it, before one
 * application byte is read.
 */
#include "life.h"

#include <stdio.h>
#include <string.h>

/* The first byte of a TLS handshake record. */
#define TLS_RECORD 0x16

static void
learn_tls(struct conn *c)
{
	struct facts *f = &c->facts;

	f->tls.version = tls_version(c->io.tls);
	snprintf(f->tls.cipher, sizeof f->tls.cipher, "%s", tls_cipher(c->io.tls));
	snprintf(f->tls.sni, sizeof f->tls.sni, "%s", tls_sni(c->io.tls));
}

static enum tls_judgement
judgement_of(const struct verdict *v)
{
	if (v->kind == VERDICT_ACCEPT)
		return TLS_ACCEPT;
	if (strcmp(v->code, "policy_error") == 0 || strcmp(v->code, "policy_limit") == 0)
		return TLS_REFUSE_ERROR;
	return strcmp(v->code, "chain") == 0 ? TLS_REFUSE_CHAIN : TLS_REFUSE_POLICY;
}

static void
decided(struct conn *c)
{
	const struct verdict *v = &c->ask.verdict;

	conn_event(c, "certificate judged");
	c->judgement = judgement_of(v);
	if (c->judgement != TLS_ACCEPT) {
		conn_refused(c, MSG_SP0021, door_name(DOOR_CERTIFY), c->ask.script, v, NULL);
		return;
	}
	snprintf(c->facts.userid, sizeof c->facts.userid, "%s", v->userid);
	record_facts(c->record, &c->facts);
}

static enum tls_judgement
judge(void *arg, struct certificate *cert)
{
	struct conn *c = arg;

	c->judgement = TLS_REFUSE_ERROR;
	if (cert == NULL) {
		conn_engine_refused(c, MSG_DFHSO0123, "chain", NULL, "the certificate cannot be described");
		return c->judgement;
	}
	certificate_unref(c->facts.certificate);
	c->facts.certificate = certificate_ref(cert);
	learn_tls(c);
	conn_ask(c, DOOR_CERTIFY, decided);
	return c->judgement;
}

/* ssl = "yes": no certificate was asked for; a script, if named, is asked without one. */
static void
decided_without(struct conn *c)
{
	decided(c);
	io_pause(&c->io, false);
	if (c->judgement == TLS_ACCEPT)
		capex_begin(c);
	else
		conn_close(c, CONN_POLITELY, "refused at certify");
}

void
certify_handshaken(struct conn *c)
{
	bool clientauth = c->service->def->ssl == SSL_CLIENTAUTH;

	conn_event(c, "handshake done");
	learn_tls(c);
	record_facts(c->record, &c->facts);
	if (clientauth && (c->facts.certificate == NULL || c->judgement != TLS_ACCEPT)) {
		/* cannot be; if it ever is, nobody walks in by it */
		conn_engine_refused(c, MSG_DFHSO0123, "no_certificate", NULL, "the handshake ended without a judged certificate");
		conn_close(c, CONN_POLITELY, "no judged certificate");
	} else if (!clientauth && c->service->script[DOOR_CERTIFY] != NULL) {
		io_pause(&c->io, true);
		conn_ask(c, DOOR_CERTIFY, decided_without);
	} else {
		capex_begin(c);
	}
}

static void
refuse_plain(struct conn *c)
{
	conn_engine_refused(c, MSG_DFHSO0123, "plain_text", NULL,
		"rc 406: plain text on a TLS port (first byte 0x%02x); the partner must use TLS", (unsigned)io_first(&c->io) & 0xffu);
	conn_close(c, CONN_POLITELY, "plain text on a TLS port");
}

void
certify_begin(struct conn *c)
{
	struct tls *t;

	c->facts.stage = STAGE_TLS;
	if (io_first(&c->io) != TLS_RECORD) {
		refuse_plain(c);
		return;
	}
	t = tls_new(c->service->tls, WAY_IN, c->io.fd, judge, c);
	if (t == NULL) {
		conn_engine_refused(c, MSG_DFHSO0123, "limit", NULL, "no memory for a TLS stream");
		conn_close(c, CONN_AT_ONCE, "no memory");
		return;
	}
	conn_enter(c, CONN_SHAKING, c->generation->definition->region.handshake_timeout);
	conn_event(c, "handshake begins");
	io_start_tls(&c->io, t);
}

static const char *
failure_code(const struct tls_ending *e)
{
	if (e->no_certificate)
		return "no_certificate";
	return e->plain_text ? "plain_text" : "handshake";
}

void
certify_failed(struct conn *c)
{
	const struct tls_ending *e = tls_ending(c->io.tls);

	if (c->refused)
		conn_event(c, e->alert_sent ? "alert sent" : "handshake broken off");
	else if (c->io.error[0] == '\0' && !c->io.eof)
		conn_engine_refused(c, MSG_DFHSO0123, "timeout", NULL, "no end of the TLS handshake in %g s",
			c->generation->definition->region.handshake_timeout);
	else
		conn_engine_refused(c, MSG_DFHSO0123, failure_code(e), NULL, "rc %d: %s%s%s%s", e->plain_text ? 406 : 410,
			e->reason[0] != '\0' ? e->reason : "the peer broke the handshake off", e->alert >= 0 ? "; alert " : "",
			e->alert >= 0 ? (e->alert_sent ? "sent: " : "received: ") : "", e->alert >= 0 ? e->alert_name : "");
	conn_close(c, CONN_POLITELY, "TLS handshake failed");
}
