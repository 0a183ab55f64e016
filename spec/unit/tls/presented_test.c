/* SPDX-License-Identifier: Apache-2.0 */
/* A chain from a file is judged as in a handshake; a text that is no chain gets a sentence with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "spec/support/pki.h"
#include "tls/presented.h"

static struct {
	char dir[64];
	struct identity ca, own, leaf, stranger;
	struct ring *ring;
} world;

static int
build(void **state)
{
	struct fault f;

	(void)state;
	pki_temp(world.dir);
	world.ca = pki_make((struct wish){ .cn = "CA", .authority = true });
	world.own = pki_make((struct wish){ .cn = "REGION", .issuer = &world.ca });
	world.leaf = pki_make((struct wish){ .cn = "PARTNER", .issuer = &world.ca });
	world.stranger = pki_make((struct wish){ .cn = "STRANGER" });
	pki_ring(world.dir, "REGION", &world.own, &world.ca);
	world.ring = pki_load(world.dir, &f);
	assert_non_null(world.ring);
	return 0;
}

static int
raze(void **state)
{
	(void)state;
	ring_unref(world.ring);
	pki_free(&world.ca);
	pki_free(&world.own);
	pki_free(&world.leaf);
	pki_free(&world.stranger);
	pki_remove(world.dir);
	return 0;
}

static struct tls_config *
listener(const char *ciphers, int min)
{
	struct tls_options o = { .ring = world.ring, .label = "", .ask_certificate = true, .ciphers = ciphers, .min_version = min };
	struct fault f;
	struct tls_config *c = tls_config_new(WAY_IN, &o, &f);

	assert_non_null(c);
	return c;
}

/* The PEM text of n certificates; the caller frees it. */
static char *
pem_of(const struct identity *const *id, size_t n)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text, *copy;
	long len;

	for (size_t i = 0; i < n; i++)
		assert_int_equal(PEM_write_bio_X509(bio, id[i]->certificate), 1);
	len = BIO_get_mem_data(bio, &text);
	copy = strndup(text, (size_t)len);
	BIO_free(bio);
	return copy;
}

static struct presented
present(const struct identity *id)
{
	const struct identity *one[] = { id };
	struct presented p = { .n = 0 };
	char *pem = pem_of(one, 1);
	struct fault f;

	assert_int_equal(presented_read(&p, pem, strlen(pem), &f), 0);
	assert_int_equal(p.n, 1);
	free(pem);
	return p;
}

static struct certificate *
judge(const struct identity *id, time_t now, struct cert_fault *why)
{
	struct tls_config *c = listener("", 0);
	struct presented p = present(id);
	struct certificate *cert = presented_verify(&p, c, WAY_IN, now, why);

	presented_free(&p);
	tls_config_unref(c);
	return cert;
}

static void
a_chain_is_verified_by_the_ring_at_the_given_time(void **state)
{
	struct cert_fault why;
	struct certificate *c = judge(&world.leaf, time(NULL), &why);

	(void)state;
	assert_true(c->chain.ok);
	certificate_unref(c);
	c = judge(&world.leaf, time(NULL) + 40 * 365 * DAY, &why);
	assert_false(c->chain.ok);
	assert_int_equal(c->chain.error[0].code, X509_V_ERR_CERT_HAS_EXPIRED);
	certificate_unref(c);
	c = judge(&world.stranger, time(NULL), &why);
	assert_false(c->chain.ok);
	assert_int_equal(c->chain.error[0].code, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
	certificate_unref(c);
}

static void
more_certificates_than_a_handshake_takes_are_above_a_limit(void **state)
{
	const struct identity *many[PRESENTED_MAX + 1];
	struct tls_config *c = listener("", 0);
	struct presented p = { .n = 0 };
	struct cert_fault why;
	struct fault f;
	char *pem;

	(void)state;
	for (size_t i = 0; i <= PRESENTED_MAX; i++)
		many[i] = &world.leaf;
	pem = pem_of(many, 11);
	assert_int_equal(presented_read(&p, pem, strlen(pem), &f), 0);
	assert_null(presented_verify(&p, c, WAY_IN, time(NULL), &why));
	assert_int_equal(why.trouble, CERT_LIMIT);
	presented_free(&p);
	free(pem);
	pem = pem_of(many, PRESENTED_MAX + 1);
	assert_int_equal(presented_read(&p, pem, strlen(pem), &f), -1);
	assert_non_null(strstr(f.text, "more than 32 certificates"));
	presented_free(&p);
	free(pem);
	tls_config_unref(c);
}

static void
what_is_no_chain_gets_a_sentence(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{ "", "there is no certificate" },
		{ "only words\n", "there is no certificate" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "line 1: this is no certificate" },
		{ "words\n-----BEGIN CERTIFICATE-----\n", "line" },
		{ "\x01\x02\n", "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct presented p = { .n = 0 };
		struct fault f;

		assert_int_equal(presented_read(&p, rows[i].text, strlen(rows[i].text), &f), -1);
		if (strstr(f.text, rows[i].sentence) == NULL)
			fail_msg("'%s' is not in '%s'", rows[i].sentence, f.text);
		presented_free(&p);
	}
}

static void
the_pair_of_a_ring_is_what_it_presents(void **state)
{
	struct presented p = { .n = 0 }, again = { .n = 0 };
	struct buf pem;
	struct fault f;

	(void)state;
	buf_init(&pem, 0);
	assert_int_equal(presented_take(&p, world.ring, "NOPE", &f), -1);
	assert_int_equal(presented_take(&p, world.ring, "", &f), 0);
	assert_int_equal(p.n, 1);
	assert_int_equal(presented_print(&p, &pem), 0);
	assert_int_equal(presented_read(&again, (const char *)buf_bytes(&pem), buf_len(&pem), &f), 0);
	assert_int_equal(again.n, 1);
	assert_int_equal(again.item[0].len, p.item[0].len);
	assert_memory_equal(again.item[0].der, p.item[0].der, p.item[0].len);
	presented_free(&p);
	presented_free(&again);
	buf_free(&pem);
}

static void
the_suite_is_of_the_version_and_of_the_list(void **state)
{
	struct tls_config *c = listener("", 0);

	(void)state;
	assert_string_equal(presented_suite(c, 13), "TLS_AES_128_GCM_SHA256");
	assert_non_null(strstr(presented_suite(c, 12), "ECDSA"));
	tls_config_unref(c);
	c = listener("TLS_AES_256_GCM_SHA384", 0);
	assert_string_equal(presented_suite(c, 13), "TLS_AES_256_GCM_SHA384");
	assert_null(presented_suite(c, 12));
	tls_config_unref(c);
	c = listener("", 13);
	assert_null(presented_suite(c, 12));
	tls_config_unref(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_is_verified_by_the_ring_at_the_given_time),
		cmocka_unit_test(more_certificates_than_a_handshake_takes_are_above_a_limit),
		cmocka_unit_test(what_is_no_chain_gets_a_sentence),
		cmocka_unit_test(the_pair_of_a_ring_is_what_it_presents),
		cmocka_unit_test(the_suite_is_of_the_version_and_of_the_list),
	};

	return cmocka_run_group_tests(tests, build, raze);
}
