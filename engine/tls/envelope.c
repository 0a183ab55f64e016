/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/envelope.h"

#include "base/digits.h"
#include "tls/pem_key_internal.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CURVE "prime256v1"
#define TAG_BYTES 16 /* of AES-256-GCM */
#define PIECE 4096   /* bytes that are decrypted at a time */
#define ID_BYTES ((ENVELOPE_ID - 1) / 2)
#define REMEDY "make one by openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"

struct envelope_key {
	EVP_PKEY *key; /* owned */
	char id[ENVELOPE_ID];
};

struct envelope_readers {
	size_t n;
	struct envelope_key reader[ENVELOPE_READERS_MAX]; /* public keys */
};

/* --- keys ------------------------------------------------------------------------------------- */

/* Writes the id of the key. -1: it is no key of EC P-256. */
static int
identify(struct envelope_key *k)
{
	char curve[32];
	size_t n;

	if (!EVP_PKEY_is_a(k->key, "EC") || EVP_PKEY_get_group_name(k->key, curve, sizeof curve, &n) != 1 || strcmp(curve, CURVE) != 0)
		return -1;
	return pem_key_id(k->key, k->id);
}

struct envelope_key *
envelope_key_read(const char *pem, size_t len, struct fault *f)
{
	struct envelope_key *k = calloc(1, sizeof *k);

	if (k == NULL) {
		fault_set(f, "out of memory");
		return NULL;
	}
	if (pem_key_is_locked(pem, len))
		fault_set(f, "the key has a passphrase, which a region cannot ask for; write it without one by openssl pkey, with mode 0600");
	else
		k->key = pem_key_private(pem, len, NULL, f);
	if (k->key != NULL && identify(k) == 0)
		return k;
	if (k->key != NULL)
		fault_set(f, "the key is not one of EC P-256; " REMEDY);
	ERR_clear_error();
	envelope_key_free(k);
	return NULL;
}

void
envelope_key_free(struct envelope_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->key);
	free(k);
}

const char *
envelope_key_id(const struct envelope_key *k)
{
	return k->id;
}

/* --- readers ---------------------------------------------------------------------------------- */

struct envelope_readers *
envelope_readers_new(void)
{
	return calloc(1, sizeof(struct envelope_readers));
}

void
envelope_readers_free(struct envelope_readers *r)
{
	for (size_t i = 0; r != NULL && i < r->n; i++)
		EVP_PKEY_free(r->reader[i].key);
	free(r);
}

size_t
envelope_readers_count(const struct envelope_readers *r)
{
	return r->n;
}

static bool
has(const struct envelope_readers *r, const char *id)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->reader[i].id, id) == 0)
			return true;
	return false;
}

/* Owns the key. */
static int
envelope_take(void *arg, EVP_PKEY *key, struct fault *f)
{
	struct envelope_readers *r = arg;
	struct envelope_key one = { .key = key };
	int rc = identify(&one) == 0 ? 0 : fault_set(f, "not a public key of EC P-256; " REMEDY);

	if (rc == 0 && !has(r, one.id)) {
		if (r->n < ENVELOPE_READERS_MAX) {
			r->reader[r->n++] = one;
			return 0;
		}
		rc = fault_set(f, "more than %d readers", ENVELOPE_READERS_MAX);
	}
	EVP_PKEY_free(key);
	return rc;
}

int
envelope_readers_add(struct envelope_readers *r, const char *pem, size_t len, struct fault *f)
{
	int rc = pem_key_public(pem, len, envelope_take, r, f);

	ERR_clear_error();
	return rc;
}

/* --- sealing ---------------------------------------------------------------------------------- */

/*
 * OpenSSL takes a reader as a certificate, which it must be able to encode. This certificate has the key and the id,
 * and is signed by a temporary key; the envelope has only the key and the id. The caller frees it. NULL: no memory.
 */
