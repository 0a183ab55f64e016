/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/check_sites.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
check_sites_test_found(void *arg, int line, const char *name, size_t len)
{
	char *out = arg;
	size_t at = strlen(out);

	snprintf(out + at, 500 - at, "%d:%.*s;", line, name != NULL ? (int)len : 1, name != NULL ? name : "?");
}

/* The calls as "LINE:NAME;" each. */
static const char *
sites(const char *text, char out[500])
{
	out[0] = '\0';
	assert_int_equal(check_sites(text, strlen(text), check_sites_test_found, out), 0);
	return out;
}

static void
calls_are_found_by_line_and_name(void **state)
{
	char out[500];

	(void)state;
	assert_string_equal(sites("local policy = require \"policy\"\npolicy.check('one', x)\nreturn policy.check(\"two\", y, 'd')", out),
		"2:one;3:two;");
	assert_string_equal(sites("local p = require('policy')\nif p.check('a', 1) and p.check('b', 2) then end", out), "2:a;2:b;");
	assert_string_equal(sites("local p = require 'policy'\np.check('SAN is ' .. k, v) p.check(name, v)", out), "2:?;2:?;");
}

static void
a_local_name_of_it_counts(void **state)
{
	char out[500];

	(void)state;
	assert_string_equal(sites("local policy = require 'policy'\nlocal holds = policy.check\nreturn holds('a', x)", out), "3:a;");
	assert_string_equal(sites("local policy = require 'policy'\nlocal check = policy.check\nlocal t = { check = 1 }\nt.check('b', x) t:check('c')\n"
		"local function check(x) end", out), "");
}

static void
another_check_is_none(void **state)
{
	char out[500];

	(void)state;
	assert_string_equal(sites("local saf = require 'policy.saf'\nsaf.check('a', 'b', 'c')", out), "");
	assert_string_equal(sites("-- policy.check('x', y)\nlocal policy = require 'policy'\nlocal s = \"policy.check('x', y)\"", out), "");
	assert_string_equal(sites("policy.check('x', y)", out), ""); /* no library of that name */
	assert_string_equal(sites("", out), "");
	assert_string_equal(sites("check(", out), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_found_by_line_and_name),
		cmocka_unit_test(a_local_name_of_it_counts),
		cmocka_unit_test(another_check_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
