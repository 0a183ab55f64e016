/* SPDX-License-Identifier: Apache-2.0 */
/* pem_key: private and public keys in PEM files, for signing and envelope. */
#ifndef SALLYPORT_PEM_KEY_INTERNAL_H
#define SALLYPORT_PEM_KEY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "base/fault.h"

#define PEM_KEY_ID 65 /* hex digits and a NUL */

/* Whether the PEM file holds a key that needs a passphrase. */
bool pem_key_is_locked(const char *pem, size_t len);
/*
 * Reads the one private key of a PEM file, in PKCS #8. passphrase: NUL-terminated; NULL: none. The caller frees the key
 * (EVP_PKEY_free). NULL with a sentence that does not name the file.
 */
EVP_PKEY *pem_key_private(const char *pem, size_t len, const char *passphrase, struct fault *f);
/*
 * Reads the public keys of a PEM file, one or more: calls take(arg, key, f) for each. take owns the key; on failure
 * take frees it and returns -1 with a sentence. -1 with a sentence that has the line.
 */
int pem_key_public(const char *pem, size_t len, int (*take)(void *arg, EVP_PKEY *key, struct fault *f), void *arg, struct fault *f);
/* Writes the SHA-256 of the public part (SubjectPublicKeyInfo). -1: OpenSSL cannot encode it. */
int pem_key_id(const EVP_PKEY *key, char out[PEM_KEY_ID]);

#endif
