/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/signing.h"

#include "tls/pem_key_internal.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

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
	return k->key != NULL && EVP_PKEY_is_a(k->key, "ED25519") ? pem_key_id(k->key, k->id) : -1;
}

/* --- private keys ----------------------------------------------------------------------------- */

bool
signing_key_is_locked(const char *pem, size_t len)
{
	return pem_key_is_locked(pem, len);
}

struct signing_key *
signing_key_read(const char *pem, size_t len, const char *passphrase, struct fault *f)
{
	struct signing_key *k = calloc(1, sizeof *k);

	if (k == NULL) {
		fault_set(f, "out of memory");
		return NULL;
	}
	k->key = pem_key_private(pem, len, passphrase, f);
	if (k->key != NULL && identify(k) == 0)
		return k;
	if (k->key != NULL)
		fault_set(f, "the key is not an Ed25519 key; make one by openssl genpkey -algorithm ed25519");
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

/* Owns the key. */
static int
signing_take(void *arg, EVP_PKEY *key, struct fault *f)
{
	struct signing_keys *keys = arg;
	struct signing_key *k = &keys->key[keys->n];

	if (keys->n == SIGNING_KEYS_MAX) {
		EVP_PKEY_free(key);
		return fault_set(f, "more than %d keys", SIGNING_KEYS_MAX);
	}
	k->key = key;
	if (identify(k) == 0) {
		keys->n++;
		return 0;
	}
	EVP_PKEY_free(key);
	k->key = NULL;
	return fault_set(f, "not a public key of Ed25519");
}

struct signing_keys *
signing_keys_read(const char *pem, size_t len, struct fault *f)
{
	struct signing_keys *keys = calloc(1, sizeof *keys);

	if (keys == NULL) {
		fault_set(f, "out of memory");
		return NULL;
	}
	if (pem_key_public(pem, len, signing_take, keys, f) == 0)
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
