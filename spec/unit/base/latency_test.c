/* SPDX-License-Identifier: Apache-2.0 */
#include "base/latency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void
assert_near(double wanted, double got)
{
	assert_true(got >= wanted && got <= wanted * 1.02);
}

static void
percentiles_are_at_most_two_percent_too_high(void **state)
{
	struct latency l = { .n = 0 };

	(void)state;
	assert_true(latency_at(&l, 50) == 0);
	for (int i = 1; i <= 100000; i++)
		latency_add(&l, i * 1e-4);
	assert_near(5, latency_at(&l, 50));
	assert_near(9, latency_at(&l, 90));
	assert_near(9.9, latency_at(&l, 99));
	assert_near(9.99, latency_at(&l, 99.9));
	assert_true(latency_max(&l) == 10 && latency_at(&l, 100) <= latency_max(&l));
}

static void
each_duration_has_its_place(void **state)
{
	(void)state;
	for (double us = 1; us < 5e9; us = us * 1.3 + 1) {
		struct latency l = { .n = 0 };

		latency_add(&l, us / 1e6);
		assert_true(latency_at(&l, 50) <= latency_max(&l));
		assert_true(us > 4e9 || latency_at(&l, 50) >= us / 1e6 * 0.999 - 1e-6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_at_most_two_percent_too_high),
		cmocka_unit_test(each_duration_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
