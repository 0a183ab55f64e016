/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rates.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct rate_terms ten_a_minute = { .count = 10, .per = 60, .burst = 10 };

/* "taken", the seconds to wait, or the reason. */
static const char *
take(struct rates *s, const char *name, const struct rate_terms *t, double n, double now, char out[32])
{
	struct rate_take got;
	enum rates_answer a = rates_take(s, name, strlen(name), t, n, now, &got);

	if (a != RATES_WAIT)
		return rates_reason(a);
	snprintf(out, 32, "%.6g", got.wait);
	return out;
}

static void
gives_the_burst_at_once_and_then_the_rate(void **state)
{
	struct rates *s = rates_new();
	char out[32];

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_string_equal(take(s, "a", &ten_a_minute, 1, 1e7, out), "taken");
	assert_string_equal(take(s, "a", &ten_a_minute, 1, 1e7, out), "6");
	assert_string_equal(take(s, "a", &ten_a_minute, 1, 1e7 + 5.5, out), "0.5");
	assert_string_equal(take(s, "a", &ten_a_minute, 1, 1e7 + 6, out), "taken");
	assert_string_equal(take(s, "a", &ten_a_minute, 1, 1e7 + 6, out), "6");
	assert_string_equal(take(s, "b", &ten_a_minute, 1, 1e7 + 6, out), "taken");
	rates_free(s);
}

static void
holds_no_more_than_the_burst(void **state)
{
	struct rate_terms t = { .count = 10, .per = 1, .burst = 3 };
	struct rates *s = rates_new();
	char out[32];

	(void)state;
	assert_string_equal(take(s, "a", &t, 3, 5, out), "taken");
	assert_string_equal(take(s, "a", &t, 3, 5, out), "0.3");
	assert_string_equal(take(s, "a", &t, 3, 9000, out), "taken");
	assert_string_equal(take(s, "a", &t, 1, 9000, out), "0.1");
	rates_free(s);
}

static void
takes_all_or_nothing(void **state)
{
	struct rates *s = rates_new();
	char out[32];

	(void)state;
	assert_string_equal(take(s, "a", &ten_a_minute, 6, 0, out), "taken");
	assert_string_equal(take(s, "a", &ten_a_minute, 5, 0, out), "6");
	assert_string_equal(take(s, "a", &ten_a_minute, 4, 0, out), "taken");
	rates_free(s);
}

/* Many small takes give as many tokens as one computes: no token is lost or won by rounding. */
static void
rounding_neither_loses_nor_wins_a_token(void **state)
{
	struct rate_terms t = { .count = 7, .per = 1, .burst = 7 };
	struct rates *s = rates_new();
	char out[32];
	int n = 0;

	(void)state;
	for (int i = 0; i <= 100000; i++)
		n += strcmp(take(s, "a", &t, 1, 1e6 + i * 0.01, out), "taken") == 0;
	assert_in_range(n, 7006, 7007);
	rates_free(s);
}

static void
other_terms_keep_the_tokens_up_to_the_new_burst(void **state)
{
	struct rate_terms small = { .count = 1, .per = 60, .burst = 2 }, large = { .count = 100, .per = 60, .burst = 100 };
	struct rates *s = rates_new();
	char out[32];

	(void)state;
	assert_string_equal(take(s, "a", &ten_a_minute, 1, 0, out), "taken"); /* 9 left */
	assert_string_equal(take(s, "a", &large, 10, 0, out), "0.6");         /* 9 left */
	assert_string_equal(take(s, "a", &small, 1, 0, out), "taken");        /* 1 left */
	assert_string_equal(take(s, "a", &small, 2, 0, out), "60");
	rates_free(s);
}

static void
a_look_takes_nothing(void **state)
{
	struct rates *s = rates_new();
	char out[32];

	(void)state;
	assert_true(isinf(rates_left(s, "a", 1, 0)));
	take(s, "a", &ten_a_minute, 4, 0, out);
	assert_float_equal(rates_left(s, "a", 1, 0), 6, 1e-6);
	assert_float_equal(rates_left(s, "a", 1, 6), 7, 1e-6);
	assert_true(isinf(rates_left(s, "a", 1, 24)));
	rates_free(s);
}

