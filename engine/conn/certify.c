/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certify: the TLS handshake and the certify door. For a client certificate the door is asked inside the handshake, by
 * a judge, which must not close the connection. Where the door has a script the handshake can wait (tls_let_wait): the
 * judge runs on the stack of the loop, and the handshake goes on by io_judge when the script has waited. With
 * ssl = "yes" the door is asked after the handshake, before any application byte is read. Outbound, the certificate is
 * the server's and always present.
 */
#include "base/clock.h"
#include "conn/rules.h"
#include "conn/steps.h"
#include "metrics/metrics.h"
#include "records/recorder.h"

#include "tls/cert.h"
#include "security/certmap.h"

#include <stdio.h>
#include <string.h>

static void
learn_tls(struct conn *c)
{
	struct facts *f = conn_learn(c);

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

/* The engine refuses the certificate, whatever the script's verdict. */
static void
refuse_certificate(struct conn *c, const struct ruling *r)
{
	verdict_refuse(&c->ask->verdict, r->code, "%s", r->text);
	conn_engine_refused(c, MSG_DFHSO0123, r->code, NULL, "%s", r->text);
}

static void
certify_decided(struct conn *c)
{
	const struct verdict *v = &c->ask->verdict;
	struct ruling r;

	conn_event(c, "certificate judged");
	c->judgement = judgement_of(v);
	if (c->judgement != TLS_ACCEPT) {
		conn_refused(c, MSG_SP0021, door_name(DOOR_CERTIFY), c->ask->script, v, NULL);
		return;
	}
	if (rules_certificate(c->facts->certificate, &r)) {
		c->judgement = TLS_REFUSE_CHAIN;
		refuse_certificate(c, &r);
		return;
	}
	certmap_decide(c->generation->certmap, c->facts->certificate, v->userid, conn_learn(c)->userid);
	record_mapped(c->record, c->facts->userid);
	record_facts(c->record, c->facts);
}

/* The script may have waited: then the handshake waits too, until now. */
static void
certify_decided_shaking(struct conn *c)
{
	certify_decided(c);
	io_judge(&c->io, c->judgement);
}

static enum tls_judgement
certify_judge(void *arg, struct certificate *cert, const struct cert_fault *why)
{
	struct conn *c = arg;
	struct ruling r;

	c->judgement = TLS_REFUSE_ERROR;
	if (cert == NULL) {
		rules_undescribed(why, &r);
		refuse_certificate(c, &r);
		return c->judgement;
	}
	certificate_unref(c->facts->certificate);
	conn_learn(c)->certificate = certificate_ref(cert);
	conn_learn(c)->names_host = c->facts->way == WAY_OUT && certificate_names(cert, c->facts->peer.host);
	metrics_add(c->worker->metrics, tls_chain_known(c->io.tls) ? FIGURE_OF_CHAINS_CACHED : FIGURE_OF_CHAINS_VERIFIED, 1);
	learn_tls(c);
	recorder_certificates(c->worker->recorder, cert);
	certificate_drop_der(cert);
	conn_ask_shaking(c, DOOR_CERTIFY, certify_decided_shaking);
	return conn_waits(c) ? TLS_LATER : c->judgement;
}

static void
begin_capex(struct conn *c)
{
	if (c->facts->way == WAY_OUT)
		capex_out_begin(c);
	else
		capex_in_begin(c);
}

/* ssl = "yes" requests no certificate: a certify script, if named, is asked without one. */
static void
certify_decided_without(struct conn *c)
{
	certify_decided(c);
	io_pause(&c->io, false);
	if (c->judgement == TLS_ACCEPT)
		begin_capex(c);
	else
		conn_close(c, CONN_POLITELY, "refused at certify");
}

/* Closes c after a refusal that was already reported. Outbound: the acquire fails too. */
static void
end(struct conn *c, const char *why)
{
	if (c->facts->way == WAY_OUT)
		dial_failed(c, "handshake", "SECURITY_VIOLATION", "%s", why);
	else
		conn_close(c, CONN_POLITELY, why);
}

void
certify_handshaken(struct conn *c)
{
	bool judged = c->facts->way == WAY_OUT || c->service->ssl == SSL_CLIENTAUTH;

	conn_event(c, "handshake done");
	metrics_handshake(c->worker->metrics, clock_span() - c->shaking);
	learn_tls(c);
	record_facts(c->record, c->facts);
	if (judged && (c->facts->certificate == NULL || c->judgement != TLS_ACCEPT)) {
		/* never expected; refuse for safety */
		conn_engine_refused(c, MSG_DFHSO0123, "no_certificate", NULL, "the handshake ended without a judged certificate");
		end(c, "no judged certificate");
	} else if (!judged && c->service->script[DOOR_CERTIFY] != NULL) {
		io_pause(&c->io, true);
		conn_ask(c, DOOR_CERTIFY, certify_decided_without);
	} else {
		begin_capex(c);
	}
}

void
certify_begin(struct conn *c)
{
	struct ruling r;
	struct tls *t;

	conn_learn(c)->stage = STAGE_TLS;
	if (c->facts->way == WAY_IN && rules_first_byte(c, (unsigned char)io_first(&c->io), &r)) {
		conn_engine_refused(c, MSG_DFHSO0123, r.code, NULL, "%s", r.text);
		conn_close(c, CONN_POLITELY, "plain text on a TLS port");
		return;
	}
	t = tls_new(c->service->tls, c->facts->way, c->io.fd, certify_judge, c);
	if (t == NULL) {
		conn_engine_refused(c, MSG_DFHSO0123, "limit", NULL, "no memory for a TLS stream");
		end(c, "no memory");
		return;
	}
	if (c->facts->way == WAY_OUT)
		tls_set_name(t, c->facts->peer.host);
	if (c->service->script[DOOR_CERTIFY] != NULL)
		tls_let_wait(t);
	conn_enter(c, CONN_SHAKING, c->generation->definition->region.handshake_timeout);
	conn_event(c, "handshake begins");
	c->shaking = clock_span();
	io_start_tls(&c->io, t);
}

static const char *
failure_code(const struct tls_ending *e)
{
	if (e->no_certificate)
		return "no_certificate";
	if (e->above_limit)
		return "certificate_limit";
	return e->plain_text ? "plain_text" : "handshake";
}

/*
 * Reports why the handshake of an outbound connection failed: this side's refusal, the partner's alert, or the TLS
 * error.
 */
static void
fail_out(struct conn *c, const struct tls_ending *e)
{
	const struct verdict *v = &c->ask->verdict;

	if (!conn_waits(c) && c->judgement != TLS_ACCEPT && v->kind == VERDICT_REFUSE && v->code[0] != '\0')
		dial_failed(c, v->code, "SECURITY_VIOLATION", "refused at certify: %s: %s", v->code, v->text);
	else if (e->above_limit)
		dial_failed(c, "certificate_limit", "SECURITY_VIOLATION", "refused at certify: certificate_limit: %s", e->reason);
	else if (e->alert > 0 && !e->alert_sent) /* 0: the stream did not fail */
		dial_failed(c, "handshake", "SECURITY_VIOLATION", "the partner ended TLS with the alert %s%s%s", e->alert_name,
			e->unfit[0] != '\0' ? "; " : "", e->unfit);
	else
		dial_failed(c, "handshake", NULL, "TLS handshake: %s", e->reason[0] != '\0' ? e->reason : "it did not end in time");
}

void
certify_failed(struct conn *c)
{
	const struct tls_ending *e = tls_ending(c->io.tls);

	if (c->refused)
		conn_event(c, e->alert_sent ? "alert sent" : "handshake broken off");
	else if (c->io.error[0] == '\0' && !c->io.eof)
		conn_engine_refused(c, MSG_DFHSO0123, "timeout", NULL, "the TLS handshake did not end in %g s",
			c->generation->definition->region.handshake_timeout);
	else
		conn_engine_refused(c, MSG_DFHSO0123, failure_code(e), NULL, "rc %d: %s%s%s%s", e->plain_text ? 406 : 410,
			e->reason[0] != '\0' ? e->reason : "the peer broke off the handshake", e->alert >= 0 ? "; alert " : "",
			e->alert >= 0 ? (e->alert_sent ? "sent: " : "received: ") : "", e->alert >= 0 ? e->alert_name : "");
	if (c->facts->way == WAY_OUT)
		fail_out(c, e);
	else
		conn_close(c, CONN_POLITELY, "TLS handshake failed");
}

/*
 * TLS 1.3: the partner checks this side's certificate after this side's handshake has ended. Its refusal is an alert
 * where its CAPEX answer was expected.
 */
void
certify_alerted(struct conn *c)
{
	const struct tls_ending *e = tls_ending(c->io.tls);

	conn_engine_refused(c, MSG_DFHSO0123, "handshake", NULL, "rc 410: %s; alert received: %s", e->reason, e->alert_name);
	fail_out(c, e);
}

void
certify_ended(struct conn *c, const char *why)
{
	if (!conn_waits(c))
		certify_failed(c);
	else if (c->facts->way == WAY_OUT)
		dial_failed(c, "handshake", NULL, "TLS handshake: %s while certify waited", why);
	else
		conn_close(c, CONN_POLITELY, why);
}
