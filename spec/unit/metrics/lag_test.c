/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "metrics/lag.h"

static void
turn(struct lag *l, double begin, double end)
{
	lag_begins(l, begin);
	lag_ends(l, end);
}

static void
looks(const struct lag *l, double now, double busy, double lately, double longest)
{
	struct lag_view v;

	lag_look(l, now, &v);
	assert_float_equal(v.busy, busy, 1e-6);
	assert_float_equal(v.lately, lately, 1e-6);
	assert_float_equal(v.longest, longest, 1e-6);
}

static void
a_loop_without_a_turn_has_not_worked(void **state)
{
	struct lag l = { 0 };

	(void)state;
	looks(&l, 1000, 0, 0, 0);
	assert_true(lag_worked(&l) < 0);
}

static void
the_time_of_the_turns_is_a_share_of_all_time(void **state)
{
	struct lag l = { 0 };

	(void)state;
	turn(&l, 1000, 1001);
	looks(&l, 1002, 0.5, 0.5, 1);
	assert_float_equal(lag_worked(&l), 1, 1e-6);
	lag_begins(&l, 1006); /* the present turn counts as far as it has come */
	looks(&l, 1008, 3. / 8, 3. / 8, 2);
	assert_float_equal(lag_worked(&l), 1, 1e-6);
	lag_ends(&l, 1010);
	looks(&l, 1010, 0.5, 0.5, 4);
}

static void
the_share_of_the_last_minutes_forgets_those_before(void **state)
{
	struct lag l = { 0 };

	(void)state;
	turn(&l, 1000, 1060);
	turn(&l, 1070, 1071); /* begins the second window */
	looks(&l, 1080, 61. / 80, 61. / 80, 60);
	turn(&l, 1140, 1142); /* the third one; the first is forgotten */
	looks(&l, 1170, 63. / 170, 3. / 100, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loop_without_a_turn_has_not_worked),
		cmocka_unit_test(the_time_of_the_turns_is_a_share_of_all_time),
		cmocka_unit_test(the_share_of_the_last_minutes_forgets_those_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
