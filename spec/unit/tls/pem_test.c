/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/pem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define B "-----BEGIN CERTIFICATE-----\n"
#define E "-----END CERTIFICATE-----\n"
#define BODY "AAECAwQF\n" /* 00 01 02 03 04 05 */

struct row {
	const char *text;
	int blocks;       /* before the end or the error */
	int line;         /* of the error; 0: there is none */
	const char *word; /* of the error */
};

static const struct row rows[] = {
	{ "", 0, 0, NULL },
	{ "hello\n", 0, 0, NULL },
	{ B BODY E, 1, 0, NULL },
	{ "\xef\xbb\xbf" B BODY E, 1, 0, NULL },
	{ "subject=CN = x\n    friendlyName: \xc3\xbc\n\n" B BODY E "text\n" B BODY E "-- \n", 2, 0, NULL },
	{ "-----BEGIN CERTIFICATE-----  \r\nAAEC\r\n  AwQF \t\r\n-----END CERTIFICATE-----", 1, 0, NULL },
	{ " " B BODY E, 0, 1, "precede -----BEGIN" },
	{ "\n# " B BODY E, 0, 2, "precede -----BEGIN" },
	{ B BODY E "x" B, 1, 4, "precede -----BEGIN" },
	{ "\t" B, 0, 1, "precede" },
	{ BODY E, 0, 2, "without its -----BEGIN" },
	{ "----BEGIN CERTIFICATE-----\n" BODY E, 0, 1, "almost a boundary" },
	{ "-----BEGIN CERTIFICATE----\n" BODY E, 0, 1, "malformed" },
	{ "-----BEGIN CERTIFICATE----- x\n" BODY E, 0, 1, "malformed" },
	{ "-----BEGIN CERTIFICATE-----MIIB\n" BODY E, 0, 1, "malformed" },
	{ "-----begin certificate-----\n" BODY, 0, 1, "almost a boundary" },
	{ "- -----END CERTIFICATE-----\n", 0, 1, "almost a boundary" },
	{ "- end of the root's entry\n-- begin of the next\n" B BODY E, 1, 0, NULL },
	{ "\xe2\x80\x94\xe2\x80\x94- " "BEGIN CERTIFICATE\n", 0, 1, "almost a boundary" },
	{ "\n\nMIIBszCCAVmgAwIBAgIUZ0lK0xJ5mW8Qw==\n", 0, 3, "base64 outside" },
	{ B BODY E "0\x82\x01\x02\x30\x82", 1, 4, "neither a PEM block nor text" },
	{ B BODY, 0, 1, "no end" },
	{ "\n" B "AAEC\n" B BODY E, 0, 4, "does not end" },
	{ B BODY "-----END X509 CRL-----\n", 0, 3, "-----END CERTIFICATE-----" },
	{ B BODY " " E, 0, 3, "does not end" },
	{ B E, 0, 2, "incomplete" },
	{ B "AAECA\n" E, 0, 3, "incomplete" },
	{ B "AAE=\nAAEC\n" E, 0, 3, "not base64: column 1" },
	{ B "AAEC\n \nAwQF\n" E, 0, 3, "a blank line" },
	{ B "A===\n" E, 0, 2, "not base64: column 2" },
	{ B "AAEC\nAA*C\n" E, 0, 3, "not base64: column 3" },
	{ B "Proc-Type: 4,ENCRYPTED\n\nAAEC\n" E, 0, 2, "not base64" },
};

static void
each_line_is_understood_or_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct pem p = pem_walk(r->text, strlen(r->text));
		struct fault f = { "" };
		struct pem_block b;
		int n = 0, rc;

		while ((rc = pem_next(&p, &b, &f)) == 1) {
			assert_string_equal(b.label, "CERTIFICATE");
			assert_int_equal(b.len, 6);
			assert_memory_equal(b.der, "\0\1\2\3\4\5", 6);
			pem_drop(&b);
			n++;
		}
		if (n != r->blocks || rc != (r->line ? -1 : 0) || (rc < 0 && (p.line != r->line || !strstr(f.text, r->word))))
			fail_msg("row %zu (%s): %d blocks, %d, line %d: %s", i, r->text, n, rc, p.line, f.text);
	}
}

static void
a_block_knows_its_line_and_its_padding(void **state)
{
	const char *text = "one\n\n" B "AAE=\n" E "-----BEGIN EC PARAMETERS-----\nAA==\n-----END EC PARAMETERS-----\n";
	struct pem p = pem_walk(text, strlen(text));
	struct pem_block b;

	(void)state;
	assert_int_equal(pem_next(&p, &b, NULL), 1);
	assert_int_equal(b.line, 3);
	assert_int_equal(b.len, 2);
	pem_drop(&b);
	assert_int_equal(pem_next(&p, &b, NULL), 1);
	assert_int_equal(b.line, 6);
	assert_int_equal(b.len, 1);
	assert_string_equal(b.label, "EC PARAMETERS");
	pem_drop(&b);
	assert_int_equal(pem_next(&p, &b, NULL), 0);
}

static void
only_a_private_key_has_a_head(void **state)
{
	const char *text = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\nAAEC\n-----END RSA PRIVATE KEY-----\n";
	struct pem p = pem_walk(text, strlen(text));
	struct pem_block b;

	(void)state;
	assert_int_equal(pem_next(&p, &b, NULL), 1);
	assert_true(b.encrypted);
	assert_int_equal(b.len, 3);
	pem_drop(&b);
}

static void
foreign_bytes_are_suspected(void **state)
{
	(void)state;
	assert_true(pem_is_der("\x30\x82\x01\x00", 4));
	assert_true(pem_is_der("\x30\x80\x30", 3));
	assert_true(pem_is_der("\x30\x03\x02\x01\x00", 5));
	assert_false(pem_is_der("0.1 release\n", 12));
	assert_false(pem_is_der("\x30", 1));
	assert_true(pem_suspect("x\n  -----BEGIN PGP", 18));
	assert_false(pem_suspect("ca.srl\n01\n", 10));
	assert_false(pem_suspect("", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_understood_or_named),
		cmocka_unit_test(a_block_knows_its_line_and_its_padding),
		cmocka_unit_test(only_a_private_key_has_a_head),
		cmocka_unit_test(foreign_bytes_are_suspected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
