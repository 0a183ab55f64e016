/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/issue.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAYS 3650
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

static int
set_subject(X509 *x, const char *cn)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0) == 1 ? 0 : -1;
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
fill(X509 *x, EVP_PKEY *key, const char *cn)
{
	bool done = X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) == 0 && set_subject(x, cn) == 0 &&
		X509_gmtime_adj(X509_getm_notBefore(x), -60) != NULL && X509_time_adj_ex(X509_getm_notAfter(x), DAYS, 0, NULL) != NULL &&
		X509_set_pubkey(x, key) == 1;

	return done ? 0 : -1;
}

/* Makes the certificate of a key; issuer NULL: signed by itself. NULL without memory. */
static X509 *
make(EVP_PKEY *key, const char *cn, const struct issuer *issuer, const struct extension *list, size_t n)
{
	X509 *x = X509_new();
	X509 *by = issuer != NULL ? issuer->cert : x;

	if (x != NULL && fill(x, key, cn) == 0 && X509_set_issuer_name(x, X509_get_subject_name(by)) == 1 &&
		add_extensions(x, by, list, n) == 0 && X509_sign(x, issuer != NULL ? issuer->key : key, EVP_sha256()) > 0)
		return x;
	X509_free(x);
	return NULL;
}

struct issuer *
issue_authority(const char *cn, struct fault *f)
{
	static const struct extension list[] = { { NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" }, { NID_subject_key_identifier, "hash" } };
	struct issuer *i = calloc(1, sizeof *i);

	if (i != NULL && (i->key = EVP_EC_gen("P-256")) != NULL)
		i->cert = make(i->key, cn, NULL, list, sizeof list / sizeof list[0]);
	if (i != NULL && i->cert != NULL)
		return i;
	issue_free(i);
	fault_set(f, "the authority %s cannot be made: no memory", cn);
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

int
issue_write_leaf(const struct issuer *i, const char *cn, const char *san, const char *cert_path, const char *key_path, struct fault *f)
{
	const struct extension list[] = { { NID_basic_constraints, "critical,CA:FALSE" }, { NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "serverAuth,clientAuth" }, { NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid" }, { NID_subject_alt_name, san } };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key != NULL ? make(key, cn, i, list, sizeof list / sizeof list[0]) : NULL;
	int status = -1;

	if (cert == NULL)
		fault_set(f, "the certificate of %s cannot be made: no memory, or no such names: %s", cn, san != NULL ? san : "(none)");
	else if (write_new(cert_path, cert, NULL, f) == 0)
		status = write_new(key_path, NULL, key, f);
	X509_free(cert);
	EVP_PKEY_free(key);
	return status;
}
