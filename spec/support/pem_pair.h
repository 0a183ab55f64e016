/* SPDX-License-Identifier: Apache-2.0 */
/* pem_pair: the two texts of a key, for unit tests of rules. */
#ifndef PEM_PAIR_H
#define PEM_PAIR_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string.h>

static inline char *
pem_pair_text(BIO *b)
{
	char *bytes, *text;
	long n = BIO_get_mem_data(b, &bytes);

	text = strndup(bytes, (size_t)n);
	BIO_free(b);
	return text;
}

/* Writes k as PKCS#8, encrypted with the passphrase if it is not NULL, and its public key. Frees k; the caller frees both. */
static inline void
pem_pair_write(EVP_PKEY *k, const char *passphrase, char **private, char **public)
{
	BIO *own = BIO_new(BIO_s_mem()), *open = BIO_new(BIO_s_mem());

	PEM_write_bio_PKCS8PrivateKey(own, k, passphrase != NULL ? EVP_aes_256_cbc() : NULL, passphrase, passphrase != NULL ? (int)strlen(passphrase) : 0,
		NULL, NULL);
	PEM_write_bio_PUBKEY(open, k);
	EVP_PKEY_free(k);
	*private = pem_pair_text(own);
	*public = pem_pair_text(open);
}

#endif
