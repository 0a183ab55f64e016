/* SPDX-License-Identifier: Apache-2.0 */
/* The percentiles of a load, and the order of its kinds of partners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/load_kind.h"
#include "client/load_latency.h"

static void
assert_near(double wanted, double got)
{
	assert_true(got >= wanted && got <= wanted * 1.02);
}

static void
percentiles_are_at_most_two_percent_too_high(void **state)
{
	struct load_latency l = { .n = 0 };

	(void)state;
	assert_true(load_latency_at(&l, 50) == 0);
	for (int i = 1; i <= 100000; i++)
		load_latency_add(&l, i * 1e-4);
	assert_near(5, load_latency_at(&l, 50));
	assert_near(9, load_latency_at(&l, 90));
	assert_near(9.9, load_latency_at(&l, 99));
	assert_near(9.99, load_latency_at(&l, 99.9));
	assert_true(l.max == 100000 * 1e-4 && load_latency_at(&l, 100) <= l.max);
}

static void
each_duration_has_its_place(void **state)
{
	(void)state;
	for (double us = 1; us < 5e9; us = us * 1.3 + 1) {
		struct load_latency l = { .n = 0 };

		load_latency_add(&l, us / 1e6);
		assert_true(load_latency_at(&l, 50) <= l.max);
		assert_true(us > 4e9 || load_latency_at(&l, 50) >= us / 1e6 * 0.999 - 1e-6);
	}
}

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
		cmocka_unit_test(percentiles_are_at_most_two_percent_too_high),
		cmocka_unit_test(each_duration_has_its_place),
		cmocka_unit_test(of_a_hundred_partners_each_kind_has_its_percents),
		cmocka_unit_test(a_kind_stands_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
