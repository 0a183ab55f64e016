/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/chain_limits.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RSA_BITS_MAX 8192
#define RSA_BITS_CHEAP 4096
#define EXPONENT_BITS_MAX 64

static int
above(struct cert_fault *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int
above(struct cert_fault *why, const char *format, ...)
{
	va_list ap;

	why->trouble = CERT_LIMIT;
	va_start(ap, format);
	vsnprintf(why->text, sizeof why->text, format, ap);
	va_end(ap);
	return -1;
}

/* --- DER, read without decoding it. */

struct der {
	const unsigned char *at, *end;
};

struct element {
	int tag; /* number of a universal tag; -1: a tag of another class */
	bool constructed;
	struct der content;
};

/*
 * Reads the next element and moves `d` behind it. False: no element, or not DER. Leaves an error of OpenSSL then; its
 * callers drop the error once, because a mark for each element takes longer than all the reading.
 */
static bool
take(struct der *d, struct element *e)
{
	long len;
	int tag, class, bits;

	if (d->at >= d->end)
		return false;
	bits = ASN1_get_object(&d->at, &len, &tag, &class, (long)(d->end - d->at));
	if (bits & 0x81) /* an error, or an indefinite length */
		return false;
	e->tag = class == V_ASN1_UNIVERSAL ? tag : -1;
	e->constructed = (bits & V_ASN1_CONSTRUCTED) != 0;
	e->content = (struct der){ d->at, d->at + len };
	d->at += len;
	return true;
}

/* Counts all elements, including nested ones. */
static size_t
count_elements(struct der d)
{
	struct element e;
	size_t n = 0;

	ERR_set_mark();
	while (take(&d, &e)) {
		n++;
		if (e.constructed)
			d.at = e.content.at;
	}
	ERR_pop_to_mark();
	return n;
}

static bool
is_object(const struct element *e, const char *bytes, size_t n)
{
	return e->tag == V_ASN1_OBJECT && e->content.end - e->content.at == (long)n && memcmp(e->content.at, bytes, n) == 0;
}

/* Finds the subjectPublicKeyInfo of a certificate (RFC 5280 4.1). */
static bool
find_key(struct der certificate, struct element *info)
{
	struct element whole, signed_part;

	if (!take(&certificate, &whole) || !take(&whole.content, &signed_part) || !take(&signed_part.content, info))
		return false;
	for (int i = info->tag == -1 ? 0 : 1; i < 6; i++) /* the first element may be a version; the key is the sixth after it */
		if (!take(&signed_part.content, info))
			return false;
	return info->tag == V_ASN1_SEQUENCE;
}

static bool
has_slow_point(struct der certificate)
{
	struct element info, algorithm, key, type, curve;

	if (!find_key(certificate, &info) || !take(&info.content, &algorithm) || !take(&info.content, &key))
		return false;
	if (!take(&algorithm.content, &type) || !is_object(&type, "\x2a\x86\x48\xce\x3d\x02\x01", 7) || key.content.end - key.content.at < 2)
		return false;
	if (key.content.at[1] == POINT_CONVERSION_UNCOMPRESSED || !take(&algorithm.content, &curve))
		return false;
	return !is_object(&curve, "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8) && !is_object(&curve, "\x2b\x81\x04\x00\x22", 5)
		&& !is_object(&curve, "\x2b\x81\x04\x00\x23", 5);
}

/* Decompressing a point needs a square root modulo the field's prime, which is fast on these three curves only. */
static bool
is_slow_point(struct der certificate)
{
	bool slow;

	ERR_set_mark();
	slow = has_slow_point(certificate);
	ERR_pop_to_mark();
	return slow;
}

/* --- The message. */

/* Reads a block that follows its length, a number of so many bytes. */
static bool
take_block(struct der *d, int bytes, struct der *block)
{
	size_t n = 0;

	if (d->end - d->at < bytes)
		return false;
	while (bytes-- > 0)
		n = n << 8 | *d->at++;
	if ((size_t)(d->end - d->at) < n)
		return false;
	*block = (struct der){ d->at, d->at + n };
	d->at += n;
	return true;
}

int
chain_limits_message(const unsigned char *body, size_t len, bool tls13, struct cert_fault *why)
{
	struct der d = { body, body + len }, list, certificate, unused;
	size_t certificates = 0, elements = 0;

	if ((tls13 && !take_block(&d, 1, &unused)) || !take_block(&d, 3, &list))
		return 0;
	while (take_block(&list, 3, &certificate)) {
		elements += count_elements(certificate);
		if (++certificates > CHAIN_LIMITS_CERTIFICATES)
			return above(why, "the peer presents more than %d certificates", CHAIN_LIMITS_CERTIFICATES);
		if (elements > CHAIN_LIMITS_ELEMENTS)
			return above(why, "the names and extensions of the peer's certificates have more than %d elements", CHAIN_LIMITS_ELEMENTS);
		if (is_slow_point(certificate))
			return above(why, "certificate %zu of the peer has a compressed key on a curve other than P-256, P-384 and P-521", certificates);
		if (tls13 && !take_block(&list, 2, &unused))
			return 0;
	}
	return 0;
}

/* --- Extensions. */

static size_t
elements_of(const X509 *x, int nid)
{
	size_t n = 0;

	for (int i = X509_get_ext_by_NID(x, nid, -1); i >= 0; i = X509_get_ext_by_NID(x, nid, i)) {
		const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x, i));
		const unsigned char *bytes = ASN1_STRING_get0_data(value);

		n += count_elements((struct der){ bytes, bytes + ASN1_STRING_length(value) });
	}
	return n;
}

