/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/osuser.h"

static void
names(void **state)
{
	(void)state;
	assert_true(osuser_name_ok("sallyport"));
	assert_true(osuser_name_ok("_a-B.9"));
	assert_true(osuser_name_ok("abcdefghijklmnopqrstuvwxyz012345"));
	assert_false(osuser_name_ok("abcdefghijklmnopqrstuvwxyz0123456"));
	assert_false(osuser_name_ok(""));
	assert_false(osuser_name_ok("1a"));
	assert_false(osuser_name_ok("-a"));
	assert_false(osuser_name_ok("a b"));
	assert_false(osuser_name_ok("a/b"));
}

static void
finding(void **state)
{
	struct osuser u;
	struct fault f;

	(void)state;
	assert_int_equal(-1, osuser_find("no-such-user", &u, &f));
	assert_non_null(strstr(f.text, "no user no-such-user"));
	assert_int_equal(-1, osuser_find("root", &u, &f));
	assert_non_null(strstr(f.text, "rights of root"));
	assert_int_equal(0, osuser_find("nobody", &u, &f));
	assert_string_equal("nobody", u.name);
	assert_false(osuser_is(&u) && geteuid() != u.uid);
}

/* In a child: the change has no way back. Without the rights of root it fails. */
static void
becoming(void **state)
{
	struct osuser u;
	struct fault f;
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(0, osuser_find("nobody", &u, &f));
	child = fork();
	if (child == 0) {
		bool root = geteuid() == 0, become = osuser_become(&u, false, &f) == 0;

		_exit(root == become && (!root || (osuser_is(&u) && setuid(0) < 0)) ? 0 : 1);
	}
	assert_int_equal(child, waitpid(child, &status, 0));
	assert_int_equal(0, status);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(finding),
		cmocka_unit_test(becoming),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
