/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/issue.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAYS 3650
#define DAY 86400
#define LATEST 253402300799 /* the end of 9999, the last time of a certificate */
#define SERIAL_BITS 127 /* positive, so that DER has at most 16 bytes */

struct issuer {
	EVP_PKEY *key; /* owned */
	X509 *cert;    /* owned */
};

struct extension {
	int nid;
	const char *value; /* NULL: left out */
};

static int
set_serial(X509 *x)
{
	BIGNUM *n = BN_new();
	int done = n != NULL && BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
		BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;

	BN_free(n);
	return done ? 0 : -1;
}

/* The kinds of alternative names, and how their bytes are encoded. */
static const struct san_kind {
	const char *kind;
	int type;    /* of a GENERAL_NAME */
	int string;  /* of ASN1_STRING */
} san_kinds[] = { { "dns", GEN_DNS, V_ASN1_IA5STRING }, { "uri", GEN_URI, V_ASN1_IA5STRING }, { "email", GEN_EMAIL, V_ASN1_IA5STRING },
	{ "ip", GEN_IPADD, V_ASN1_OCTET_STRING } };

/* NULL: the text is a part of the subject. */
static const struct san_kind *
san_kind(const struct issue_text *t)
{
	for (size_t i = 0; i < sizeof san_kinds / sizeof *san_kinds; i++)
		if (strcmp(san_kinds[i].kind, t->kind) == 0)
			return &san_kinds[i];
	return NULL;
}

/* Adds the parts of the subject. Bytes stay as they are: UTF8String is not checked when it is written. */
static int
set_subject(X509 *x, const struct issue_leaf *l, struct fault *f)
{
	X509_NAME *name = X509_get_subject_name(x);

	for (size_t i = 0; i < l->n; i++) {
		const struct issue_text *t = &l->text[i];

		if (san_kind(t) == NULL && X509_NAME_add_entry_by_txt(name, t->kind, V_ASN1_UTF8STRING, (const unsigned char *)t->bytes, (int)t->len, -1, 0) != 1)
			return fault_set(f, "a subject cannot have the part %.40s", t->kind);
	}
	return 0;
}

static ASN1_STRING *
encode(const struct san_kind *k, const struct issue_text *t, struct fault *f)
{
	ASN1_STRING *s;

	if (k->type == GEN_IPADD) {
		s = strlen(t->bytes) == t->len ? a2i_IPADDRESS(t->bytes) : NULL;
		if (s == NULL)
			fault_set(f, "ip: '%.60s' is no address", t->bytes);
		return s;
	}
	s = ASN1_STRING_type_new(k->string);
	if (s != NULL && ASN1_STRING_set(s, t->bytes, (int)t->len) == 1)
		return s;
	ASN1_STRING_free(s);
	fault_set(f, "out of memory");
	return NULL;
}

static int
add_name(GENERAL_NAMES *names, const struct san_kind *k, const struct issue_text *t, struct fault *f)
{
	ASN1_STRING *s = encode(k, t, f);
	GENERAL_NAME *name = s != NULL ? GENERAL_NAME_new() : NULL;

	if (name == NULL) {
		ASN1_STRING_free(s);
		return -1;
	}
	GENERAL_NAME_set0_value(name, k->type, s);
	if (sk_GENERAL_NAME_push(names, name) > 0)
		return 0;
	GENERAL_NAME_free(name);
	return fault_set(f, "out of memory");
}

/* Adds the alternative names. */
static int
set_names(X509 *x, const struct issue_leaf *l, struct fault *f)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	int rc = names != NULL ? 0 : fault_set(f, "out of memory");

	for (size_t i = 0; rc == 0 && i < l->n; i++)
		if (san_kind(&l->text[i]) != NULL)
			rc = add_name(names, san_kind(&l->text[i]), &l->text[i], f);
	if (rc == 0 && sk_GENERAL_NAME_num(names) > 0 && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) != 1)
		rc = fault_set(f, "out of memory");
	GENERAL_NAMES_free(names);
	return rc;
}

