/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/chain_verify.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <stdlib.h>
#include <string.h>

#include "tls/chain_limits.h"

#define CRL_FLAGS (X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)

struct walk {
	struct certificate *c;
	unsigned long crl_flags; /* as the ring requires; switched off until the signatures are verified */
	X509_STORE_CTX_verify_fn verify; /* OpenSSL's own function */
	bool alone; /* the leaf is verified alone; no error ends this */
	bool ended; /* stopped at an error that ends verification */
	bool rooted; /* every signature was verified, up to a signer of the ring */
};

/* --- Errors. */

static bool
is_noted(const struct certificate *c, int code, int depth)
{
	for (size_t i = 0; i < c->chain.n; i++)
		if (c->chain.error[i].code == code && c->chain.error[i].depth == depth)
			return true;
	return false;
}

static void
note(struct certificate *c, int code, int depth, const char *text)
{
	if (code == X509_V_OK || is_noted(c, code, depth))
		return;
	if (c->chain.n < CHAIN_ERRORS)
		c->chain.error[c->chain.n++] = (struct chain_error){ code, depth, text };
	else /* the list is full: a script that accepts all listed errors must not accept the others unseen */
		c->chain.error[CHAIN_ERRORS - 1] = (struct chain_error){ X509_V_ERR_UNSPECIFIED, depth, "more errors than are listed" };
}

static void
note_error(struct certificate *c, X509_STORE_CTX *x)
{
	int code = X509_STORE_CTX_get_error(x);

	note(c, code, X509_STORE_CTX_get_error_depth(x), X509_verify_cert_error_string(code));
}

/*
 * No anchor, a chain that is too long, or a signature that does not verify; also the errors with which OpenSSL reports
 * that it could not decide.
 */
static bool
ends_walk(int code)
{
	switch (code) {
	case X509_V_ERR_UNSPECIFIED:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_OUT_OF_MEM:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REJECTED:
	case X509_V_ERR_STORE_LOOKUP:
		return true;
	default:
		return false;
	}
}

/*
 * A certificate is checked for revocation only when the ring has a CRL of its issuer (ring.h). Allocates nothing: a
 * lack of memory must not look like a ring without CRLs.
 */
static bool
issuer_has_no_crl(X509_STORE_CTX *x)
{
	const X509 *at = X509_STORE_CTX_get_current_cert(x);
	const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(X509_STORE_CTX_get0_store(x));

	for (int i = 0; at != NULL && i < sk_X509_OBJECT_num(all); i++) {
		const X509_CRL *crl = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(all, i));

		if (crl != NULL && X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_issuer_name(at)) == 0)
			return false;
	}
	return at != NULL;
}

static int
chain_verify_collect(int ok, X509_STORE_CTX *x)
{
	struct walk *w = X509_STORE_CTX_get_app_data(x);
	int code = X509_STORE_CTX_get_error(x);

	if (ok)
		return 1;
	if (code != X509_V_ERR_UNABLE_TO_GET_CRL || !issuer_has_no_crl(x))
		note_error(w->c, x);
	w->ended = !w->alone && ends_walk(code);
	if (!w->ended) /* X509_verify_cert() would take an error that is left for the reason why there is no anchor, and would skip it */
		X509_STORE_CTX_set_error(x, X509_V_OK);
	return !w->ended;
}

/* --- The order: signatures, then revocation. */

/*
 * Moves the errors [from, to) behind the errors after them: OpenSSL reports revocation before signatures and dates, and
 * the facts have the same order.
 */
static void
put_last(struct certificate *c, size_t from, size_t to)
{
	struct chain_error moved[CHAIN_ERRORS];
	size_t n = to - from, rest = c->chain.n - to;

	memcpy(moved, &c->chain.error[from], n * sizeof *moved);
	memmove(&c->chain.error[from], &c->chain.error[to], rest * sizeof *moved);
	memcpy(&c->chain.error[from + rest], moved, n * sizeof *moved);
}

/*
 * Runs instead of OpenSSL's own verification of signatures and dates. The chain has been built and reaches a signer by
 * name.
 */
static int
chain_verify_then_revocation(X509_STORE_CTX *x)
{
	struct walk *w = X509_STORE_CTX_get_app_data(x);
	size_t from = w->c->chain.n, to;
	int rc = w->verify(x);

	if (rc <= 0)
		return rc;
	w->rooted = X509_STORE_CTX_get_num_untrusted(x) < sk_X509_num(X509_STORE_CTX_get0_chain(x));
	if (!w->rooted) {
		w->ended = true;
		note(w->c, X509_V_ERR_CERT_UNTRUSTED, 0, X509_verify_cert_error_string(X509_V_ERR_CERT_UNTRUSTED));
		return 0;
	}
	if (w->crl_flags == 0)
		return rc;
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(x), w->crl_flags);
	to = w->c->chain.n;
	rc = X509_STORE_CTX_get_check_revocation(x)(x);
	put_last(w->c, from, to);
	return rc;
}

/* --- The leaf, where the walk ended early. */

/* Verifies the leaf as if it were trusted, so that only its own errors are reported. */
static int
verify_alone(struct walk *w, X509_STORE_CTX *x, X509 *leaf, X509_STORE_CTX *alone, STACK_OF(X509) *trusted)
{
	X509_VERIFY_PARAM *p;
	struct walk own = { .c = w->c, .alone = true };

	if (alone == NULL || trusted == NULL || !sk_X509_push(trusted, leaf) || !X509_STORE_CTX_init(alone, NULL, leaf, NULL))
		return -1;
	p = X509_STORE_CTX_get0_param(alone);
	if (!X509_VERIFY_PARAM_set1(p, X509_STORE_CTX_get0_param(x)))
		return -1;
	X509_VERIFY_PARAM_clear_flags(p, CRL_FLAGS);
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN | (chain_limits_key_is_cheap(leaf) ? X509_V_FLAG_CHECK_SS_SIGNATURE : 0));
	X509_STORE_CTX_set0_trusted_stack(alone, trusted);
	X509_STORE_CTX_set_verify_cb(alone, chain_verify_collect);
	if (!X509_STORE_CTX_set_app_data(alone, &own))
		return -1;
	return X509_verify_cert(alone) < 0 ? -1 : 0;
}

