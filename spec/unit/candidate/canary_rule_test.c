/* SPDX-License-Identifier: Apache-2.0 */
/* The rules by which a canary ends: their forms, their windows, and when they hold. The clock is a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "candidate/canary_rule.h"

#define START 1000.25

static const struct canary_tally ACCEPTED = { .asked = 1 }, REFUSED = { .asked = 1, .refused = 1 }, FAILED = { .asked = 1, .refused = 1, .errors = 1 };

static struct canary_rule
rule_of(const char *text)
{
	struct canary_rule r;
	struct fault f;

	assert_int_equal(canary_rule_read(&r, text, START, &f), 0);
	assert_string_equal(r.text, text);
	return r;
}

static void
count(struct canary_rule *r, bool live, unsigned n, const struct canary_tally *t, double now)
{
	while (n-- > 0)
		canary_rule_count(r, live, t, now);
}

static bool
holds(struct canary_rule *r, double now)
{
	char why[200];

	return canary_rule_holds(r, now, why, sizeof why);
}

static void
reads_forms(void **state)
{
	static const struct {
		const char *text;
		bool of_errors, above_live;
		double limit;
		unsigned seconds;
	} forms[] = { { "refused>2%/1m", false, false, 2, 60 }, { "refused>0.5%/90s", false, false, 0.5, 90 }, { "refused>live+2%/1h", false, true, 2, 3600 },
		{ "error>0", true, false, 0, 0 }, { "error>12/5m", true, false, 12, 300 }, { "refused>0%/0.5m", false, false, 0, 30 } };

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct canary_rule r = rule_of(forms[i].text);

		assert_true(r.of_errors == forms[i].of_errors && r.above_live == forms[i].above_live && r.limit == forms[i].limit);
		assert_int_equal(r.own.seconds, forms[i].seconds);
		assert_int_equal(r.live.seconds, forms[i].above_live ? forms[i].seconds : 0);
		canary_rule_free(&r);
	}
}

static void
refuses_other_forms(void **state)
{
	static const char *const wrong[] = { "", "refused", "refused>", "refused>2", "refused>2%", "refused>2%/", "refused>2%/1", "refused>2%/1d", "refused>2%/1ms",
		"refused>2%/0s", "refused>2%/1.5s", "refused>2%/61m", "refused>2%/-1m", "refused>-2%/1m", "refused>101%/1m", "refused>2.5.1%/1m",
		"refused>live2%/1m", "refused>live-2%/1m", "refused>.5%/1m", "refused>1e1%/1m", "refused>nan%/1m", "refused >2%/1m", "error>", "error>-1",
		"error>1.5", "error>0%", "error>0/", "error>0 ", "errors>0", "Refused>2%/1m", "refused>2%/1m,error>0",
		"refused>0.0000000000000000000000000000001%/1m" };

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct canary_rule r;
		struct fault f;

		assert_int_equal(canary_rule_read(&r, wrong[i], START, &f), -1);
		assert_non_null(strstr(f.text, "refused>live+2%/1m"));
		assert_non_null(strstr(f.text, wrong[i]));
	}
}

static void
refusals_count_from_fifty_askings_on(void **state)
{
	struct canary_rule r = rule_of("refused>2%/1m");
	char why[200];

	(void)state;
	count(&r, false, 47, &ACCEPTED, START);
	count(&r, false, 2, &REFUSED, START);
	assert_false(holds(&r, START)); /* 2 of 49 */
	count(&r, false, 51, &ACCEPTED, START);
	assert_false(holds(&r, START)); /* 2 of 100: not more than 2 percent */
	count(&r, false, 1, &REFUSED, START);
	assert_true(canary_rule_holds(&r, START, why, sizeof why));
	assert_string_equal(why, "refused>2%/1m: 3 of 101 askings were refused (3.0%)");
	canary_rule_free(&r);
}

static void
a_window_forgets(void **state)
{
	struct canary_rule r = rule_of("refused>50%/3s");

	(void)state;
	count(&r, false, 60, &REFUSED, START);
	assert_true(holds(&r, START + 2));
	assert_false(holds(&r, START + 3)); /* another second has taken the bucket */
	count(&r, false, 30, &REFUSED, START + 4);
	count(&r, false, 30, &REFUSED, START + 6);
	assert_int_equal(r.own.sum.asked, 60);
	assert_true(holds(&r, START + 6));
	assert_false(holds(&r, START + 7));
	assert_int_equal(r.own.sum.asked, 30);
	assert_false(holds(&r, START + 1000000));
	assert_int_equal(r.own.sum.asked, 0);
	canary_rule_free(&r);
}

static void
the_live_share_is_added(void **state)
{
	struct canary_rule r = rule_of("refused>live+10%/1m");

	(void)state;
	count(&r, false, 100, &REFUSED, START);
	count(&r, true, 49, &ACCEPTED, START);
	assert_false(holds(&r, START)); /* too few of the live side */
	count(&r, true, 1, &ACCEPTED, START);
	assert_true(holds(&r, START));
	count(&r, true, 450, &REFUSED, START);
	assert_false(holds(&r, START)); /* 100 percent, and 90 of the live side */
	count(&r, true, 50, &ACCEPTED, START);
	assert_true(holds(&r, START));
	canary_rule_free(&r);
}

static void
errors_need_no_fifty(void **state)
{
	struct canary_rule ever = rule_of("error>0"), minute = rule_of("error>1/1m");

	(void)state;
	count(&ever, false, 100, &REFUSED, START);
	count(&ever, true, 1, &FAILED, START);
	assert_false(holds(&ever, START));
	count(&ever, false, 1, &FAILED, START);
	assert_true(holds(&ever, START + 1000000));
	count(&minute, false, 1, &FAILED, START);
	assert_false(holds(&minute, START));
	count(&minute, false, 1, &FAILED, START + 70);
	assert_false(holds(&minute, START + 70)); /* the first one is too old */
	count(&minute, false, 1, &FAILED, START + 71);
	assert_true(holds(&minute, START + 71));
	canary_rule_free(&ever);
	canary_rule_free(&minute);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_forms),
		cmocka_unit_test(refuses_other_forms),
		cmocka_unit_test(refusals_count_from_fifty_askings_on),
		cmocka_unit_test(a_window_forgets),
		cmocka_unit_test(the_live_share_is_added),
		cmocka_unit_test(errors_need_no_fifty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
