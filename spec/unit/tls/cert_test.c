/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <strings.h>

#include "tls/cert.h"
#include "tls/dn.h"
#include "spec/support/pki.h"

static struct cert_fault why;

static struct certificate *
described(struct wish w)
{
	struct identity id = pki_make(w);
	struct certificate *c = cert_read(id.certificate, &why);

	pki_free(&id);
	return c;
}

static void
names_stand_in_the_certificates_order(void **state)
{
	struct certificate *c = described((struct wish){ .cn = "NETX.CTGAPP", .cn2 = "MYQUAL.MYAPPL" });

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->subject.n, 3);
	assert_string_equal(c->subject.item[0].type, "O");
	assert_string_equal(c->subject.item[1].type, "CN");
	assert_string_equal(c->subject.item[1].value.bytes, "NETX.CTGAPP");
	assert_string_equal(c->subject.item[2].value.bytes, "MYQUAL.MYAPPL");
	assert_string_equal(c->subject.printed, "CN=MYQUAL.MYAPPL,CN=NETX.CTGAPP,O=Tests");
	assert_false(c->chain.ok);
	certificate_unref(c);
}

static void
add(X509_NAME *n, const char *type, const char *value, int set)
{
	assert_true(X509_NAME_add_entry_by_txt(n, type, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, set));
}

/* OU=Pay+CN=fred above UID and what OpenSSL calls uid. */
static void
unusual(X509_NAME *n)
{
	add(n, "OU", "Pay", 0);
	add(n, "CN", "fred", -1);
	add(n, "UID", "FRED", 0);
	add(n, "0.9.2342.19200300.100.1.44", "FRED", 0);
}

static void
a_part_of_several_values_is_told_from_several_parts(void **state)
{
	struct certificate *c = described((struct wish){ .name = unusual });
	struct dn end;
	struct fault f;

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->subject.n, 5);
	assert_false(c->subject.item[0].shared);
	assert_true(c->subject.item[1].shared && c->subject.item[2].shared);
	assert_false(c->subject.item[3].shared || c->subject.item[4].shared);
	assert_int_equal(dn_parse(&end, "OU=Pay,O=Tests", 14, &f), 0);
	assert_false(dn_ends(&c->subject, &end));
	dn_free(&end);
	certificate_unref(c);
}

static void
no_two_types_differ_in_their_case_alone(void **state)
{
	struct certificate *c = described((struct wish){ .name = unusual });

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->subject.item[3].type, "UID");
	assert_string_equal(c->subject.item[4].type, "0.9.2342.19200300.100.1.44");
	certificate_unref(c);
}

/* The name of the type with that number; NULL: it has no name, or its OID is used. */
static const char *
name_here(int nid)
{
	const ASN1_OBJECT *o = OBJ_nid2obj(nid);

	if (o == NULL || OBJ_length(o) == 0 || nid == NID_uniqueIdentifier || nid == NID_Mail)
		return NULL;
	return OBJ_nid2sn(nid);
}

static void
the_types_that_differ_so_are_all_known(void **state)
{
	int n = OBJ_new_nid(0);

	(void)state;
	for (int a = 1; a < n; a++)
		for (int b = a + 1; name_here(a) != NULL && b < n; b++)
			if (name_here(b) != NULL && strcasecmp(name_here(a), name_here(b)) == 0)
				fail_msg("%s and %s", name_here(a), name_here(b));
}

static void
what_is_not_plain_is_escaped_in_the_printed_form_only(void **state)
{
	struct certificate *c = described((struct wish){ .cn = "caf\xc3\xa9, O=x\n" });

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->subject.item[1].value.bytes, "caf\xc3\xa9, O=x\n");
	assert_string_equal(c->subject.printed, "CN=caf\\C3\\A9\\, O=x\\0A,O=Tests");
	certificate_unref(c);
}

static void
alternative_names_come_by_kind(void **state)
{
	struct certificate *c = described((struct wish){ .cn = "x",
		.san = "DNS:a.example,DNS:b.example,IP:127.0.0.1,IP:::1,URI:urn:x,email:a@b,otherName:1.2.3;UTF8:ignored" });

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->dns.n, 2);
	assert_string_equal(c->dns.item[1].bytes, "b.example");
	assert_int_equal(c->ip.n, 2);
	assert_string_equal(c->ip.item[0].bytes, "127.0.0.1");
	assert_string_equal(c->ip.item[1].bytes, "::1");
	assert_int_equal(c->uri.n, 1);
	assert_string_equal(c->uri.item[0].bytes, "urn:x");
	assert_int_equal(c->email.n, 1);
	assert_string_equal(c->email.item[0].bytes, "a@b");
	certificate_unref(c);
}

static void
a_nul_in_a_name_is_kept_and_counted(void **state)
{
	struct certificate *c = described((struct wish){ .cn = "x",
		.san = "DER:30:13:82:11:4E:45:54:58:2E:43:54:47:41:50:50:00:2E:65:76:69:6C" });

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->dns.n, 1);
	assert_int_equal(c->dns.item[0].len, 17);
	assert_memory_equal(c->dns.item[0].bytes, "NETX.CTGAPP\0.evil", 18);
	certificate_unref(c);
}

/* Makes the wanted number of alternative names: stem, number. */
static char *
names(const char *stem, int n)
{
	char *san = calloc((size_t)n, strlen(stem) + 8), *p = san;

	assert_non_null(san);
	for (int i = 0; i < n; i++)
		p += sprintf(p, "%s%s%d", i ? "," : "", stem, i);
	return san;
}

