/* SPDX-License-Identifier: Apache-2.0 */
/* Envelopes: each reader opens its envelope, no other key opens it, and each changed byte is detected. */
#include "tls/envelope.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/support/pem_pair.h"

#define TEXT "return { users = { FRED = { password = \"scrypt:...\" } } }"

struct pair {
	char *private, *public; /* PEM */
	struct envelope_key *key; /* NULL: refused */
};

static void
make_pair(struct pair *p, EVP_PKEY *k, const char *passphrase)
{
	struct fault f;

	pem_pair_write(k, passphrase, &p->private, &p->public);
	p->key = envelope_key_read(p->private, strlen(p->private), &f);
}

static EVP_PKEY *
p256(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

static void
make_reader(struct pair *p)
{
	make_pair(p, p256(), NULL);
	assert_non_null(p->key);
}

static void
free_pair(struct pair *p)
{
	envelope_key_free(p->key);
	free(p->private);
	free(p->public);
}

static void
must_add(struct envelope_readers *r, const struct pair *p)
{
	struct fault f = { "" };

	if (envelope_readers_add(r, p->public, strlen(p->public), &f) < 0)
		fail_msg("%s", f.text);
}

/* The envelope of TEXT for n readers. */
static void
seal(const struct pair *p, size_t n, struct buf *out)
{
	struct envelope_readers *r = envelope_readers_new();
	struct fault f = { "" };

	assert_non_null(r);
	for (size_t i = 0; i < n; i++)
		must_add(r, &p[i]);
	assert_int_equal(envelope_readers_count(r), n);
	buf_init(out, 0);
	assert_int_equal(envelope_seal(r, TEXT, strlen(TEXT), out, &f), 0);
	envelope_readers_free(r);
}

static void
opens(const struct pair *p, const struct buf *sealed)
{
	struct fault f = { "" };
	struct buf out;

	buf_init(&out, 0);
	if (envelope_open(p->key, buf_bytes(sealed), buf_len(sealed), &out, &f) < 0)
		fail_msg("%s", f.text);
	assert_int_equal(buf_len(&out), strlen(TEXT));
	assert_memory_equal(buf_bytes(&out), TEXT, strlen(TEXT));
	buf_free(&out);
}

static void
refuses(const struct pair *p, const void *bytes, size_t n, const char *words)
{
	struct fault f = { "" };
	struct buf out;

	buf_init(&out, 0);
	assert_int_equal(envelope_open(p->key, bytes, n, &out, &f), -1);
	assert_int_equal(buf_len(&out), 0);
	if (strstr(f.text, words) == NULL)
		fail_msg("%s: not '%s'", f.text, words);
}

static void
each_reader_opens_it_and_no_other_key_does(void **state)
{
	struct pair p[4];
	struct buf sealed;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		make_reader(&p[i]);
	seal(p, 3, &sealed);
	assert_null(memmem(buf_bytes(&sealed), buf_len(&sealed), "FRED", 4));
	for (size_t i = 0; i < 3; i++)
		opens(&p[i], &sealed);
	refuses(&p[3], buf_bytes(&sealed), buf_len(&sealed), "it is not encrypted for this key");
	buf_free(&sealed);
	for (size_t i = 0; i < 4; i++)
		free_pair(&p[i]);
}

/* Two envelopes of the same bytes have different content. */
static void
each_envelope_has_keys_of_its_own(void **state)
{
	struct pair p;
	struct buf one, two;

	(void)state;
	make_reader(&p);
	seal(&p, 1, &one);
	seal(&p, 1, &two);
	assert_int_equal(buf_len(&one), buf_len(&two));
	assert_memory_not_equal(buf_bytes(&one), buf_bytes(&two), buf_len(&one));
	assert_null(memmem(buf_bytes(&two), buf_len(&two), buf_bytes(&one) + buf_len(&one) - 32, 16));
	buf_free(&one);
	buf_free(&two);
	free_pair(&p);
}

/*
 * How many bytes have no effect by bit 2: of the versions, the name of the content, the size of the tag. A point is a
 * BIT STRING of 66 bytes: the number of its unused bits has none either when the last bits are 0.
 */
static size_t
bytes_without_effect(const unsigned char *bytes, size_t n)
{
	const unsigned char *point = memmem(bytes, n, "\x03\x42\x00\x04", 4);

	assert_non_null(point);
	return (point[2 + 65] & 0x0f) == 0 ? 13 : 12;
}

static void
a_changed_or_missing_byte_is_seen(void **state)
{
	struct pair p;
	struct buf sealed, more;
	unsigned char *bytes;
	size_t n, unseen = 0;

	(void)state;
	make_reader(&p);
	seal(&p, 1, &sealed);
	bytes = buf_bytes(&sealed);
	n = buf_len(&sealed);
	for (size_t i = 0; i < n; i++) {
		struct fault f = { "" };
		struct buf out;

		buf_init(&out, 0);
		bytes[i] ^= 0x04;
		if (envelope_open(p.key, bytes, n, &out, &f) == 0) {
			assert_memory_equal(buf_bytes(&out), TEXT, strlen(TEXT));
			unseen++;
		} else {
			assert_int_equal(buf_len(&out), 0);
			assert_true(f.text[0] != '\0');
		}
		bytes[i] ^= 0x04;
		buf_free(&out);
	}
	assert_true(unseen <= bytes_without_effect(bytes, n));
	for (size_t i = 0; i < n; i++)
		refuses(&p, bytes, i, "it is no envelope of CMS, or it is cut off");
	buf_init(&more, 0);
	buf_add(&more, bytes, n);
	buf_add(&more, "x", 1);
	refuses(&p, buf_bytes(&more), buf_len(&more), "it is no envelope of CMS, or it is cut off");
	buf_free(&more);
	buf_free(&sealed);
	free_pair(&p);
}

/* A sealed text whose wrapped key or content was changed says which key does not open it. */
static void
damage_is_named(void **state)
{
	struct pair p;
	struct buf sealed;

	(void)state;
	make_reader(&p);
	seal(&p, 1, &sealed);
	buf_bytes(&sealed)[buf_len(&sealed) - 1] ^= 1; /* of the tag */
	refuses(&p, buf_bytes(&sealed), buf_len(&sealed), "it is damaged");
	buf_free(&sealed);
	free_pair(&p);
}

static void
a_private_key_is_one_of_p256_without_a_passphrase(void **state)
{
	struct pair other, locked, good;
	struct fault f = { "" };

	(void)state;
	make_reader(&good);
	make_pair(&other, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"), NULL);
	assert_null(other.key);
	assert_null(envelope_key_read(other.private, strlen(other.private), &f));
	assert_non_null(strstr(f.text, "the key is not one of EC P-256; make one by openssl genpkey"));
	make_pair(&locked, p256(), "two words");
	assert_null(envelope_key_read(locked.private, strlen(locked.private), &f));
	assert_non_null(strstr(f.text, "the key has a passphrase, which a region cannot ask for"));
	assert_null(envelope_key_read(good.public, strlen(good.public), &f));
	assert_non_null(strstr(f.text, "a block PUBLIC KEY"));
	assert_null(envelope_key_read("", 0, &f));
	assert_non_null(strstr(f.text, "no block PRIVATE KEY"));
	free_pair(&other);
	free_pair(&locked);
	free_pair(&good);
}

static void
readers_are_public_keys_of_p256_and_count_once(void **state)
{
	struct pair one, two, other;
	struct envelope_readers *r = envelope_readers_new();
	struct fault f = { "" };
	struct buf out;
	char pem[1024];

	(void)state;
	make_reader(&one);
	make_reader(&two);
	make_pair(&other, EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), NULL);
	buf_init(&out, 0);
	assert_int_equal(envelope_seal(r, TEXT, strlen(TEXT), &out, &f), -1);
	snprintf(pem, sizeof pem, "%s%s%s", one.public, two.public, one.public);
	assert_int_equal(envelope_readers_add(r, pem, strlen(pem), &f), 0);
	assert_int_equal(envelope_readers_count(r), 2);
	must_add(r, &two);
	assert_int_equal(envelope_readers_count(r), 2);
	assert_int_equal(envelope_readers_add(r, other.public, strlen(other.public), &f), -1);
	assert_non_null(strstr(f.text, "line 1: not a public key of EC P-256"));
	assert_int_equal(envelope_readers_add(r, one.private, strlen(one.private), &f), -1);
	assert_non_null(strstr(f.text, "a block PRIVATE KEY; a public key is"));
	assert_int_equal(envelope_readers_add(r, "", 0, &f), -1);
	assert_int_equal(envelope_readers_count(r), 2);
	envelope_readers_free(r);
	free_pair(&one);
	free_pair(&two);
	free_pair(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reader_opens_it_and_no_other_key_does),
		cmocka_unit_test(each_envelope_has_keys_of_its_own),
		cmocka_unit_test(a_changed_or_missing_byte_is_seen),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(a_private_key_is_one_of_p256_without_a_passphrase),
		cmocka_unit_test(readers_are_public_keys_of_p256_and_count_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
