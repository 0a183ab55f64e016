/* SPDX-License-Identifier: Apache-2.0 */
#include "ring.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "ringfiles.h"

struct pair {
	char label[RING_LABEL]; /* "" ends nothing: pairs are counted */
	X509 *certificate;      /* owned, as are the two below */
	EVP_PKEY *key;
	STACK_OF(X509) *chain; /* intermediates, in the file's order */
};

struct ring {
	_Atomic unsigned refs;
	char dir[RING_PATH];
	struct pair *pair; /* owned */
	size_t n;
	size_t chosen;                /* the default pair's place; meaningless without pairs */
	X509_STORE *store;            /* owned; shared by every context, never changed after loading */
	STACK_OF(X509_NAME) *signers; /* owned: whom a listener names when it asks for a certificate */
};

/* OpenSSL's first sentence about what just failed; it says more than the later ones. */
static const char *
why(void)
{
	const char *s = ERR_reason_error_string(ERR_peek_error());

	return s ? s : "no reason given";
}

static BIO *
memory(const struct ringfile *file)
{
	return BIO_new_mem_buf(file->bytes ? file->bytes : "", (int)file->size);
}

/* True when the last PEM read ended for want of another object, not because of one that is broken. */
static bool
at_end(void)
{
	unsigned long e = ERR_peek_last_error();

	return ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

/* Every certificate of a file, in order. NULL with a fault when there is none or one is broken. */
static STACK_OF(X509) *
read_certificates(const struct ringfile *file, struct fault *f)
{
	STACK_OF(X509) *list = sk_X509_new_null();
	BIO *in = memory(file);
	X509 *x = NULL;

	ERR_clear_error();
	while (list && in && (x = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL)
		if (!sk_X509_push(list, x)) {
			X509_free(x);
			break;
		}
	BIO_free(in);
	if (sk_X509_num(list) > 0 && at_end()) {
		ERR_clear_error();
		return list;
	}
	if (at_end())
		fault_set(f, "%s: holds no certificate; it must be PEM", file->path);
	else
		fault_set(f, "%s: cannot be read as PEM certificates: %s", file->path, why());
	sk_X509_pop_free(list, X509_free);
	ERR_clear_error();
	return NULL;
}

static int
add_crl(X509_STORE *store, BIO *in, size_t *n)
{
	X509_CRL *crl;

	while ((crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL)) != NULL) {
		int ok = X509_STORE_add_crl(store, crl);

		X509_CRL_free(crl);
		if (!ok)
			return -1;
		++*n;
	}
	return at_end() ? 0 : -1;
}

static int
load_crls(struct ring *r, const struct ringfile *file, struct fault *f)
{
	BIO *in = memory(file);
	size_t n = 0;
	int rc = -1;

	ERR_clear_error();
	if (in && add_crl(r->store, in, &n) == 0)
		rc = n ? 0 : fault_set(f, "%s: holds no CRL; it must be PEM", file->path);
	else
		fault_set(f, "%s: cannot be read as PEM CRLs: %s", file->path, why());
	BIO_free(in);
	ERR_clear_error();
	if (rc == 0)
		X509_STORE_set_flags(r->store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	return rc;
}

static int
trust(struct ring *r, X509 *x)
{
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));

	if (name && X509_STORE_add_cert(r->store, x) && sk_X509_NAME_push(r->signers, name))
		return 0;
	X509_NAME_free(name);
	return -1;
}

static int
load_signers(struct ring *r, const struct ringfile *file, struct fault *f)
{
	STACK_OF(X509) *list = read_certificates(file, f);
	int i, rc = list ? 0 : -1;

	for (i = 0; rc == 0 && i < sk_X509_num(list); i++)
		if (trust(r, sk_X509_value(list, i)) < 0)
			rc = fault_set(f, "%s: cannot be trusted: %s", file->path, why());
	sk_X509_pop_free(list, X509_free);
	return rc;
}

/* Nobody is there to type a pass phrase: says that one was asked for, and gives none. */
static int
no_pass(char *buf, int size, int rwflag, void *asked)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	*(bool *)asked = true;
	return -1;
}

