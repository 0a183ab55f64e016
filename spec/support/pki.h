/* SPDX-License-Identifier: Apache-2.0 */
/* pki: certificates and key rings made for one test run, in a directory of its own under /tmp. */
#ifndef SALLYPORT_SPEC_PKI_H
#define SALLYPORT_SPEC_PKI_H

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <assert.h>
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tls/ring.h"

#define DAY (24 * 60 * 60L)

struct identity {
	X509 *certificate;
	EVP_PKEY *key;
};

struct wish { /* what a certificate shall say; zero: an ordinary leaf, valid for a day around now */
	const char *cn, *cn2;
	const struct identity *issuer; /* NULL: self-signed */
	int rsa_bits;                  /* 0: P-256 */
	bool authority;
	const char *usage; /* extendedKeyUsage */
	const char *san;   /* subjectAltName in OpenSSL's configuration words */
	long from, to;     /* seconds from now */
	void (*name)(X509_NAME *subject); /* adds to it */
	EVP_PKEY *key;                 /* taken over; NULL: one is made */
	const struct identity *forger; /* whose key signs; NULL: the issuer's */
	bool v1;                       /* no extensions */
	const char *constraints;       /* nameConstraints */
	int policies;                  /* how many certificatePolicies */
};

static inline void
pki_extend(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert(e && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

static inline void
pki_policies(X509 *x, int n)
{
	CERTIFICATEPOLICIES *all = sk_POLICYINFO_new_null();
	char oid[32];

	for (int i = 0; i < n; i++) {
		POLICYINFO *one = POLICYINFO_new();

		snprintf(oid, sizeof oid, "1.2.3.%d", i);
		one->policyid = OBJ_txt2obj(oid, 1);
		assert(one->policyid && sk_POLICYINFO_push(all, one));
	}
	assert(X509_add1_ext_i2d(x, NID_certificate_policies, all, 0, 0) == 1);
	sk_POLICYINFO_pop_free(all, POLICYINFO_free);
}

static inline void
pki_name(X509 *x, const struct wish *w)
{
	X509_NAME *n = X509_get_subject_name(x);

	assert(X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, (const unsigned char *)"Tests", -1, -1, 0));
	if (w->cn)
		assert(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)w->cn, -1, -1, 0));
	if (w->cn2)
		assert(X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)w->cn2, -1, -1, 0));
	if (w->name)
		w->name(n);
}

static inline void
pki_extend_all(X509 *x, const struct wish *w)
{
	pki_extend(x, NID_basic_constraints, w->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (w->authority)
		pki_extend(x, NID_key_usage, "critical,keyCertSign,cRLSign");
	if (w->usage)
		pki_extend(x, NID_ext_key_usage, w->usage);
	if (w->san)
		pki_extend(x, NID_subject_alt_name, w->san);
	if (w->constraints)
		pki_extend(x, NID_name_constraints, w->constraints);
	if (w->policies)
		pki_policies(x, w->policies);
}

/* A public key whose every use costs its exponent: all ones, so many bits of them. There is no private one. */
static inline EVP_PKEY *
pki_dear_rsa(int bits, int exponent_bits)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_new(), *e = BN_new();
	EVP_PKEY *key = NULL;
	OSSL_PARAM *p;

	assert(BN_rand(n, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD) && BN_set_bit(e, exponent_bits) && BN_sub_word(e, 1));
	assert(OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e));
	p = OSSL_PARAM_BLD_to_param(b);
	assert(EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &key, EVP_PKEY_PUBLIC_KEY, p) == 1);
	OSSL_PARAM_free(p);
	OSSL_PARAM_BLD_free(b);
	BN_free(n);
	BN_free(e);
	EVP_PKEY_CTX_free(c);
	return key;
}

/* A long RSA key of five primes, which are found faster than two. */
static inline EVP_PKEY *
pki_long_rsa(int bits)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	assert(EVP_PKEY_keygen_init(c) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(c, bits) == 1);
	assert(EVP_PKEY_CTX_set_rsa_keygen_primes(c, 5) == 1 && EVP_PKEY_generate(c, &key) == 1);
	EVP_PKEY_CTX_free(c);
	return key;
}

