/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/pem_key_internal.h"

#include "tls/pem.h"
#include "tls/tls.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <limits.h>
#include <string.h>

#define PLAIN "PRIVATE KEY"
#define LOCKED "ENCRYPTED PRIVATE KEY"
#define PUBLIC "PUBLIC KEY"

int
pem_key_id(const EVP_PKEY *key, char out[PEM_KEY_ID])
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key, &der);

	if (n > 0)
		tls_digest(der, (size_t)n, out);
	OPENSSL_free(der);
	return n > 0 ? 0 : -1;
}

/* --- private keys ----------------------------------------------------------------------------- */

bool
pem_key_is_locked(const char *pem, size_t len)
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

/* Reads the block into *key. -1 with a sentence. */
static int
take_private(EVP_PKEY **key, const struct pem_block *b, const char *passphrase, struct fault *f)
{
	bool locked = strcmp(b->label, LOCKED) == 0;

	if (*key != NULL)
		return fault_set(f, "line %d: a second block; a file of a private key has one", b->line);
	if (!locked && strcmp(b->label, PLAIN) != 0)
		return fault_set(f, "line %d: a block %s; a private key in PKCS #8 is a block " PLAIN " or " LOCKED, b->line, b->label);
	if (locked && passphrase == NULL)
		return fault_set(f, "the key has a passphrase, and none was given");
	*key = locked ? open_locked(b, passphrase) : open_plain(b);
	if (*key == NULL)
		return fault_set(f, locked ? "the passphrase is wrong, or the key is damaged" : "the key is damaged");
	return 0;
}

EVP_PKEY *
pem_key_private(const char *pem, size_t len, const char *passphrase, struct fault *f)
{
	EVP_PKEY *key = NULL;
	struct pem scan = pem_walk(pem, len);
	struct pem_block b;
	int rc = 0, more = 0;

	while (rc == 0 && (more = pem_next(&scan, &b, f)) == 1) {
		rc = take_private(&key, &b, passphrase, f);
		pem_drop(&b);
	}
	ERR_clear_error();
	if (more < 0)
		rc = fault_wrap(f, "line %d", scan.line);
	else if (rc == 0 && key == NULL)
		rc = fault_set(f, "no block " PLAIN "; a private key is a PEM file in PKCS #8");
	if (rc == 0)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* --- public keys ------------------------------------------------------------------------------ */

static int
take_public(const struct pem_block *b, int (*take)(void *arg, EVP_PKEY *key, struct fault *f), void *arg, struct fault *f)
{
	const unsigned char *at = b->der;
	EVP_PKEY *key;

	if (strcmp(b->label, PUBLIC) != 0)
		return fault_set(f, "line %d: a block %s; a public key is a block " PUBLIC ", as openssl pkey -pubout writes it", b->line, b->label);
	key = b->len <= LONG_MAX ? d2i_PUBKEY(NULL, &at, (long)b->len) : NULL;
	if (key == NULL || at != b->der + b->len) {
		EVP_PKEY_free(key);
		return fault_set(f, "line %d: the key is damaged", b->line);
	}
	return take(arg, key, f) == 0 ? 0 : fault_wrap(f, "line %d", b->line);
}

int
pem_key_public(const char *pem, size_t len, int (*take)(void *arg, EVP_PKEY *key, struct fault *f), void *arg, struct fault *f)
{
	struct pem scan = pem_walk(pem, len);
	struct pem_block b;
	int rc = 0, more = 0, n = 0;

	for (; rc == 0 && (more = pem_next(&scan, &b, f)) == 1; n++) {
		rc = take_public(&b, take, arg, f);
		pem_drop(&b);
	}
	ERR_clear_error();
	if (more < 0)
		return fault_wrap(f, "line %d", scan.line);
	return rc == 0 && n == 0 ? fault_set(f, "no block " PUBLIC) : rc;
}
