/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <strings.h>

#include "cert.h"
#include "dn.h"
#include "pki.h"

static struct certificate *
described(struct wish w)
{
	struct identity id = pki_make(w);
	struct certificate *c = cert_read(id.certificate);

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

/* The name a certificate's type of that number has here; NULL: it has none, or goes by its OID. */
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

static void
more_than_64_names_of_a_kind_cannot_be_described(void **state)
{
	char san[65 * 8] = "DNS:n0";
	struct certificate *c;
	int i;

	(void)state;
	for (i = 1; i < 64; i++)
		sprintf(san + strlen(san), ",DNS:n%d", i);
	c = described((struct wish){ .cn = "x", .san = san });
	assert_non_null(c);
	assert_int_equal(c->dns.n, 64);
	certificate_unref(c);
	strcat(san, ",DNS:n64");
	assert_null(described((struct wish){ .cn = "x", .san = san }));
}

static void
a_name_above_1024_bytes_cannot_be_described(void **state)
{
	char san[1100] = "URI:";
	struct certificate *c;

	(void)state;
	memset(san + 4, 'u', 1024);
	c = described((struct wish){ .cn = "x", .san = san });
	assert_non_null(c);
	assert_int_equal(c->uri.item[0].len, 1024);
	certificate_unref(c);
	san[4 + 1024] = 'u';
	assert_null(described((struct wish){ .cn = "x", .san = san }));
}

static void
an_address_of_an_odd_length_or_a_broken_extension_cannot_be_described(void **state)
{
	(void)state;
	assert_null(described((struct wish){ .cn = "x", .san = "DER:30:05:87:03:01:02:03" }));
	assert_null(described((struct wish){ .cn = "x", .san = "DER:30:05:87:09:01:02:03" }));
}

static void
serial_digest_and_times_are_those_openssl_prints(void **state)
{
	struct identity id = pki_make((struct wish){ .cn = "x", .from = -3600, .to = 7200 });
	struct certificate *c = cert_read(id.certificate);
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
	c = cert_read_der(der, (size_t)n);
	assert_non_null(c);
	certificate_unref(c);
	assert_null(cert_read_der(der, (size_t)n - 1));
	OPENSSL_free(der);
	pki_free(&id);
}

/* The first error of a chain of one under `ca`, walked at `level`; 0 none. */
static int
first_error(const struct identity *ca, const struct identity *id, int level)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *walk = X509_STORE_CTX_new();
	struct certificate *c;
	int code;

	X509_STORE_add_cert(store, ca->certificate);
	assert_int_equal(X509_STORE_CTX_init(walk, store, id->certificate, NULL), 1);
	c = cert_read_chain(walk, level);
	assert_non_null(c);
	code = c->chain.n ? c->chain.error[0].code : 0;
	assert_int_equal(c->chain.ok, code == 0);
	certificate_unref(c);
	X509_STORE_CTX_free(walk);
	X509_STORE_free(store);
	return code;
}

static void
a_short_key_is_an_error_of_the_chain_at_level_2(void **state)
{
	struct identity ca = pki_make((struct wish){ .cn = "CA", .authority = true });
	struct identity weak = pki_make((struct wish){ .cn = "weak", .issuer = &ca, .rsa_bits = 1024 });

	(void)state;
	assert_int_equal(first_error(&ca, &weak, 1), 0);
	assert_int_equal(first_error(&ca, &weak, 2), X509_V_ERR_EE_KEY_TOO_SMALL);
	pki_free(&ca);
	pki_free(&weak);
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
		cmocka_unit_test(more_than_64_names_of_a_kind_cannot_be_described),
		cmocka_unit_test(a_name_above_1024_bytes_cannot_be_described),
		cmocka_unit_test(an_address_of_an_odd_length_or_a_broken_extension_cannot_be_described),
		cmocka_unit_test(a_short_key_is_an_error_of_the_chain_at_level_2),
		cmocka_unit_test(serial_digest_and_times_are_those_openssl_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
