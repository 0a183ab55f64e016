/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/tls_internal.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tls/chain_limits.h"
#include "tls/issue.h"

#define SUITES_OLD "ECDHE+AESGCM:ECDHE+CHACHA20"
#define SUITES_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

/* The signature algorithms that are offered and accepted: none below TLS_LEVEL (no SHA-1, no SHA-224), no DSA. */
#define SIGNATURES \
	"ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:" \
	"rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:" \
	"RSA+SHA256:RSA+SHA384:RSA+SHA512"

static const char *
why(void)
{
	const char *s = ERR_reason_error_string(ERR_peek_error());

	return s ? s : "no reason given";
}

/* True for "C02F": the two bytes of a suite. */
static bool
is_hex(const char *s)
{
	return strlen(s) == 4 && strspn(s, "0123456789abcdefABCDEF") == 4;
}

static const SSL_CIPHER *
find_suite(const STACK_OF(SSL_CIPHER) *all, const char *name)
{
	long id = is_hex(name) ? strtol(name, NULL, 16) : -1;
	const char *standard;
	int i;

	for (i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(all, i);

		standard = SSL_CIPHER_standard_name(c);
		if (id >= 0 ? SSL_CIPHER_get_protocol_id(c) == id : strcmp(SSL_CIPHER_get_name(c), name) == 0)
			return c;
		if (id < 0 && standard && strcmp(standard, name) == 0)
			return c;
	}
	return NULL;
}

static bool
is_13(const SSL_CIPHER *c)
{
	return strcmp(SSL_CIPHER_get_version(c), "TLSv1.3") == 0;
}

static int
judge_suite(const SSL_CIPHER *c, const char *name, struct fault *f)
{
	int auth = c ? SSL_CIPHER_get_auth_nid(c) : NID_undef;

	if (c == NULL)
		return fault_set(f, "ciphers: %s: no such suite in this OpenSSL", name);
	if (!SSL_CIPHER_is_aead(c))
		return fault_set(f, "ciphers: %s (%s) is not an AEAD suite; use one with GCM, CCM or CHACHA20", name, SSL_CIPHER_get_name(c));
	if (!is_13(c) && auth != NID_auth_rsa && auth != NID_auth_ecdsa)
		return fault_set(f, "ciphers: %s (%s) does not authenticate by certificate", name, SSL_CIPHER_get_name(c));
	return 0;
}

/* Appends one suite to the list of its version. */
static int
add_suite(const STACK_OF(SSL_CIPHER) *all, const char *name, struct buf lists[2], struct fault *f)
{
	const SSL_CIPHER *c = find_suite(all, name);
	struct buf *list;

	if (judge_suite(c, name, f) < 0)
		return -1;
	list = &lists[is_13(c)];
	if (buf_printf(list, "%s%s", buf_len(list) ? ":" : "", SSL_CIPHER_get_name(c)) < 0)
		return fault_set(f, "ciphers: out of memory");
	return 0;
}

static int
sort_suites(const STACK_OF(SSL_CIPHER) *all, const char *names, struct buf lists[2], struct fault *f)
{
	char *copy = strdup(names), *rest = NULL, *name;
	int rc = copy ? 0 : fault_set(f, "ciphers: out of memory");

	for (name = copy ? strtok_r(copy, ": \t,", &rest) : NULL; rc == 0 && name; name = strtok_r(NULL, ": \t,", &rest))
		rc = add_suite(all, name, lists, f);
	free(copy);
	return rc;
}

static int
speak(SSL_CTX *ctx, const char *old, const char *new13, struct fault *f)
{
	ERR_clear_error();
	if (old && !SSL_CTX_set_cipher_list(ctx, old))
		return fault_set(f, "ciphers: %s: %s", old, why());
	if (new13 && !SSL_CTX_set_ciphersuites(ctx, new13))
		return fault_set(f, "ciphers: %s: %s", new13, why());
	if (!new13)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	if (!old)
		SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	return 0;
}

static const char *
listed(struct buf *b)
{
	return buf_len(b) && buf_add(b, "", 1) == 0 ? (const char *)buf_bytes(b) : NULL;
}

/*
 * Puts the suites named in `list` (tls_options.ciphers) into ctx; "" means the default list. A list is complete: a
 * version without a suite in the list is switched off. -1 with a sentence: a suite is unknown, not AEAD, or without a
 * certificate.
 */
static int
set_suites(SSL_CTX *ctx, const char *list, struct fault *f)
{
	struct buf lists[2];
	const char *old, *new13;
	int rc;

	if (list == NULL || list[strspn(list, ": \t,")] == '\0')
		return speak(ctx, SUITES_OLD, SUITES_13, f);
	if (!SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL") || !SSL_CTX_set_ciphersuites(ctx,
		SUITES_13 ":TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"))
		return fault_set(f, "ciphers: %s", why());
	buf_init(&lists[0], 4096);
	buf_init(&lists[1], 4096);
	rc = sort_suites(SSL_CTX_get_ciphers(ctx), list, lists, f);
	if (rc == 0) {
		old = listed(&lists[0]);
		new13 = listed(&lists[1]);
		rc = speak(ctx, old, new13, f);
	}
	buf_free(&lists[0]);
	buf_free(&lists[1]);
	return rc;
}

