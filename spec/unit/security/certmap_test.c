/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/objects.h>

#include <string.h>

#include "security/certmap.h"
#include "tls/dn.h"
#include "tls/dn_type.h"

#define SUM "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

#define PART(of, is) { .type = of, .value = { is, sizeof is - 1 } }

/* A name in the order of the certificate, the leaf last. */
static struct rdn fred[] = { PART("C", "DE"), PART("O", "Shop"), PART("OU", "Pay"), PART("CN", "fred") };
static struct rdn nul[] = { PART("C", "DE"), PART("O", "Shop\0.example"), PART("CN", "fred") };
static struct rdn two[] = { PART("CN", "first"), PART("CN", "second") };
static struct rdn authority[] = { PART("O", "Trust, Inc"), PART("CN", "CA+1") };

#define NAME(list) { .item = (list), .n = sizeof (list) / sizeof *(list) }

static const char *
found(const struct certmap *m, struct dn subject, bool verified)
{
	struct certificate c = { .subject = subject, .issuer = NAME(authority), .chain.ok = verified };
	const char *userid;

	memcpy(c.sha256, SUM, sizeof c.sha256);
	userid = certmap_userid(m, &c);
	return userid != NULL ? userid : "nobody";
}

static int
add(struct certmap *m, const char *userid, const char *sha256, const char *subject, const char *issuer, struct fault *f)
{
	return certmap_add(m, &(struct filter_text){ .userid = userid, .sha256 = sha256, .subject = subject, .issuer = issuer }, f);
}

static struct certmap *
map_of(const char *userid, const char *sha256, const char *subject, const char *issuer)
{
	struct certmap *m = certmap_new();
	struct fault f;

	assert_non_null(m);
	if (add(m, userid, sha256, subject, issuer, &f) < 0)
		fail_msg("%s", f.text);
	return m;
}

static bool
fits(const char *subject, const char *issuer, struct dn name)
{
	struct certmap *m = map_of("FRED", NULL, subject, issuer);
	bool yes = strcmp(found(m, name, true), "FRED") == 0;

	certmap_free(m);
	return yes;
}

static void
a_filter_is_the_end_of_a_name(void **state)
{
	(void)state;
	assert_true(fits("CN=fred,OU=Pay,O=Shop,C=DE", NULL, (struct dn)NAME(fred)));
	assert_true(fits("OU=Pay,O=Shop,C=DE", NULL, (struct dn)NAME(fred)));
	assert_true(fits("C=DE", NULL, (struct dn)NAME(fred)));
	assert_true(fits(" ou = Pay , o=Shop , c=DE ", NULL, (struct dn)NAME(fred)));
	assert_false(fits("CN=fred,OU=Pay,O=Shop", NULL, (struct dn)NAME(fred)));
	assert_false(fits("OU=Pay", NULL, (struct dn)NAME(fred)));
	assert_false(fits("O=Shop,OU=Pay,C=DE", NULL, (struct dn)NAME(fred)));
	assert_false(fits("OU=pay,O=Shop,C=DE", NULL, (struct dn)NAME(fred)));
	assert_false(fits("L=1,CN=fred,OU=Pay,O=Shop,C=DE", NULL, (struct dn)NAME(fred)));
}

/* As text, the name would read "O=Shop". */
static void
a_nul_matches_nothing(void **state)
{
	struct dn d;

	(void)state;
	assert_false(fits("O=Shop,C=DE", NULL, (struct dn)NAME(nul)));
	assert_true(fits("C=DE", NULL, (struct dn)NAME(nul)));
	assert_int_equal(dn_parse(&d, "O=Shop\0.example", 15, NULL), -1);
	assert_int_equal(dn_parse(&d, "O=Shop\\00.example", 17, NULL), -1);
}

static void
several_of_a_type_are_told_apart_by_their_place(void **state)
{
	(void)state;
	assert_true(fits("CN=second,CN=first", NULL, (struct dn)NAME(two)));
	assert_true(fits("CN=first", NULL, (struct dn)NAME(two)));
	assert_false(fits("CN=second", NULL, (struct dn)NAME(two)));
	assert_false(fits("CN=first,CN=second", NULL, (struct dn)NAME(two)));
}