static X509 *
certificate_of(const struct envelope_key *k, EVP_PKEY *signer)
{
	unsigned char id[ID_BYTES];
	X509 *x = X509_new();
	ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
	bool ok = x != NULL && ski != NULL && digits_to_bytes(id, k->id, sizeof id) && ASN1_OCTET_STRING_set(ski, id, sizeof id) == 1 &&
		X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL && X509_gmtime_adj(X509_getm_notAfter(x), 0) != NULL && X509_set_pubkey(x, k->key) == 1 &&
		X509_add1_ext_i2d(x, NID_subject_key_identifier, ski, 0, X509V3_ADD_APPEND) == 1 && X509_sign(x, signer, NULL) > 0;

	ASN1_OCTET_STRING_free(ski);
	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

static bool
add_reader(CMS_ContentInfo *cms, const struct envelope_key *k, EVP_PKEY *signer)
{
	X509 *x = certificate_of(k, signer);
	CMS_RecipientInfo *one = x != NULL ? CMS_add1_recipient_cert(cms, x, CMS_USE_KEYID | CMS_KEY_PARAM) : NULL;
	EVP_PKEY_CTX *wrapping = one != NULL ? CMS_RecipientInfo_get0_pkey_ctx(one) : NULL;
	bool ok = wrapping != NULL && EVP_PKEY_CTX_set_ecdh_kdf_md(wrapping, EVP_sha256()) == 1;

	X509_free(x);
	return ok;
}

/* Adds the envelope in DER. */
static bool
put(CMS_ContentInfo *cms, struct buf *out)
{
	unsigned char *der = NULL;
	int n = i2d_CMS_ContentInfo(cms, &der);
	bool ok = n > 0 && buf_add(out, der, (size_t)n) == 0;

	OPENSSL_free(der);
	return ok;
}

int
envelope_seal(const struct envelope_readers *r, const void *bytes, size_t n, struct buf *out, struct fault *f)
{
	BIO *in = n <= INT_MAX ? BIO_new_mem_buf(bytes, (int)n) : NULL;
	CMS_ContentInfo *cms = in != NULL && r->n > 0 ? CMS_encrypt(NULL, in, EVP_aes_256_gcm(), CMS_BINARY | CMS_PARTIAL) : NULL;
	EVP_PKEY *signer = cms != NULL ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : NULL;
	bool ok = signer != NULL;

	for (size_t i = 0; ok && i < r->n; i++)
		ok = add_reader(cms, &r->reader[i], signer);
	ok = ok && CMS_final(cms, in, NULL, CMS_BINARY) == 1 && put(cms, out);
	EVP_PKEY_free(signer);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	ERR_clear_error();
	return ok ? 0 : fault_set(f, "OpenSSL could not encrypt, or there is no memory");
}

/* --- opening ---------------------------------------------------------------------------------- */

static bool
is_named(CMS_RecipientEncryptedKey *one, const unsigned char id[ID_BYTES])
{
	ASN1_OCTET_STRING *name = NULL;

	return CMS_RecipientEncryptedKey_get0_id(one, &name, NULL, NULL, NULL, NULL) == 1 && name != NULL && ASN1_STRING_length(name) == ID_BYTES &&
		memcmp(ASN1_STRING_get0_data(name), id, ID_BYTES) == 0;
}

/*
 * Whether the content key is wrapped as envelope_seal does. OpenSSL would accept each other method: with a damaged
 * key, RFC 5649 (padded) writes behind its buffer in 3.0.19.
 */
static bool
is_wrapped_right(CMS_RecipientInfo *of)
{
	static const unsigned char wrap[] = { 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2d }; /* id-aes256-wrap, in DER */
	const ASN1_OBJECT *name;
	const void *value;
	X509_ALGOR *by = NULL;
	int kind;

	if (CMS_RecipientInfo_kari_get0_alg(of, &by, NULL) != 1)
		return false;
	X509_ALGOR_get0(&name, &kind, &value, by);
	return OBJ_obj2nid(name) == NID_dhSinglePass_stdDH_sha256kdf_scheme && kind == V_ASN1_SEQUENCE &&
		(size_t)ASN1_STRING_length(value) == sizeof wrap && memcmp(ASN1_STRING_get0_data(value), wrap, sizeof wrap) == 0;
}

/* Unwraps the content key for this reader. 0: no key is for it; -1: the key is damaged. */
static int
unwrap(CMS_ContentInfo *cms, CMS_RecipientInfo *of, const struct envelope_key *k, const unsigned char id[ID_BYTES])
{
	STACK_OF(CMS_RecipientEncryptedKey) *keys = CMS_RecipientInfo_type(of) == CMS_RECIPINFO_AGREE ? CMS_RecipientInfo_kari_get0_reks(of) : NULL;

	for (int i = 0; i < sk_CMS_RecipientEncryptedKey_num(keys); i++) {
		CMS_RecipientEncryptedKey *one = sk_CMS_RecipientEncryptedKey_value(keys, i);

		if (is_named(one, id))
			return is_wrapped_right(of) && CMS_RecipientInfo_kari_set0_pkey(of, k->key) == 1 && CMS_RecipientInfo_kari_decrypt(cms, of, one) == 1 ? 1 : -1;
	}
	return 0;
}

static int
find_key(CMS_ContentInfo *cms, const struct envelope_key *k, struct fault *f)
{
	STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(cms);
	unsigned char id[ID_BYTES];
	int found = digits_to_bytes(id, k->id, sizeof id) ? 0 : -1;

	for (int i = 0; found == 0 && i < sk_CMS_RecipientInfo_num(all); i++)
		found = unwrap(cms, sk_CMS_RecipientInfo_value(all, i), k, id);
	if (found == 0)
		return fault_set(f, "it is not encrypted for this key");
	return found == 1 ? 0 : fault_set(f, "it is damaged");
}

/* CMS takes the cipher from the envelope: a cipher without authentication, or a short tag, is refused. */
static bool
authenticates(BIO *plain)
{
	BIO *at = plain != NULL ? BIO_find_type(plain, BIO_TYPE_CIPHER) : NULL;
	EVP_CIPHER_CTX *c = NULL;

	if (at != NULL)
		BIO_get_cipher_ctx(at, &c);
	return c != NULL && EVP_CIPHER_CTX_get_nid(c) == NID_aes_256_gcm && EVP_CIPHER_CTX_get_tag_length(c) == TAG_BYTES;
}

/* Adds the content. False: the bound of out is reached, or the content is not authentic. */
static bool
read_content(BIO *plain, struct buf *out)
{
	int n;

	do {
		unsigned char *room = buf_room(out, PIECE);

		if (room == NULL)
			return false;
		n = BIO_read(plain, room, PIECE);
		if (n > 0)
			buf_wrote(out, (size_t)n);
	} while (n > 0);
	return BIO_get_cipher_status(plain) == 1;
}

static int
decrypt(CMS_ContentInfo *cms, struct buf *out, struct fault *f)
{
	BIO *plain = CMS_dataInit(cms, NULL);
	struct buf content;
	bool ok = false;

	buf_init(&content, out->max + PIECE);
	content.secret = true;
	if (authenticates(plain))
		ok = read_content(plain, &content);
	BIO_free_all(plain);
	if (ok)
		ok = buf_add(out, buf_bytes(&content), buf_len(&content)) == 0;
	buf_free(&content);
	return ok ? 0 : fault_set(f, "it is damaged");
}

int
envelope_open(const struct envelope_key *k, const void *bytes, size_t n, struct buf *out, struct fault *f)
{
	const unsigned char *at = bytes;
	CMS_ContentInfo *cms = n <= LONG_MAX ? d2i_CMS_ContentInfo(NULL, &at, (long)n) : NULL;
	bool whole = cms != NULL && at == (const unsigned char *)bytes + n && OBJ_obj2nid(CMS_get0_type(cms)) == NID_id_smime_ct_authEnvelopedData;
	int rc = whole ? find_key(cms, k, f) : fault_set(f, "it is no envelope of CMS, or it is cut off");

	if (rc == 0)
		rc = decrypt(cms, out, f);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return rc;
}
