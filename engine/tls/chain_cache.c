/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/chain_cache.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/tally.h"
#include "tls/chain_verify.h"

#define KEY 32 /* bytes of a SHA-256 */
#define SHARED 256 /* descriptions that a part keeps in a cache that keeps no chain */

struct entry {
	unsigned char key[KEY];
	struct certificate *certificate; /* counted */
	struct span span;                /* the times at which the chain is judged alike */
	double born;
	bool proven;                     /* it was found again: in that queue */
	struct entry *newer, *older;     /* in its queue */
	struct entry *next;              /* at its place of the table */
};

struct queue {
	struct entry *newest, *oldest;
	size_t n;
};

struct chain_part {
	pthread_t thread;         /* the only thread that uses the part, except for the counts */
	struct chain_part *next;
	EVP_MD *sha256;           /* owned, as are the two below; fetched once */
	EVP_MD_CTX *digest;
	struct entry **place;     /* the hash table */
	size_t places;            /* a power of two */
	size_t most, fresh_most;  /* chains in both queues, and in `fresh` */
	struct queue fresh, proven;
	int64_t latest;           /* the last time of the wall clock */
	_Atomic unsigned kept;
	_Atomic uint64_t hits, misses;
};

/* --- The parts. */

static void
free_part(struct chain_part *p)
{
	EVP_MD_CTX_free(p->digest);
	EVP_MD_free(p->sha256);
	free(p->place);
	free(p);
}

static struct chain_part *
new_part(size_t most)
{
	struct chain_part *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->thread = pthread_self();
	p->most = most;
	p->fresh_most = most < 4 ? 1 : most / 4;
	for (p->places = 16; p->places < most; p->places *= 2)
		;
	p->place = calloc(p->places, sizeof(struct entry *));
	p->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	p->digest = EVP_MD_CTX_new();
	if (p->place != NULL && p->sha256 != NULL && p->digest != NULL)
		return p;
	free_part(p);
	return NULL;
}

/* The part of the calling thread. NULL: no memory. */
static struct chain_part *
part_of_thread(struct chain_cache *k)
{
	struct chain_part *p = atomic_load(&k->first);

	while (p != NULL && !pthread_equal(p->thread, pthread_self()))
		p = p->next;
	if (p != NULL || (p = new_part(k->most > 0 ? k->most : SHARED)) == NULL)
		return p;
	p->next = atomic_load(&k->first);
	while (!atomic_compare_exchange_weak(&k->first, &p->next, p))
		;
	return p;
}

/* --- The queues and the table. */

static struct queue *
queue_of(struct chain_part *p, const struct entry *e)
{
	return e->proven ? &p->proven : &p->fresh;
}

static void
put_newest(struct chain_part *p, struct entry *e)
{
	struct queue *q = queue_of(p, e);

	e->newer = NULL;
	e->older = q->newest;
	*(q->newest != NULL ? &q->newest->newer : &q->oldest) = e;
	q->newest = e;
	q->n++;
}

static void
take_out(struct chain_part *p, struct entry *e)
{
	struct queue *q = queue_of(p, e);

	*(e->newer != NULL ? &e->newer->older : &q->newest) = e->older;
	*(e->older != NULL ? &e->older->newer : &q->oldest) = e->newer;
	q->n--;
}

static struct entry **
place_of(const struct chain_part *p, const unsigned char key[KEY])
{
	uint64_t n;

	memcpy(&n, key, sizeof n);
	return &p->place[n & (p->places - 1)];
}

static void
drop(struct chain_part *p, struct entry *e)
{
	struct entry **at = place_of(p, e->key);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	take_out(p, e);
	tally_down(&p->kept);
	e->certificate->kept = false;
	certificate_drop_der(e->certificate);
	certificate_unref(e->certificate);
	free(e);
}

static void
drop_all(struct chain_part *p)
{
	while (p->fresh.oldest != NULL)
		drop(p, p->fresh.oldest);
	while (p->proven.oldest != NULL)
		drop(p, p->proven.oldest);
}

static struct entry *
find(const struct chain_part *p, const unsigned char key[KEY])
{
	struct entry *e = *place_of(p, key);

	while (e != NULL && memcmp(e->key, key, KEY) != 0)
		e = e->next;
	return e;
}

/* Moves a chain that was found again. The longest unused chain of `proven` goes back when there are too many. */
static void
prove(struct chain_part *p, struct entry *e)
{
	take_out(p, e);
	e->proven = true;
	put_newest(p, e);
	if (p->proven.n <= p->most - p->fresh_most)
		return;
	e = p->proven.oldest;
	take_out(p, e);
	e->proven = false;
	put_newest(p, e);
}

/* --- Keeping and finding. */

static bool
add_certificate(EVP_MD_CTX *digest, const X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	bool done = len > 0 && EVP_DigestUpdate(digest, &len, sizeof len) && EVP_DigestUpdate(digest, der, (size_t)len);

	OPENSSL_free(der);
	return done;
}

/* The digest of all that decides about the chain besides the ring and the time. */
static bool
digest_terms(struct chain_part *p, X509_STORE_CTX *x, const struct chain_terms *t, unsigned char key[KEY])
{
	const X509_VERIFY_PARAM *v = X509_STORE_CTX_get0_param(x);
	const STACK_OF(X509) *all = X509_STORE_CTX_get0_untrusted(x);
	unsigned long terms[] = { (unsigned long)t->way, (unsigned long)t->level, X509_VERIFY_PARAM_get_flags((X509_VERIFY_PARAM *)v),
		(unsigned long)X509_VERIFY_PARAM_get_depth(v) };
	bool done = EVP_DigestInit_ex(p->digest, p->sha256, NULL) && EVP_DigestUpdate(p->digest, terms, sizeof terms)
		&& add_certificate(p->digest, X509_STORE_CTX_get0_cert(x));

	for (int i = 0; done && i < sk_X509_num(all); i++)
		done = add_certificate(p->digest, sk_X509_value(all, i));
	return done && EVP_DigestFinal_ex(p->digest, key, NULL);
}

