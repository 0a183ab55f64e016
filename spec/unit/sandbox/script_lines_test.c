/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/script_lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The numbers of the lines with code, "1 3 4"; or the fault. */
static const char *
lines_of(const char *text, char *out, size_t size)
{
	unsigned char *line;
	struct fault f = { "" };
	size_t n, at = 0;

	if (script_lines(text, strlen(text), &line, &n, &f) < 0) {
		snprintf(out, size, "%s", f.text);
		return out;
	}
	out[0] = '\0';
	for (size_t i = 0; i < n; i++)
		if (line[i])
			at += (size_t)snprintf(out + at, size - at, "%s%zu", at > 0 ? " " : "", i);
	free(line);
	return out;
}

static void
lines_with_code_are_listed(void **state)
{
	char out[4000];

	(void)state;
	assert_string_equal(lines_of("", out, sizeof out), "");
	assert_string_equal(lines_of("-- only\n-- comments\n", out, sizeof out), "");
	assert_string_equal(lines_of("local a = 1\n\n-- comment\nreturn a\n", out, sizeof out), "1 4");
	assert_string_equal(lines_of("return 1", out, sizeof out), "1");
}

static void
functions_that_nobody_makes_are_listed(void **state)
{
	char out[4000];

	(void)state;
	/* the code that makes a function is on the line of its end */
	assert_string_equal(lines_of("local function f(x)\n"
		"  return function()\n"
		"    if x then return 1 end\n"
		"    return 2\n"
		"  end\n"
		"end\n"
		"return f\n", out, sizeof out), "3 4 5 6 7");
	assert_string_equal(lines_of("return { admit = function(...)\n"
		"  local a, b = ...\n"
		"  return a\n"
		"end }\n", out, sizeof out), "1 2 3 4");
}

static void
the_end_of_a_function_is_no_code_of_its_own(void **state)
{
	char out[4000];

	(void)state;
	assert_string_equal(lines_of("local t = {\n  f = function()\n    print()\n  end, 1 }", out, sizeof out), "1 3 4");
	assert_string_equal(lines_of("function F()\nend\n\n\n", out, sizeof out), "1 2");
}

static void
lines_far_from_each_other_are_right(void **state)
{
	char text[2000] = "return 1,", out[4000];

	(void)state;
	memset(text + 9, '\n', 1000); /* a difference that needs more than a byte */
	strcpy(text + 1009, "function() return 2 end");
	assert_string_equal(lines_of(text, out, sizeof out), "1 1001");
}

static void
a_long_script_is_read_whole(void **state)
{
	size_t size = 60000, at = 0;
	char *text = malloc(size), *out = malloc(size);
	unsigned n = 0;

	(void)state;
	for (; at + 40 < size; n++)
		at += (size_t)snprintf(text + at, size - at, "X('%u', 1.5, %u, nil, true)\n", n, n);
	lines_of(text, out, size);
	assert_non_null(strstr(out, "1 2 3 4 5"));
	assert_int_equal(atoi(strrchr(out, ' ') + 1), n);
	free(text);
	free(out);
}

static void
a_text_that_does_not_compile_is_a_fault(void **state)
{
	char out[4000];

	(void)state;
	assert_non_null(strstr(lines_of("return {", out, sizeof out), "expected"));
	assert_non_null(strstr(lines_of("\033Lua", out, sizeof out), "binary"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_with_code_are_listed),
		cmocka_unit_test(functions_that_nobody_makes_are_listed),
		cmocka_unit_test(the_end_of_a_function_is_no_code_of_its_own),
		cmocka_unit_test(lines_far_from_each_other_are_right),
		cmocka_unit_test(a_long_script_is_read_whole),
		cmocka_unit_test(a_text_that_does_not_compile_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
