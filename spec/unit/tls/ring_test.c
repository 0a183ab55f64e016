/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "spec/support/pki.h"
#include "tls/ring.h"

static struct identity ca, alice, bob;

static int
make(void **state)
{
	(void)state;
	ca = pki_make((struct wish){ .cn = "CA", .authority = true });
	alice = pki_make((struct wish){ .cn = "alice", .issuer = &ca });
	bob = pki_make((struct wish){ .cn = "bob", .issuer = &ca });
	return 0;
}

static int
unmake(void **state)
{
	(void)state;
	pki_free(&ca);
	pki_free(&alice);
	pki_free(&bob);
	return 0;
}

/* Loads, expects a refusal that names all of `words`, and removes the directory. */
static void
refused(const char *dir, const char *word, const char *other)
{
	struct fault f = { "" };
	struct ring *r = pki_load(dir, &f);

	if (r || !strstr(f.text, word) || !strstr(f.text, other))
		fail_msg("expected a refusal with \"%s\" and \"%s\", got: %s", word, other, r ? "a ring" : f.text);
	pki_remove(dir);
}

static void
one_pair_needs_no_default(void **state)
{
	struct fault f = { "" };
	char dir[64];
	struct ring *r;

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	r = pki_load(dir, &f);
	assert_string_equal(f.text[0] && !r ? f.text : "", "");
	assert_non_null(r);
	assert_true(ring_has(r, ""));
	assert_true(ring_has(r, "ALICE"));
	assert_false(ring_has(r, "BOB"));
	assert_string_equal(ring_dir(r), dir);
	ring_unref(r);
	pki_remove(dir);
}

static void
two_pairs_need_one(void **state)
{
	char dir[64], path[256];
	struct ring *r;

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	pki_ring(dir, "BOB", &bob, NULL);
	pki_text(dir, "default", "BOB\n");
	r = pki_load(dir, NULL);
	assert_non_null(r);
	assert_true(ring_has(r, "") && ring_has(r, "ALICE") && ring_has(r, "BOB"));
	ring_unref(r);
	pki_text(dir, "default", "CAROL\n");
	assert_null(pki_load(dir, NULL));
	unlink(pki_path(path, dir, "default"));
	refused(dir, "default", "ALICE");
}

static void
a_ring_without_a_pair_is_one(void **state)
{
	char dir[64];
	struct ring *r;

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "", NULL, &ca);
	r = pki_load(dir, NULL);
	assert_non_null(r);
	assert_false(ring_has(r, ""));
	ring_unref(r);
	pki_remove(dir);
}

/* OpenSSL sorts a store when it looks something up; threads that read the ring at that time would see it change. */
static void
the_store_of_a_ring_does_not_change(void **state)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct identity other = pki_make((struct wish){ .cn = "AB", .authority = true });
	struct ring *r;
	char dir[64];

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	pki_put(dir, "signers/other.pem", other.certificate);
	r = pki_load(dir, NULL);
	assert_non_null(r);
	assert_int_equal(ring_trust(r, ctx, NULL), 0);
	assert_int_equal(sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx))), 2);
	assert_true(sk_X509_OBJECT_is_sorted(X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx))));
	SSL_CTX_free(ctx);
	ring_unref(r);
	pki_free(&other);
	pki_remove(dir);
}

static void
a_key_everybody_can_read_is_refused_by_name_with_the_remedy(void **state)
{
	char dir[64], key[256];

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	chmod(pki_path(key, dir, "ALICE.key"), 0604);
	refused(dir, "ALICE.key", "chmod 600");
}

static void
a_key_that_does_not_fit_is_refused_by_name(void **state)
{
	char dir[64];

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	pki_put_key(dir, "ALICE.key", bob.key);
	refused(dir, "ALICE.key", "does not belong");
}

static void
an_encrypted_key_is_refused_clearly(void **state)
{
	char dir[64];
	FILE *f;

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	f = pki_open(dir, "ALICE.key", "w");
	PEM_write_PrivateKey(f, alice.key, EVP_aes_128_cbc(), (unsigned char *)"secret", 6, NULL, NULL);
	fclose(f);
	refused(dir, "encrypted", "openssl pkey");
}

