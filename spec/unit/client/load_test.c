/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the kinds of partners of a load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/load_kind.h"

static void
of_a_hundred_partners_each_kind_has_its_percents(void **state)
{
	struct load_mix m;
	int n[LOAD_KINDS] = { 0 };

	(void)state;
	assert_int_equal(0, load_mix_parse(&m, "foreign=10%,silent=25%,half-capex=1%", NULL));
	for (int i = 0; i < 100; i++)
		n[load_mix_next(&m)]++;
	assert_int_equal(64, n[LOAD_GOOD]);
	assert_int_equal(10, n[LOAD_FOREIGN]);
	assert_int_equal(25, n[LOAD_SILENT]);
	assert_int_equal(1, n[LOAD_HALF_CAPEX]);
}

static void
a_kind_stands_there_once(void **state)
{
	struct load_mix m;
	struct fault f;

	(void)state;
	assert_int_equal(-1, load_mix_parse(&m, "silent=10%,silent=25%", &f));
	assert_string_equal("silent stands there twice", f.text);
	assert_int_equal(-1, load_mix_parse(&m, "silent=10%;foreign=1%", &f));
	assert_string_equal("';foreign=1%' is not understood; the form is KIND=P%,KIND=P%", f.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_hundred_partners_each_kind_has_its_percents),
		cmocka_unit_test(a_kind_stands_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