static void
names_have_1_to_64_bytes(void **state)
{
	static const char name[] = "0123456789012345678901234567890123456789012345678901234567890123x";
	struct rates *s = rates_new();
	struct rate_take got;

	(void)state;
	assert_int_equal(rates_take(s, name, 0, &ten_a_minute, 1, 0, &got), RATES_BAD_NAME);
	assert_int_equal(rates_take(s, name, 65, &ten_a_minute, 1, 0, &got), RATES_BAD_NAME);
	assert_int_equal(rates_take(s, name, 64, &ten_a_minute, 1, 0, &got), RATES_TAKEN);
	assert_int_equal(rates_take(s, "a\0b", 3, &ten_a_minute, 10, 0, &got), RATES_TAKEN);
	assert_int_equal(rates_take(s, "a", 1, &ten_a_minute, 10, 0, &got), RATES_TAKEN);
	rates_free(s);
}

/* Buckets that are full again make room; without a full bucket, the answer is a reason and no token. */
static void
full_buckets_make_room_and_others_do_not(void **state)
{
	struct rate_terms quick = { .count = 1, .per = 10, .burst = 1 };
	struct rates *s = rates_new();
	char name[16], out[32];

	(void)state;
	for (int i = 0; i < RATES_MAX; i++) {
		snprintf(name, sizeof name, "n%d", i);
		assert_string_equal(take(s, name, i == 77 ? &quick : &ten_a_minute, i == 77 ? 1 : 10, 0, out), "taken");
	}
	assert_string_equal(take(s, "more", &ten_a_minute, 1, 9, out), rates_reason(RATES_FULL));
	assert_string_equal(take(s, "n78", &ten_a_minute, 1, 9, out), "taken");
	assert_string_equal(take(s, "more", &ten_a_minute, 1, 11, out), "taken"); /* n77 is full again */
	assert_string_equal(take(s, "still more", &ten_a_minute, 1, 11, out), rates_reason(RATES_FULL));
	assert_true(rates_complains(s, 11));
	assert_false(rates_complains(s, 70));
	assert_true(rates_complains(s, 72));
	rates_free(s);
}

static void
a_mock_has_the_tokens_that_it_was_given(void **state)
{
	struct rates *s = rates_new();
	char out[32];

	(void)state;
	assert_true(rates_set(s, "a", 1, 2, 100));
	assert_false(rates_set(s, "a", 1, 2, 100));
	assert_string_equal(take(s, "a", &ten_a_minute, 2, 100, out), "taken");
	assert_string_equal(take(s, "a", &ten_a_minute, 1, 100, out), "6");
	assert_true(rates_set(s, "b", 1, 0, 100));
	assert_string_equal(take(s, "b", &ten_a_minute, 1, 103, out), "3");
	assert_true(rates_set(s, "c", 1, 0, 100));
	assert_string_equal(take(s, "c", &ten_a_minute, 10, 160, out), "taken");
	rates_free(s);
}

static void
shows_the_buckets_that_are_not_full(void **state)
{
	struct rates *s = rates_new();
	struct cursor c;
	struct rate_view v;
	char out[32];

	(void)state;
	take(s, "a", &ten_a_minute, 4, 0, out);
	take(s, "b", &ten_a_minute, 1, 0, out);
	rates_walk(s, &c);
	assert_true(rates_show(s, &c, 12, &v));
	assert_string_equal(v.name, "a");
	assert_float_equal(v.left, 8, 1e-6);
	assert_float_equal(v.full, 12, 1e-6);
	assert_float_equal(v.terms.count, 10, 0);
	assert_false(rates_show(s, &c, 12, &v));
	assert_string_equal(v.name, "");
	rates_leave(s, &c);
	rates_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_burst_at_once_and_then_the_rate),
		cmocka_unit_test(holds_no_more_than_the_burst),
		cmocka_unit_test(takes_all_or_nothing),
		cmocka_unit_test(rounding_neither_loses_nor_wins_a_token),
		cmocka_unit_test(other_terms_keep_the_tokens_up_to_the_new_burst),
		cmocka_unit_test(a_look_takes_nothing),
		cmocka_unit_test(names_have_1_to_64_bytes),
		cmocka_unit_test(full_buckets_make_room_and_others_do_not),
		cmocka_unit_test(a_mock_has_the_tokens_that_it_was_given),
		cmocka_unit_test(shows_the_buckets_that_are_not_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
