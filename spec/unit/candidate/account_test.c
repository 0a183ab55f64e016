/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int
put(struct account *a, const char *text)
{
	return account_read(a, text, strlen(text));
}

static void
a_string_has_no_escapes(void **state)
{
	struct account a = { .n = 0 };
	struct account_value v;

	(void)state;
	assert_int_equal(put(&a, "[\"a\\\\b\\\"\\/\\n\\u0041\\u00e9\\u20AC\\ud83d\\ude00\", \"\\u0000x\", \"\\ud83d \\udc00\"]"), 0);
	v = account_root(&a);
	assert_string_equal(account_text(account_at(v, 0)), "a\\b\"/\nA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_int_equal(account_length(account_at(v, 1)), 2);
	assert_memory_equal(account_text(account_at(v, 1)), "\0x", 3);
	assert_string_equal(account_text(account_at(v, 2)), "\xef\xbf\xbd \xef\xbf\xbd"); /* halves of a pair */
	account_free(&a);
}

static void
values_have_their_kind(void **state)
{
	struct account a = { .n = 0 };
	struct account_value v;

	(void)state;
	assert_int_equal(put(&a, "{\"i\":-9007199254740993,\"r\":1.5e3,\"t\":true,\"f\":false,\"n\":null,\"s\":\"1\"}"), 0);
	v = account_root(&a);
	assert_true(account_integer(account_member(v, "i")) == -9007199254740993);
	assert_true(account_is_number(account_member(v, "r")) && !account_is_integer(account_member(v, "r")));
	assert_float_equal(account_number(account_member(v, "r")), 1500, 0);
	assert_int_equal(account_integer(account_member(v, "r")), 0);
	assert_true(account_is_true(account_member(v, "t")) && account_is_false(account_member(v, "f")));
	assert_true(account_has(account_member(v, "n")) && account_text(account_member(v, "n")) == NULL);
	assert_false(account_is_number(account_member(v, "s")));
	account_free(&a);
}

static void
members_are_found_behind_nested_ones(void **state)
{
	struct account a = { .n = 0 };
	struct account_value v, list;

	(void)state;
	assert_int_equal(put(&a, "{\"a\":{\"b\":[1,{\"c\":2}],\"d\":{}},\"list\":[[],[3],4],\"c\":5}"), 0);
	v = account_root(&a);
	assert_int_equal(account_integer(account_member(v, "c")), 5);
	assert_false(account_has(account_member(v, "d")));
	assert_true(account_is_object(account_member(account_member(v, "a"), "d")));
	list = account_member(v, "list");
	assert_int_equal(account_count(list), 3);
	assert_int_equal(account_integer(account_at(account_at(list, 1), 0)), 3);
	assert_int_equal(account_integer(account_at(list, 2)), 4);
	assert_false(account_has(account_at(list, 3)));
	assert_string_equal(account_name(account_next(v, account_first(v))), "list");
	account_free(&a);
}

static void
a_value_that_is_not_there_has_no_members(void **state)
{
	struct account_value v = { NULL, 0 };

	(void)state;
	assert_false(account_has(account_member(v, "a")) || account_has(account_first(v)) || account_has(account_at(v, 0)));
	assert_false(account_is_object(v) || account_is_true(v) || account_is_false(v) || account_is_number(v));
	assert_int_equal(account_count(v) + account_length(v), 0);
	assert_null(account_text(v));
	assert_int_equal(account_integer(v), 0);
}

static void
a_text_that_is_no_json_leaves_no_value(void **state)
{
	static const char *const wrong[] = { "", "{", "[1", "{\"a\":[}", "{\"a", "[\"\\x\"]", "[\"\\u12g4\"]", "{1:2}", "[1}", "tru" };
	struct account a = { .n = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(put(&a, "{\"a\":1}"), 0);
		assert_int_equal(put(&a, wrong[i]), -1);
		assert_false(account_has(account_root(&a)));
	}
	assert_int_equal(put(&a, "{\"a\":1}"), 0);
	assert_int_equal(account_integer(account_member(account_root(&a), "a")), 1);
	account_free(&a);
}

static void
an_account_of_any_number_of_values_is_read(void **state)
{
	char text[20000] = "[";
	struct account a = { .n = 0 };
	size_t n = 1;

	(void)state;
	for (int i = 0; i < 3000; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", i > 0 ? "," : "", i);
	snprintf(text + n, sizeof text - n, "]");
	assert_int_equal(put(&a, text), 0);
	assert_int_equal(account_count(account_root(&a)), 3000);
	assert_int_equal(account_integer(account_at(account_root(&a), 2999)), 2999);
	account_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_string_has_no_escapes),
		cmocka_unit_test(values_have_their_kind),
		cmocka_unit_test(members_are_found_behind_nested_ones),
		cmocka_unit_test(a_value_that_is_not_there_has_no_members),
		cmocka_unit_test(a_text_that_is_no_json_leaves_no_value),
		cmocka_unit_test(an_account_of_any_number_of_values_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
