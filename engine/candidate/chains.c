/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/chains.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "records/record_reader.h"
#include "tls/presented.h"

#define KEY_SIZE (65 * PRESENTED_MAX)

struct judged { /* one judgement of a chain, in a tree by its key */
	char *key; /* owned: the fingerprints of the chain */
	const struct tls_config *config;
	enum way way;
	struct span span;
	struct certificate *certificate; /* counted; NULL: *why */
	struct cert_fault why;
	struct judged *older; /* of the same chain, listener and way: other times */
};

struct chains {
	struct record_reader *reader;
	void *tree; /* tsearch: of struct judged */
};

struct chains *
chains_new(struct record_reader *reader)
{
	struct chains *s = calloc(1, sizeof *s);

	if (s != NULL)
		s->reader = reader;
	return s;
}

static void
chains_drop(void *node)
{
	struct judged *j = node, *older;

	for (; j != NULL; j = older) {
		older = j->older;
		certificate_unref(j->certificate);
		free(j->key);
		free(j);
	}
}

void
chains_free(struct chains *s)
{
	if (s != NULL)
		tdestroy(s->tree, chains_drop);
	free(s);
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* The number of certificates that the peer presented: without the signer at the end, which is the region's own. */
static size_t
presented_of(struct account_value chain)
{
	size_t n = account_count(account_member(chain, "certificates"));

	return account_has(account_member(chain, "anchor")) && n > 1 ? n - 1 : n;
}

static const char *
print_of(struct account_value chain, size_t i)
{
	const char *print = account_text(account_member(account_at(account_member(chain, "certificates"), i), "sha256"));

	return print != NULL ? print : "?";
}

static void
make_key(struct account_value chain, char key[KEY_SIZE])
{
	size_t at = 0, n = presented_of(chain);

	key[0] = '\0';
	for (size_t i = 0; i < n && i < PRESENTED_MAX && at < KEY_SIZE; i++)
		at += (size_t)snprintf(key + at, KEY_SIZE - at, "%.64s ", print_of(chain, i));
}

static bool
add(struct chains *s, struct presented *p, const char *print)
{
	unsigned char *der = NULL;
	struct fault f;
	size_t len;
	bool ok = record_reader_certificate(s->reader, print, &der, &len, &f) > 0 && presented_add(p, der, len, &f) == 0;

	free(der);
	return ok;
}

/* Reads the chain from the file. False: it is not there whole. */
static bool
read_chain(struct chains *s, struct account_value chain, struct presented *p)
{
	size_t n = presented_of(chain);

	for (size_t i = 0; i < n; i++)
		if (i == PRESENTED_MAX || !add(s, p, print_of(chain, i)))
			return false;
	return n > 0;
}

/* --- judgements ------------------------------------------------------------------------------- */

static int
chains_order(const void *a, const void *b)
{
	const struct judged *x = a, *y = b;

	if (x->config != y->config)
		return (uintptr_t)x->config < (uintptr_t)y->config ? -1 : 1;
	if (x->way != y->way)
		return x->way < y->way ? -1 : 1;
	return strcmp(x->key, y->key);
}

/* Judges the chain at `now`. NULL: its bytes are not in the file, or there is no memory. */
static struct judged *
judge(struct chains *s, struct account_value chain, const struct judged *like, int64_t now)
{
	struct presented p = { .n = 0 };
	struct judged *j = calloc(1, sizeof *j);

	if (j != NULL) {
		*j = *like;
		j->key = strdup(like->key);
	}
	if (j != NULL && j->key != NULL && read_chain(s, chain, &p) && presented_span(&p, j->config, now, &j->span) == 0) {
		j->certificate = presented_verify(&p, j->config, j->way, now, &j->why);
	} else {
		chains_drop(j);
		j = NULL;
	}
	presented_free(&p);
	return j;
}

/* The first judgement of the chain in the tree; NULL: none. */
static struct judged *
find(const struct chains *s, const struct judged *like)
{
	struct judged *const *node = tfind(like, &s->tree, chains_order);

	return node != NULL ? *node : NULL;
}

/* Puts a judgement into the tree, or behind the first one of its chain. False: no memory. */
static bool
keep(struct chains *s, struct judged *first, struct judged *j)
{
	if (first == NULL)
		return tsearch(j, &s->tree, chains_order) != NULL;
	j->older = first->older;
	first->older = j;
	return true;
}

struct certificate *
chains_verify(struct chains *s, struct account_value certificate, const struct tls_config *c, enum way way, int64_t now, struct cert_fault *why, bool *lost)
{
	struct account_value chain = account_member(certificate, "chain");
	char key[KEY_SIZE];
	struct judged like = { .key = key, .config = c, .way = way }, *first, *j;

	make_key(chain, key);
	first = find(s, &like);
	for (j = first; j != NULL && (now < j->span.from || now >= j->span.until);)
		j = j->older;
	if (j == NULL && (j = judge(s, chain, &like, now)) != NULL && !keep(s, first, j)) {
		chains_drop(j);
		j = NULL;
	}
	*lost = j == NULL;
	*why = j != NULL ? j->why : (struct cert_fault){ CERT_MEMORY, "the certificate's bytes are not in the file of records" };
	return j != NULL ? certificate_ref(j->certificate) : NULL;
}
