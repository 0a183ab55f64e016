/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/counters.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The next value at a time, or the reason in place of it. */
static const char *
next_at(struct counters *s, const char *name, const struct counter_use *u, double now, char out[32])
{
	enum counters_answer a;
	int64_t value = 0;
	double its = 0;

	a = counters_next(s, name, strlen(name), u, now, &value, &its);
	if (a != COUNTERS_NUMBER)
		return counters_reason(a);
	snprintf(out, 32, "%lld", (long long)value);
	return out;
}

static const char *
next(struct counters *s, const char *name, int64_t min, int64_t max, bool wrap, char out[32])
{
	struct counter_use u = { .min = min, .max = max, .wrap = wrap };

	return next_at(s, name, &u, 0, out);
}

/* The last value at a time, or the reason. */
static const char *
peek_at(struct counters *s, const char *name, double expires, double now, char out[32])
{
	enum counters_answer a;
	int64_t value = 0;
	double its = 0;

	a = counters_peek(s, name, strlen(name), expires, now, &value, &its);
	if (a != COUNTERS_NUMBER)
		return counters_reason(a);
	snprintf(out, 32, "%lld", (long long)value);
	return out;
}

static void
counts_from_min_to_max(void **state)
{
	struct counters *s = counters_new();
	char out[32];

	(void)state;
	assert_string_equal(next(s, "a", 1, 3, false, out), "1");
	assert_string_equal(next(s, "a", 1, 3, false, out), "2");
	assert_string_equal(next(s, "a", 1, 3, false, out), "3");
	assert_string_equal(next(s, "a", 1, 3, false, out), "exhausted");
	assert_string_equal(next(s, "a", 1, 3, false, out), "exhausted");
	assert_string_equal(next(s, "a", 1, 4, false, out), "4");
	assert_string_equal(next(s, "a", 1, 4, true, out), "1");
	counters_free(s);
}

static void
counters_are_told_apart_by_all_of_their_name(void **state)
{
	struct counters *s = counters_new();
	struct counter_use u = { .min = 7, .max = 9 };
	int64_t value = 0;
	double its = 0;
	char out[32];

	(void)state;
	assert_string_equal(next(s, "a", 1, 9, false, out), "1");
	assert_string_equal(next(s, "b", 5, 9, false, out), "5");
	assert_int_equal(counters_next(s, "a\0b", 3, &u, 0, &value, &its), COUNTERS_NUMBER);
	assert_int_equal(value, 7);
	assert_string_equal(next(s, "a", 1, 9, false, out), "2");
	counters_free(s);
}

static void
a_moved_range_is_entered_at_its_start(void **state)
{
	struct counters *s = counters_new();
	char out[32];

	(void)state;
	assert_string_equal(next(s, "a", 1, 9, false, out), "1");
	assert_string_equal(next(s, "a", 100, 200, false, out), "100");
	assert_string_equal(next(s, "a", 1, 9, true, out), "1");
	assert_string_equal(next(s, "big", INT64_MAX, INT64_MAX, false, out), "9223372036854775807");
	assert_string_equal(next(s, "big", INT64_MIN, INT64_MAX, false, out), "exhausted");
	assert_string_equal(next(s, "b", 2, 1, true, out), "bad range");
	counters_free(s);
}

static void
peeking_changes_nothing(void **state)
{
	struct counters *s = counters_new();
	char out[32];

	(void)state;
	assert_string_equal(peek_at(s, "a", 0, 0, out), "never asked");
	next(s, "a", 3, 9, false, out);
	assert_string_equal(peek_at(s, "a", 0, 0, out), "3");
	assert_string_equal(peek_at(s, "a", 0, 0, out), "3");
	assert_string_equal(next(s, "a", 3, 3, false, out), "exhausted");
	assert_string_equal(peek_at(s, "a", 0, 0, out), "3");
	counters_free(s);
}

static void
names_have_1_to_64_bytes(void **state)
{
	static const char name[] = "0123456789012345678901234567890123456789012345678901234567890123x";
	struct counter_use u = { .min = 1, .max = 9 };
	struct counters *s = counters_new();
	int64_t value;
	double its;

	(void)state;
	assert_int_equal(counters_next(s, "", 0, &u, 0, &value, &its), COUNTERS_BAD_NAME);
	assert_int_equal(counters_next(s, name, 65, &u, 0, &value, &its), COUNTERS_BAD_NAME);
	assert_int_equal(counters_next(s, name, 64, &u, 0, &value, &its), COUNTERS_NUMBER);
	assert_int_equal(counters_peek(s, name, 65, 0, 0, &value, &its), COUNTERS_BAD_NAME);
	counters_free(s);
}