int
chain_limits_extensions(const struct x509_store_ctx_st *walk, struct cert_fault *why)
{
	const STACK_OF(X509) *all = X509_STORE_CTX_get0_untrusted(walk);
	const X509 *leaf = X509_STORE_CTX_get0_cert(walk);
	size_t names = elements_of(leaf, NID_subject_alt_name), constraints = elements_of(leaf, NID_name_constraints);

	for (int i = 0; i < sk_X509_num(all); i++) {
		const X509 *x = sk_X509_value(all, i);

		names += x == leaf ? 0 : elements_of(x, NID_subject_alt_name);
		constraints += x == leaf ? 0 : elements_of(x, NID_name_constraints);
	}
	if (names > CHAIN_LIMITS_NAMES)
		return above(why, "the peer's certificates have more than %d alternative names", CHAIN_LIMITS_NAMES);
	if (constraints > CHAIN_LIMITS_CONSTRAINTS)
		return above(why, "the peer's certificates have more than %d name constraints", CHAIN_LIMITS_CONSTRAINTS / 2);
	return 0;
}

/* --- Keys. */

static int
exponent_bits(const EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	int bits = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) ? BN_num_bits(e) : EXPONENT_BITS_MAX + 1;

	BN_free(e);
	return bits;
}

static bool
is_explicit(const EVP_PKEY *key)
{
	int given = 1;

	return !EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &given) || given;
}

static const struct key_flaw *
judge_rsa(const EVP_PKEY *key)
{
	static const struct key_flaw too_long = { X509_V_ERR_APPLICATION_VERIFICATION, "key not used: an RSA key of more than 8192 bits" };
	static const struct key_flaw exponent = { X509_V_ERR_APPLICATION_VERIFICATION, "key not used: an RSA exponent of more than 64 bits" };

	if (EVP_PKEY_get_bits(key) > RSA_BITS_MAX)
		return &too_long;
	return exponent_bits(key) > EXPONENT_BITS_MAX ? &exponent : NULL;
}

const struct key_flaw *
chain_limits_key(const struct x509_st *x)
{
	static const struct key_flaw unreadable = { X509_V_ERR_APPLICATION_VERIFICATION, "key not used: it cannot be read" };
	static const struct key_flaw other = { X509_V_ERR_APPLICATION_VERIFICATION, "key not used: neither RSA, EC, Ed25519 nor Ed448" };
	static const struct key_flaw curve = { X509_V_ERR_EC_KEY_EXPLICIT_PARAMS, "key not used: its curve is not named but given by parameters" };
	const EVP_PKEY *key;

	ERR_set_mark();
	key = X509_get0_pubkey(x);
	ERR_pop_to_mark();
	if (key == NULL)
		return &unreadable;
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return judge_rsa(key);
	case EVP_PKEY_EC:
		return is_explicit(key) ? &curve : NULL;
	case EVP_PKEY_ED25519:
	case EVP_PKEY_ED448:
		return NULL;
	default:
		return &other;
	}
}

bool
chain_limits_key_is_cheap(const struct x509_st *x)
{
	const EVP_PKEY *key;
	char curve[32];

	if (chain_limits_key(x) != NULL)
		return false;
	key = X509_get0_pubkey(x);
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return EVP_PKEY_get_bits(key) <= RSA_BITS_CHEAP;
	case EVP_PKEY_EC:
		return EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) && strcmp(curve, SN_X9_62_prime256v1) == 0;
	default:
		return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
	}
}
