/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/presented.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <stdlib.h>
#include <string.h>

#include "tls/chain_limits.h"
#include "tls/chain_verify.h"
#include "tls/pem.h"
#include "tls/ring_item.h"
#include "tls/tls_internal.h"

/* --- reading ---------------------------------------------------------------------------------- */

/* Takes the bytes of DER, which p owns then. -1 with a sentence; the caller frees them. */
static int
add(struct presented *p, unsigned char *der, size_t len, struct fault *f)
{
	if (p->n == PRESENTED_MAX)
		return fault_set(f, "more than %d certificates", PRESENTED_MAX);
	p->item[p->n++] = (struct presented_item){ der, len };
	return 0;
}

/* True for a block with a certificate; "TRUSTED CERTIFICATE" has attributes that no peer presents. */
static bool
holds_certificate(const struct pem_block *b)
{
	return strcmp(b->label, "CERTIFICATE") == 0 || strcmp(b->label, "X509 CERTIFICATE") == 0;
}

/* Takes the block when it is a certificate. */
static int
take_block(struct presented *p, struct pem_block *b, struct fault *f)
{
	const unsigned char *at = b->der;
	X509 *x;

	if (!holds_certificate(b))
		return 0;
	ERR_clear_error();
	x = d2i_X509(NULL, &at, (long)b->len);
	if (x == NULL || at != b->der + b->len) {
		X509_free(x);
		return fault_set(f, "line %d: this is no certificate: %s", b->line, ring_item_why());
	}
	X509_free(x);
	if (add(p, b->der, b->len, f) < 0)
		return -1;
	b->der = NULL;
	return 0;
}

int
presented_read(struct presented *p, const char *pem, size_t len, struct fault *f)
{
	struct pem scan = pem_walk(pem, len);
	struct pem_block b;
	int rc;

	while ((rc = pem_next(&scan, &b, f)) > 0) {
		rc = take_block(p, &b, f);
		pem_drop(&b);
		if (rc < 0)
			return -1;
	}
	if (rc < 0)
		return fault_wrap(f, "line %d", scan.line);
	return p->n > 0 ? 0 : fault_set(f, "there is no certificate in it; it must hold PEM blocks CERTIFICATE, the partner's own first");
}

static int
take(struct presented *p, const X509 *x, struct fault *f)
{
	int n = i2d_X509(x, NULL);
	unsigned char *der = n > 0 ? malloc((size_t)n) : NULL, *at = der;

	if (der == NULL || i2d_X509(x, &at) != n) {
		free(der);
		return fault_set(f, "no memory");
	}
	if (add(p, der, (size_t)n, f) == 0)
		return 0;
	free(der);
	return -1;
}

int
presented_add(struct presented *p, const unsigned char *der, size_t len, struct fault *f)
{
	const unsigned char *at = der;
	X509 *x = d2i_X509(NULL, &at, (long)len);
	int rc = x != NULL ? take(p, x, f) : fault_set(f, "a recorded certificate is malformed");

	X509_free(x);
	return rc;
}

struct taking {
	struct presented *p;
	struct fault *f;
};

static int
presented_take_one(void *arg, const struct x509_st *x)
{
	struct taking *t = arg;

	return take(t->p, x, t->f);
}

int
presented_take(struct presented *p, const struct ring *r, const char *label, struct fault *f)
{
	struct taking t = { p, f };

	if (!ring_has(r, label))
		return fault_set(f, "%s: has no certificate%s%s", ring_dir(r), label[0] != '\0' ? " " : " of its own", label);
	return ring_each_own(r, label, presented_take_one, &t);
}

void
presented_free(struct presented *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->item[i].der);
	free(p->signer.der);
	*p = (struct presented){ .n = 0 };
}

