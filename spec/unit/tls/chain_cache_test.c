/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <time.h>

#include "spec/support/pki.h"
#include "tls/chain_cache.h"

#define LEVEL 2
#define HOUR 3600

static struct identity ca;
static int64_t begin; /* the wall clock, in seconds since 1970, when the test program began */

static int
build(void **state)
{
	(void)state;
	begin = (int64_t)time(NULL);
	ca = pki_make((struct wish){ .cn = "CA", .authority = true, .from = -DAY, .to = 30 * DAY });
	return 0;
}

static int
raze(void **state)
{
	(void)state;
	pki_free(&ca);
	return 0;
}

/* --- A ring and its cache, and a clock that the test sets. */

struct scene {
	X509_STORE *store;
	struct dates dates;
	struct chain_cache cache;
	struct chain_terms terms;
	unsigned long flags;
	int depth;
	struct certificate *last; /* counted: the result of the last verification; NULL: none yet */
};

/* OpenSSL tells decoded CRLs from each other, not those that a program made. Takes crl over. */
static void
add_crl(X509_STORE *store, X509_CRL *crl)
{
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);
	const unsigned char *at = der;
	X509_CRL *decoded = d2i_X509_CRL(NULL, &at, len);

	assert_int_equal(X509_STORE_add_crl(store, decoded), 1);
	X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
	X509_CRL_free(decoded);
	X509_CRL_free(crl);
	OPENSSL_free(der);
}

static void
open_scene(struct scene *s, size_t most, X509_CRL *crl)
{
	*s = (struct scene){ .store = X509_STORE_new(), .terms = { WAY_IN, LEVEL, begin, 1000 }, .depth = 4 };
	s->cache.most = most;
	X509_STORE_add_cert(s->store, ca.certificate);
	if (crl != NULL)
		add_crl(s->store, crl);
	assert_int_equal(dates_of_store(&s->dates, s->store), 0);
}

static void
close_scene(struct scene *s)
{
	chain_cache_free(&s->cache);
	certificate_unref(s->last);
	dates_free(&s->dates);
	X509_STORE_free(s->store);
}

/* The result for the leaf with the others presented behind it; counted. */
static struct certificate *
verified(struct scene *s, const struct identity *leaf, const struct identity *other, const struct identity *last, bool *hit)
{
	X509_STORE_CTX *x = X509_STORE_CTX_new();
	STACK_OF(X509) *presented = sk_X509_new_null();
	const struct identity *all[] = { leaf, other, last };
	struct cert_fault why;
	struct certificate *c;

	for (size_t i = 0; i < 3; i++)
		if (all[i] != NULL)
			sk_X509_push(presented, all[i]->certificate);
	assert_int_equal(X509_STORE_CTX_init(x, s->store, leaf->certificate, presented), 1);
	X509_STORE_CTX_set_default(x, s->terms.way == WAY_IN ? "ssl_client" : "ssl_server");
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(x), s->flags);
	X509_VERIFY_PARAM_set_depth(X509_STORE_CTX_get0_param(x), s->depth);
	c = chain_cache_verify(&s->cache, &s->dates, x, &s->terms, hit, &why);
	assert_non_null(c);
	X509_STORE_CTX_free(x);
	sk_X509_free(presented);
	return c;
}

/* The same, kept as the last result. "hit" and "miss" for a chain without an error; else "error". */
static const char *
present(struct scene *s, const struct identity *leaf, const struct identity *other, const struct identity *last)
{
	bool hit;
	struct certificate *c = verified(s, leaf, other, last, &hit);

	if (hit)
		assert_string_equal(c->chain.link[0].sha256, c->sha256);
	certificate_unref(s->last);
	s->last = c;
	return !c->chain.ok ? "error" : hit ? "hit" : "miss";
}

static const char *
come(struct scene *s, const struct identity *leaf)
{
	return present(s, leaf, NULL, NULL);
}

static struct identity
leaf_until(long to)
{
	return pki_make((struct wish){ .cn = "leaf", .issuer = &ca, .from = -HOUR, .to = to });
}

/* --- The chains that are kept. */

