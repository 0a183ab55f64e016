/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/tls_internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/alert.h"

static void
mine(const struct tls *t)
{
	owner_check(&t->thread, "TLS stream");
}

struct tls *
tls_new(struct tls_config *c, enum way way, int fd, tls_judge judge, void *arg)
{
	struct tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->ssl = SSL_new(c->ctx);
	if (t->ssl == NULL || !SSL_set_app_data(t->ssl, t) || !SSL_set_fd(t->ssl, fd)) {
		SSL_free(t->ssl);
		free(t);
		ERR_clear_error();
		return NULL;
	}
	t->config = tls_config_ref(c);
	owner_take(&t->thread);
	t->judge = judge;
	t->arg = arg;
	t->alert = -1;
	if (way == WAY_IN)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	return t;
}

void
tls_set_name(struct tls *t, const char *host)
{
	unsigned char bytes[16];
	char name[256]; /* with its NUL: a longer name is no valid host_name (RFC 6066, 3) */
	size_t n = (size_t)snprintf(name, sizeof name, "%s", host);

	mine(t);
	if (n >= sizeof name)
		return;
	if (n > 0 && name[n - 1] == '.')
		name[n - 1] = '\0';
	if (name[0] == '\0' || inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1)
		return;
	SSL_set_tlsext_host_name(t->ssl, name);
}

void
tls_hand_over(struct tls *t)
{
	if (t == NULL)
		return;
	assert(SSL_is_init_finished(t->ssl)); /* a job of a handshake belongs to its thread for ever */
	owner_leave(&t->thread, "TLS stream");
}

void
tls_take(struct tls *t)
{
	if (t != NULL)
		owner_take(&t->thread);
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	mine(t);
	assert(!t->asking); /* the judge runs inside tls_handshake of this stream */
	tls_wait_break(t);
	SSL_free(t->ssl);
	tls_config_unref(t->config);
	free(t->trouble);
	free(t);
}

/* --- Why a stream failed. */

struct tls_trouble *
tls_trouble(struct tls *t)
{
	if (t->trouble == NULL)
		t->trouble = calloc(1, sizeof *t->trouble);
	return t->trouble;
}

enum { HANDSHAKE_FAILURE = 40, CERTIFICATE_REQUIRED = 116 }; /* alerts */

/* "brainpoolP256r1", "RSA 2048", "DSA 2048". */
static void
print_key(const EVP_PKEY *key, char *out, size_t size)
{
	const char *type = EVP_PKEY_get0_type_name(key);

	if (EVP_PKEY_get_group_name((EVP_PKEY *)key, out, size, NULL) == 1)
		return;
	snprintf(out, size, "%s %d", type != NULL ? type : "unknown type", EVP_PKEY_get_bits(key));
}

/* Keys that every peer accepts which speaks TLS 1.2 or 1.3 at all. */
static bool
is_common(const EVP_PKEY *key)
{
	static const char *const curves[] = { SN_X9_62_prime256v1, SN_secp384r1, SN_secp521r1 };
	char group[64];

	if (EVP_PKEY_get_group_name((EVP_PKEY *)key, group, sizeof group, NULL) != 1)
		return EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
	for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
		if (strcmp(curves[i], group) == 0)
			return true;
	return false;
}

/* The client was asked for its certificate, has one, and has signed nothing. */
static bool
client_unfit(const SSL *ssl, int received)
{
	const unsigned char *types;
	int signature;
	bool asked = received == CERTIFICATE_REQUIRED || (received == HANDSHAKE_FAILURE && SSL_get0_certificate_types((SSL *)ssl, &types) > 0);

	return asked && SSL_get_signature_type_nid((SSL *)ssl, &signature) != 1;
}

/*
 * When the key cannot be used in TLS 1.3, OpenSSL does not offer that version; a peer with TLS 1.3 alone then meets an
 * unsupported protocol.
 */
static bool
server_unfit(const SSL *ssl, const EVP_PKEY *key, int reason)
{
	if (reason == SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM)
		return true;
	if (reason != SSL_R_NO_SHARED_CIPHER && (reason != SSL_R_UNSUPPORTED_PROTOCOL || SSL_client_version(ssl) < TLS1_2_VERSION))
		return false;
	return !is_common(key);
}

static void
explain_unfit(const SSL *ssl, int received, int reason, char *out, size_t size)
{
	const EVP_PKEY *key = SSL_get_privatekey(ssl);
	char name[64];

	out[0] = '\0';
	if (key == NULL || !(SSL_is_server(ssl) ? server_unfit(ssl, key, reason) : client_unfit(ssl, received)))
		return;
	print_key(key, name, sizeof name);
	snprintf(out, size, SSL_is_server(ssl) ? "the own key (%s) suits no suite and signature algorithm that the peer accepts"
		: "the own certificate was not sent: its key (%s) suits no signature algorithm that the peer accepts", name);
}