static void
check_leaf(struct walk *w, X509_STORE_CTX *x, X509 *leaf)
{
	X509_STORE_CTX *alone = X509_STORE_CTX_new();
	STACK_OF(X509) *trusted = sk_X509_new_null();

	if (verify_alone(w, x, leaf, alone, trusted) < 0)
		note(w->c, X509_V_ERR_OUT_OF_MEM, 0, X509_verify_cert_error_string(X509_V_ERR_OUT_OF_MEM));
	if (X509_self_signed(leaf, 0) != 0 && !chain_limits_key_is_cheap(leaf))
		note(w->c, X509_V_ERR_APPLICATION_VERIFICATION, 0, "self-signature not verified: the key costs more than RSA-4096");
	X509_STORE_CTX_free(alone);
	sk_X509_free(trusted);
}

/* --- All of it. */

/* True when the region does not compute with a key of the chain; the error is noted. */
static bool
find_unfit(struct walk *w, const X509_STORE_CTX *x, const X509 *leaf)
{
	const STACK_OF(X509) *all = X509_STORE_CTX_get0_untrusted(x);
	const struct key_flaw *flaw = chain_limits_key(leaf);

	w->c->unfit = flaw != NULL;
	if (flaw != NULL)
		note(w->c, flaw->code, 0, flaw->text);
	for (int i = 0; i < sk_X509_num(all); i++) {
		flaw = sk_X509_value(all, i) == leaf ? NULL : chain_limits_key(sk_X509_value(all, i));
		if (flaw != NULL)
			note(w->c, flaw->code, i, flaw->text);
	}
	return w->c->chain.n > 0;
}

static void
go(struct walk *w, X509_STORE_CTX *x)
{
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(x);
	int rc;

	w->crl_flags = X509_VERIFY_PARAM_get_flags(p) & CRL_FLAGS;
	X509_VERIFY_PARAM_clear_flags(p, CRL_FLAGS);
	w->verify = X509_STORE_CTX_get_verify(x);
	X509_STORE_CTX_set_verify(x, chain_verify_then_revocation);
	X509_STORE_CTX_set_verify_cb(x, chain_verify_collect);
	rc = X509_verify_cert(x);
	if (rc <= 0 && !w->ended) /* a failure without a callback: no memory, or no chain could be begun */
		note_error(w->c, x);
	w->c->chain.complete = rc > 0 && w->rooted && !w->ended;
	w->c->chain.ok = w->c->chain.complete && w->c->chain.n == 0;
}

/* OpenSSL reports this second error for a lone leaf when verification continues. */
static void
note_unverified_leaf(struct walk *w, const X509_STORE_CTX *x)
{
	if (is_noted(w->c, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 0) && sk_X509_num(X509_STORE_CTX_get0_chain(x)) == 1)
		note(w->c, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, 0, X509_verify_cert_error_string(X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE));
}

/* Without a verified signature up to a signer, the list contains only certificates that the peer presented. */
static int
describe_chain(struct walk *w, const X509_STORE_CTX *x, const X509 *leaf, struct cert_fault *why)
{
	const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(x);
	int n = w->rooted ? sk_X509_num(chain) : X509_STORE_CTX_get_num_untrusted(x);

	w->c->chain.link = calloc(CHAIN_LINKS, sizeof *w->c->chain.link);
	if (w->c->chain.link == NULL) {
		*why = (struct cert_fault){ CERT_MEMORY, "no memory to describe the chain" };
		return -1;
	}
	w->c->chain.anchored = w->rooted && n <= CHAIN_LINKS;
	if (n <= 0)
		return cert_link(w->c, leaf, NULL, why);
	for (int i = 0; i < n; i++)
		if (cert_link(w->c, sk_X509_value(chain, i), i > 0 ? sk_X509_value(chain, i - 1) : NULL, why) < 0)
			return -1;
	return 0;
}

static int
verify(struct walk *w, X509_STORE_CTX *x, X509 *leaf, struct cert_fault *why)
{
	if (!find_unfit(w, x, leaf))
		go(w, x);
	if (!w->c->chain.complete) {
		note_unverified_leaf(w, x);
		check_leaf(w, x, leaf);
	}
	return describe_chain(w, x, leaf, why);
}

struct certificate *
chain_verify_chain(struct x509_store_ctx_st *x, int level, struct cert_fault *why)
{
	X509 *leaf = X509_STORE_CTX_get0_cert(x);
	struct walk w = { .c = NULL };

	*why = (struct cert_fault){ CERT_MEMORY, "no memory to verify the chain" };
	if (leaf == NULL || chain_limits_extensions(x, why) < 0)
		return NULL;
	w.c = cert_read(leaf, why);
	if (w.c == NULL)
		return NULL;
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(x), level);
	if (X509_STORE_CTX_set_app_data(x, &w) && verify(&w, x, leaf, why) == 0) {
		X509_STORE_CTX_set_app_data(x, NULL);
		return w.c;
	}
	X509_STORE_CTX_set_app_data(x, NULL);
	certificate_unref(w.c);
	return NULL;
}
