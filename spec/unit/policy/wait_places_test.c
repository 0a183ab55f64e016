/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/wait_places.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/tally.h"

static struct addr_prefix
around(const char *ip)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, ip, 0), 0);
	return addr_neighbourhood(&a);
}

static void
a_place_is_refused_by_the_limit_that_is_reached(void **state)
{
	struct wait_places *p = wait_places_new();
	struct addr_prefix one = around("192.0.2.1"), other = around("198.51.100.1"), none = { .family = 0 };
	struct fault f;

	(void)state;
	assert_int_equal(wait_places_take(p, &one, 3, 1, &f), 0);
	assert_int_equal(wait_places_take(p, &one, 3, 1, &f), -1);
	assert_string_equal(f.text, "waiting_peer of the neighbourhood: 1 questions wait already");
	assert_int_equal(wait_places_take(p, &other, 3, 1, &f), 0);
	assert_int_equal(wait_places_take(p, &none, 3, 1, &f), 0);
	assert_int_equal(wait_places_take(p, &none, 3, 1, &f), -1);
	assert_string_equal(f.text, "waiting of the region: 3 questions wait already");
	wait_places_leave(p, &none);
	wait_places_leave(p, &one);
	assert_int_equal(wait_places_take(p, &one, 3, 1, &f), 0);
	assert_int_equal(wait_places_count(p), 2);
	assert_int_equal(wait_places_limited(p, WAITS_LIMIT_ALL), 1);
	assert_int_equal(wait_places_limited(p, WAITS_LIMIT_PREFIX), 1);
	wait_places_leave(p, &one);
	wait_places_leave(p, &other);
	wait_places_unref(p);
}

enum { THREADS = 4, ROUNDS = 20000, LIMIT = 2 };

struct crowd {
	struct wait_places *places;
	_Atomic unsigned inside, most;
};

static void *
come_and_go(void *arg)
{
	struct crowd *c = arg;
	struct addr_prefix one = around("2001:db8::1");
	struct fault f;

	for (int i = 0; i < ROUNDS; i++) {
		if (wait_places_take(c->places, &one, 10, LIMIT, &f) < 0)
			continue;
		tally_peak(&c->most, tally_up(&c->inside) + 1);
		tally_down(&c->inside);
		wait_places_leave(c->places, &one);
	}
	return NULL;
}

static void
threads_keep_the_limit_of_all_of_them(void **state)
{
	struct crowd c = { .places = wait_places_new() };
	pthread_t thread[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, come_and_go, &c), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_in_range(c.most, 1, LIMIT);
	assert_int_equal(wait_places_count(c.places), 0);
	wait_places_unref(c.places);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_is_refused_by_the_limit_that_is_reached),
		cmocka_unit_test(threads_keep_the_limit_of_all_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