static void
a_chain_without_an_error_is_verified_once(void **state)
{
	struct identity leaf = leaf_until(DAY);
	struct chain_counts counts;
	struct scene s;

	(void)state;
	open_scene(&s, 4, NULL);
	assert_string_equal(come(&s, &leaf), "miss");
	assert_string_equal(come(&s, &leaf), "hit");
	assert_string_equal(come(&s, &leaf), "hit");
	counts = chain_cache_counts(&s.cache);
	assert_int_equal(counts.kept, 1);
	assert_int_equal(counts.hits, 2);
	assert_int_equal(counts.misses, 1);
	close_scene(&s);
	pki_free(&leaf);
}

static void
a_chain_with_an_error_is_verified_each_time(void **state)
{
	struct identity other = pki_make((struct wish){ .cn = "Other CA", .authority = true });
	struct identity old = leaf_until(-1), stranger = pki_make((struct wish){ .cn = "x", .issuer = &other });
	struct scene s;

	(void)state;
	open_scene(&s, 4, NULL);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(come(&s, &old), "error");
		assert_string_equal(come(&s, &stranger), "error");
	}
	assert_int_equal(chain_cache_counts(&s.cache).kept, 0);
	assert_int_equal(chain_cache_counts(&s.cache).misses, 4);
	close_scene(&s);
	pki_free(&other);
	pki_free(&old);
	pki_free(&stranger);
}

static void
a_cache_of_no_chains_keeps_and_counts_none(void **state)
{
	struct identity leaf = leaf_until(DAY);
	struct scene s;

	(void)state;
	open_scene(&s, 0, NULL);
	assert_string_equal(come(&s, &leaf), "miss");
	assert_string_equal(come(&s, &leaf), "miss");
	assert_int_equal(chain_cache_counts(&s.cache).misses, 0);
	assert_int_equal(chain_cache_counts(&s.cache).kept, 0);
	close_scene(&s);
	pki_free(&leaf);
}

static void
without_a_cache_a_chain_is_verified_again_and_described_once(void **state)
{
	struct identity leaf = leaf_until(DAY), other = leaf_until(DAY);
	struct certificate *first;
	struct scene s;

	(void)state;
	open_scene(&s, 0, NULL);
	assert_string_equal(come(&s, &leaf), "miss");
	first = certificate_ref(s.last);
	assert_string_equal(come(&s, &other), "miss");
	assert_ptr_not_equal(s.last, first);
	assert_string_equal(come(&s, &leaf), "miss");
	assert_ptr_equal(s.last, first);
	s.terms.now = begin + 2 * DAY;
	assert_string_equal(come(&s, &leaf), "error");
	assert_ptr_not_equal(s.last, first);
	assert_true(first->chain.ok);
	certificate_unref(first);
	close_scene(&s);
	pki_free(&leaf);
	pki_free(&other);
}

static void
a_chain_of_much_memory_is_not_kept(void **state)
{
	static const char name[] = ",DNS:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	char names[CHAIN_CACHE_WEIGHT + sizeof name] = "DNS:a";
	struct identity large;
	struct scene s;

	(void)state;
	while (strlen(names) < CHAIN_CACHE_WEIGHT)
		strcat(names, name);
	large = pki_make((struct wish){ .cn = "large", .issuer = &ca, .san = names });
	open_scene(&s, 4, NULL);
	assert_string_equal(come(&s, &large), "miss");
	assert_string_equal(come(&s, &large), "miss");
	assert_int_equal(chain_cache_counts(&s.cache).kept, 0);
	close_scene(&s);
	pki_free(&large);
}

/* --- How an entry dies. */

static void
a_chain_is_forgotten_when_its_certificate_ends(void **state)
{
	struct identity leaf = leaf_until(2 * HOUR);
	struct scene s;

	(void)state;
	open_scene(&s, 4, NULL);
	assert_string_equal(come(&s, &leaf), "miss");
	s.terms.now = begin + 2 * HOUR - 60;
	assert_string_equal(come(&s, &leaf), "hit");
	s.terms.now = begin + 2 * HOUR + 60;
	assert_string_equal(come(&s, &leaf), "error");
	assert_int_equal(chain_cache_counts(&s.cache).kept, 0);
	close_scene(&s);
	pki_free(&leaf);
}

