/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/minted.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tls/presented.h"

#define KEPT_MAX 8192

struct made { /* in a tree by its key */
	unsigned char *key; /* owned: names, dates, time, listener */
	size_t len;
	struct certificate *certificate; /* counted; NULL: refused unasked */
};

struct minted {
	struct issuer *issuer[1 + MINTED_AUTHORITIES]; /* owned; the plain one first */
	size_t issuers;
	struct presented_item stranger; /* owned: an authority that signs nothing */
	void *tree; /* tsearch: of struct made */
	unsigned kept;
};

/* The certificate of an authority that signs nothing else. */
static int
make_stranger(struct minted *m, struct fault *f)
{
	const struct issue_leaf none = { .n = 0, .not_after = 253402300799 };
	struct issuer *by = issue_authority_always("Another authority", f);
	struct presented p = { .n = 0 };
	int rc = by != NULL ? issue_present(by, &none, true, &p, f) : -1;

	if (rc == 0) {
		m->stranger = p.signer;
		p.signer.der = NULL;
	}
	presented_free(&p);
	issue_free(by);
	return rc;
}

struct minted *
minted_new(struct fault *f)
{
	struct minted *m = calloc(1, sizeof *m);

	if (m == NULL) {
		fault_set(f, "out of memory");
		return NULL;
	}
	m->issuer[m->issuers++] = issue_authority_always("Test authority", f);
	if (m->issuer[0] != NULL && make_stranger(m, f) == 0)
		return m;
	minted_free(m);
	return NULL;
}

int
minted_add(struct minted *m, const struct issue_text *part, size_t n)
{
	struct fault f;

	if (m->issuers == sizeof m->issuer / sizeof m->issuer[0])
		return -1;
	m->issuer[m->issuers] = issue_authority_named(part, n, &f);
	return m->issuer[m->issuers] != NULL ? (m->issuers++, 0) : -1;
}

static void
minted_drop(void *node)
{
	struct made *one = node;

	certificate_unref(one->certificate);
	free(one->key);
	free(one);
}

void
minted_free(struct minted *m)
{
	if (m == NULL)
		return;
	tdestroy(m->tree, minted_drop);
	free(m->stranger.der);
	for (size_t i = 0; i < m->issuers; i++)
		issue_free(m->issuer[i]);
	free(m);
}

static int
minted_order(const void *a, const void *b)
{
	const struct made *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->key, y->key, x->len);
}

/* -1: no memory. */
static int
write_key(struct buf *key, size_t by, const struct issue_leaf *l, bool verified, const struct tls_config *c, int64_t now)
{
	int rc = buf_printf(key, "%zu %d %p %lld %lld %lld", by, verified, (const void *)c, (long long)now, (long long)l->not_before, (long long)l->not_after);

	for (size_t i = 0; i < l->n; i++)
		rc |= buf_printf(key, " %s %zu ", l->text[i].kind, l->text[i].len) | buf_add(key, l->text[i].bytes, l->text[i].len);
	return rc;
}

/* Makes and judges a certificate. NULL: refused unasked, or no memory. */
static struct certificate *
make(struct minted *m, size_t by, const struct issue_leaf *l, bool verified, const struct tls_config *c, int64_t now)
{
	struct presented p = { .n = 0 };
	struct certificate *made = NULL;
	struct cert_fault why;
	struct fault f;

	if (issue_present(m->issuer[by], l, verified, &p, &f) == 0) {
		if (!verified)
			p.signer = m->stranger;
		made = presented_verify(&p, c, WAY_IN, now, &why);
	}
	if (!verified)
		p.signer.der = NULL; /* it belongs to m */
	presented_free(&p);
	return made;
}

/* Puts a certificate into the tree under the key. NULL: no memory. */
static struct made *
keep(struct minted *m, const struct made *like)
{
	struct made *one = malloc(sizeof *one);

	if (m->kept >= KEPT_MAX) {
		tdestroy(m->tree, minted_drop);
		m->tree = NULL;
		m->kept = 0;
	}
	if (one == NULL)
		return NULL;
	*one = (struct made){ .len = like->len, .key = malloc(like->len) };
	if (one->key != NULL && memcpy(one->key, like->key, like->len) != NULL && tsearch(one, &m->tree, minted_order) != NULL) {
		m->kept++;
		return one;
	}
	minted_drop(one);
	return NULL;
}

struct certificate *
minted_certificate(struct minted *m, size_t by, const struct issue_leaf *l, bool verified, const struct tls_config *c, int64_t now)
{
	struct buf key;
	struct made like, *one = NULL;
	void *node;

	buf_init(&key, 0);
	if (write_key(&key, by, l, verified, c, now) == 0) {
		like = (struct made){ .key = buf_bytes(&key), .len = buf_len(&key) };
		node = tfind(&like, &m->tree, minted_order);
		one = node != NULL ? *(struct made **)node : keep(m, &like);
		if (one != NULL && node == NULL)
			one->certificate = make(m, by, l, verified, c, now);
	}
	buf_free(&key);
	return one != NULL ? one->certificate : NULL;
}
