/* SPDX-License-Identifier: Apache-2.0 */
#include "store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The next value, or the reason in place of it. */
static const char *
next(struct store *s, const char *name, int64_t min, int64_t max, bool wrap, char out[32])
{
	const char *reason;
	int64_t value = 0;

	if (store_next(s, name, strlen(name), min, max, wrap, &value, &reason) < 0)
		return reason;
	snprintf(out, 32, "%lld", (long long)value);
	return out;
}

static void
counts_from_min_to_max(void **state)
{
	struct store *s = store_new();
	char out[32];

	(void)state;
	assert_string_equal(next(s, "a", 1, 3, false, out), "1");
	assert_string_equal(next(s, "a", 1, 3, false, out), "2");
	assert_string_equal(next(s, "a", 1, 3, false, out), "3");
	assert_string_equal(next(s, "a", 1, 3, false, out), "exhausted");
	assert_string_equal(next(s, "a", 1, 3, false, out), "exhausted");
	assert_string_equal(next(s, "a", 1, 4, false, out), "4");
	assert_string_equal(next(s, "a", 1, 4, true, out), "1");
	store_free(s);
}

static void
counters_are_told_apart_by_all_of_their_name(void **state)
{
	struct store *s = store_new();
	const char *reason;
	int64_t value = 0;
	char out[32];

	(void)state;
	assert_string_equal(next(s, "a", 1, 9, false, out), "1");
	assert_string_equal(next(s, "b", 5, 9, false, out), "5");
	assert_int_equal(store_next(s, "a\0b", 3, 7, 9, false, &value, &reason), 0);
	assert_int_equal(value, 7);
	assert_string_equal(next(s, "a", 1, 9, false, out), "2");
	store_free(s);
}

static void
a_moved_range_is_entered_at_its_start(void **state)
{
	struct store *s = store_new();
	char out[32];

	(void)state;
	assert_string_equal(next(s, "a", 1, 9, false, out), "1");
	assert_string_equal(next(s, "a", 100, 200, false, out), "100");
	assert_string_equal(next(s, "a", 1, 9, true, out), "1");
	assert_string_equal(next(s, "big", INT64_MAX, INT64_MAX, false, out), "9223372036854775807");
	assert_string_equal(next(s, "big", INT64_MIN, INT64_MAX, false, out), "exhausted");
	assert_string_equal(next(s, "b", 2, 1, true, out), "bad range");
	store_free(s);
}

static void
peeking_changes_nothing(void **state)
{
	struct store *s = store_new();
	int64_t value = -7;
	char out[32];

	(void)state;
	assert_false(store_peek(s, "a", 1, &value));
	assert_int_equal(value, -7);
	next(s, "a", 3, 9, false, out);
	assert_true(store_peek(s, "a", 1, &value));
	assert_true(store_peek(s, "a", 1, &value));
	assert_int_equal(value, 3);
	assert_string_equal(next(s, "a", 3, 3, false, out), "exhausted");
	assert_true(store_peek(s, "a", 1, &value));
	assert_int_equal(value, 3);
	store_free(s);
}

static void
names_have_1_to_64_bytes(void **state)
{
	static const char name[] = "0123456789012345678901234567890123456789012345678901234567890123x";
	struct store *s = store_new();
	const char *reason = NULL;
	int64_t value;

	(void)state;
	assert_int_equal(store_next(s, "", 0, 1, 9, false, &value, &reason), -1);
	assert_string_equal(reason, "bad name");
	assert_int_equal(store_next(s, name, 65, 1, 9, false, &value, &reason), -1);
	assert_string_equal(reason, "bad name");
	assert_int_equal(store_next(s, name, 64, 1, 9, false, &value, &reason), 0);
	assert_false(store_peek(s, name, 65, &value));
	store_free(s);
}

static void
their_number_is_bounded(void **state)
{
	struct store *s = store_new();
	char name[16], out[32];

	(void)state;
	for (int i = 0; i < COUNTERS_MAX; i++) {
		snprintf(name, sizeof name, "n%d", i);
		if (strcmp(next(s, name, 1, 9, false, out), "1") != 0)
			fail_msg("%s", name);
	}
	assert_string_equal(next(s, "one more", 1, 9, false, out), "too many counters");
	assert_string_equal(next(s, "n0", 1, 9, false, out), "2");
	store_free(s);
}

static void *
count(void *arg)
{
	const char *reason;
	int64_t value;

	for (int i = 0; i < 10000; i++)
		store_next(arg, "shared", 6, 1, 1000000, false, &value, &reason);
	return NULL;
}

static void
no_value_is_given_twice_to_two_threads(void **state)
{
	struct store *s = store_new();
	pthread_t thread[4];
	int64_t value = 0;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, count, s), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	assert_true(store_peek(s, "shared", 6, &value));
	assert_int_equal(value, 40000);
	store_free(s);
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
		cmocka_unit_test(their_number_is_bounded),
		cmocka_unit_test(no_value_is_given_twice_to_two_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
