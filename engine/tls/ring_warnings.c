/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring_warnings.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tls/tls_internal.h"

#define SOON_DAYS 30
#define SECURITY_BITS 112 /* of TLS_LEVEL */

/* --- dates */

static void
warn_of_end(const struct ring_item *at, const char *name, struct faults *faults)
{
	const ASN1_TIME *end = X509_get0_notAfter(at->x);
	char when[RING_ITEM_TIME];
	int days = 0, seconds = 0;

	ring_item_time(end, when);
	if (X509_cmp_current_time(end) < 0)
		faults_add(faults, FAULT_WARNING, "certificate_expired", at->file->path, at->line,
			"the certificate of %s expired on %s; put a new one there", name, when);
	else if (at->file->kind == RING_FILE_PEM && ASN1_TIME_diff(&days, &seconds, NULL, end) && days < SOON_DAYS)
		faults_add(faults, FAULT_WARNING, "certificate_ends", at->file->path, at->line,
			"the certificate of %s ends on %s, in %d %s; put a new one there before", name, when, days, days == 1 ? "day" : "days");
}

static void
warn_of_dates(const struct ring_item *at, struct faults *faults)
{
	const ASN1_TIME *begin = X509_get0_notBefore(at->x);
	char name[RING_ITEM_NAME], when[RING_ITEM_TIME];

	ring_item_name(X509_get_subject_name(at->x), name);
	if (X509_cmp_current_time(begin) > 0)
		faults_add(faults, FAULT_WARNING, "certificate_not_yet", at->file->path, at->line,
			"the certificate of %s is not valid before %s", name, ring_item_time(begin, when));
	else
		warn_of_end(at, name, faults);
}

/* --- signers that can verify no partner */

/* A certificate whose issuer has no CRL in the ring is not checked (ring.h). */
static int
ring_warnings_pass_no_crl(int ok, X509_STORE_CTX *walk)
{
	return ok || X509_STORE_CTX_get_error(walk) == X509_V_ERR_UNABLE_TO_GET_CRL;
}

/* OpenSSL's error for a signer that is verified as a chain of one and must be trusted for `trust`. */
static int
error_of(X509_STORE *store, X509 *x, int trust)
{
	X509_STORE_CTX *walk = X509_STORE_CTX_new();
	int error = X509_V_ERR_OUT_OF_MEM;

	if (walk != NULL && X509_STORE_CTX_init(walk, store, x, NULL)) {
		X509_STORE_CTX_set_trust(walk, trust);
		X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(walk), TLS_LEVEL);
		X509_STORE_CTX_set_verify_cb(walk, ring_warnings_pass_no_crl);
		error = X509_verify_cert(walk) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(walk);
	}
	X509_STORE_CTX_free(walk);
	return error;
}

/*
 * Of two signers with the same name OpenSSL finds only one; the other looks untrusted. That one is judged by its dates.
 */
static int
error_of_namesake(const X509 *x)
{
	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0)
		return X509_V_ERR_CERT_HAS_EXPIRED;
	return X509_cmp_current_time(X509_get0_notBefore(x)) > 0 ? X509_V_ERR_CERT_NOT_YET_VALID : X509_V_OK;
}

/* The dates of signers and CRLs have other warnings. */
static bool
is_of_dates(int error)
{
	return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID || error == X509_V_ERR_CRL_HAS_EXPIRED
		|| error == X509_V_ERR_CRL_NOT_YET_VALID;
}

/* False: this signer can verify neither a client nor a server. */
static bool
is_of_use(const struct ring_item *at, X509_STORE *store, struct faults *faults)
{
	int error = error_of(store, at->x, X509_TRUST_SSL_CLIENT);

	if (error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		error = error_of_namesake(at->x);
	if (error == X509_V_OK || error_of(store, at->x, X509_TRUST_SSL_SERVER) == X509_V_OK)
		return true;
	if (!is_of_dates(error))
		faults_add(faults, FAULT_WARNING, "signer_trust", at->file->path, at->line, "this certificate can verify no partner: %s",
			X509_verify_cert_error_string(error));
	return false;
}

static void
warn_of_trust(const struct ring_items *l, X509_STORE *store, const char *dir, struct faults *faults)
{
	bool any = false;

	for (size_t i = 0; i < l->n; i++)
		if (l->item[i].file->kind == RING_FILE_SIGNER)
			any = is_of_use(&l->item[i], store, faults) || any;
	if (!any)
		faults_add(faults, FAULT_WARNING, "ring_trust", dir, 0, "this ring can verify no partner: none of its signers can be trusted");
}

void
ring_warnings_warn(const struct ring_items *l, struct x509_store_st *store, const char *dir, struct faults *faults)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->item[i].x != NULL)
			warn_of_dates(&l->item[i], faults);
	warn_of_trust(l, store, dir, faults);
	ERR_clear_error();
}