static void
a_chain_is_forgotten_when_an_intermediate_ends(void **state)
{
	struct identity middle = pki_make((struct wish){ .cn = "Middle", .authority = true, .issuer = &ca, .from = -HOUR, .to = HOUR });
	struct identity leaf = pki_make((struct wish){ .cn = "leaf", .issuer = &middle });
	struct scene s;

	(void)state;
	open_scene(&s, 4, NULL);
	assert_string_equal(present(&s, &leaf, &middle, NULL), "miss");
	assert_string_equal(present(&s, &leaf, &middle, NULL), "hit");
	s.terms.now = begin + HOUR + 60;
	assert_string_equal(present(&s, &leaf, &middle, NULL), "error");
	close_scene(&s);
	pki_free(&middle);
	pki_free(&leaf);
}

static void
a_chain_is_forgotten_at_the_next_update_of_a_crl(void **state)
{
	struct identity leaf = leaf_until(DAY);
	struct scene s;

	(void)state;
	open_scene(&s, 4, pki_crl(&ca, NULL, -HOUR, HOUR));
	assert_string_equal(come(&s, &leaf), "miss");
	s.terms.now = begin + HOUR - 60;
	assert_string_equal(come(&s, &leaf), "hit");
	s.terms.now = begin + HOUR + 60;
	assert_string_equal(come(&s, &leaf), "error");
	close_scene(&s);
	pki_free(&leaf);
}

/* OpenSSL takes the newer of two CRLs once its time has come. */
static void
a_chain_is_forgotten_when_the_time_of_a_newer_crl_comes(void **state)
{
	struct identity leaf = leaf_until(DAY);
	struct scene s;

	(void)state;
	open_scene(&s, 4, pki_crl(&ca, NULL, -HOUR, 90 * 60));
	add_crl(s.store, pki_crl(&ca, &leaf, HOUR, 2 * HOUR));
	dates_free(&s.dates);
	assert_int_equal(dates_of_store(&s.dates, s.store), 0);
	assert_string_equal(come(&s, &leaf), "miss");
	assert_string_equal(come(&s, &leaf), "hit");
	s.terms.now = begin + HOUR + 60;
	assert_string_equal(come(&s, &leaf), "error");
	close_scene(&s);
	pki_free(&leaf);
}

static void
a_chain_is_forgotten_at_its_greatest_age(void **state)
{
	struct identity leaf = leaf_until(DAY);
	struct scene s;

	(void)state;
	open_scene(&s, 4, NULL);
	assert_string_equal(come(&s, &leaf), "miss");
	s.terms.age += CHAIN_CACHE_SECONDS - 1;
	assert_string_equal(come(&s, &leaf), "hit");
	s.terms.age += 1; /* a hit does not make it younger */
	assert_string_equal(come(&s, &leaf), "miss");
	assert_string_equal(come(&s, &leaf), "hit");
	close_scene(&s);
	pki_free(&leaf);
}

static void
a_wall_clock_that_goes_back_forgets_all_chains(void **state)
{
	struct identity leaf = leaf_until(DAY), other = leaf_until(DAY);
	struct scene s;

	(void)state;
	open_scene(&s, 8, NULL);
	come(&s, &leaf);
	come(&s, &other);
	assert_string_equal(come(&s, &other), "hit");
	s.terms.now = begin - 1;
	assert_string_equal(come(&s, &leaf), "miss");
	assert_int_equal(chain_cache_counts(&s.cache).kept, 1);
	s.terms.now = begin;
	assert_string_equal(come(&s, &leaf), "hit");
	assert_string_equal(come(&s, &other), "miss");
	s.terms.now = begin - 2 * HOUR; /* before the begin of the certificate */
	assert_string_equal(come(&s, &leaf), "error");
	close_scene(&s);
	pki_free(&leaf);
	pki_free(&other);
}

/* --- What makes another entry. */

static void
a_client_that_was_verified_is_not_verified_as_a_server(void **state)
{
	struct identity client = pki_make((struct wish){ .cn = "client", .issuer = &ca, .usage = "clientAuth" });
	struct identity both = leaf_until(DAY);
	struct scene s;

	(void)state;
	open_scene(&s, 8, NULL);
	come(&s, &client);
	come(&s, &both);
	assert_string_equal(come(&s, &client), "hit");
	s.terms.way = WAY_OUT;
	assert_string_equal(come(&s, &client), "error");
	assert_string_equal(come(&s, &both), "miss");
	assert_string_equal(come(&s, &both), "hit");
	close_scene(&s);
	pki_free(&client);
	pki_free(&both);
}

