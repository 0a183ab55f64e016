/* SPDX-License-Identifier: Apache-2.0 */
#include "config/advertise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
a_name_without_a_networkid_has_that_of_the_region(void **state)
{
	const char *text = "A=10.0.0.1:1 N2.LONGNAME=host.example:65535 C=[::1]:7";
	struct advertised a;

	(void)state;
	assert_true(advertise_next(&text, "NETWORK1", &a));
	assert_string_equal(a.region, "NETWORK1.A");
	assert_string_equal(a.host, "10.0.0.1");
	assert_int_equal(a.port, 1);
	assert_true(advertise_next(&text, "NETWORK1", &a));
	assert_string_equal(a.region, "N2.LONGNAME");
	assert_string_equal(a.host, "host.example");
	assert_int_equal(a.port, 65535);
	assert_true(advertise_next(&text, "NETWORK1", &a));
	assert_string_equal(a.host, "::1");
	assert_string_equal(text, "");
	assert_false(advertise_next(&text, "NETWORK1", &a));
}

static void
a_word_of_another_form_stays(void **state)
{
	static const char *const bad[] = { "A", "=h:1", "A=", "A=h", "A=h:", "A=h:x", "a=h:1", "A.=h:1", ".A=h:1", "A.B.C=h:1", "NINECHARS=h:1", "A=[::1", "A=:1" };
	struct advertised a;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *text = bad[i];

		if (advertise_next(&text, "N", &a) || text != bad[i])
			fail_msg("%s is read as %s %s %d", bad[i], a.region, a.host, a.port);
	}
}

static void
a_region_is_found_by_its_whole_name(void **state)
{
	static const char text[] = "A=a:1 AB=ab:2 M.A=c:3";
	struct advertised a;

	(void)state;
	assert_true(advertise_find(text, "N", "N.AB", &a));
	assert_string_equal(a.host, "ab");
	assert_true(advertise_find(text, "N", "M.A", &a));
	assert_int_equal(a.port, 3);
	assert_false(advertise_find(text, "N", "N.B", &a));
	assert_false(advertise_find("", "N", "N.A", &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_without_a_networkid_has_that_of_the_region),
		cmocka_unit_test(a_word_of_another_form_stays),
		cmocka_unit_test(a_region_is_found_by_its_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
