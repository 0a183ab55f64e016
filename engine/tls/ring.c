/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring_internal.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/cert.h"
#include "tls/permit.h"
#include "tls/ring_warnings.h"
#include "tls/ring_item.h"

const struct pair *
ring_pair(const struct ring *r, const char *label)
{
	size_t i;

	if (r->n > 0 && label[0] == '\0')
		return &r->pair[r->chosen];
	for (i = 0; i < r->n; i++)
		if (strcmp(r->pair[i].label, label) == 0)
			return &r->pair[i];
	return NULL;
}

uint64_t
ring_sum(const struct ring *r)
{
	return r != NULL ? r->sum : 0;
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
	permit_free(r->permit);
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
	return ring_pair(r, label) != NULL;
}

int
ring_permits(const struct ring *r, const char *user, struct fault *f)
{
	return permit_check(r->permit, user, r->dir, r->n > 0, f);
}

void
ring_judge(const struct ring *r, const char *label, enum way way, const struct ssl_ctx_st *ctx, const struct ring_user *u, struct faults *faults)
{
	const struct pair *p = ring_pair(r, label);
	char path[RING_PATH + RING_LABEL + 8];

	if (p == NULL)
		return;
	snprintf(path, sizeof path, "%s/%s.pem", r->dir, p->label);
	ring_warnings_use(p->certificate, path, way, ctx, u, faults);
}

static int
use_pair(const struct ring *r, const struct pair *p, SSL_CTX *ctx, struct fault *f)
{
	ERR_clear_error();
	if (SSL_CTX_use_cert_and_key(ctx, p->certificate, p->key, p->chain, 1) == 1)
		return 0;
	fault_set(f, "%s/%s.pem: cannot be used: %s", r->dir, p->label, ring_item_why());
	return -1; /* the error stays in OpenSSL's queue: tls_config asks it whether the key is too short */
}

/* Of certificate_authorities (RFC 8446 4.2.4), which has two bytes less to give than RFC 5246 7.4.4: both lengths are 16 bits. */
#define NAMES_BYTES_MAX (65535 - 2)

bool
ring_names_fit(const struct ring *r)
{
	size_t bytes = 0;

	for (int i = 0; i < sk_X509_NAME_num(r->signers); i++) {
		int n = i2d_X509_NAME(sk_X509_NAME_value(r->signers, i), NULL);

		bytes += 2 + (n > 0 ? (size_t)n : 0);
	}
	return bytes <= NAMES_BYTES_MAX;
}

static int
use_trust(const struct ring *r, SSL_CTX *ctx, struct fault *f)
{
	STACK_OF(X509_NAME) *names = ring_names_fit(r) ? SSL_dup_CA_list(r->signers) : sk_X509_NAME_new_null();

	if (names == NULL)
		return fault_set(f, "%s: out of memory", r->dir);
	SSL_CTX_set_client_CA_list(ctx, names);
	SSL_CTX_set1_cert_store(ctx, r->store);
	return 0;
}

int
ring_use(const struct ring *r, const char *label, bool optional, struct ssl_ctx_st *ctx, struct fault *f)
{
	const struct pair *p = ring_pair(r, label);

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

bool
ring_is_signer(const struct ring *r, const char *sha256)
{
	const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(r->store);
	char hex[CERT_DIGEST];

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		const X509 *x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (x != NULL && cert_digest(x, hex) == 0 && strcmp(hex, sha256) == 0)
			return true;
	}
	return false;
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