static EVP_PKEY *
read_key(const struct ringfile *file, struct fault *f)
{
	bool asked = false;
	BIO *in = memory(file);
	EVP_PKEY *key;

	ERR_clear_error();
	key = in ? PEM_read_bio_PrivateKey(in, NULL, no_pass, &asked) : NULL;
	BIO_free(in);
	if (key)
		return key;
	if (asked)
		fault_set(f, "%s: the key is encrypted and nobody is there to type its pass phrase; write it without one: "
			"openssl pkey -in %s -out NEWFILE", file->path, file->path);
	else
		fault_set(f, "%s: cannot be read as a PEM private key: %s", file->path, why());
	ERR_clear_error();
	return NULL;
}

/* A pair is added to the ring before it is complete, so that ring_unref frees what there is of it. */
static int
load_pair(struct ring *r, const struct ringfiles *files, const struct ringfile *pem, struct fault *f)
{
	const struct ringfile *key = ringfiles_find(files, RINGFILE_KEY, pem->label);
	struct pair *p = &r->pair[r->n];

	if (key == NULL)
		return fault_set(f, "%s: there is no key %s.key beside it", pem->path, pem->label);
	r->n++;
	memcpy(p->label, pem->label, sizeof p->label);
	p->chain = read_certificates(pem, f);
	if (p->chain == NULL)
		return -1;
	p->certificate = sk_X509_shift(p->chain);
	p->key = read_key(key, f);
	if (p->key == NULL)
		return -1;
	if (X509_check_private_key(p->certificate, p->key))
		return 0;
	ERR_clear_error();
	return fault_set(f, "%s: this key does not belong to the certificate in %s; put the pair that was made together there",
		key->path, pem->path);
}

static int
load_file(struct ring *r, const struct ringfiles *files, const struct ringfile *file, struct fault *f)
{
	switch (file->kind) {
	case RINGFILE_PEM:
		return load_pair(r, files, file, f);
	case RINGFILE_KEY:
		if (ringfiles_find(files, RINGFILE_PEM, file->label) == NULL)
			return fault_set(f, "%s: there is no certificate %s.pem beside it", file->path, file->label);
		return 0;
	case RINGFILE_SIGNER:
		return load_signers(r, file, f);
	case RINGFILE_CRL:
		return load_crls(r, file, f);
	case RINGFILE_DEFAULT:
	case RINGFILE_DIR:
		break;
	}
	return 0;
}

static const struct pair *
find_pair(const struct ring *r, const char *label)
{
	size_t i;

	if (r->n > 0 && label[0] == '\0')
		return &r->pair[r->chosen];
	for (i = 0; i < r->n; i++)
		if (strcmp(r->pair[i].label, label) == 0)
			return &r->pair[i];
	return NULL;
}

/* The one line of `default`, without the blanks around it. */
static int
choose(struct ring *r, const struct ringfile *file, struct fault *f)
{
	char line[RING_LABEL];
	const struct pair *p;

	if (ringfile_line(file, line, sizeof line) < 0 || (p = find_pair(r, line)) == NULL || line[0] == '\0')
		return fault_set(f, "%s: must hold one line with the label of a certificate of this ring", file->path);
	r->chosen = (size_t)(p - r->pair);
	return 0;
}

static int
choose_default(struct ring *r, const struct ringfiles *files, struct fault *f)
{
	const struct ringfile *file = ringfiles_find(files, RINGFILE_DEFAULT, "default");

	if (file)
		return choose(r, file, f);
	if (r->n > 1)
		return fault_set(f, "%s: holds more than one certificate (%s, %s) and no default; write the label of one into %s/default",
			r->dir, r->pair[0].label, r->pair[1].label, r->dir);
	return 0;
}

static int
load(struct ring *r, const struct ringfiles *files, struct fault *f)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		if (load_file(r, files, &files->file[i], f) < 0)
			return -1;
	if (sk_X509_NAME_num(r->signers) == 0)
		return fault_set(f, "%s: no signers; put the certificates of the authorities to trust into %s/signers/*.pem",
			r->dir, r->dir);
	return choose_default(r, files, f);
}