/* The chain with that key, which is forgotten when its time is over. */
static struct entry *
find_valid(struct chain_part *p, const unsigned char key[KEY], const struct chain_terms *t)
{
	struct entry *e;

	if (t->now < p->latest)
		drop_all(p);
	p->latest = t->now;
	e = find(p, key);
	if (e == NULL || (t->now >= e->span.from && t->now < e->span.until && t->age - e->born < CHAIN_CACHE_SECONDS))
		return e;
	drop(p, e);
	return NULL;
}

/* The bytes of memory that the chain needs in the cache, about. */
static size_t
weight(const struct certificate *c)
{
	size_t n = certificate_weight(c);

	for (size_t i = 0; i < c->chain.links; i++)
		n += c->chain.link[i].der_len;
	return n;
}

static struct span
span_of(const struct dates *ring, const X509_STORE_CTX *x, int64_t now)
{
	const STACK_OF(X509) *all = X509_STORE_CTX_get0_untrusted(x);
	struct span s = SPAN_ALWAYS;

	dates_cut(ring, now, &s);
	dates_cut_certificate(X509_STORE_CTX_get0_cert(x), now, &s);
	for (int i = 0; i < sk_X509_num(all); i++)
		dates_cut_certificate(sk_X509_value(all, i), now, &s);
	return s;
}

static void
keep(struct chain_part *p, const struct entry *like)
{
	struct entry *e = malloc(sizeof *e);
	struct entry **at = place_of(p, like->key);

	if (e == NULL)
		return;
	while (p->fresh.n >= p->fresh_most)
		drop(p, p->fresh.oldest);
	*e = *like;
	e->next = *at;
	*at = e;
	put_newest(p, e);
	tally_up(&p->kept);
	certificate_ref(e->certificate)->kept = true;
}

/* --- Without a cache. */

/* Whether two results without an error say the same: all that a description says follows from the certificates. */
static bool
is_alike(const struct certificate *a, const struct certificate *b)
{
	bool alike = a->chain.anchored == b->chain.anchored && a->chain.links == b->chain.links && strcmp(a->sha256, b->sha256) == 0;

	for (size_t i = 0; alike && i < a->chain.links; i++)
		alike = strcmp(a->chain.link[i].sha256, b->chain.link[i].sha256) == 0;
	return alike;
}

/* The certificate of an earlier verification that is alike, with c given up for it; else c. */
static struct certificate *
share(struct chain_part *p, struct certificate *c)
{
	struct entry *e, new = { .certificate = c };

	memcpy(new.key, c->sha256, KEY);
	e = find(p, new.key);
	if (e == NULL && weight(c) <= CHAIN_CACHE_WEIGHT)
		keep(p, &new);
	if (e == NULL || !is_alike(e->certificate, c))
		return c;
	prove(p, e);
	certificate_unref(c);
	return certificate_ref(e->certificate);
}

static struct certificate *
verify_and_share(struct chain_part *p, struct x509_store_ctx_st *x, const struct chain_terms *t, struct cert_fault *why)
{
	struct certificate *c = chain_verify_chain(x, t->level, why);

	return c != NULL && c->chain.ok ? share(p, c) : c;
}

/* --- All of it. */

struct certificate *
chain_cache_verify(struct chain_cache *k, const struct dates *ring, struct x509_store_ctx_st *x, const struct chain_terms *t, bool *hit,
	struct cert_fault *why)
{
	struct chain_part *p = part_of_thread(k);
	struct entry *e, new = { .born = t->age };

	*hit = false;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(x), (time_t)t->now);
	if (p != NULL && k->most == 0)
		return verify_and_share(p, x, t, why);
	if (p == NULL || !digest_terms(p, x, t, new.key))
		return chain_verify_chain(x, t->level, why);
	e = find_valid(p, new.key, t);
	*hit = e != NULL;
	tally_add(e != NULL ? &p->hits : &p->misses, 1);
	if (e != NULL) {
		prove(p, e);
		return certificate_ref(e->certificate);
	}
	new.certificate = chain_verify_chain(x, t->level, why);
	new.span = span_of(ring, x, t->now);
	if (new.certificate != NULL && new.certificate->chain.ok && weight(new.certificate) <= CHAIN_CACHE_WEIGHT)
		keep(p, &new);
	return new.certificate;
}

struct chain_counts
chain_cache_counts(const struct chain_cache *k)
{
	struct chain_counts c = { .kept = 0 };

	for (const struct chain_part *p = k->most > 0 ? atomic_load(&k->first) : NULL; p != NULL; p = p->next) {
		c.kept += tally_present(&p->kept);
		c.hits += tally_total(&p->hits);
		c.misses += tally_total(&p->misses);
	}
	return c;
}

void
chain_cache_free(struct chain_cache *k)
{
	struct chain_part *p = atomic_load(&k->first);

	while (p != NULL) {
		struct chain_part *next = p->next;

		drop_all(p);
		free_part(p);
		p = next;
	}
	*k = (struct chain_cache){ .most = 0 };
}