static struct certificate *
named(const char *stem, int n)
{
	char *san = names(stem, n);
	struct certificate *c = described((struct wish){ .cn = "x", .san = san });

	free(san);
	return c;
}

static void
cannot_be_described(struct certificate *c, enum cert_trouble trouble, const char *words)
{
	assert_null(c);
	assert_int_equal(why.trouble, trouble);
	if (strstr(why.text, words) == NULL)
		fail_msg("%s is not in: %s", words, why.text);
}

static void
a_thousand_names_of_a_kind_are_read_and_no_more(void **state)
{
	struct certificate *c = named("DNS:n", CERT_NAMES);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->dns.n, CERT_NAMES);
	assert_string_equal(c->dns.item[CERT_NAMES - 1].bytes, "n999");
	certificate_unref(c);
	cannot_be_described(named("DNS:n", CERT_NAMES + 1), CERT_LIMIT, "more than 1000 alternative names");
	c = named("URI:urn:", 65);
	assert_non_null(c);
	certificate_unref(c);
}

static int parts;

static void
many_parts(X509_NAME *n)
{
	for (int i = 0; i < parts; i++)
		assert_true(X509_NAME_add_entry_by_txt(n, "OU", MBSTRING_UTF8, (const unsigned char *)"x", 1, -1, 0));
}

static void
a_name_of_a_thousand_parts_is_read_and_of_no_more(void **state)
{
	struct certificate *c;

	(void)state;
	parts = CERT_NAMES - 1; /* behind O */
	c = described((struct wish){ .name = many_parts });
	assert_non_null(c);
	assert_int_equal(c->subject.n, CERT_NAMES);
	certificate_unref(c);
	parts = CERT_NAMES;
	cannot_be_described(described((struct wish){ .name = many_parts }), CERT_LIMIT, "1001 parts; at most 1000");
}

static struct certificate *
with_uri(size_t len)
{
	char *san = malloc(len + 5);
	struct certificate *c;

	assert_non_null(san);
	memcpy(san, "URI:", 4);
	memset(san + 4, 'u', len);
	san[len + 4] = '\0';
	c = described((struct wish){ .cn = "x", .san = san });
	free(san);
	return c;
}

static void
a_name_of_8_kib_is_read_and_no_longer_one(void **state)
{
	struct certificate *c = with_uri(CERT_TEXT);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->uri.item[0].len, CERT_TEXT);
	certificate_unref(c);
	cannot_be_described(with_uri(CERT_TEXT + 1), CERT_LIMIT, "8193 bytes; at most 8192");
}

static void
all_names_together_are_bounded(void **state)
{
	char stem[70] = "DNS:";
	struct certificate *c;

	(void)state;
	memset(stem + 4, 'n', 60);
	c = named(stem, 900); /* at most 64 bytes each, including the byte for its end */
	assert_non_null(c);
	certificate_unref(c);
	memset(stem + 4, 'n', 64);
	cannot_be_described(named(stem, 980), CERT_LIMIT, "more than 65536 bytes in all");
}

static void
an_address_of_an_odd_length_or_a_broken_extension_cannot_be_described(void **state)
{
	(void)state;
	cannot_be_described(described((struct wish){ .cn = "x", .san = "DER:30:05:87:03:01:02:03" }), CERT_BROKEN, "iPAddress");
	cannot_be_described(described((struct wish){ .cn = "x", .san = "DER:30:05:87:09:01:02:03" }), CERT_BROKEN, "subjectAltName");
}

static void
serial_digest_and_times_are_those_openssl_prints(void **state)
{
	struct identity id = pki_make((struct wish){ .cn = "x", .from = -3600, .to = 7200 });
	struct certificate *c = cert_read(id.certificate, &why);
	unsigned char *der = NULL, md[32];
	char hex[65];
	int i, n = i2d_X509(id.certificate, &der);

	(void)state;
	assert_non_null(c);
	EVP_Digest(der, (size_t)n, md, NULL, EVP_sha256(), NULL);
	for (i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", md[i]);
	assert_string_equal(c->sha256, hex);
	assert_int_equal(c->not_after - c->not_before, 10800);
	assert_int_equal(strncmp(c->serial, "ABC0", 4), 0);
	certificate_unref(c);
	c = cert_read_der(der, (size_t)n, &why);
	assert_non_null(c);
	certificate_unref(c);
	assert_null(cert_read_der(der, (size_t)n - 1, &why));
	OPENSSL_free(der);
	pki_free(&id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_stand_in_the_certificates_order),
		cmocka_unit_test(a_part_of_several_values_is_told_from_several_parts),
		cmocka_unit_test(no_two_types_differ_in_their_case_alone),
		cmocka_unit_test(the_types_that_differ_so_are_all_known),
		cmocka_unit_test(what_is_not_plain_is_escaped_in_the_printed_form_only),
		cmocka_unit_test(alternative_names_come_by_kind),
		cmocka_unit_test(a_nul_in_a_name_is_kept_and_counted),
		cmocka_unit_test(a_thousand_names_of_a_kind_are_read_and_no_more),
		cmocka_unit_test(a_name_of_a_thousand_parts_is_read_and_of_no_more),
		cmocka_unit_test(a_name_of_8_kib_is_read_and_no_longer_one),
		cmocka_unit_test(all_names_together_are_bounded),
		cmocka_unit_test(an_address_of_an_odd_length_or_a_broken_extension_cannot_be_described),
		cmocka_unit_test(serial_digest_and_times_are_those_openssl_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
