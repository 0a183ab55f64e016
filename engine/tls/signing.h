/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signing: Ed25519 signatures (RFC 8032), for rules that are published to other regions. A private key is a file in
 * PKCS #8, with or without a passphrase. Public keys are a PEM file of one or more blocks PUBLIC KEY: several during
 * the time in which a key is replaced. The id of a key is the SHA-256 of its public part (SubjectPublicKeyInfo).
 */
#ifndef SALLYPORT_SIGNING_H
#define SALLYPORT_SIGNING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

#define SIGNING_BYTES 64    /* of a signature */
#define SIGNING_ID 65       /* hex digits and a NUL */
#define SIGNING_FILE 65536  /* bytes of a file of keys */
#define SIGNING_KEYS_MAX 16 /* public keys of one file */

struct signing_key;
struct signing_keys;

/* Whether the PEM file holds a key that needs a passphrase. */
bool signing_key_is_locked(const char *pem, size_t len);
/*
 * Reads a private key of Ed25519. passphrase: NUL-terminated; NULL: none. The caller owns the key (signing_key_free).
 * NULL with a sentence that does not name the file: no key, another kind of key, several keys, a wrong passphrase.
 */
struct signing_key *signing_key_read(const char *pem, size_t len, const char *passphrase, struct fault *f);
void signing_key_free(struct signing_key *k); /* NULL is fine */
const char *signing_key_id(const struct signing_key *k);
/* Signs n bytes. -1 with a sentence. */
int signing_key_sign(const struct signing_key *k, const void *bytes, size_t n, unsigned char out[SIGNING_BYTES], struct fault *f);

/* Reads the public keys of a file. The caller owns them (signing_keys_free). NULL with a sentence, as above. */
struct signing_keys *signing_keys_read(const char *pem, size_t len, struct fault *f);
void signing_keys_free(struct signing_keys *k); /* NULL is fine */
/* Whether a key with that id is among them. */
bool signing_keys_has(const struct signing_keys *k, const char *id);
/* Whether the signature of the n bytes is that of the key with that id. Any thread may ask. */
bool signing_keys_verify(const struct signing_keys *k, const char *id, const void *bytes, size_t n, const unsigned char signature[SIGNING_BYTES]);

#endif