static int
add_extensions(X509 *x, X509 *issuer, const struct extension *list, size_t n)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	for (size_t i = 0; i < n; i++) {
		X509_EXTENSION *e = list[i].value != NULL ? X509V3_EXT_conf_nid(NULL, &ctx, list[i].nid, list[i].value) : NULL;
		int added = e != NULL && X509_add_ext(x, e, -1) == 1;

		X509_EXTENSION_free(e);
		if (!added && list[i].value != NULL)
			return -1;
	}
	return 0;
}

static int
fill(X509 *x, EVP_PKEY *key, const struct issue_leaf *l)
{
	bool done = X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) == 0 &&
		ASN1_TIME_set(X509_getm_notBefore(x), (time_t)l->not_before) != NULL &&
		ASN1_TIME_set(X509_getm_notAfter(x), (time_t)l->not_after) != NULL && X509_set_pubkey(x, key) == 1;

	return done ? 0 : -1;
}

/* Makes the certificate of a key; issuer NULL: signed by itself. NULL with a sentence. */
static X509 *
make(EVP_PKEY *key, const struct issue_leaf *l, const struct issuer *issuer, const struct extension *list, size_t n, struct fault *f)
{
	X509 *x = X509_new();
	X509 *by = issuer != NULL ? issuer->cert : x;

	fault_set(f, "no memory, or no such names");
	if (x != NULL && fill(x, key, l) == 0 && set_subject(x, l, f) == 0 && X509_set_issuer_name(x, X509_get_subject_name(by)) == 1 &&
		add_extensions(x, by, list, n) == 0 && set_names(x, l, f) == 0 && X509_sign(x, issuer != NULL ? issuer->key : key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static struct issuer *
make_authority(const struct issue_leaf *l, struct fault *f)
{
	static const struct extension list[] = { { NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" }, { NID_subject_key_identifier, "hash" } };
	struct issuer *i = calloc(1, sizeof *i);

	fault_set(f, "no memory");
	if (i != NULL && (i->key = EVP_EC_gen("P-256")) != NULL)
		i->cert = make(i->key, l, NULL, list, sizeof list / sizeof list[0], f);
	if (i != NULL && i->cert != NULL)
		return i;
	issue_free(i);
	fault_wrap(f, "the authority cannot be made");
	return NULL;
}

struct issuer *
issue_authority(const char *cn, struct fault *f)
{
	const struct issue_text name = { "CN", cn, strlen(cn) };
	int64_t now = time(NULL);
	const struct issue_leaf l = { .text = &name, .n = 1, .not_before = now - 60, .not_after = now + DAYS * DAY };

	return make_authority(&l, f);
}

struct issuer *
issue_authority_always(const char *cn, struct fault *f)
{
	const struct issue_text name = { "CN", cn, strlen(cn) };

	return issue_authority_named(&name, 1, f);
}

struct issuer *
issue_authority_named(const struct issue_text *part, size_t n, struct fault *f)
{
	const struct issue_leaf l = { .text = part, .n = n, .not_after = LATEST };

	return make_authority(&l, f);
}

/* Opens a PEM file. */
static FILE *
open_pem(const char *path, struct fault *f)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		fault_set(f, "%s: %s", path, strerror(errno));
	return file;
}

static X509 *
read_certificate(const char *path, struct fault *f)
{
	FILE *file = open_pem(path, f);
	X509 *x = file != NULL ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

	if (file != NULL && x == NULL)
		fault_set(f, "%s: holds no certificate in PEM", path);
	if (file != NULL)
		fclose(file);
	return x;
}

/* The empty password stops OpenSSL from asking for one on the terminal. */
static EVP_PKEY *
read_key(const char *path, struct fault *f)
{
	FILE *file = open_pem(path, f);
	EVP_PKEY *key = file != NULL ? PEM_read_PrivateKey(file, NULL, NULL, (void *)(uintptr_t)"") : NULL;

	if (file != NULL && key == NULL)
		fault_set(f, "%s: holds no private key in PEM without a password", path);
	if (file != NULL)
		fclose(file);
	return key;
}

struct issuer *
issue_read_authority(const char *cert_path, const char *key_path, struct fault *f)
{
	struct issuer *i = calloc(1, sizeof *i);

	fault_set(f, "out of memory");
	if (i != NULL && (i->cert = read_certificate(cert_path, f)) != NULL)
		i->key = read_key(key_path, f);
	if (i != NULL && i->key != NULL && X509_check_private_key(i->cert, i->key) == 1) {
		ERR_clear_error();
		return i;
	}
	if (i != NULL && i->key != NULL)
		fault_set(f, "%s: is not the key of %s", key_path, cert_path);
	ERR_clear_error();
	issue_free(i);
	return NULL;
}

void
issue_free(struct issuer *i)
{
	if (i == NULL)
		return;
	EVP_PKEY_free(i->key);
	X509_free(i->cert);
	free(i);
}

/* Writes a new file by write(): a certificate or a key. */
static int
write_new(const char *path, X509 *cert, EVP_PKEY *key, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	int done;

	if (file == NULL) {
		fault_set(f, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	done = cert != NULL ? PEM_write_X509(file, cert) : PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	if (fclose(file) == 0 && done == 1)
		return 0;
	return fault_set(f, "%s: cannot be written: %s", path, strerror(errno));
}

int
issue_write_authority(const struct issuer *i, const char *cert_path, const char *key_path, struct fault *f)
{
	if (write_new(cert_path, i->cert, NULL, f) < 0)
		return -1;
	return key_path != NULL ? write_new(key_path, NULL, i->key, f) : 0;
}

/* Makes a certificate for servers and clients. san: as issue_write_leaf has it. */
static X509 *
make_leaf(EVP_PKEY *key, const struct issue_leaf *l, const struct issuer *i, const char *san, struct fault *f)
{
	const struct extension list[] = { { NID_basic_constraints, "critical,CA:FALSE" }, { NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "serverAuth,clientAuth" }, { NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid" }, { NID_subject_alt_name, san } };

	return make(key, l, i, list, sizeof list / sizeof list[0], f);
}

int
issue_write_leaf(const struct issuer *i, const char *cn, const char *san, const char *cert_path, const char *key_path, struct fault *f)
{
	const struct issue_text name = { "CN", cn, strlen(cn) };
	int64_t now = time(NULL);
	const struct issue_leaf l = { .text = &name, .n = 1, .not_before = now - 60, .not_after = now + DAYS * DAY };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key != NULL ? make_leaf(key, &l, i, san, f) : NULL;
	int status = -1;

	if (cert == NULL)
		fault_set(f, "the certificate of %s cannot be made: no memory, or no such names: %s", cn, san != NULL ? san : "(none)");
	else if (write_new(cert_path, cert, NULL, f) == 0)
		status = write_new(key_path, NULL, key, f);
	X509_free(cert);
	EVP_PKEY_free(key);
	return status;
}

/* Keeps the DER of x in *item, in memory that presented_free frees. */
static int
keep(struct presented_item *item, X509 *x, struct fault *f)
{
	int n = i2d_X509(x, NULL);
	unsigned char *der = n > 0 ? malloc((size_t)n) : NULL, *at = der;

	if (der == NULL || i2d_X509(x, &at) != n) {
		free(der);
		return fault_set(f, "out of memory");
	}
	*item = (struct presented_item){ der, (size_t)n };
	return 0;
}

int
issue_present(const struct issuer *i, const struct issue_leaf *l, bool trusted, struct presented *p, struct fault *f)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key != NULL ? make_leaf(key, l, i, NULL, f) : NULL;
	int rc = key != NULL ? -1 : fault_set(f, "out of memory");

	if (x != NULL)
		rc = keep(&p->item[p->n], x, f);
	p->n += rc == 0;
	X509_free(x);
	EVP_PKEY_free(key);
	return rc == 0 && trusted ? keep(&p->signer, i->cert, f) : rc;
}

int
issue_use(const struct issuer *i, const struct issue_leaf *l, struct ssl_ctx_st *ctx, struct fault *f)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key != NULL ? make_leaf(key, l, i, NULL, f) : NULL;
	int rc = key != NULL ? -1 : fault_set(f, "out of memory");

	if (x != NULL)
		rc = SSL_CTX_use_cert_and_key(ctx, x, key, NULL, 1) == 1 ? 0 : fault_set(f, "the certificate cannot be used");
	X509_free(x);
	EVP_PKEY_free(key);
	return rc;
}
