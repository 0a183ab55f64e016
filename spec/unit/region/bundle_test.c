/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles of rules: their one spelling, each kind of damage, and which region may take one. */
#include "region/bundle.h"

#include <openssl/evp.h>
#include <openssl/pkcs12.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/support/pem_pair.h"

#define PASSPHRASE "a long one"

struct pair { /* a key of an operator, and the file follow_keys that names it */
	struct signing_key *key;
	struct signing_keys *keys;
	char *pem, *public;
};

static void
make_pair(struct pair *p, const char *passphrase)
{
	struct fault f;

	pem_pair_write(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), passphrase, &p->pem, &p->public);
	p->key = signing_key_read(p->pem, strlen(p->pem), passphrase, &f);
	assert_non_null(p->key);
	p->keys = signing_keys_read(p->public, strlen(p->public), &f);
	assert_non_null(p->keys);
}

static void
free_pair(struct pair *p)
{
	signing_key_free(p->key);
	signing_keys_free(p->keys);
	free(p->pem);
	free(p->public);
}

static void
add(struct version *v, const char *kind, const char *name, const char *text)
{
	struct version_blob *b = version_blob(text, strlen(text));

	assert_int_equal(version_add_file(v, kind, name, b), 0);
	version_blob_unref(b);
}

static struct version *
rules(void)
{
	struct version *v = version_new();

	add(v, VERSION_KIND_REGION, "region.lua", "region { }");
	add(v, VERSION_KIND_SCRIPT, "list", "return {}");
	add(v, VERSION_KIND_DATA, "partners.csv", "name\nALICE\n");
	add(v, VERSION_KIND_INCLUDE, "conf.d/partners.lua", "ipconn \"A\" { }");
	add(v, VERSION_KIND_SCRIPT, "blocked", "return { }");
	add(v, VERSION_KIND_ENV, "HOST", "here");
	add(v, BUNDLE_SAF, BUNDLE_SAF, "a sealed one");
	return v;
}

static const struct bundle_head head = { .sysplex = "PLEX1", .serial = 7, .created = 1764170000, .expires = 1764180000, .note = "a note" };

static void
write_rules(const struct pair *p, struct buf *out)
{
	struct version *v = rules();
	struct fault f;

	assert_int_equal(bundle_write(p != NULL ? &head : NULL, v, NULL, NULL, p != NULL ? p->key : NULL, out, &f), 0);
	version_unref(v);
}

static struct bundle *
must_read(const void *bytes, size_t n)
{
	struct fault f = { "" };
	struct bundle *b = bundle_read(bytes, n, &f);

	if (b == NULL)
		fail_msg("%s", f.text);
	return b;
}

/* Reads bytes that are refused with these words. */
static void
refused(const void *bytes, size_t n, const char *words)
{
	struct fault f = { "" };
	struct bundle *b = bundle_read(bytes, n, &f);

	if (b != NULL || strstr(f.text, words) == NULL)
		fail_msg("%s: not '%s'", b != NULL ? "read" : f.text, words);
}

/* The bundle with one text replaced by another. */
static void
with(const struct buf *b, const char *was, const char *now, struct buf *out)
{
	const char *bytes = (const char *)buf_bytes(b), *at = memmem(bytes, buf_len(b), was, strlen(was));
	size_t before;

	assert_non_null(at);
	before = (size_t)(at - bytes);
	buf_init(out, 0);
	buf_add(out, bytes, before);
	buf_add(out, now, strlen(now));
	buf_add(out, at + strlen(was), buf_len(b) - before - strlen(was));
}