static void
escapes_are_read_as_they_are_printed(void **state)
{
	(void)state;
	assert_true(fits(NULL, "O=Trust\\, Inc", (struct dn)NAME(fred)));
	assert_true(fits(NULL, "CN=CA\\+1,O=Trust\\2c Inc", (struct dn)NAME(fred)));
	assert_false(fits(NULL, "O=Trust", (struct dn)NAME(fred)));
	assert_false(fits("C=DE", "O=Other", (struct dn)NAME(fred)));
}

static void
what_is_no_name_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", ",", "CN", "CN=", "CN= ", "=x", "CN=a,", ",CN=a", "CN=a+OU=b", "CN=a;O=b", "CN=\"a\"", "CN=#0500", "CN=a\\",
		"CN=a\\zz", "CN=<a>", "C N=a" };
	struct dn d;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (dn_parse(&d, bad[i], strlen(bad[i]), &f) == 0)
			fail_msg("\"%s\" passes", bad[i]);
	assert_int_equal(dn_parse(&d, "CN=a\\ ,O=\\#b", 12, &f), 0);
	assert_int_equal(d.n, 2);
	assert_int_equal(d.item[1].value.len, 2); /* the blank belongs to the value */
	assert_string_equal(d.item[0].value.bytes, "#b");
	dn_free(&d);
}

/* RACF's order, from the last to the first: each new filter matches before those added earlier. */
/* Ways to write a name, and the form that the fault proposes. */
static void
a_type_nobody_knows_is_a_fault_with_the_short_name(void **state)
{
	static const char *const bad[][2] = {
		{ "organizationalUnitName=Pay", "'organizationalUnitName' is not an attribute type here; write OU" },
		{ "CommonName=a", "write CN" },
		{ "S=Bayern", "write ST" },
		{ "SP=Bayern", "write ST" },
		{ "stateOrProvinceName=Bayern", "write ST" },
		{ "UO=Pay", "write OU" },
		{ "E=a@b", "write emailAddress" },
		{ "OID.2.5.4.11=Pay", "write OU" },
		{ "2.5.4.11=Pay", "write OU" },
		{ "2.05.4.11=Pay", "write OU" },
		{ "2.05.4.999=Pay", "the types are CN, OU" },
		{ "CN=a,X=1", "'X' is not an attribute type; the types are CN, OU" },
		{ "SHA256=a", "not an attribute type" },
		{ "uniqueIdentifier=a", "not an attribute type" },
		{ "1.2.3.5.6=a", NULL },
		{ "1.2.3.4=a", NULL },
		{ "0.9.2342.19200300.100.1.44=a", NULL },
		{ "uid=fred,dc=example,dc=com", NULL },
		{ "emailaddress=a@b,SERIALNUMBER=1,street=x,jurisdictionC=DE,organizationIdentifier=x", NULL },
		/* RACF's separator, that of old versions of openssl, and none */
		{ "CN=NETX.PART1.OU=Pay.O=Shop", "a part begins within a value (NETX.PART1.OU=)" },
		{ "OU=Pay.SP=x", "parts are separated by commas" },
		{ "C=DE/O=Shop", "parts are separated by commas" },
		{ "CN=a OU=Pay", "parts are separated by commas" },
		{ "/C=DE/CN=a", "a name is TYPE=VALUE" },
		{ "CN=a.OU\\=Pay", NULL },
		{ "CN=a.b=c", NULL },
		{ "CN=key=", NULL },
		/* the order of `openssl x509` */
		{ "C = DE, O = Shop, OU = Pay, CN = fred", "write the leaf first" },
		{ "O=Shop,OU=Pay", "write the leaf first" },
		{ "DC=com,DC=example,CN=fred", "write the leaf first" },
		{ "C=DE,ST=x,L=y,CN=fred,emailAddress=a@b", "write the leaf first" },
		{ "O=Shop,OU=Pay,C=DE", NULL },
		{ "L=Munich,O=Shop,C=DE", NULL },
		{ "CN=second,CN=first", NULL },
		{ "OU=a,OU=b", NULL },
	};
	struct dn d;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int rc = dn_parse(&d, bad[i][0], strlen(bad[i][0]), &f);

		if (rc == 0)
			dn_free(&d);
		if ((rc == 0) != (bad[i][1] == NULL) || (rc < 0 && strstr(f.text, bad[i][1]) == NULL))
			fail_msg("%s: %s", bad[i][0], rc == 0 ? "taken" : f.text);
	}
}