static int
print(const struct presented_item *item, size_t items, struct buf *b)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc = bio != NULL ? 0 : -1;
	char *text;
	long n;

	for (size_t i = 0; rc == 0 && i < items; i++)
		rc = PEM_write_bio(bio, "CERTIFICATE", "", item[i].der, (long)item[i].len) > 0 ? 0 : -1;
	n = rc == 0 ? BIO_get_mem_data(bio, &text) : 0;
	if (n > 0)
		rc = buf_add(b, text, (size_t)n);
	BIO_free(bio);
	return rc;
}

int
presented_print(const struct presented *p, struct buf *b)
{
	return print(p->item, p->n, b);
}

int
presented_print_signer(const struct presented *p, struct buf *b)
{
	return print(&p->signer, 1, b);
}

int
presented_read_signer(struct presented *p, const char *pem, size_t len, struct fault *f)
{
	struct presented one = { .n = 0 };
	int rc = presented_read(&one, pem, len, f);

	if (rc == 0 && (one.n != 1 || p->signer.der != NULL))
		rc = fault_set(f, "there is more than one signer");
	if (rc == 0) {
		p->signer = one.item[0];
		one.n = 0;
	}
	presented_free(&one);
	return rc;
}

/* --- judging ---------------------------------------------------------------------------------- */

static void
put_length(unsigned char *at, size_t n)
{
	at[0] = (unsigned char)(n >> 16);
	at[1] = (unsigned char)(n >> 8);
	at[2] = (unsigned char)n;
}

/* Checks the limits of the Certificate message that would carry the chain (RFC 5246 7.4.2). */
static int
check_message(const struct presented *p, struct cert_fault *why)
{
	size_t len = 3, at = 3;
	unsigned char *m;
	int rc;

	for (size_t i = 0; i < p->n; i++)
		len += 3 + p->item[i].len;
	*why = (struct cert_fault){ CERT_MEMORY, "no memory to verify the chain" };
	if (len > CHAIN_LIMITS_BYTES) {
		*why = (struct cert_fault){ CERT_LIMIT, "the presented chain has more bytes than a handshake takes" };
		return -1;
	}
	m = malloc(len);
	if (m == NULL)
		return -1;
	put_length(m, len - 3);
	for (size_t i = 0; i < p->n; i++) {
		put_length(m + at, p->item[i].len);
		memcpy(m + at + 3, p->item[i].der, p->item[i].len);
		at += 3 + p->item[i].len;
	}
	rc = chain_limits_message(m, len, false, why);
	free(m);
	return rc;
}

/* The certificates as OpenSSL's objects, the leaf first. NULL: no memory, or one is malformed. Owned by the caller. */
static STACK_OF(X509) *
parse(const struct presented *p)
{
	STACK_OF(X509) *chain = sk_X509_new_null();

	for (size_t i = 0; chain != NULL && i < p->n; i++) {
		const unsigned char *at = p->item[i].der;
		X509 *x = d2i_X509(NULL, &at, (long)p->item[i].len);

		if (x != NULL && sk_X509_push(chain, x))
			continue;
		X509_free(x);
		sk_X509_pop_free(chain, X509_free);
		chain = NULL;
	}
	return chain;
}

/* A store with the signer of p alone, or an empty one; owned by the caller. NULL: no memory. */
static X509_STORE *
own_store(const struct presented *p)
{
	X509_STORE *store = X509_STORE_new();
	const unsigned char *at = p->signer.der;
	X509 *x = at != NULL ? d2i_X509(NULL, &at, (long)p->signer.len) : NULL;
	bool done = store != NULL && (at == NULL || (x != NULL && X509_STORE_add_cert(store, x) == 1));

	X509_free(x);
	if (done)
		return store;
	X509_STORE_free(store);
	return NULL;
}

/*
 * Sets up a verification as OpenSSL does for a handshake (ssl_verify_cert_chain). c NULL: without the options of a
 * context. The signer of a test may be any certificate of the chain.
 */