/* X509_STRICT wants identifiers of keys, which these certificates have not. */
static void
other_flags_level_and_depth_make_another_verification(void **state)
{
	struct identity middle = pki_make((struct wish){ .cn = "Middle", .authority = true, .issuer = &ca });
	struct identity weak = pki_make((struct wish){ .cn = "weak", .issuer = &middle, .rsa_bits = 1024 });
	struct scene s;

	(void)state;
	open_scene(&s, 8, NULL);
	s.terms.level = 1;
	assert_string_equal(present(&s, &weak, &middle, NULL), "miss");
	assert_string_equal(present(&s, &weak, &middle, NULL), "hit");
	s.terms.level = LEVEL;
	assert_string_equal(present(&s, &weak, &middle, NULL), "error");
	s.terms.level = 1;
	s.flags = X509_V_FLAG_X509_STRICT;
	assert_string_equal(present(&s, &weak, &middle, NULL), "error");
	s.flags = 0;
	s.depth = 0;
	assert_string_equal(present(&s, &weak, &middle, NULL), "error");
	s.depth = 4;
	assert_string_equal(present(&s, &weak, &middle, NULL), "hit");
	close_scene(&s);
	pki_free(&middle);
	pki_free(&weak);
}

static void
another_order_and_another_intermediate_make_another_chain(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct identity first, renewed, extra = pki_make((struct wish){ .cn = "Extra", .authority = true, .issuer = &ca }), leaf;
	struct scene s;

	(void)state;
	EVP_PKEY_up_ref(key);
	first = pki_make((struct wish){ .cn = "Middle", .authority = true, .issuer = &ca, .key = key });
	renewed = pki_make((struct wish){ .cn = "Middle", .authority = true, .issuer = &ca, .key = key });
	leaf = pki_make((struct wish){ .cn = "leaf", .issuer = &first });
	open_scene(&s, 16, NULL);
	assert_string_equal(present(&s, &leaf, &first, NULL), "miss");
	assert_string_equal(present(&s, &leaf, &renewed, NULL), "miss");
	assert_string_equal(present(&s, &leaf, &first, &extra), "miss");
	assert_string_equal(present(&s, &leaf, &extra, &first), "miss");
	assert_string_equal(present(&s, &leaf, NULL, NULL), "error");
	assert_string_equal(present(&s, &leaf, &first, NULL), "hit");
	assert_string_equal(present(&s, &leaf, &renewed, NULL), "hit");
	assert_string_equal(present(&s, &leaf, &extra, &first), "hit");
	close_scene(&s);
	pki_free(&first);
	pki_free(&renewed);
	pki_free(&extra);
	pki_free(&leaf);
}

static void
without_a_cache_another_intermediate_makes_another_description(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct identity middle, renewed, leaf;
	struct certificate *first;
	struct scene s;

	(void)state;
	EVP_PKEY_up_ref(key);
	middle = pki_make((struct wish){ .cn = "Middle", .authority = true, .issuer = &ca, .key = key });
	renewed = pki_make((struct wish){ .cn = "Middle", .authority = true, .issuer = &ca, .key = key });
	leaf = pki_make((struct wish){ .cn = "leaf", .issuer = &middle });
	open_scene(&s, 0, NULL);
	assert_string_equal(present(&s, &leaf, &middle, NULL), "miss");
	first = certificate_ref(s.last);
	assert_string_equal(present(&s, &leaf, &renewed, NULL), "miss");
	assert_string_not_equal(s.last->chain.link[1].sha256, first->chain.link[1].sha256);
	assert_string_equal(present(&s, &leaf, &middle, NULL), "miss");
	assert_ptr_equal(s.last, first);
	certificate_unref(first);
	close_scene(&s);
	pki_free(&middle);
	pki_free(&renewed);
	pki_free(&leaf);
}

/* --- The limit. */

static void
chains_that_come_once_replace_no_chain_that_came_twice(void **state)
{
	struct identity regular[3] = { leaf_until(DAY), leaf_until(DAY), leaf_until(DAY) };
	struct scene s;

	(void)state;
	open_scene(&s, 4, NULL);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 3; i++) {
			come(&s, &regular[i]);
			come(&s, &regular[i]);
		}
	for (int i = 0; i < 50; i++) {
		struct identity once = leaf_until(DAY);

		assert_string_equal(come(&s, &once), "miss");
		assert_true(chain_cache_counts(&s.cache).kept <= 4);
		pki_free(&once);
	}
	for (int i = 0; i < 3; i++) {
		assert_string_equal(come(&s, &regular[i]), "hit");
		pki_free(&regular[i]);
	}
	close_scene(&s);
}