static void
bundle_refuse_with(const struct buf *b, const char *was, const char *now, const char *words)
{
	struct buf changed;

	with(b, was, now, &changed);
	refused(buf_bytes(&changed), buf_len(&changed), words);
	buf_free(&changed);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void
a_bundle_has_the_rules_alone_and_is_read_as_it_was_written(void **state)
{
	struct pair p;
	struct buf one, two;
	struct bundle *b;
	struct fault f;

	(void)state;
	make_pair(&p, PASSPHRASE);
	write_rules(&p, &one);
	b = must_read(buf_bytes(&one), buf_len(&one));
	assert_string_equal(b->head.sysplex, "PLEX1");
	assert_int_equal(b->head.serial, 7);
	assert_int_equal(b->head.created, 1764170000);
	assert_string_equal(b->head.note, "a note");
	assert_string_equal(b->head.key, signing_key_id(p.key));
	assert_int_equal(b->files->files, 5);
	assert_string_equal(bundle_saf(b)->bytes, "a sealed one");
	assert_null(version_file_of(b->files, VERSION_KIND_REGION, "region.lua"));
	assert_null(version_file_of(b->files, VERSION_KIND_ENV, "HOST"));
	assert_string_equal(version_file_of(b->files, VERSION_KIND_DATA, "partners.csv")->blob->bytes, "name\nALICE\n");
	assert_string_equal(version_file_of(b->files, BUNDLE_SAF, BUNDLE_SAF)->blob->bytes, "a sealed one");
	assert_string_equal(b->files->file[0].name, "conf.d/partners.lua");
	assert_string_equal(b->files->file[1].name, "blocked");
	assert_int_equal(bundle_write(&b->head, b->files, NULL, NULL, p.key, &two, &f), 0);
	assert_int_equal(buf_len(&one), buf_len(&two));
	assert_memory_equal(buf_bytes(&one), buf_bytes(&two), buf_len(&one));
	assert_false(bundle_has_expired(b, 1764179999));
	assert_true(bundle_has_expired(b, 1764180000));
	bundle_unref(b);
	buf_free(&one);
	buf_free(&two);
	free_pair(&p);
}

static void
each_changed_byte_is_found(void **state)
{
	struct pair p;
	struct buf one;
	struct fault f;
	char *bytes;
	size_t n;

	(void)state;
	make_pair(&p, NULL);
	write_rules(&p, &one);
	bytes = (char *)buf_bytes(&one);
	n = buf_len(&one);
	for (size_t i = 0; i < n; i++) {
		struct bundle *b;

		bytes[i] ^= 0x04;
		b = bundle_read(bytes, n, &f);
		if (b != NULL && bundle_judge(b, p.keys, "PLEX1", 0, &f) == 0)
			fail_msg("byte %zu may be another one", i);
		bundle_unref(b);
		bytes[i] ^= 0x04;
	}
	for (size_t i = 0; i < n; i++)
		assert_null(bundle_read(bytes, i, &f));
	buf_free(&one);
	free_pair(&p);
}

static void
damage_is_named(void **state)
{
	struct pair p;
	struct buf one, more;

	(void)state;
	make_pair(&p, NULL);
	write_rules(&p, &one);
	bundle_refuse_with(&one, "ALICE", "CAROL", "data partners.csv: its bytes do not have the SHA-256");
	bundle_refuse_with(&one, "conf.d/", "../d/", "is not 'include, script, data or saf SIZE SHA256 NAME'");
	bundle_refuse_with(&one, "conf.d/", "/etc/", "is not 'include, script, data or saf SIZE SHA256 NAME'");
	bundle_refuse_with(&one, "data 11", "data 12", "bytes of files follow its manifest");
	bundle_refuse_with(&one, "data 11", "data 0011", "is not 'include, script, data or saf SIZE SHA256 NAME'");
	bundle_refuse_with(&one, "data 11", "data 99999999999", "or more than 16777216 bytes");
	bundle_refuse_with(&one, "data 11", "ring 11", "is not 'include, script, data or saf SIZE SHA256 NAME'");
	bundle_refuse_with(&one, "data 11", "region 11", "is not 'include, script, data or saf SIZE SHA256 NAME'");
	bundle_refuse_with(&one, " saf\n", " other\n", "is not 'include, script, data or saf SIZE");
	bundle_refuse_with(&one, "a sealed one", "a Sealed one", "saf saf: its bytes do not have the SHA-256");
	bundle_refuse_with(&one, "serial 7", "serial 07", "is not 'serial'");
	bundle_refuse_with(&one, "serial 7", "serial 0", "sign the bundle again");
	bundle_refuse_with(&one, "sysplex PLEX1", "sysplex plex1", "is not 'sysplex NAME'");
	bundle_refuse_with(&one, "bundle 1", "bundle 2", "it is no bundle");
	bundle_refuse_with(&one, " blocked\n", " zebra\n", "is not in its place, or twice");
	bundle_refuse_with(&one, " blocked\n", " list\n", "is not in its place, or twice");
	buf_init(&more, 0);
	buf_add(&more, buf_bytes(&one), buf_len(&one));
	buf_add(&more, "another", 7);
	refused(buf_bytes(&more), buf_len(&more), "another file was added");
	buf_free(&more);
	buf_free(&one);
	free_pair(&p);
}

static void
a_region_takes_a_higher_serial_of_its_sysplex_by_its_keys(void **state)
{
	struct pair p, other;
	struct buf one;
	struct bundle *b;
	struct fault f;

	(void)state;
	make_pair(&p, NULL);
	make_pair(&other, NULL);
	write_rules(&p, &one);
	b = must_read(buf_bytes(&one), buf_len(&one));
	assert_int_equal(bundle_judge(b, p.keys, "PLEX1", 6, &f), 0);
	assert_int_equal(bundle_judge(b, p.keys, "PLEX1", 7, &f), -1);
	assert_non_null(strstr(f.text, "serial 7 is not above 7"));
	assert_int_equal(bundle_judge(b, p.keys, "PLEX2", 0, &f), -1);
	assert_non_null(strstr(f.text, "is for the sysplex PLEX1, not for PLEX2"));
	assert_int_equal(bundle_judge(b, other.keys, "PLEX1", 0, &f), -1);
	assert_non_null(strstr(f.text, "which is not in follow_keys"));
	bundle_unref(b);
	buf_free(&one);
	write_rules(NULL, &one);
	b = must_read(buf_bytes(&one), buf_len(&one));
	assert_int_equal(bundle_judge(b, p.keys, "PLEX1", 0, &f), -1);
	assert_non_null(strstr(f.text, "it is not signed"));
	bundle_unref(b);
	buf_free(&one);
	free_pair(&p);
	free_pair(&other);
}

/* The id in the manifest is that of a trusted key, and the signature that of another one. */
static void
the_signature_is_that_of_the_named_key(void **state)
{
	struct pair p, other;
	struct buf one, forged;
	struct bundle *b;
	struct fault f;

	(void)state;
	make_pair(&p, NULL);
	make_pair(&other, NULL);
	write_rules(&other, &one);
	with(&one, signing_key_id(other.key), signing_key_id(p.key), &forged);
	b = must_read(buf_bytes(&forged), buf_len(&forged));
	assert_int_equal(bundle_judge(b, p.keys, "PLEX1", 0, &f), -1);
	assert_non_null(strstr(f.text, "the signature does not fit"));
	bundle_unref(b);
	buf_free(&one);
	buf_free(&forged);
	free_pair(&p);
	free_pair(&other);
}

static void
a_private_key_needs_its_passphrase(void **state)
{
	struct fault f = { "" };
	struct pair p, plain;

	(void)state;
	make_pair(&p, PASSPHRASE);
	make_pair(&plain, NULL);
	assert_true(signing_key_is_locked(p.pem, strlen(p.pem)));
	assert_false(signing_key_is_locked(plain.pem, strlen(plain.pem)));
	assert_null(signing_key_read(p.pem, strlen(p.pem), NULL, &f));
	assert_non_null(strstr(f.text, "none was given"));
	assert_null(signing_key_read(p.pem, strlen(p.pem), "another", &f));
	assert_non_null(strstr(f.text, "the passphrase is wrong"));
	assert_null(signing_key_read(p.public, strlen(p.public), NULL, &f));
	assert_non_null(strstr(f.text, "a block PUBLIC KEY"));
	assert_null(signing_key_read("", 0, NULL, &f));
	assert_non_null(strstr(f.text, "no block PRIVATE KEY"));
	free_pair(&p);
	free_pair(&plain);
}

static void
several_public_keys_are_for_the_time_of_a_change(void **state)
{
	struct fault f = { "" };
	struct pair p, other;
	struct signing_keys *both;
	char pem[1024];

	(void)state;
	make_pair(&p, NULL);
	make_pair(&other, NULL);
	snprintf(pem, sizeof pem, "%s%s", p.public, other.public);
	both = signing_keys_read(pem, strlen(pem), &f);
	assert_non_null(both);
	assert_true(signing_keys_has(both, signing_key_id(p.key)));
	assert_true(signing_keys_has(both, signing_key_id(other.key)));
	signing_keys_free(both);
	assert_null(signing_keys_read(p.pem, strlen(p.pem), &f));
	assert_non_null(strstr(f.text, "a block PRIVATE KEY; a public key is"));
	assert_null(signing_keys_read("", 0, &f));
	assert_non_null(strstr(f.text, "no block PUBLIC KEY"));
	free_pair(&p);
	free_pair(&other);
}

static void
a_name_outside_of_the_directory_is_not_written(void **state)
{
	struct version *v = version_new();
	struct fault f = { "" };
	struct buf out;

	(void)state;
	add(v, VERSION_KIND_REGION, "region.lua", "region { }");
	assert_int_equal(bundle_write(NULL, v, NULL, NULL, NULL, &out, &f), -1);
	assert_non_null(strstr(f.text, "no script, data file or included file"));
	buf_free(&out);
	add(v, VERSION_KIND_INCLUDE, "../partners.lua", "");
	assert_int_equal(bundle_write(NULL, v, NULL, NULL, NULL, &out, &f), -1);
	assert_non_null(strstr(f.text, "leads out of the directory"));
	buf_free(&out);
	version_unref(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundle_has_the_rules_alone_and_is_read_as_it_was_written),
		cmocka_unit_test(each_changed_byte_is_found),
		cmocka_unit_test(damage_is_named),
		cmocka_unit_test(a_region_takes_a_higher_serial_of_its_sysplex_by_its_keys),
		cmocka_unit_test(the_signature_is_that_of_the_named_key),
		cmocka_unit_test(a_private_key_needs_its_passphrase),
		cmocka_unit_test(several_public_keys_are_for_the_time_of_a_change),
		cmocka_unit_test(a_name_outside_of_the_directory_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
