/* SPDX-License-Identifier: Apache-2.0 */
/* trial_tls: TLS without a handshake: the first byte, the version, the chain, and the certify door. */
#include "conn/trial_internal.h"

#include "security/certmap.h"

#include <stdio.h>
#include <string.h>

#define PLAIN_FIRST_BYTE 'P' /* of POST */

static bool
has_certificate(const struct trial *t)
{
	if (t->q->past != NULL)
		return t->q->past->certified;
	return t->q->presented->n > 0 || t->q->certificate != NULL;
}

/*
 * The version that the peer uses: 12, 13, or 0. A peer whose version is not given speaks the best one of this side; a
 * past connection without a version has spoken TLS.
 */
static int
version_of(const struct trial *t)
{
	const struct tls_config *c = t->conn->service->tls;

	if (t->q->tls >= 0)
		return t->q->tls;
	if (c != NULL)
		return presented_suite(c, 13) != NULL ? 13 : 12;
	return has_certificate(t) || t->q->past != NULL ? 13 : 0;
}

/* The facts that a handshake gives. */
static void
learn(struct trial *t, int version, const char *suite)
{
	struct facts *f = conn_learn(t->conn);

	f->tls.version = version == 13 ? "TLSv1.3" : "TLSv1.2";
	if (t->q->past != NULL && t->q->past->facts->tls.cipher[0] != '\0')
		suite = t->q->past->facts->tls.cipher;
	snprintf(f->tls.cipher, sizeof f->tls.cipher, "%s", suite);
	snprintf(f->tls.sni, sizeof f->tls.sni, "%s", f->way == WAY_IN ? t->q->sni : "");
}

/* Sets the certificate. False: it cannot be described. */
static bool
present(struct trial *t)
{
	struct conn *c = t->conn;
	struct cert_fault why;
	struct ruling r;

	if (t->q->past != NULL) {
		conn_learn(c)->certificate = t->q->past->verify(t->q->past->arg, t, c->service->tls, &why);
	} else if (t->q->presented->n > 0) {
		conn_learn(c)->certificate = presented_verify(t->q->presented, c->service->tls, c->facts->way, (int64_t)t->q->now, &why);
		trial_note(t, "not checked: that the peer has the key of the certificate");
	} else {
		conn_learn(c)->certificate = certificate_ref(t->q->certificate);
		trial_note(t, "not checked: the chain; it is as the region verified it when the recorded connection came");
	}
	if (c->facts->certificate == NULL)
		return rules_undescribed(&why, &r) && trial_ruled(t, &r);
	conn_learn(c)->names_host = c->facts->way == WAY_OUT && certificate_names(c->facts->certificate, c->facts->peer.host);
	return true;
}

/* The certify door, then the rules about an accepted certificate. */
static bool
certify(struct trial *t)
{
	struct conn *c = t->conn;
	bool ok = trial_ask(t, DOOR_CERTIFY, REASON_OK);
	struct ruling r;

	if (ok && rules_certificate(c->facts->certificate, &r))
		return trial_ruled(t, &r);
	if (ok) {
		certmap_decide(c->generation->certmap, c->facts->certificate, c->ask->verdict.userid, conn_learn(c)->userid);
		record_mapped(c->record, c->facts->userid);
		record_facts(c->record, c->facts);
	}
	return ok;
}

/* True when the listener asks for no certificate. */
static bool
asks_none(const struct conn *c)
{
	return c->facts->way == WAY_IN && c->service->ssl != SSL_CLIENTAUTH;
}

/* The handshake, of which the peer uses `version`. */
static bool
shake(struct trial *t, int version)
{
	struct conn *c = t->conn;
	const char *suite = presented_suite(c->service->tls, version);

	if (suite == NULL)
		return trial_judge(t, "handshake", REASON_OK, "rc 410: TLS 1.%d is not among the versions of this side; alert sent: protocol_version",
			version - 10);
	if (!asks_none(c) && !has_certificate(t))
		return trial_judge(t, "no_certificate", REASON_OK, "rc 410: the peer presents no certificate");
	learn(t, version, suite);
	if (!asks_none(c) && !present(t))
		return false;
	if (asks_none(c) && has_certificate(t))
		trial_note(t, "the certificate does not count: the tcpipservice has ssl = yes, and asks for none");
	if (asks_none(c) && c->service->script[DOOR_CERTIFY] == NULL)
		return true;
	return certify(t);
}

bool
trial_tls(struct trial *t)
{
	struct conn *c = t->conn;
	int version = version_of(t);
	struct ruling r;

	conn_learn(c)->stage = c->service->tls != NULL ? STAGE_TLS : STAGE_CAPEX;
	if (c->facts->way == WAY_OUT && version == 0 && c->service->tls != NULL)
		return trial_judge(t, "plain_text", REASON_OK, "rc 406: ipconn %s has ssl = yes, and the partner uses no TLS", c->facts->ipconn.ipconn);
	if (c->facts->way == WAY_OUT)
		return c->service->tls == NULL || shake(t, version);
	if (rules_first_byte(c, version != 0 ? RULES_TLS_RECORD : PLAIN_FIRST_BYTE, &r))
		return trial_ruled(t, &r);
	return version == 0 || shake(t, version);
}
