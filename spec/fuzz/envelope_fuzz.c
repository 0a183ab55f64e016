/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An envelope that opens has the text that was sealed, after any change of its bytes; a refusal has a sentence and
 * adds no bytes. The input is an envelope, and a list of changes of a good envelope: two bytes of a place, one of a
 * value.
 */
#include "tls/envelope.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEXT "return { users = { FRED = { revoked = true } } }"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct good {
	struct envelope_key *key;
	struct buf sealed;
};

static struct good
make(void)
{
	struct envelope_readers *readers = envelope_readers_new();
	EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
	struct good g;
	struct fault f;
	char *bytes;
	long len;

	PEM_write_bio_PKCS8PrivateKey(private, k, NULL, NULL, 0, NULL, NULL);
	PEM_write_bio_PUBKEY(public, k);
	EVP_PKEY_free(k);
	len = BIO_get_mem_data(private, &bytes);
	g.key = envelope_key_read(bytes, (size_t)len, &f);
	len = BIO_get_mem_data(public, &bytes);
	assert(g.key != NULL && envelope_readers_add(readers, bytes, (size_t)len, &f) == 0);
	BIO_free(private);
	BIO_free(public);
	buf_init(&g.sealed, 0);
	assert(envelope_seal(readers, TEXT, strlen(TEXT), &g.sealed, &f) == 0);
	envelope_readers_free(readers);
	return g;
}

static void
put(const struct good *g, const void *bytes, size_t n)
{
	struct fault f = { "" };
	struct buf out;

	buf_init(&out, 0);
	if (envelope_open(g->key, bytes, n, &out, &f) == 0)
		assert(buf_len(&out) == strlen(TEXT) && memcmp(buf_bytes(&out), TEXT, strlen(TEXT)) == 0);
	else
		assert(f.text[0] != '\0' && buf_len(&out) == 0);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct good g;
	uint8_t changed[2048];
	size_t len;

	if (g.key == NULL)
		g = make();
	put(&g, data, n);
	len = buf_len(&g.sealed);
	assert(len <= sizeof changed);
	memcpy(changed, buf_bytes(&g.sealed), len);
	for (size_t i = 0; i + 3 <= n; i += 3)
		changed[(data[i] << 8 | data[i + 1]) % len] = data[i + 2];
	put(&g, changed, len);
	return 0;
}