/* Takes OpenSSL's own reason from among those of the libraries beneath it, and empties the queue. */
static unsigned long
take_reason(void)
{
	unsigned long e, first = 0, ssl = 0;

	while ((e = ERR_get_error()) != 0) {
		if (first == 0)
			first = e;
		if (ssl == 0 && ERR_GET_LIB(e) == ERR_LIB_SSL)
			ssl = e;
	}
	return ssl ? ssl : first;
}

/* True when the peer's first bytes were not a TLS record. */
static bool
never_tls(const struct tls *t, int reason)
{
	OSSL_HANDSHAKE_STATE s = SSL_get_state(t->ssl);

	if (s != TLS_ST_BEFORE && s != TLS_ST_CW_CLNT_HELLO)
		return false;
	return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST || reason == SSL_R_WRONG_VERSION_NUMBER;
}

static void
explain(struct tls *t, unsigned long e)
{
	const struct cert_fault *presented = &t->trouble->presented;
	struct tls_ending *end = &t->trouble->ending;
	int reason = ERR_GET_REASON(e);
	const char *words = ERR_reason_error_string(e);

	end->above_limit = presented->text[0] != '\0';
	explain_unfit(t->ssl, t->alert_sent ? -1 : t->alert, reason, end->unfit, sizeof end->unfit);
	if (end->unfit[0] != '\0')
		snprintf(end->reason, sizeof end->reason, "%s", end->unfit);
	else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
		snprintf(end->reason, sizeof end->reason,
			"the peer sent no certificate: it has none, or its key suits no signature algorithm that is offered");
	else if (end->above_limit)
		snprintf(end->reason, sizeof end->reason, "%s", presented->text);
	else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
		snprintf(end->reason, sizeof end->reason, "certificate verify failed: %s",
			X509_verify_cert_error_string(SSL_get_verify_result(t->ssl)));
	else
		snprintf(end->reason, sizeof end->reason, "%s", words ? words : "TLS failed without a reason");
	end->no_certificate = reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
	end->plain_text = never_tls(t, reason);
}

static void
lost(struct tls_ending *end, int error)
{
	if (error == 0)
		snprintf(end->reason, sizeof end->reason, "connection closed by peer");
	else if (error == ECONNRESET || error == EPIPE)
		snprintf(end->reason, sizeof end->reason, "connection reset by peer");
	else
		snprintf(end->reason, sizeof end->reason, "%s", strerrordesc_np(error) ? strerrordesc_np(error) : "connection lost");
	end->severed = error != 0;
}

static enum tls_result
fail(struct tls *t, int error)
{
	unsigned long e = take_reason();
	struct tls_ending *end = tls_trouble(t) != NULL ? &t->trouble->ending : NULL;

	t->dead = true;
	if (end == NULL)
		return TLS_FAILED;
	end->alert = t->alert;
	end->alert_sent = t->alert >= 0 && t->alert_sent;
	if (t->alert >= 0)
		alert_name(end->alert_name, sizeof end->alert_name, t->alert);
	if (e)
		explain(t, e);
	else
		lost(end, error);
	return TLS_FAILED;
}

/* Every job of the thread is in use (tls_thread_begin). */
static enum tls_result
no_job(struct tls *t)
{
	t->dead = true;
	if (tls_trouble(t) == NULL)
		return TLS_FAILED;
	t->trouble->ending.alert = -1;
	snprintf(t->trouble->ending.reason, sizeof t->trouble->ending.reason, "too many handshakes wait for their verdicts");
	return TLS_FAILED;
}

/* True when the peer's bytes ended at the end of a record. */
static bool
between_records(const struct tls *t)
{
	return !SSL_has_pending(t->ssl) && strcmp(SSL_rstate_string(t->ssl), "RB") != 0;
}

/*
 * Converts the result of an OpenSSL call. Must be called straight after it: errno and OpenSSL's queue still belong to
 * that call.
 */
static enum tls_result
outcome(struct tls *t, int rc)
{
	int error = errno;

	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_NONE:
		return TLS_OK;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_WANT_ASYNC:
		return TLS_WANT_VERDICT;
	case SSL_ERROR_WANT_ASYNC_JOB:
		return no_job(t);
	case SSL_ERROR_ZERO_RETURN:
		return between_records(t) ? TLS_CLOSED : fail(t, 0);
	default:
		return fail(t, error);
	}
}

/* The start of each call: an old error must not be taken for an error of this call or of another stream. */
static bool
begin(struct tls *t)
{
	mine(t);
	if (ERR_peek_error() != 0) /* to clear an empty list costs 800 instructions */
		ERR_clear_error();
	errno = 0;
	return !t->dead;
}

