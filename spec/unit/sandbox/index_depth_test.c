/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/index_depth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Returns the smallest max with which the text passes. */
static int
chain_of(const char *text)
{
	int max = 0;

	while (index_depth_longer(text, strlen(text), max) != 0 && max < 1000)
		max++;
	return max;
}

static void
indexes_of_one_expression_are_counted(void **state)
{
	static const struct {
		const char *text;
		int chain;
	} rows[] = {
		{ "", 0 }, { "return t", 0 }, { "return t.a", 1 }, { "return t.a.b.c", 3 }, { "return t[1][2]", 2 }, { "t . a . b = 1", 2 },
		{ "return t['a'].b[\"c\"]", 3 }, { "return t[ [[a]] ].b", 2 }, { "return t[nil][true].x", 3 }, { "return t[1e-5][0x1p+3]", 2 },
		{ "return t[u.a.b]", 3 }, { "return t.x[u.a.b].y", 5 }, { "return t[t[t[1]]]", 3 }, { "return t[-x][not y][#z]", 3 },
		{ "return (t.a).b", 2 }, { "return ((t.a).b)[(u).c]", 4 }, { "return t[function() local x = 1 end].a", 2 }, { "return t[{}][f()]", 2 },
		{ "return t --[[ . ]] .a -- .b\n .c", 2 }, { "return t[x and y].a", 2 }, { "do end (t.a).b = 1", 2 },
		/* the count begins at zero again */
		{ "return t.a, t.b, t.c", 1 }, { "return t.a + t.b .. t.c", 1 }, { "t.a = t.b t.c = t.d", 1 }, { "return f(t.a).b", 1 },
		{ "return t.a():b().c", 1 }, { "return t:a():b():c()", 0 }, { "return f { t.a }.b", 1 }, { "return f 'x'.b", 1 },
		{ "if t.a then return t.b else return t.c end", 1 }, { "local a = t.b local c = t.d", 1 }, { "f(t.a, function() return u.b.c end)", 2 },
		/* these are no indexes */
		{ "return 1.5 + .5 .. '.a.b'", 0 }, { "return [==[ .a.b ]] ]==] .. \"\\\".a\"", 0 }, { "-- a.b.c\n--[=[ a.b ]=]", 0 }, { "return ...", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (chain_of(rows[i].text) != rows[i].chain)
			fail_msg("%s: %d, not %d", rows[i].text, chain_of(rows[i].text), rows[i].chain);
}

static void
the_line_is_told(void **state)
{
	static const char text[] = "local s = 'a\\\nb'\n--[[\n\n]] local l = [[\n]]\nreturn t.a.b\n";

	(void)state;
	assert_int_equal(index_depth_longer(text, sizeof text - 1, 1), 7);
	assert_int_equal(index_depth_longer(text, sizeof text - 1, 2), 0);
}

static void
nesting_without_end_is_a_line_too(void **state)
{
	char text[2000];

	(void)state;
	memset(text, '(', sizeof text);
	text[sizeof text - 1] = '\0';
	assert_int_equal(index_depth_longer(text, sizeof text - 1, 100), 1);
	memset(text, ']', sizeof text - 1);
	assert_int_equal(index_depth_longer(text, sizeof text - 1, 100), 0);
}

/* For any bytes the walk stays inside of the text; the sanitizers check it. */
static void
what_breaks_off_is_survived(void **state)
{
	static const char text[] = "return t.a[ [==[ x ]==] ] .. 'a\\' --[[ .b ]] :c() .5e- \"";
	char copy[sizeof text];

	(void)state;
	for (size_t n = 0; n < sizeof text; n++) {
		memcpy(copy, text, n);
		copy[n] = '\0';
		assert_int_equal(index_depth_longer(copy, n, 10), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indexes_of_one_expression_are_counted),
		cmocka_unit_test(the_line_is_told),
		cmocka_unit_test(nesting_without_end_is_a_line_too),
		cmocka_unit_test(what_breaks_off_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