static void
one_that_expires_begins_anew_counted_from_its_first_next(void **state)
{
	struct counter_use u = { .min = 1, .max = 2, .expires = 60 };
	struct counters *s = counters_new();
	char out[32];

	(void)state;
	assert_string_equal(next_at(s, "a", &u, 100, out), "1");
	assert_string_equal(next_at(s, "a", &u, 159, out), "2"); /* a further next does not prolong it */
	assert_string_equal(next_at(s, "a", &u, 159.9, out), "exhausted");
	assert_string_equal(peek_at(s, "a", 60, 159.9, out), "2");
	assert_string_equal(peek_at(s, "a", 60, 160, out), "never asked");
	assert_string_equal(next_at(s, "a", &u, 160, out), "1");
	assert_string_equal(peek_at(s, "a", 60, 219, out), "1");
	counters_free(s);
}

static void
expires_belongs_to_the_counter(void **state)
{
	struct counter_use sixty = { .min = 1, .max = 9, .expires = 60 }, thirty = sixty, never = sixty;
	struct counters *s = counters_new();
	int64_t value;
	double its = 0;
	char out[32];

	(void)state;
	thirty.expires = 30;
	never.expires = 0;
	assert_string_equal(next_at(s, "a", &sixty, 0, out), "1");
	assert_string_equal(next_at(s, "a", &thirty, 1, out), "other expires");
	assert_string_equal(next_at(s, "a", &never, 1, out), "other expires");
	assert_string_equal(peek_at(s, "a", 30, 1, out), "other expires");
	assert_int_equal(counters_next(s, "a", 1, &thirty, 1, &value, &its), COUNTERS_OTHER_EXPIRES);
	assert_true(its == 60);
	assert_string_equal(next_at(s, "a", &sixty, 2, out), "2");
	assert_string_equal(next_at(s, "a", &thirty, 60, out), "1"); /* expired: a first use again */
	assert_string_equal(next_at(s, "b", &never, 60, out), "1");
	assert_string_equal(next_at(s, "b", &sixty, 1e9, out), "other expires");
	counters_free(s);
}

static void
expired_ones_make_room_in_a_full_store(void **state)
{
	struct counter_use u = { .min = 1, .max = 9, .expires = 60 };
	struct counters *s = counters_new();
	char name[16], out[32];

	(void)state;
	for (int i = 0; i < COUNTERS_MAX; i++) {
		snprintf(name, sizeof name, "n%d", i);
		u.expires = 60 + (i * 7919) % 1000; /* in no order */
		if (strcmp(next_at(s, name, &u, 0, out), "1") != 0)
			fail_msg("%s", name);
	}
	u.expires = 5000;
	assert_memory_equal(next_at(s, "late", &u, 59, out), "too many counters", 17);
	assert_string_equal(next_at(s, "late", &u, 60, out), "1");
	for (int i = 0; i < COUNTERS_MAX; i++) {
		snprintf(name, sizeof name, "m%d", i);
		if (strcmp(next_at(s, name, &u, 1060, out), "1") != 0)
			fail_msg("%s", name);
		if (i == COUNTERS_MAX - 2)
			break; /* "late" has not expired */
	}
	assert_string_equal(peek_at(s, "late", 5000, 1060, out), "1");
	assert_int_equal(counters_count(s), COUNTERS_MAX);
	assert_memory_equal(next_at(s, "one more", &u, 1060, out), "too many counters", 17);
	counters_free(s);
}

static void
one_that_was_set_takes_on_what_its_first_use_says(void **state)
{
	struct counter_use sixty = { .min = 1, .max = 9, .expires = 60 };
	struct counters *s = counters_new();
	char out[32];

	(void)state;
	assert_true(counters_set(s, "a", 1, 7, 100));
	assert_true(counters_set(s, "b", 1, 7, 100));
	assert_false(counters_set(s, "b", 1, 8, 100));
	assert_string_equal(next_at(s, "a", &sixty, 159, out), "8");
	assert_string_equal(next_at(s, "a", &sixty, 160, out), "1");
	assert_string_equal(peek_at(s, "b", 60, 160, out), "never asked");
	assert_string_equal(next_at(s, "b", &sixty, 161, out), "1");
	counters_free(s);
}