static bool
prepare(X509_STORE_CTX *x, X509_STORE *store, const struct tls_config *c, enum way way, int64_t now, STACK_OF(X509) *chain)
{
	X509_VERIFY_PARAM *p;

	if (!X509_STORE_CTX_init(x, store, sk_X509_value(chain, 0), chain))
		return false;
	p = X509_STORE_CTX_get0_param(x);
	if (!X509_STORE_CTX_set_default(x, way == WAY_IN ? "ssl_client" : "ssl_server"))
		return false;
	if (c != NULL && !X509_VERIFY_PARAM_set1(p, SSL_CTX_get0_param(c->ctx)))
		return false;
	if (c == NULL || store != SSL_CTX_get_cert_store(c->ctx))
		X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(p, (time_t)now);
	return true;
}

struct certificate *
presented_verify(const struct presented *p, const struct tls_config *c, enum way way, int64_t now, struct cert_fault *why)
{
	bool ringed = c != NULL && p->signer.der == NULL;
	struct certificate *cert = NULL;
	X509_STORE *own = NULL;
	STACK_OF(X509) *chain;
	X509_STORE_CTX *x;

	if (check_message(p, why) < 0)
		return NULL;
	ERR_set_mark();
	*why = (struct cert_fault){ CERT_BROKEN, "a certificate cannot be decoded" };
	chain = parse(p);
	x = chain != NULL && (ringed || (own = own_store(p)) != NULL) ? X509_STORE_CTX_new() : NULL;
	if (x != NULL && prepare(x, ringed ? SSL_CTX_get_cert_store(c->ctx) : own, c, way, now, chain))
		cert = chain_verify_chain(x, TLS_LEVEL, why);
	else if (chain != NULL)
		*why = (struct cert_fault){ CERT_MEMORY, "no memory to verify the chain" };
	X509_STORE_CTX_free(x);
	X509_STORE_free(own);
	sk_X509_pop_free(chain, X509_free);
	ERR_pop_to_mark();
	return cert;
}

/* --- the times of one judgement --------------------------------------------------------------- */

int
presented_span(const struct presented *p, const struct tls_config *c, int64_t now, struct span *out)
{
	STACK_OF(X509) *chain = parse(p);

	if (chain == NULL)
		return -1;
	*out = SPAN_ALWAYS;
	for (int i = 0; i < sk_X509_num(chain); i++)
		dates_cut_certificate(sk_X509_value(chain, i), now, out);
	if (c->ring != NULL)
		dates_cut(ring_dates(c->ring), now, out);
	sk_X509_pop_free(chain, X509_free);
	return 0;
}

/* --- version and suite ------------------------------------------------------------------------ */

static bool
speaks(const struct tls_config *c, int version)
{
	int min = (int)SSL_CTX_get_min_proto_version(c->ctx), max = (int)SSL_CTX_get_max_proto_version(c->ctx);
	int wanted = version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION;

	return (min == 0 || wanted >= min) && (max == 0 || wanted <= max);
}

/* True when the suite is of that version and, in TLS 1.2, uses the kind of c's own key. */
static bool
suits(const struct tls_config *c, const SSL_CIPHER *s, int version)
{
	const X509 *own = SSL_CTX_get0_certificate(c->ctx);
	const EVP_PKEY *key = own != NULL ? X509_get0_pubkey(own) : NULL;
	bool is_13 = strcmp(SSL_CIPHER_get_version(s), "TLSv1.3") == 0;

	if (is_13 != (version == 13))
		return false;
	return is_13 || key == NULL || SSL_CIPHER_get_auth_nid(s) == (EVP_PKEY_is_a(key, "RSA") ? NID_auth_rsa : NID_auth_ecdsa);
}

const char *
presented_suite(const struct tls_config *c, int version)
{
	const STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(c->ctx);

	for (int i = 0; speaks(c, version) && i < sk_SSL_CIPHER_num(all); i++)
		if (suits(c, sk_SSL_CIPHER_value(all, i), version))
			return SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i));
	return NULL;
}