/* Called after the suites are set: narrows the versions that they left, never widens them. */
static int
set_versions(SSL_CTX *ctx, const struct tls_options *o, struct fault *f)
{
	int min = (int)SSL_CTX_get_min_proto_version(ctx), max = (int)SSL_CTX_get_max_proto_version(ctx);

	if (o->min_version == 13)
		min = TLS1_3_VERSION;
	if (o->max_version == 12)
		max = TLS1_2_VERSION;
	if (min > max)
		return fault_set(f, "the allowed versions and suites leave no version of TLS");
	SSL_CTX_set_min_proto_version(ctx, min);
	SSL_CTX_set_max_proto_version(ctx, max);
	return 0;
}

/*
 * Settings with a measured cost (no tickets, no cache, explicit chain, read-ahead, small idle links), and settings for
 * safety. AUTO_RETRY is off: one read handles the content of one buffer, so a flood of key updates cannot block the
 * loop.
 */
static void
set_manners(SSL_CTX *ctx)
{
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
		| SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
		| SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_dh_auto(ctx, 1);
	SSL_CTX_set_security_level(ctx, TLS_LEVEL);
	SSL_CTX_set_verify_depth(ctx, TLS_CHAIN_DEPTH);
	SSL_CTX_set_max_cert_list(ctx, CHAIN_LIMITS_BYTES);
}

/*
 * A client ignores the result of the verify callback without SSL_VERIFY_PEER; a server asks for a certificate only when
 * one is required.
 */
static void
set_verify(SSL_CTX *ctx, enum way way, const struct tls_options *o)
{
	int mode = SSL_VERIFY_NONE;

	if (way == WAY_OUT)
		mode = SSL_VERIFY_PEER;
	else if (o->ask_certificate)
		mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, NULL);
	tls_callbacks_set(ctx);
}

/*
 * A client may present a key that is too short: the other side decides whether to accept it, and a test client must be
 * able to be refused for it. The key of the *peer* must still satisfy TLS_LEVEL (tls_callbacks.c).
 */
static int
use_ring(SSL_CTX *ctx, enum way way, const struct tls_options *o, struct fault *f)
{
	const char *label = o->label ? o->label : "";
	bool optional = way == WAY_OUT && o->optional_own;
	int rc;

	ERR_clear_error();
	rc = ring_use(o->ring, label, optional, ctx, f);
	if (rc < 0 && way == WAY_OUT && ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_EE_KEY_TOO_SMALL) {
		SSL_CTX_set_security_level(ctx, 1);
		rc = ring_use(o->ring, label, optional, ctx, f);
	}
	ERR_clear_error();
	return rc;
}

/* A client without a certificate of its ring: with none, or with one made for it. */
static int
use_other(SSL_CTX *ctx, const struct tls_options *o, struct fault *f)
{
	if (o->ring != NULL && ring_trust(o->ring, ctx, f) < 0)
		return -1;
	return o->issuer != NULL ? issue_use(o->issuer, o->leaf, ctx, f) : 0;
}

static int
set_up(SSL_CTX *ctx, enum way way, const struct tls_options *o, struct fault *f)
{
	set_manners(ctx);
	if (o->strict)
		X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
	if (!SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) || !SSL_CTX_set1_client_sigalgs_list(ctx, SIGNATURES))
		return fault_set(f, "signature algorithms: %s", why());
	if (set_suites(ctx, o->ciphers, f) < 0 || set_versions(ctx, o, f) < 0)
		return -1;
	set_verify(ctx, way, o);
	return o->no_own || o->issuer != NULL ? use_other(ctx, o, f) : use_ring(ctx, way, o, f);
}

struct tls_config *
tls_config_new(enum way way, const struct tls_options *o, struct fault *f)
{
	struct tls_config *c = calloc(1, sizeof *c);

	if (c)
		c->ctx = SSL_CTX_new(way == WAY_IN ? TLS_server_method() : TLS_client_method());
	if (c == NULL || c->ctx == NULL) {
		fault_set(f, "out of memory");
		free(c);
		return NULL;
	}
	atomic_init(&c->refs, 1);
	c->ring = o->ring != NULL ? ring_ref(o->ring) : NULL;
	if (set_up(c->ctx, way, o, f) == 0)
		return c;
	tls_config_unref(c);
	return NULL;
}

void
tls_config_judge(const struct tls_config *c, enum way way, const struct tls_options *o, const struct ring_user *u, struct faults *faults)
{
	if (way == WAY_IN && o->ask_certificate && !ring_names_fit(c->ring))
		faults_add(faults, FAULT_WARNING, "signers_unnamed", u->file, u->line,
			"%s %s: the names of the signers of %s have more than 65,535 bytes, so partners are asked for a certificate without them; a partner "
			"with several certificates may choose a wrong one", u->kind, u->name, ring_dir(c->ring));
	ring_judge(c->ring, o->label != NULL ? o->label : "", way, c->ctx, u, faults);
}

struct tls_config *
tls_config_ref(struct tls_config *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void
tls_config_unref(struct tls_config *c)
{
	if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	SSL_CTX_free(c->ctx);
	ring_unref(c->ring);
	free(c);
}