/* The next counter of a walk, as "NAME last expires left". */
static void
shows(struct counters *s, struct cursor *c, double now, const char *expected)
{
	struct counter_view v;
	char got[100] = "";
	bool more = true;

	while (more && got[0] == '\0') {
		more = counters_show(s, c, now, &v);
		if (v.name[0] != '\0')
			snprintf(got, sizeof got, "%s %d %g %g", v.name, (int)v.last, v.expires, v.left);
	}
	assert_string_equal(got, expected);
}

static void
a_walk_shows_those_that_live(void **state)
{
	struct counter_use u = { .min = 1, .max = 9 };
	struct counters *s = counters_new();
	struct cursor c, other;
	char out[32];

	(void)state;
	counters_walk(s, &c);
	shows(s, &c, 0, "");
	counters_leave(s, &c);
	next_at(s, "b", &u, 0, out);
	next_at(s, "b", &u, 0, out);
	u.expires = 60;
	next_at(s, "a", &u, 10, out);
	u.expires = 5;
	next_at(s, "gone", &u, 10, out);
	u.expires = 0;
	next_at(s, "stays", &u, 10, out);
	u.expires = 5;
	counters_walk(s, &c);
	counters_walk(s, &other);
	shows(s, &c, 11, "b 2 0 0");
	shows(s, &other, 20, "b 2 0 0");
	shows(s, &other, 20, "a 1 60 50");
	shows(s, &other, 20, "stays 1 0 0");
	shows(s, &other, 20, "");
	counters_leave(s, &other);
	next_at(s, "new", &u, 80, out); /* frees "gone" and "a", where the walk is */
	shows(s, &c, 80, "stays 1 0 0");
	shows(s, &c, 80, "new 1 5 5");
	shows(s, &c, 80, "");
	counters_leave(s, &c);
	counters_free(s);
}

static void
a_walk_bears_thousands_that_have_expired(void **state)
{
	struct counter_use u = { .min = 1, .max = 9, .expires = 5 };
	struct counters *s = counters_new();
	char name[16], out[32];
	struct cursor c;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "n%d", i);
		next_at(s, name, &u, i == 4999 ? 7 : 3, out);
	}
	counters_walk(s, &c);
	shows(s, &c, 9, "n4999 1 5 3");
	shows(s, &c, 9, "");
	counters_leave(s, &c);
	counters_free(s);
}

static void
their_number_is_bounded(void **state)
{
	struct counters *s = counters_new();
	char name[16], out[32];

	(void)state;
	for (int i = 0; i < COUNTERS_MAX; i++) {
		snprintf(name, sizeof name, "n%d", i);
		if (strcmp(next(s, name, 1, 9, false, out), "1") != 0)
			fail_msg("%s", name);
	}
	assert_memory_equal(next(s, "one more", 1, 9, false, out), "too many counters: ", 19);
	assert_non_null(strstr(next(s, "one more", 1, 9, false, out), "policy.counter(name, { expires = seconds })"));
	assert_string_equal(next(s, "n0", 1, 9, false, out), "2");
	counters_free(s);
}

static void *
count(void *arg)
{
	struct counter_use u = { .min = 1, .max = 1000000 };
	int64_t value;
	double its;

	for (int i = 0; i < 10000; i++)
		counters_next(arg, "shared", 6, &u, 0, &value, &its);
	return NULL;
}

static void
no_value_is_given_twice_to_two_threads(void **state)
{
	struct counters *s = counters_new();
	pthread_t thread[4];
	char out[32];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, count, s), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	assert_string_equal(peek_at(s, "shared", 0, 0, out), "40000");
	counters_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_from_min_to_max),
		cmocka_unit_test(counters_are_told_apart_by_all_of_their_name),
		cmocka_unit_test(a_moved_range_is_entered_at_its_start),
		cmocka_unit_test(peeking_changes_nothing),
		cmocka_unit_test(names_have_1_to_64_bytes),
		cmocka_unit_test(one_that_expires_begins_anew_counted_from_its_first_next),
		cmocka_unit_test(expires_belongs_to_the_counter),
		cmocka_unit_test(expired_ones_make_room_in_a_full_store),
		cmocka_unit_test(one_that_was_set_takes_on_what_its_first_use_says),
		cmocka_unit_test(a_walk_shows_those_that_live),
		cmocka_unit_test(a_walk_bears_thousands_that_have_expired),
		cmocka_unit_test(their_number_is_bounded),
		cmocka_unit_test(no_value_is_given_twice_to_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