/* The proposed form is accepted, and a name of a certificate is accepted. */
static void
every_type_of_a_certificate_can_be_written(void **state)
{
	char type[DN_TYPE_SIZE], again[DN_TYPE_SIZE];
	struct fault f;

	(void)state;
	for (int nid = 1; nid < OBJ_new_nid(0); nid++) {
		const ASN1_OBJECT *o = OBJ_nid2obj(nid);
		char oid[128];

		if (o == NULL || OBJ_obj2txt(oid, sizeof oid, o, 1) <= 0 || strncmp(oid, "2.5.4.", 6) != 0)
			continue;
		dn_type_print(o, type);
		if (dn_type_read(type, again, &f) < 0 || strcmp(type, again) != 0)
			fail_msg("%s (%s): %s", type, oid, f.text);
	}
}

static void
filters_are_tried_in_racf_s_order(void **state)
{
	static const struct filter_text rows[] = {
		{ .userid = "ENDISSUE", .issuer = "O=Trust\\, Inc" },
		{ .userid = "ISSUER", .issuer = "CN=CA\\+1,O=Trust\\, Inc" },
		{ .userid = "COUNTRY", .subject = "C=DE" },
		{ .userid = "SHOP", .subject = "O=Shop,C=DE" },
		{ .userid = "SUBJECT", .subject = "CN=fred,OU=Pay,O=Shop,C=DE" },
		{ .userid = "COUNTRY2", .subject = "C=DE", .issuer = "CN=CA\\+1,O=Trust\\, Inc" },
		{ .userid = "SHOP2", .subject = "O=Shop,C=DE", .issuer = "CN=CA\\+1,O=Trust\\, Inc" },
		{ .userid = "SUBJECT2", .subject = "CN=fred,OU=Pay,O=Shop,C=DE", .issuer = "CN=CA\\+1,O=Trust\\, Inc" },
		{ .userid = "PINNED", .sha256 = "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF" },
	};
	const size_t n = sizeof rows / sizeof *rows;
	struct certmap *m = certmap_new(), *back = certmap_new();
	struct fault f;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(certmap_add(m, &rows[i], &f), 0);
		assert_string_equal(found(m, (struct dn)NAME(fred), true), rows[i].userid);
		assert_int_equal(certmap_add(back, &rows[n - 1 - i], &f), 0);
		assert_string_equal(found(back, (struct dn)NAME(fred), true), "PINNED");
	}
	assert_string_equal(found(m, (struct dn)NAME(fred), false), "PINNED"); /* a fingerprint needs no verified chain */
	assert_int_equal(certmap_filters(m), n);
	certmap_free(m);
	certmap_free(back);
}

static void
an_issuer_beside_a_subject_is_the_whole_issuer(void **state)
{
	(void)state;
	assert_true(fits("C=DE", "CN=CA\\+1,O=Trust\\, Inc", (struct dn)NAME(fred)));
	assert_false(fits("C=DE", "O=Trust\\, Inc", (struct dn)NAME(fred)));
	assert_false(fits("C=DE", "OU=x,CN=CA\\+1,O=Trust\\, Inc", (struct dn)NAME(fred)));
	assert_true(fits(NULL, "O=Trust\\, Inc", (struct dn)NAME(fred)));
}