static void
what_is_missing_is_named(void **state)
{
	char dir[64], path[256];

	(void)state;
	refused("/tmp/sallyport-no-such-ring", "/tmp/sallyport-no-such-ring", "directory");
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, NULL);
	refused(dir, "no signers", "signers/*.pem");
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	unlink(pki_path(path, dir, "ALICE.key"));
	refused(dir, "ALICE.pem", "ALICE.key");
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	unlink(pki_path(path, dir, "ALICE.pem"));
	refused(dir, "ALICE.key", "ALICE.pem");
}

static void
bytes_that_are_no_pem_are_named(void **state)
{
	char dir[64];

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	pki_text(dir, "signers/other.pem", "hello\n");
	refused(dir, "signers/other.pem", "PEM");
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	pki_text(dir, "signers/other.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	refused(dir, "signers/other.pem", "PEM");
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	pki_put_crl(dir, "crls/x.pem", pki_crl(&ca, NULL, -1, DAY));
	pki_text(dir, "crls/x.pem", "");
	refused(dir, "crls/x.pem", "CRL");
}

/* Moves a link from one whole ring to another and back, for as long as it is told to: both have the label ALICE. */
struct busy {
	char dir[64], link[256];
	_Atomic int stop;
};

static void
point(struct busy *b, const char *target)
{
	char fresh[256];

	if (symlink(target, pki_path(fresh, b->dir, "fresh")) < 0)
		return;
	rename(fresh, b->link);
}

static void *
keep_replacing(void *arg)
{
	const struct timespec rest = { 0, 10 * 1000 * 1000 };
	struct busy *b = arg;
	int i;

	for (i = 0; !b->stop; i++) {
		point(b, i % 2 ? "a" : "b");
		nanosleep(&rest, NULL);
	}
	return NULL;
}

static void
a_ring_being_replaced_is_never_read_by_half(void **state)
{
	struct busy b = { .stop = 0 };
	struct fault f = { "" };
	pthread_t thread;
	char path[256];
	int i;

	(void)state;
	pki_temp(b.dir);
	pki_path(b.link, b.dir, "ring");
	pki_ring(pki_path(path, b.dir, "a"), "ALICE", &alice, &ca);
	pki_ring(pki_path(path, b.dir, "b"), "ALICE", &bob, &ca);
	point(&b, "a");
	assert_int_equal(pthread_create(&thread, NULL, keep_replacing, &b), 0);
	for (i = 0; i < 100; i++) {
		struct ring *r = pki_load(b.link, &f);

		if (r == NULL) {
			b.stop = 1;
			pthread_join(thread, NULL);
			fail_msg("load %d: %s", i, f.text);
		}
		ring_unref(r);
	}
	b.stop = 1;
	pthread_join(thread, NULL);
	pki_remove(b.dir);
}

/* Makes the second half of a replacement, a moment after the first half. */
static void *
finish_replacing(void *dir)
{
	const struct timespec between = { 0, 50 * 1000 * 1000 };
	char from[256], to[256];

	nanosleep(&between, NULL);
	pki_put_key(dir, ".fresh", alice.key);
	rename(pki_path(from, dir, ".fresh"), pki_path(to, dir, "ALICE.key"));
	return NULL;
}

static void
what_changed_just_now_is_read_again_until_it_rests(void **state)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	struct fault f = { "" };
	char dir[64], path[256];
	struct ring *r;
	pthread_t thread;

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "ALICE", &alice, &ca);
	pki_put_key(dir, "ALICE.key", bob.key);
	clock_gettime(CLOCK_REALTIME, &times[1]); /* a time in the future keeps the file fresh for longer than the second half needs */
	times[1].tv_sec += 1;
	assert_int_equal(utimensat(AT_FDCWD, pki_path(path, dir, "ALICE.pem"), times, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, finish_replacing, dir), 0);
	r = pki_load(dir, &f);
	pthread_join(thread, NULL);
	if (r == NULL)
		fail_msg("%s", f.text);
	ring_unref(r);
	pki_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_pair_needs_no_default),
		cmocka_unit_test(two_pairs_need_one),
		cmocka_unit_test(a_ring_without_a_pair_is_one),
		cmocka_unit_test(the_store_of_a_ring_does_not_change),
		cmocka_unit_test(a_key_everybody_can_read_is_refused_by_name_with_the_remedy),
		cmocka_unit_test(a_key_that_does_not_fit_is_refused_by_name),
		cmocka_unit_test(an_encrypted_key_is_refused_clearly),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(bytes_that_are_no_pem_are_named),
		cmocka_unit_test(a_ring_being_replaced_is_never_read_by_half),
		cmocka_unit_test(what_changed_just_now_is_read_again_until_it_rests),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
