/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/issue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <openssl/x509_vfy.h>

#include <cmocka.h>

#define NOW 1000000000

static struct issuer *authority;

static int
set_up(void **state)
{
	struct fault f;

	(void)state;
	authority = issue_authority_always("Some authority", &f);
	return authority != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	issue_free(authority);
	return 0;
}

/* The certificate with these names as a handshake reads it. */
static struct certificate *
present(const struct issue_text *text, size_t n, bool trusted, int64_t now)
{
	const struct issue_leaf l = { .text = text, .n = n, .not_before = NOW - 10, .not_after = NOW + 10 };
	struct presented p = { .n = 0 };
	struct certificate *c;
	struct cert_fault why;
	struct fault f;

	assert_int_equal(issue_present(authority, &l, trusted, &p, &f), 0);
	c = presented_verify(&p, NULL, WAY_IN, now, &why);
	presented_free(&p);
	assert_non_null(c);
	return c;
}

static void
assert_part(const struct dn *dn, size_t i, const char *type, const char *bytes, size_t len)
{
	assert_true(i < dn->n);
	assert_string_equal(dn->item[i].type, type);
	assert_int_equal(dn->item[i].value.len, len);
	assert_memory_equal(dn->item[i].value.bytes, bytes, len);
}

static void
a_subject_has_its_parts_in_order(void **state)
{
	const struct issue_text text[] = { { "O", "Shop", 4 }, { "OU", "Web", 3 }, { "CN", "A", 1 }, { "CN", "B", 1 } };
	struct certificate *c = present(text, 4, true, NOW);

	(void)state;
	assert_true(c->chain.ok);
	assert_true(c->chain.anchored);
	assert_int_equal(c->subject.n, 4);
	assert_part(&c->subject, 0, "O", "Shop", 4);
	assert_part(&c->subject, 3, "CN", "B", 1);
	assert_string_equal(c->issuer.printed, "CN=Some authority");
	assert_int_equal(c->not_before, NOW - 10);
	assert_int_equal(c->not_after, NOW + 10);
	certificate_unref(c);
}

static void
odd_bytes_are_in_the_certificate(void **state)
{
	const struct issue_text text[] = { { "CN", "EVIL\0.good", 10 }, { "CN", "", 0 }, { "OU", "\xc3\xa9", 2 }, { "dns", "a\0b", 3 } };
	struct certificate *c = present(text, 4, true, NOW);

	(void)state;
	assert_part(&c->subject, 0, "CN", "EVIL\0.good", 10);
	assert_part(&c->subject, 1, "CN", "", 0);
	assert_part(&c->subject, 2, "OU", "\xc3\xa9", 2);
	assert_int_equal(c->dns.n, 1);
	assert_int_equal(c->dns.item[0].len, 3);
	assert_memory_equal(c->dns.item[0].bytes, "a\0b", 3);
	certificate_unref(c);
}

static void
alternative_names_have_their_kind(void **state)
{
	const struct issue_text text[] = { { "dns", "a.example", 9 }, { "ip", "192.0.2.1", 9 }, { "ip", "2001:db8::1", 11 },
		{ "uri", "spiffe://a", 10 }, { "email", "a@b", 3 }, { "dns", "b.example", 9 } };
	struct certificate *c = present(text, 6, true, NOW);

	(void)state;
	assert_int_equal(c->subject.n, 0);
	assert_int_equal(c->dns.n, 2);
	assert_string_equal(c->dns.item[1].bytes, "b.example");
	assert_int_equal(c->ip.n, 2);
	assert_string_equal(c->ip.item[0].bytes, "192.0.2.1");
	assert_string_equal(c->ip.item[1].bytes, "2001:db8::1");
	assert_string_equal(c->uri.item[0].bytes, "spiffe://a");
	assert_string_equal(c->email.item[0].bytes, "a@b");
	certificate_unref(c);
}

static void
without_its_signer_and_outside_its_time_it_does_not_verify(void **state)
{
	const struct issue_text text[] = { { "CN", "A", 1 } };
	struct certificate *c = present(text, 1, false, NOW);

	(void)state;
	assert_false(c->chain.ok);
	assert_int_equal(c->chain.error[0].code, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	certificate_unref(c);
	c = present(text, 1, true, NOW + 11);
	assert_false(c->chain.ok);
	assert_int_equal(c->chain.error[0].code, X509_V_ERR_CERT_HAS_EXPIRED);
	certificate_unref(c);
}

static void
impossible_names_are_refused(void **state)
{
	const struct issue_text text[] = { { "ip", "nowhere", 7 }, { "XYZ", "a", 1 } };
	struct presented p = { .n = 0 };
	struct fault f;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct issue_leaf l = { .text = &text[i], .n = 1, .not_before = 0, .not_after = NOW };

		assert_int_equal(issue_present(authority, &l, true, &p, &f), -1);
		assert_non_null(strstr(f.text, i == 0 ? "'nowhere' is no address" : "XYZ"));
		assert_int_equal(p.n, 0);
	}
}

static void
a_signer_is_printed_and_read(void **state)
{
	const struct issue_text text[] = { { "CN", "A", 1 } };
	const struct issue_leaf l = { .text = text, .n = 1, .not_before = 0, .not_after = NOW };
	struct presented p = { .n = 0 }, again = { .n = 0 };
	struct buf b;
	struct fault f;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(issue_present(authority, &l, true, &p, &f), 0);
	assert_int_equal(presented_print_signer(&p, &b), 0);
	assert_int_equal(presented_read_signer(&again, (const char *)buf_bytes(&b), buf_len(&b), &f), 0);
	assert_int_equal(again.signer.len, p.signer.len);
	assert_memory_equal(again.signer.der, p.signer.der, p.signer.len);
	assert_int_equal(presented_read_signer(&again, (const char *)buf_bytes(&b), buf_len(&b), &f), -1);
	presented_free(&p);
	presented_free(&again);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_subject_has_its_parts_in_order),
		cmocka_unit_test(odd_bytes_are_in_the_certificate),
		cmocka_unit_test(alternative_names_have_their_kind),
		cmocka_unit_test(without_its_signer_and_outside_its_time_it_does_not_verify),
		cmocka_unit_test(impossible_names_are_refused),
		cmocka_unit_test(a_signer_is_printed_and_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