static void
a_filter_that_is_none_is_refused(void **state)
{
	struct certmap *m = map_of("FRED", SUM, NULL, NULL);
	struct fault f;

	(void)state;
	assert_int_equal(add(m, "ANNA", NULL, NULL, NULL, &f), -1);
	assert_int_equal(add(m, "ANNA", SUM, "C=DE", NULL, &f), -1);
	assert_int_equal(add(m, "ANNA", SUM, NULL, NULL, &f), -1); /* the same as FRED's */
	assert_int_equal(add(m, "ANNA", SUM "0", NULL, NULL, &f), -1);
	assert_int_equal(add(m, "ANNA", "00", NULL, NULL, &f), -1);
	assert_int_equal(add(m, "ANNA", NULL, "CN", NULL, &f), -1);
	assert_non_null(strstr(f.text, "subject: "));
	assert_int_equal(add(m, "ANNA", NULL, "CN=a", "CN", &f), -1);
	assert_int_equal(add(m, "ANNA", NULL, "CN=a", NULL, &f), 0);
	assert_int_equal(add(m, "BOB", NULL, "cn = a", NULL, &f), -1);
	certmap_free(m);
	certmap_free(NULL);
}

#define ANCHOR "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

static void
an_anchor_narrows_a_filter_and_keeps_its_place(void **state)
{
	struct certmap *m = certmap_new();
	struct chain_link link = { .sha256 = ANCHOR };
	struct certificate c = { .subject = NAME(fred), .issuer = NAME(authority), .chain = { .ok = true, .anchored = true, .link = &link, .links = 1 } };
	struct fault f;

	(void)state;
	assert_int_equal(certmap_add(m, &(struct filter_text){ .userid = "SUBJECT", .subject = "O=Shop,C=DE" }, &f), 0);
	assert_int_equal(certmap_add(m, &(struct filter_text){ .userid = "ANCHORED", .subject = "O=Shop,C=DE", .anchor = ANCHOR }, &f), 0);
	assert_int_equal(certmap_add(m, &(struct filter_text){ .userid = "COUNTRY", .subject = "C=DE", .anchor = ANCHOR }, &f), 0);
	assert_string_equal(certmap_userid(m, &c), "ANCHORED");
	link.sha256[0] = '0';
	assert_string_equal(certmap_userid(m, &c), "SUBJECT");
	link.sha256[0] = 'f';
	c.chain.anchored = false;
	assert_string_equal(certmap_userid(m, &c), "SUBJECT");
	assert_int_equal(certmap_add(m, &(struct filter_text){ .userid = "A", .anchor = ANCHOR }, &f), -1);
	assert_int_equal(certmap_add(m, &(struct filter_text){ .userid = "A", .sha256 = SUM, .anchor = ANCHOR }, &f), -1);
	assert_int_equal(certmap_add(m, &(struct filter_text){ .userid = "A", .subject = "CN=x", .anchor = "AB" }, &f), -1);
	assert_non_null(strstr(f.text, "anchor is not a SHA-256 fingerprint"));
	certmap_free(m);
}

static void
what_certify_said_stands_before_the_map(void **state)
{
	struct certmap *m = map_of("FRED", SUM, NULL, NULL);
	struct certificate c = { .chain.ok = true };
	char out[NAME_SIZE];

	(void)state;
	memcpy(c.sha256, SUM, sizeof c.sha256);
	certmap_decide(m, &c, "ANNA", out);
	assert_string_equal(out, "ANNA");
	certmap_decide(m, &c, "", out);
	assert_string_equal(out, "FRED");
	certmap_decide(NULL, &c, "", out);
	assert_string_equal(out, "");
	certmap_decide(m, NULL, "", out);
	assert_string_equal(out, "");
	certmap_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_is_the_end_of_a_name),
		cmocka_unit_test(a_nul_matches_nothing),
		cmocka_unit_test(several_of_a_type_are_told_apart_by_their_place),
		cmocka_unit_test(escapes_are_read_as_they_are_printed),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(a_type_nobody_knows_is_a_fault_with_the_short_name),
		cmocka_unit_test(every_type_of_a_certificate_can_be_written),
		cmocka_unit_test(filters_are_tried_in_racf_s_order),
		cmocka_unit_test(an_issuer_beside_a_subject_is_the_whole_issuer),
		cmocka_unit_test(a_filter_that_is_none_is_refused),
		cmocka_unit_test(an_anchor_narrows_a_filter_and_keeps_its_place),
		cmocka_unit_test(what_certify_said_stands_before_the_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
