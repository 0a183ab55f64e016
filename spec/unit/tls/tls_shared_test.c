/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "spec/support/pki.h"
#include "tls/tls_shared.h"

static char dir[64];
static struct ring *ring;

static int
make(void **state)
{
	struct identity ca = pki_make((struct wish){ .cn = "CA", .authority = true }), own = pki_make((struct wish){ .cn = "own", .issuer = &ca });

	(void)state;
	pki_temp(dir);
	pki_ring(dir, "OWN", &own, &ca);
	pki_free(&own);
	pki_free(&ca);
	ring = pki_load(dir, NULL);
	return ring == NULL;
}

static int
unmake(void **state)
{
	(void)state;
	ring_unref(ring);
	pki_remove(dir);
	return 0;
}

static void
equal_options_share_their_settings_and_others_do_not(void **state)
{
	struct tls_options plain = { .ring = ring, .label = "" }, alike = plain, labelled = plain, suites = plain, old = plain;
	struct tls_shared s = { .made.n = 0 };
	struct tls_config *got[6];
	struct fault f;

	(void)state;
	labelled.label = "OWN";
	suites.ciphers = "C02F";
	old.max_version = 12;
	got[0] = tls_shared_config(&s, WAY_OUT, &plain, &f);
	got[1] = tls_shared_config(&s, WAY_OUT, &labelled, &f);
	got[2] = tls_shared_config(&s, WAY_OUT, &suites, &f);
	got[3] = tls_shared_config(&s, WAY_OUT, &old, &f);
	got[4] = tls_shared_config(&s, WAY_IN, &plain, &f);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			assert_ptr_not_equal(got[i], got[k]);
	got[5] = tls_shared_config(&s, WAY_OUT, &alike, &f);
	assert_ptr_equal(got[5], got[0]);
	tls_shared_free(&s);
	for (size_t i = 0; i < 6; i++) { /* they outlive the table */
		assert_non_null(got[i]);
		tls_config_unref(got[i]);
	}
}

static void
options_that_cannot_be_have_the_same_fault_each_time(void **state)
{
	struct tls_options wrong = { .ring = ring, .label = "", .ciphers = "NULL-SHA" };
	struct tls_shared s = { .made.n = 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct fault f = { "" };

		assert_null(tls_shared_config(&s, WAY_OUT, &wrong, &f));
		assert_non_null(strstr(f.text, "ciphers: NULL-SHA"));
	}
	tls_shared_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_options_share_their_settings_and_others_do_not),
		cmocka_unit_test(options_that_cannot_be_have_the_same_fault_each_time),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