static void
of_too_many_chains_the_one_unused_for_longest_goes(void **state)
{
	struct identity leaf[5];
	struct scene s;

	(void)state;
	open_scene(&s, 4, NULL);
	for (int i = 0; i < 5; i++) {
		leaf[i] = leaf_until(DAY);
		come(&s, &leaf[i]);
		come(&s, &leaf[i]);
	}
	assert_int_equal(chain_cache_counts(&s.cache).kept, 4);
	for (int i = 4; i > 1; i--)
		assert_string_equal(come(&s, &leaf[i]), "hit");
	assert_string_equal(come(&s, &leaf[0]), "miss");
	close_scene(&s);
	for (int i = 0; i < 5; i++)
		pki_free(&leaf[i]);
}

static void
one_place_is_enough_for_one_chain(void **state)
{
	struct identity leaf = leaf_until(DAY), other = leaf_until(DAY);
	struct scene s;

	(void)state;
	open_scene(&s, 1, NULL);
	come(&s, &leaf);
	assert_string_equal(come(&s, &leaf), "hit");
	assert_string_equal(come(&s, &leaf), "hit");
	assert_string_equal(come(&s, &other), "miss");
	assert_string_equal(come(&s, &leaf), "miss");
	assert_int_equal(chain_cache_counts(&s.cache).kept, 1);
	close_scene(&s);
	pki_free(&leaf);
	pki_free(&other);
}

/* --- Threads. */

static struct identity shared;

static void *
chain_cache_elsewhere(void *arg)
{
	bool hit;

	for (int i = 0; i < 100; i++)
		certificate_unref(verified(arg, &shared, NULL, NULL, &hit));
	return NULL;
}

static void
each_thread_has_a_part_of_its_own(void **state)
{
	struct scene s;
	pthread_t thread[4];
	struct chain_counts counts;

	(void)state;
	shared = leaf_until(DAY);
	open_scene(&s, 4, NULL);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, chain_cache_elsewhere, &s), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	counts = chain_cache_counts(&s.cache);
	assert_int_equal(counts.kept, counts.misses); /* a thread finds no chain of another one */
	assert_int_equal(counts.misses + counts.hits, 400);
	assert_true(counts.misses >= 1 && counts.misses <= 4);
	close_scene(&s);
	pki_free(&shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_without_an_error_is_verified_once),
		cmocka_unit_test(a_chain_with_an_error_is_verified_each_time),
		cmocka_unit_test(a_cache_of_no_chains_keeps_and_counts_none),
		cmocka_unit_test(without_a_cache_a_chain_is_verified_again_and_described_once),
		cmocka_unit_test(a_chain_of_much_memory_is_not_kept),
		cmocka_unit_test(a_chain_is_forgotten_when_its_certificate_ends),
		cmocka_unit_test(a_chain_is_forgotten_when_an_intermediate_ends),
		cmocka_unit_test(a_chain_is_forgotten_at_the_next_update_of_a_crl),
		cmocka_unit_test(a_chain_is_forgotten_when_the_time_of_a_newer_crl_comes),
		cmocka_unit_test(a_chain_is_forgotten_at_its_greatest_age),
		cmocka_unit_test(a_wall_clock_that_goes_back_forgets_all_chains),
		cmocka_unit_test(a_client_that_was_verified_is_not_verified_as_a_server),
		cmocka_unit_test(other_flags_level_and_depth_make_another_verification),
		cmocka_unit_test(another_order_and_another_intermediate_make_another_chain),
		cmocka_unit_test(without_a_cache_another_intermediate_makes_another_description),
		cmocka_unit_test(chains_that_come_once_replace_no_chain_that_came_twice),
		cmocka_unit_test(of_too_many_chains_the_one_unused_for_longest_goes),
		cmocka_unit_test(one_place_is_enough_for_one_chain),
		cmocka_unit_test(each_thread_has_a_part_of_its_own),
	};

	return cmocka_run_group_tests(tests, build, raze);
}