static struct ring *
ring_new(const char *dir, size_t pairs)
{
	struct ring *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	atomic_init(&r->refs, 1);
	memcpy(r->dir, dir, strlen(dir) + 1);
	r->pair = calloc(pairs ? pairs : 1, sizeof *r->pair);
	r->store = X509_STORE_new();
	r->signers = sk_X509_NAME_new_null();
	if (r->pair && r->store && r->signers)
		return r;
	ring_unref(r);
	return NULL;
}

struct ring *
ring_load(const char *dir, struct fault *f)
{
	struct ringfiles files;
	struct ring *r;

	if (ringfiles_read(&files, dir, f) < 0)
		return NULL;
	r = ring_new(dir, ringfiles_count(&files, RINGFILE_PEM));
	if (r == NULL)
		fault_set(f, "%s: out of memory", dir);
	else if (load(r, &files, f) < 0) {
		ring_unref(r);
		r = NULL;
	}
	ringfiles_free(&files);
	return r;
}

struct ring *
ring_ref(struct ring *r)
{
	atomic_fetch_add(&r->refs, 1);
	return r;
}

void
ring_unref(struct ring *r)
{
	size_t i;

	if (r == NULL || atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	for (i = 0; i < r->n; i++) {
		X509_free(r->pair[i].certificate);
		EVP_PKEY_free(r->pair[i].key);
		sk_X509_pop_free(r->pair[i].chain, X509_free);
	}
	free(r->pair);
	X509_STORE_free(r->store);
	sk_X509_NAME_pop_free(r->signers, X509_NAME_free);
	free(r);
}

const char *
ring_dir(const struct ring *r)
{
	return r->dir;
}

bool
ring_has(const struct ring *r, const char *label)
{
	return find_pair(r, label) != NULL;
}

static int
use_pair(const struct ring *r, const struct pair *p, SSL_CTX *ctx, struct fault *f)
{
	ERR_clear_error();
	if (SSL_CTX_use_cert_and_key(ctx, p->certificate, p->key, p->chain, 1) == 1)
		return 0;
	fault_set(f, "%s/%s.pem: cannot be used: %s", r->dir, p->label, why());
	return -1; /* the error stays in OpenSSL's queue: tls_config asks it whether the key is too short */
}

static int
use_trust(const struct ring *r, SSL_CTX *ctx, struct fault *f)
{
	STACK_OF(X509_NAME) *names = SSL_dup_CA_list(r->signers);

	if (names == NULL)
		return fault_set(f, "%s: out of memory", r->dir);
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set1_cert_store(ctx, r->store);
	return 0;
}

int
ring_use(const struct ring *r, const char *label, bool optional, struct ssl_ctx_st *ctx, struct fault *f)
{
	const struct pair *p = find_pair(r, label);

	if (use_trust(r, ctx, f) < 0)
		return -1;
	if (p)
		return use_pair(r, p, ctx, f);
	if (label[0])
		return fault_set(f, "%s: has no certificate \"%s\"; there must be %s/%s.pem and %s/%s.key",
			r->dir, label, r->dir, label, r->dir, label);
	if (optional)
		return 0;
	return fault_set(f, "%s: has no certificate of its own; put LABEL.pem and LABEL.key there", r->dir);
}

static bool
is_named(const X509_NAME *name, bool (*is)(void *arg, const struct dn *subject), void *arg)
{
	struct dn d;
	bool yes = cert_read_name(&d, name) == 0 && is(arg, &d);

	dn_free(&d);
	return yes;
}

bool
ring_any_authority(const struct ring *r, bool (*is)(void *arg, const struct dn *subject), void *arg)
{
	for (int i = 0; i < sk_X509_NAME_num(r->signers); i++)
		if (is_named(sk_X509_NAME_value(r->signers, i), is, arg))
			return true;
	for (size_t i = 0; i < r->n; i++)
		for (int j = 0; j < sk_X509_num(r->pair[i].chain); j++)
			if (is_named(X509_get_subject_name(sk_X509_value(r->pair[i].chain, j)), is, arg))
				return true;
	return false;
}
