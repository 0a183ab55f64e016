/* SPDX-License-Identifier: Apache-2.0 */
#include "base/luatext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* "2 3 7": the lines of the elements. */
static const char *
rows(const char *text, size_t len, char *out, size_t size)
{
	int *lines;
	size_t n = luatext_rows(text, len, &lines), at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%d", i > 0 ? " " : "", lines[i]);
	free(lines);
	return out;
}

static void
the_rows_of_a_list_have_lines(void **state)
{
	static const struct { const char *text, *lines; } cases[] = {
		{ "return { {}, {} }", "1 1" },
		{ "return {\n{ a = { 1, 2 }, b = 3 },\n\n{ 'x' };\nf(1, 2)\n}", "2 4 5" },
		{ "return\n{\n-- {\n--[[ {\n]] { }, [==[\n]]=] ]==], \"}\\\"{\", '\\\n', 5 }", "5 5 6 6 7" },
		{ "local function row(a) return { a, b } end\nreturn {\nrow 'a', row { 1, 2 },\n}", "3 3" },
		{ "local rows = {\n{},\n{},\n}\nreturn rows", "2 3" },
		{ "local rows = { 1 }\nrows = {\n2 }\nreturn rows", "3" },
		{ "local rows = {}\nrows[1] = {}\nreturn rows", "" },
		{ "return f { 1, 2 }", "" },
		{ "return", "" }, { "", "" }, { "return {", "" }, { "return { 1", "1" }, { "}}])return { 1 }", "1" }, { "return 'x", "" },
	};
	char out[100];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(rows(cases[i].text, strlen(cases[i].text), out, sizeof out), cases[i].lines);
	assert_string_equal(rows("return {\0 1,\n2}", 15, out, sizeof out), "1 2"); /* a NUL is a byte like any other */
}

static void
a_string_is_found_when_it_stands_once(void **state)
{
	static const char text[] = "-- \"a\"\nx = \"a\" y = 'b'\n z = [[c]] 'b'";

	(void)state;
	assert_int_equal(luatext_quoted(text, sizeof text - 1, "a"), 2);
	assert_int_equal(luatext_quoted(text, sizeof text - 1, "b"), 0);
	assert_int_equal(luatext_quoted(text, sizeof text - 1, "c"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rows_of_a_list_have_lines),
		cmocka_unit_test(a_string_is_found_when_it_stands_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
