/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring_strict.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <stdbool.h>


#define ERRORS_MAX 16
#define CRL_FLAGS (X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)

struct errors {
	struct {
		int code, depth;
		char name[RING_ITEM_NAME]; /* the name of the certificate with the error */
	} item[ERRORS_MAX];
	size_t n;
};

static bool
has(const struct errors *l, int code, int depth)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->item[i].code == code && l->item[i].depth == depth)
			return true;
	return false;
}

static int
ring_strict_collect(int ok, X509_STORE_CTX *x)
{
	struct errors *l = X509_STORE_CTX_get_app_data(x);
	X509 *at = X509_STORE_CTX_get_current_cert(x);
	int code = X509_STORE_CTX_get_error(x), depth = X509_STORE_CTX_get_error_depth(x);

	if (ok || l->n == ERRORS_MAX || has(l, code, depth))
		return 1;
	l->item[l->n].code = code;
	l->item[l->n].depth = depth;
	ring_item_name(at != NULL ? X509_get_subject_name(at) : NULL, l->item[l->n].name);
	l->n++;
	return 1;
}

/* Trusts every signer, and the leaf itself: a chain whose authority is not in the ring then ends at the leaf. */
static STACK_OF(X509) *
trusted_with(const struct ring_items *l, X509 *leaf)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	bool ok = all != NULL && sk_X509_push(all, leaf);

	for (size_t i = 0; ok && i < l->n; i++)
		if (l->item[i].file->kind == RING_FILE_SIGNER && l->item[i].x != NULL)
			ok = sk_X509_push(all, l->item[i].x) > 0;
	if (ok)
		return all;
	sk_X509_free(all);
	return NULL;
}

/* The certificates after the leaf in its file. */
static STACK_OF(X509) *
chain_of(const struct ring_items *l, const struct ring_item *leaf)
{
	STACK_OF(X509) *all = sk_X509_new_null();

	for (const struct ring_item *at = leaf + 1; all != NULL && at < l->item + l->n && at->file == leaf->file; at++)
		if (at->x != NULL && !sk_X509_push(all, at->x))
			break;
	return all;
}

static void
verify(X509 *leaf, STACK_OF(X509) *chain, STACK_OF(X509) *trusted, unsigned long flags, struct errors *out)
{
	X509_STORE_CTX *x = X509_STORE_CTX_new();

	if (x != NULL && X509_STORE_CTX_init(x, NULL, leaf, chain) && X509_STORE_CTX_set_app_data(x, out)) {
		X509_STORE_CTX_set0_trusted_stack(x, trusted);
		X509_VERIFY_PARAM_clear_flags(X509_STORE_CTX_get0_param(x), CRL_FLAGS);
		X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(x), X509_V_FLAG_PARTIAL_CHAIN | flags);
		X509_STORE_CTX_set_verify_cb(x, ring_strict_collect);
		X509_verify_cert(x);
	}
	X509_STORE_CTX_free(x);
}

static void
warn_of(const struct ring_items *l, const struct ring_item *leaf, struct faults *faults)
{
	STACK_OF(X509) *trusted = trusted_with(l, leaf->x), *chain = chain_of(l, leaf);
	struct errors plain = { .n = 0 }, strict = { .n = 0 };

	if (trusted != NULL && chain != NULL) {
		verify(leaf->x, chain, trusted, 0, &plain);
		verify(leaf->x, chain, trusted, X509_V_FLAG_X509_STRICT, &strict);
	}
	for (size_t i = 0; i < strict.n; i++)
		if (!has(&plain, strict.item[i].code, strict.item[i].depth))
			faults_add(faults, FAULT_WARNING, "certificate_strict", leaf->file->path, leaf->line,
				"a partner that checks certificates strictly (X509_STRICT, here x509strict) refuses this chain because of %s: %s; have that certificate "
				"reissued as RFC 5280 requires", strict.item[i].name, X509_verify_cert_error_string(strict.item[i].code));
	sk_X509_free(trusted);
	sk_X509_free(chain);
}

void
ring_strict_warn(const struct ring_items *l, struct faults *faults)
{
	const struct ring_file *last = NULL;

	for (size_t i = 0; i < l->n; i++) {
		const struct ring_item *at = &l->item[i];

		if (at->file->kind == RING_FILE_PEM && at->file != last && at->x != NULL)
			warn_of(l, at, faults);
		last = at->file;
	}
	ERR_clear_error();
}
