/* SPDX-License-Identifier: Apache-2.0 */
/*
 * envelope: bytes that are encrypted for several readers: AuthEnvelopedData of CMS (RFC 5652, RFC 5083) with
 * AES-256-GCM. The content key is wrapped for each reader by ephemeral-static ECDH with the KDF of X9.63 with SHA-256
 * (RFC 5753). Keys are of EC P-256: CMS of OpenSSL 3.0 has no X25519. A reader is named by the id of its key, the
 * SHA-256 of its public part (SubjectPublicKeyInfo), in the place of a certificate's subjectKeyIdentifier. The command
 * `openssl cms -decrypt -inform DER -inkey KEY` opens an envelope too.
 *
 * An envelope does not authenticate its maker; the signature over it does. Verify the signature before the envelope is
 * opened.
 */
#ifndef SALLYPORT_ENVELOPE_H
#define SALLYPORT_ENVELOPE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"

#define ENVELOPE_ID 65            /* of a key: hex digits and a NUL */
#define ENVELOPE_KEY_FILE 262144  /* bytes of a file of keys */
#define ENVELOPE_READERS_MAX 256

struct envelope_key;
struct envelope_readers;

/*
 * Reads the private key of a reader: a PEM file in PKCS #8 without a passphrase. The caller owns the key
 * (envelope_key_free). NULL with a sentence that does not name the file: no key, another kind of key, several keys.
 */
struct envelope_key *envelope_key_read(const char *pem, size_t len, struct fault *f);
void envelope_key_free(struct envelope_key *k); /* NULL is fine */
const char *envelope_key_id(const struct envelope_key *k);

/* An empty list of readers. The caller owns it (envelope_readers_free). NULL: no memory. */
struct envelope_readers *envelope_readers_new(void);
/* Adds the public keys of a PEM file; a key of the list is not added again. -1 with a sentence. */
int envelope_readers_add(struct envelope_readers *r, const char *pem, size_t len, struct fault *f);
void envelope_readers_free(struct envelope_readers *r); /* NULL is fine */
size_t envelope_readers_count(const struct envelope_readers *r);

/* Encrypts n bytes for the readers, and adds the envelope, in DER, to out. -1 with a sentence. */
int envelope_seal(const struct envelope_readers *r, const void *bytes, size_t n, struct buf *out, struct fault *f);
/*
 * Decrypts an envelope, and adds the bytes to out, which should be secret. -1 with a sentence, and out unchanged: the
 * envelope is damaged, or not for this key. Any thread may call it.
 */
int envelope_open(const struct envelope_key *k, const void *bytes, size_t n, struct buf *out, struct fault *f);

#endif
