/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_callbacks: the functions that OpenSSL calls during a handshake: verification of the certificate, alerts,
 * messages.
 */
#include "tls/tls_internal.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <string.h>

#include "base/clock.h"
#include "tls/chain_cache.h"
#include "tls/chain_limits.h"
#include "tls/chain_verify.h"

enum tls_judgement
tls_callbacks_judged(enum tls_judgement j, const struct certificate *c, const struct cert_fault *why)
{
	if (c == NULL)
		return why->trouble == CERT_MEMORY ? TLS_REFUSE_ERROR : TLS_REFUSE_POLICY;
	return j == TLS_ACCEPT && c->unfit ? TLS_REFUSE_CHAIN : j;
}

enum tls_judgement
tls_callbacks_ask(struct tls *t, struct certificate *c, const struct cert_fault *why)
{
	enum tls_judgement j;

	if (t->asked) /* once per stream: without renegotiation TLS asks only once */
		return TLS_REFUSE_ERROR;
	t->asked = true;
	t->asking = true;
	j = t->judge ? t->judge(t->arg, c, c ? NULL : why) : c && c->chain.ok ? TLS_ACCEPT : TLS_REFUSE_CHAIN;
	t->asking = false;
	return j == TLS_LATER && t->waits ? j : tls_callbacks_judged(j, c, why);
}

/*
 * OpenSSL derives the alert from the error left in its store context (measured: 42 for CERT_REJECTED, 80 for
 * UNSPECIFIED).
 */
static int
verdict_code(enum tls_judgement j, const struct certificate *c)
{
	switch (j) {
	case TLS_ACCEPT:
		return X509_V_OK;
	case TLS_REFUSE_CHAIN:
		return c && c->chain.n ? c->chain.error[0].code : X509_V_ERR_CERT_REJECTED;
	case TLS_REFUSE_POLICY:
		return X509_V_ERR_CERT_REJECTED;
	case TLS_REFUSE_ERROR:
	case TLS_LATER:
		break;
	}
	return X509_V_ERR_UNSPECIFIED;
}

static struct certificate *
verify(struct tls *t, X509_STORE_CTX *x, struct cert_fault *why)
{
	struct chain_terms terms = { SSL_is_server(t->ssl) ? WAY_IN : WAY_OUT, TLS_LEVEL, (int64_t)clock_wall(), clock_span() };

	if (t->config->ring == NULL)
		return chain_verify_chain(x, TLS_LEVEL, why);
	return ring_verify(t->config->ring, x, &terms, &t->known, why);
}

static int
tls_callbacks_certificate(X509_STORE_CTX *x, void *unused)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(x, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	struct certificate *c;
	struct cert_fault why;
	int code;

	(void)unused;
	ERR_set_mark(); /* drop OpenSSL errors queued by chain verification and by the judge */
	c = verify(t, x, &why);
	ERR_pop_to_mark(); /* before a pause: OpenSSL would take an error in the queue for the error of the paused step */
	ERR_set_mark();
	code = verdict_code(t->waits ? tls_wait_pause(t, c, &why) : tls_callbacks_ask(t, c, &why), c);
	certificate_unref(c);
	ERR_pop_to_mark();
	X509_STORE_CTX_set_error(x, code);
	return code == X509_V_OK;
}

/*
 * OpenSSL's message callback is the only place that sees the peer's certificates before they are decoded. It cannot
 * refuse. So a list above a limit gets a wrong length, and OpenSSL ends the handshake with decode_error.
 */
static void
tls_callbacks_message(int sent, int version, int type, const void *message, size_t len, SSL *ssl, void *unused)
{
	const unsigned char *m = message;
	struct tls *t = SSL_get_app_data(ssl);
	bool tls13 = version == TLS1_3_VERSION;
	size_t head = SSL3_HM_HEADER_LENGTH;
	struct cert_fault why;

	(void)unused;
	if (sent || type != SSL3_RT_HANDSHAKE || t == NULL || len <= head || m[0] != SSL3_MT_CERTIFICATE)
		return;
	if (chain_limits_message(m + head, len - head, tls13, &why) == 0)
		return;
	if (tls_trouble(t) != NULL)
		t->trouble->presented = why;
	memset((unsigned char *)m + head + (tls13 ? 1u + m[head] : 0), 0xff, 3);
}

static void
tls_callbacks_alert(const SSL *ssl, int where, int what)
{
	struct tls *t = SSL_get_app_data(ssl);
	int number = what & 0xff;

	if (t == NULL || !(where & SSL_CB_ALERT) || t->alert >= 0)
		return;
	if (number == SSL_AD_CLOSE_NOTIFY || number == SSL_AD_USER_CANCELLED || number == SSL_AD_NO_RENEGOTIATION)
		return;
	t->alert = number;
	t->alert_sent = (where & SSL_CB_WRITE) != 0;
}

void
tls_callbacks_set(SSL_CTX *ctx)
{
	SSL_CTX_set_cert_verify_callback(ctx, tls_callbacks_certificate, NULL);
	SSL_CTX_set_info_callback(ctx, tls_callbacks_alert);
	SSL_CTX_set_msg_callback(ctx, tls_callbacks_message);
}
