/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/signing.h"

#include "tls/pem.h"
#include "tls/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN "PRIVATE KEY"
#define LOCKED "ENCRYPTED PRIVATE KEY"
#define PUBLIC "PUBLIC KEY"

struct signing_key {
	EVP_PKEY *key; /* owned */
	char id[SIGNING_ID];
};

struct signing_keys {
	size_t n;
	struct signing_key key[SIGNING_KEYS_MAX];
};

/* Writes the id of the key. -1: it is no key of Ed25519. */
static int
identify(struct signing_key *k)
{
	unsigned char *der = NULL;
	int n = k->key != NULL && EVP_PKEY_is_a(k->key, "ED25519") ? i2d_PUBKEY(k->key, &der) : -1;

	if (n > 0)
		tls_digest(der, (size_t)n, k->id);
	OPENSSL_free(der);
	return n > 0 ? 0 : -1;
}

/* --- private keys ----------------------------------------------------------------------------- */

bool
signing_key_is_locked(const char *pem, size_t len)
{
	struct pem scan = pem_walk(pem, len);
	struct pem_block b;
	struct fault none;
	bool locked = false;

	while (!locked && pem_next(&scan, &b, &none) == 1) {
		locked = strcmp(b.label, LOCKED) == 0;
		pem_drop(&b);
	}
	return locked;
}

static EVP_PKEY *
open_plain(const struct pem_block *b)
{
	const unsigned char *at = b->der;
	PKCS8_PRIV_KEY_INFO *info = b->len <= LONG_MAX ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)b->len) : NULL;
	EVP_PKEY *key = info != NULL ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

static EVP_PKEY *
open_locked(const struct pem_block *b, const char *passphrase)
{
	const unsigned char *at = b->der;
	X509_SIG *box = b->len <= LONG_MAX ? d2i_X509_SIG(NULL, &at, (long)b->len) : NULL;
	PKCS8_PRIV_KEY_INFO *info = box != NULL ? PKCS8_decrypt(box, passphrase, (int)strlen(passphrase)) : NULL;
	EVP_PKEY *key = info != NULL ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	X509_SIG_free(box);
	return key;
}

/* Takes the block into k. -1 with a sentence. */
static int
take_private(struct signing_key *k, const struct pem_block *b, const char *passphrase, struct fault *f)
{
	bool locked = strcmp(b->label, LOCKED) == 0;

	if (k->key != NULL)
		return fault_set(f, "line %d: a second block; a file of a private key has one", b->line);
	if (!locked && strcmp(b->label, PLAIN) != 0)
		return fault_set(f, "line %d: a block %s; a private key in PKCS #8 is a block " PLAIN " or " LOCKED, b->line, b->label);
	if (locked && passphrase == NULL)
		return fault_set(f, "the key has a passphrase, and none was given");
	k->key = locked ? open_locked(b, passphrase) : open_plain(b);
	if (k->key == NULL)
		return fault_set(f, locked ? "the passphrase is wrong, or the key is damaged" : "the key is damaged");
	if (identify(k) < 0)
		return fault_set(f, "the key is not an Ed25519 key; make one by openssl genpkey -algorithm ed25519");
	return 0;
}

struct signing_key *
signing_key_read(const char *pem, size_t len, const char *passphrase, struct fault *f)
{
	struct signing_key *k = calloc(1, sizeof *k);
	struct pem scan = pem_walk(pem, len);
	struct pem_block b;
	int rc = k != NULL ? 0 : fault_set(f, "out of memory"), more = 0;

	while (rc == 0 && (more = pem_next(&scan, &b, f)) == 1) {
		rc = take_private(k, &b, passphrase, f);
		pem_drop(&b);
	}
	ERR_clear_error();
	if (more < 0)
		rc = fault_wrap(f, "line %d", scan.line);
	else if (rc == 0 && k->key == NULL)
		rc = fault_set(f, "no block " PLAIN "; a private key is a PEM file in PKCS #8");
	if (rc == 0)
		return k;
	signing_key_free(k);
	return NULL;
}

void
signing_key_free(struct signing_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->key);
	free(k);
}

const char *
signing_key_id(const struct signing_key *k)
{
	return k->id;
}

int
signing_key_sign(const struct signing_key *k, const void *bytes, size_t n, unsigned char out[SIGNING_BYTES], struct fault *f)
{
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	size_t len = SIGNING_BYTES;
	bool ok = m != NULL && EVP_DigestSignInit(m, NULL, NULL, NULL, k->key) == 1 && EVP_DigestSign(m, out, &len, bytes, n) == 1 &&
		len == SIGNING_BYTES;

	EVP_MD_CTX_free(m);
	ERR_clear_error();
	return ok ? 0 : fault_set(f, "OpenSSL could not sign");
}

/* --- public keys ------------------------------------------------------------------------------ */

static int
take_public(struct signing_keys *keys, const struct pem_block *b, struct fault *f)
{
	const unsigned char *at = b->der;
	struct signing_key *k = &keys->key[keys->n];

	if (strcmp(b->label, PUBLIC) != 0)
		return fault_set(f, "line %d: a block %s; a public key is a block " PUBLIC ", as openssl pkey -pubout writes it", b->line, b->label);
	if (keys->n == SIGNING_KEYS_MAX)
		return fault_set(f, "line %d: more than %d keys", b->line, SIGNING_KEYS_MAX);
	k->key = b->len <= LONG_MAX ? d2i_PUBKEY(NULL, &at, (long)b->len) : NULL;
	if (k->key != NULL && at == b->der + b->len && identify(k) == 0) {
		keys->n++;
		return 0;
	}
	EVP_PKEY_free(k->key);
	k->key = NULL;
	return fault_set(f, "line %d: not a public key of Ed25519", b->line);
}

struct signing_keys *
signing_keys_read(const char *pem, size_t len, struct fault *f)
{
	struct signing_keys *keys = calloc(1, sizeof *keys);
	struct pem scan = pem_walk(pem, len);
	struct pem_block b;
	int rc = keys != NULL ? 0 : fault_set(f, "out of memory"), more = 0;

	while (rc == 0 && (more = pem_next(&scan, &b, f)) == 1) {
		rc = take_public(keys, &b, f);
		pem_drop(&b);
	}
	ERR_clear_error();
	if (more < 0)
		rc = fault_wrap(f, "line %d", scan.line);
	else if (rc == 0 && keys->n == 0)
		rc = fault_set(f, "no block " PUBLIC);
	if (rc == 0)
		return keys;
	signing_keys_free(keys);
	return NULL;
}

void
signing_keys_free(struct signing_keys *k)
{
	for (size_t i = 0; k != NULL && i < k->n; i++)
		EVP_PKEY_free(k->key[i].key);
	free(k);
}

static const struct signing_key *
find(const struct signing_keys *k, const char *id)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->key[i].id, id) == 0)
			return &k->key[i];
	return NULL;
}

bool
signing_keys_has(const struct signing_keys *k, const char *id)
{
	return find(k, id) != NULL;
}

bool
signing_keys_verify(const struct signing_keys *k, const char *id, const void *bytes, size_t n, const unsigned char signature[SIGNING_BYTES])
{
	const struct signing_key *by = find(k, id);
	EVP_MD_CTX *m = by != NULL ? EVP_MD_CTX_new() : NULL;
	bool ok = m != NULL && EVP_DigestVerifyInit(m, NULL, NULL, NULL, by->key) == 1 &&
		EVP_DigestVerify(m, signature, SIGNING_BYTES, bytes, n) == 1;

	EVP_MD_CTX_free(m);
	ERR_clear_error();
	return ok;
}