enum tls_result
tls_handshake(struct tls *t)
{
	enum tls_result r;

	if (!begin(t))
		return TLS_FAILED;
	if (tls_wait_paused(t) && t->verdict == TLS_LATER)
		return TLS_WANT_VERDICT;
	do {
		begin(t);
		r = outcome(t, SSL_do_handshake(t->ssl));
	} while (r == TLS_WANT_VERDICT && tls_wait_ask(t));
	if (r == TLS_OK)
		SSL_clear_mode(t->ssl, SSL_MODE_ASYNC | SSL_MODE_RELEASE_BUFFERS); /* from now on tls_rest releases them */
	return r == TLS_CLOSED ? fail(t, 0) : r;
}

enum tls_result
tls_read(struct tls *t, void *to, size_t size, size_t *got)
{
	*got = 0;
	if (!begin(t))
		return TLS_FAILED;
	return outcome(t, SSL_read_ex(t->ssl, to, size, got));
}

enum tls_result
tls_write(struct tls *t, const void *from, size_t n, size_t *sent)
{
	enum tls_result r = TLS_FAILED;

	*sent = 0;
	if (!begin(t))
		return TLS_FAILED;
	if (n == 0)
		return TLS_OK;
	if (!t->mute)
		r = outcome(t, SSL_write_ex(t->ssl, from, n, sent));
	if (r == TLS_FAILED && tls_ending(t)->severed) {
		t->mute = true;
		t->dead = false;
	}
	return r;
}

enum tls_result
tls_close_notify(struct tls *t)
{
	int rc;

	mine(t);
	tls_wait_break(t);
	if (!begin(t))
		return TLS_FAILED;
	if (t->mute)
		return TLS_FAILED;
	if (!SSL_is_init_finished(t->ssl))
		return TLS_OK; /* there is nothing to close yet */
	rc = SSL_shutdown(t->ssl);
	return rc >= 0 ? TLS_OK : outcome(t, rc);
}

size_t
tls_pending(const struct tls *t)
{
	int n;

	mine(t);
	n = SSL_pending(t->ssl);
	if (n > 0)
		return (size_t)n;
	return SSL_has_pending(t->ssl) ? 1 : 0; /* read ahead, not yet decrypted */
}

/*
 * SSL_read_ex has wiped the bytes that it gave out (SSL_OP_CLEANSE_PLAINTEXT). While that option is set, OpenSSL wipes
 * all 16 KiB of the read buffer when it frees it, which costs as much as the decryption of a record.
 */
void
tls_rest(struct tls *t)
{
	mine(t);
	if (!SSL_is_init_finished(t->ssl) || !between_records(t))
		return;
	SSL_clear_options(t->ssl, SSL_OP_CLEANSE_PLAINTEXT);
	SSL_free_buffers(t->ssl);
	SSL_set_options(t->ssl, SSL_OP_CLEANSE_PLAINTEXT);
}

const struct tls_ending *
tls_ending(const struct tls *t)
{
	static const struct tls_ending none = { .alert = 0 }, unknown = { .alert = -1, .reason = "no memory for the reason" };

	if (t->trouble != NULL)
		return &t->trouble->ending;
	return t->dead ? &unknown : &none;
}

const char *
tls_version(const struct tls *t)
{
	mine(t);
	return SSL_get_version(t->ssl);
}

const char *
tls_cipher(const struct tls *t)
{
	const SSL_CIPHER *c = SSL_get_current_cipher(t->ssl);

	mine(t);
	if (c == NULL) /* TLS 1.2: while the certificate is judged, the suite is agreed on but not yet in use */
		c = SSL_get_pending_cipher(t->ssl);
	return SSL_CIPHER_get_name(c);
}

const char *
tls_sni(const struct tls *t)
{
	const char *name;

	mine(t);
	name = SSL_get_servername(t->ssl, TLSEXT_NAMETYPE_host_name);
	return name ? name : "";
}

bool
tls_chain_known(const struct tls *t)
{
	mine(t);
	return t->known;
}

/* --- Tokens. */

void
tls_digest(const void *bytes, size_t n, char out[65])
{
	unsigned char digest[32] = { 0 };

	EVP_Digest(n > 0 ? bytes : "", n, digest, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

int
tls_token(char out[TOKEN_SIZE])
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char raw[16];
	unsigned bits = 0, held = 0;
	size_t i, n = 0;

	out[0] = '\0';
	if (RAND_bytes(raw, sizeof raw) != 1)
		return -1;
	for (i = 0; i < sizeof raw; i++) {
		bits = (bits << 8 | raw[i]) & 0xffff;
		for (held += 8; held >= 6; held -= 6)
			out[n++] = digit[bits >> (held - 6) & 63];
	}
	out[n++] = digit[bits << (6 - held) & 63];
	out[n] = '\0';
	return 0;
}

bool
tls_token_same(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && CRYPTO_memcmp(a, b, n) == 0;
}

const char *
tls_library(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}
