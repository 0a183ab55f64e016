/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct store_address
parse(const char *text)
{
	struct store_address a;
	struct fault f = { "" };

	if (store_address_parse(&a, text, &f) < 0)
		fail_msg("%s: %s", text, f.text);
	return a;
}

static void
test_hosts(void **state)
{
	struct store_address a = parse("redis://10.0.0.1:6379,[2001:db8::1]:6380,db.example:7000/3");

	(void)state;
	assert_int_equal(a.scheme, STORE_PLAIN);
	assert_int_equal(a.n, 3);
	assert_string_equal(a.host[1].name, "2001:db8::1");
	assert_int_equal(a.host[1].port, 6380);
	assert_string_equal(a.host[2].name, "db.example");
	assert_int_equal(a.db, 3);
	assert_int_equal(parse("rediss://h:1").scheme, STORE_TLS);
	assert_int_equal(parse("redis://h:1/").db, 0);
}

static void
test_sockets_and_sentinels(void **state)
{
	struct store_address a = parse("sentinel://s1:26379,s2:26379/mymaster/2");

	(void)state;
	assert_int_equal(a.scheme, STORE_SENTINEL);
	assert_string_equal(a.master, "mymaster");
	assert_int_equal(a.db, 2);
	a = parse("unix:/run/redis/redis.sock");
	assert_int_equal(a.scheme, STORE_UNIX);
	assert_string_equal(a.path, "/run/redis/redis.sock");
	assert_int_equal(a.n, 0);
}

static void
test_faults(void **state)
{
	static const char *const bad[] = { "", "redis:", "redis://", "redis://h", "redis://h:", "redis://h:0", "redis://h:1/x", "redis://h:1/99999999",
		"redis://user:secret@h:1", "redis://h:1,", "redis://,h:1", "http://h:1", "unix:", "unix:run/x", "sentinel://h:1", "sentinel://h:1/",
		"sentinel://h:1/a b", "sentinel://h:1/m/x", "redis://a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1,a:1" };
	struct store_address a;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct fault f = { "" };

		if (store_address_parse(&a, bad[i], &f) == 0)
			fail_msg("'%s' is taken", bad[i]);
		assert_true(f.text[0] != '\0');
		assert_null(strstr(f.text, "secret"));
	}
}

static void
test_exposed(void **state)
{
	struct store_address a = parse("redis://127.0.0.1:1,localhost:1,[::1]:1");

	(void)state;
	assert_null(store_address_exposed(&a, false));
	a = parse("redis://127.0.0.1:1,db.example:1");
	assert_string_equal(store_address_exposed(&a, false), "db.example");
	assert_null(store_address_exposed(&a, true));
	a = parse("redis://[2001:db8::1]:1");
	assert_string_equal(store_address_exposed(&a, false), "2001:db8::1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_sockets_and_sentinels),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_exposed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