static inline struct identity
pki_make(struct wish w)
{
	static long serial = 0xABC000;
	struct identity id = { X509_new(), w.key ? w.key : w.rsa_bits ? EVP_RSA_gen((unsigned)w.rsa_bits) : EVP_EC_gen("P-256") };
	const struct identity *by = w.issuer ? w.issuer : &id;

	assert(id.certificate && id.key);
	X509_set_version(id.certificate, w.v1 ? 0 : 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id.certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(id.certificate), w.from || w.to ? w.from : -DAY);
	X509_gmtime_adj(X509_getm_notAfter(id.certificate), w.from || w.to ? w.to : DAY);
	pki_name(id.certificate, &w);
	X509_set_issuer_name(id.certificate, X509_get_subject_name(by->certificate));
	X509_set_pubkey(id.certificate, id.key);
	if (!w.v1)
		pki_extend_all(id.certificate, &w);
	by = w.forger ? w.forger : by;
	assert(X509_sign(id.certificate, by->key, EVP_sha256()));
	return id;
}

static inline void
pki_free(struct identity *id)
{
	X509_free(id->certificate);
	EVP_PKEY_free(id->key);
}

/* A CRL of `by` that revokes `gone` (NULL: none). */
static inline X509_CRL *
pki_crl(const struct identity *by, const struct identity *gone, long from, long to)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_new();

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->certificate));
	X509_CRL_set1_lastUpdate(crl, X509_gmtime_adj(t, from));
	X509_CRL_set1_nextUpdate(crl, X509_gmtime_adj(t, to));
	if (gone) {
		X509_REVOKED *r = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(gone->certificate));
		X509_REVOKED_set_revocationDate(r, X509_gmtime_adj(t, -1));
		X509_CRL_add0_revoked(crl, r);
	}
	ASN1_TIME_free(t);
	assert(X509_CRL_sign(crl, by->key, EVP_sha256()));
	return crl;
}

/* --- Files. */
static inline const char *
pki_path(char out[256], const char *dir, const char *name)
{
	if (snprintf(out, 256, "%s/%s", dir, name) >= 256)
		abort();
	return out;
}

static inline FILE *
pki_open(const char *dir, const char *name, const char *mode)
{
	char path[256];
	FILE *f;

	umask(077);
	f = fopen(pki_path(path, dir, name), mode);
	assert(f);
	return f;
}

static inline void
pki_text(const char *dir, const char *name, const char *text)
{
	FILE *f = pki_open(dir, name, "w");

	fputs(text, f);
	fclose(f);
}

static inline void
pki_put(const char *dir, const char *name, X509 *x)
{
	FILE *f = pki_open(dir, name, "a");

	PEM_write_X509(f, x);
	fclose(f);
}

static inline void
pki_put_key(const char *dir, const char *name, EVP_PKEY *key)
{
	FILE *f = pki_open(dir, name, "w");

	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

static inline void
pki_put_crl(const char *dir, const char *name, X509_CRL *crl)
{
	char path[256];
	FILE *f;

	mkdir(pki_path(path, dir, "crls"), 0700);
	f = pki_open(dir, name, "a");
	PEM_write_X509_CRL(f, crl);
	fclose(f);
	X509_CRL_free(crl);
}

static inline void
pki_temp(char dir[64])
{
	strcpy(dir, "/tmp/sallyport-spec-XXXXXX");
	assert(mkdtemp(dir));
}

/* A ring that trusts `signer` (NULL: none) and holds `own` (NULL: none) under `label`. */
static inline void
pki_ring(const char *dir, const char *label, const struct identity *own, const struct identity *signer)
{
	char path[256], name[160];

	if (mkdir(dir, 0700) < 0)
		assert(errno == EEXIST);
	mkdir(pki_path(path, dir, "signers"), 0700);
	if (signer)
		pki_put(dir, "signers/ca.pem", signer->certificate);
	if (own == NULL)
		return;
	snprintf(name, sizeof name, "%s.pem", label);
	pki_put(dir, name, own->certificate);
	snprintf(name, sizeof name, "%s.key", label);
	pki_put_key(dir, name, own->key);
}

/* Loads a ring; NULL: *f (may be NULL) has the first fault, as check prints it. Warnings are dropped. */
static inline struct ring *
pki_load(const char *dir, struct fault *f)
{
	struct faults faults = { 0 };
	struct ring *r = ring_load(dir, &faults);
	char line[sizeof f->text];
	size_t i = 0;

	while (i < faults.n && faults.entry[i].level != FAULT_ERROR)
		i++;
	assert((r == NULL) == (i < faults.n));
	if (r == NULL)
		fault_set(f, "%s", faults_print(&faults, i, line, sizeof line));
	faults_free(&faults);
	return r;
}

static inline int
pki_unlink(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void
pki_remove(const char *dir)
{
	nftw(dir, pki_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