/* --- use */

/*
 * The keys with which this program signs in TLS 1.2 and 1.3, and the suites of TLS 1.2 for them. `group`: the curve of
 * an EC key.
 */
static const struct {
	const char *type, *group;
	int auth;
} keys[] = {
	{ "RSA", NULL, NID_auth_rsa },
	{ "RSA-PSS", NULL, NID_auth_rsa },
	{ "EC", "prime256v1", NID_auth_ecdsa },
	{ "EC", "secp384r1", NID_auth_ecdsa },
	{ "EC", "secp521r1", NID_auth_ecdsa },
	{ "ED25519", NULL, NID_auth_ecdsa },
	{ "ED448", NULL, NID_auth_ecdsa },
};

/* NID_undef: no suite signs with the key. */
static int
auth_of(const EVP_PKEY *key, const char *group)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (EVP_PKEY_is_a(key, keys[i].type) && (keys[i].group == NULL || strcmp(keys[i].group, group) == 0))
			return keys[i].auth;
	return NID_undef;
}

static bool
any_suite(const struct ssl_ctx_st *ctx, int auth)
{
	const STACK_OF(SSL_CIPHER) *list = SSL_CTX_get_ciphers(ctx);
	/* SSL_CTX_get_max_proto_version() takes a context that is not const, but does not change it */
	long max = SSL_CTX_get_max_proto_version((SSL_CTX *)(uintptr_t)ctx), min = SSL_CTX_get_min_proto_version((SSL_CTX *)(uintptr_t)ctx);

	for (int i = 0; auth != NID_undef && i < sk_SSL_CIPHER_num(list); i++) {
		const SSL_CIPHER *c = sk_SSL_CIPHER_value(list, i);
		bool is_13 = SSL_CIPHER_get_auth_nid(c) == NID_auth_any;

		if (is_13 ? max != TLS1_2_VERSION : min != TLS1_3_VERSION && SSL_CIPHER_get_auth_nid(c) == auth)
			return true;
	}
	return false;
}

/*
 * Why few partners or none can use the key; false: the key is fine. TLS 1.2 with another curve works when the partner
 * offers that curve.
 */
static bool
flaw_of_key(const EVP_PKEY *key, const struct ssl_ctx_st *ctx, struct fault *f)
{
	char group[64] = "";
	int auth;

	EVP_PKEY_get_group_name(key, group, sizeof group, NULL);
	auth = auth_of(key, group);
	if (EVP_PKEY_get_security_bits(key) < SECURITY_BITS)
		return fault_set(f, "of %d bits, which is too short: partners that ask for %d bits of security refuse it", EVP_PKEY_get_bits(key),
			SECURITY_BITS) < 0;
	if (any_suite(ctx, auth))
		return false;
	if (auth == NID_undef && EVP_PKEY_is_a(key, "EC"))
		return fault_set(f, "on the curve %s, which no suite of TLS 1.3 can use, and TLS 1.2 only with a partner that offers this curve; take "
			"prime256v1, secp384r1 or secp521r1", group) < 0;
	return fault_set(f, "(%s) that none of its suites can use; every handshake that needs it fails", EVP_PKEY_get0_type_name(key)) < 0;
}

static void
warn_of_key(X509 *x, const char *path, const struct ssl_ctx_st *ctx, const struct ring_user *u, struct faults *faults)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);
	struct fault f;

	if (key != NULL && flaw_of_key(key, ctx, &f))
		faults_add(faults, FAULT_WARNING, "certificate_key", u->file, u->line, "%s %s: the certificate %s has a key %s", u->kind, u->name, path,
			f.text);
}

/* All suites here sign with the key, so the key usage must allow signatures. */
static bool
fits(X509 *x, bool server)
{
	return X509_check_purpose(x, server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT, 0) != 0
		&& (X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE) != 0;
}

void
ring_warnings_use(struct x509_st *x, const char *path, enum way way, const struct ssl_ctx_st *ctx, const struct ring_user *u, struct faults *faults)
{
	bool server = way == WAY_IN;

	if (!fits(x, server))
		faults_add(faults, FAULT_WARNING, "certificate_purpose", u->file, u->line,
			"%s %s: the certificate %s is not for TLS %s: its extended key usage, or its key usage, does not allow it; partners refuse it", u->kind,
			u->name, path, server ? "servers (serverAuth)" : "clients (clientAuth)");
	warn_of_key(x, path, ctx, u, faults);
	ERR_clear_error();
}
