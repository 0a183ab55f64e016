/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/peers.h"

#include "base/tally.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct addr
addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text, 0), 0);
	return a;
}

static void
assert_counts(struct peers *t, const char *ip, unsigned peer, unsigned prefix, unsigned halfopen)
{
	struct addr a = addr(ip);
	struct peers_counts c = peers_look(t, &a, 0);

	assert_int_equal(c.from_peer, peer);
	assert_int_equal(c.from_prefix, prefix);
	assert_int_equal(c.halfopen_prefix, halfopen);
}

/* Opens a socket at the time 0. */
static struct peers_socket
open_at(struct peers *t, const struct addr *a)
{
	struct peers_counts before;
	struct peers_socket s;

	assert_int_equal(peers_open(t, a, 0, &before, &s), 0);
	return s;
}

static void
end(struct peers *t, struct peers_socket *s)
{
	peers_through(t, s);
	peers_close(t, s);
}

static void
counts_by_address_and_neighbourhood(void **state)
{
	struct peers *t = peers_new();
	struct addr a = addr("192.0.2.1"), b = addr("192.0.2.2"), c = addr("2001:db8::1");

	(void)state;
	assert_counts(t, "192.0.2.1", 0, 0, 0);
	open_at(t, &a);
	open_at(t, &a);
	open_at(t, &b);
	open_at(t, &c);
	assert_counts(t, "192.0.2.1", 2, 3, 3);
	assert_counts(t, "192.0.2.99", 0, 3, 3);
	assert_counts(t, "192.0.3.1", 0, 0, 0);
	assert_counts(t, "2001:db8:0:ffff::9", 0, 1, 1);
	assert_counts(t, "2001:db8:1::1", 0, 0, 0);
	peers_free(t);
}

static void
through_and_close_take_back(void **state)
{
	struct peers *t = peers_new();
	struct addr a = addr("192.0.2.1");
	struct peers_socket one, other;

	(void)state;
	one = open_at(t, &a);
	other = open_at(t, &a);
	peers_through(t, &one);
	assert_counts(t, "192.0.2.1", 2, 2, 1);
	peers_close(t, &one);
	assert_counts(t, "192.0.2.1", 1, 1, 1);
	end(t, &other);
	assert_counts(t, "192.0.2.1", 0, 0, 0);
	one = open_at(t, &a);
	assert_counts(t, "192.0.2.1", 1, 1, 1);
	end(t, &one);
	peers_free(t);
}

static unsigned
refusals(struct peers *t, const char *ip, double now)
{
	struct addr a = addr(ip);

	return peers_look(t, &a, now).refused_from_peer;
}

static void
refusals_are_remembered_for_a_minute(void **state)
{
	struct peers *t = peers_new();
	struct addr a = addr("192.0.2.1");

	(void)state;
	peers_refused(t, &a, 1000);
	peers_refused(t, &a, 1030);
	peers_refused(t, &a, 1030);
	assert_int_equal(refusals(t, "192.0.2.1", 1030), 3);
	assert_int_equal(refusals(t, "192.0.2.2", 1030), 0);
	assert_int_equal(refusals(t, "192.0.2.1", 1060), 3);
	assert_int_equal(refusals(t, "192.0.2.1", 1066), 2);
	assert_int_equal(refusals(t, "192.0.2.1", 1090), 2);
	assert_int_equal(refusals(t, "192.0.2.1", 1096), 0);
	peers_refused(t, &a, 5000);
	assert_int_equal(refusals(t, "192.0.2.1", 5000), 1);
	peers_free(t);
}

static void
refusals_outlive_their_socket(void **state)
{
	struct peers *t = peers_new();
	struct peers_socket s;
	struct addr a = addr("192.0.2.1");

	(void)state;
	s = open_at(t, &a);
	peers_refused(t, &a, 10);
	end(t, &s);
	assert_int_equal(refusals(t, "192.0.2.1", 20), 1);
	open_at(t, &a);
	assert_int_equal(refusals(t, "192.0.2.1", 80), 0);
	peers_refused(t, &a, 81);
	assert_int_equal(refusals(t, "192.0.2.1", 82), 1);
	assert_counts(t, "192.0.2.1", 1, 1, 1);
	peers_free(t);
}

static struct addr
numbered(unsigned i)
{
	struct addr a = { .family = 4, .bytes = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };

	return a;
}

static void
the_oldest_is_forgotten_when_too_many_are_remembered(void **state)
{
	struct peers *t = peers_new();
	struct addr open = addr("192.0.2.1");

	(void)state;
	open_at(t, &open);
	peers_refused(t, &open, 1);
	for (unsigned i = 0; i <= PEERS_REMEMBERED; i++) {
		struct addr a = numbered(i);

		peers_refused(t, &a, 1);
	}
	assert_int_equal(refusals(t, "10.0.0.0", 1), 0);
	assert_int_equal(refusals(t, "10.0.0.1", 1), 1);
	assert_int_equal(refusals(t, "10.1.0.0", 1), 1);
	assert_int_equal(refusals(t, "192.0.2.1", 1), 1);
	peers_free(t);
}

static void
many_sockets_are_counted_exactly(void **state)
{
	enum { MANY = 20000 };
	struct peers *t = peers_new();
	struct peers_socket *all = calloc(MANY, sizeof *all);
	struct addr a;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		a = numbered(i);
		all[i] = open_at(t, &a);
	}
	assert_counts(t, "10.0.1.7", 1, 256, 256);
	for (unsigned i = 0; i < MANY; i += 2)
		end(t, &all[i]);
	assert_counts(t, "10.0.1.7", 1, 128, 128);
	assert_counts(t, "10.0.1.8", 0, 128, 128);
	free(all);
	peers_free(t);
}

enum { THREADS = 4, ROUNDS = 5000, LIMIT = 2 };

struct crowd { /* threads that open sockets from one neighbourhood */
	struct peers *peers;
	_Atomic unsigned admitted, most; /* half-open sockets within the limit, now and at most */
	_Atomic unsigned number;         /* gives each thread an address */
};

/* Opens and closes sockets; the limit is kept by the counts before each. */
static void *
come_and_go(void *arg)
{
	struct crowd *c = arg;
	struct addr a = numbered(1 + tally_up(&c->number));

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct peers_counts before;
		struct peers_socket s;

		if (peers_open(c->peers, &a, i, &before, &s) < 0)
			continue;
		if (before.halfopen_prefix < LIMIT) {
			tally_peak(&c->most, tally_up(&c->admitted) + 1);
			tally_down(&c->admitted);
		} else {
			peers_refused(c->peers, &a, i);
		}
		end(c->peers, &s);
	}
	return NULL;
}

static void
threads_that_count_at_once_keep_a_limit(void **state)
{
	struct crowd c = { .peers = peers_new() };
	pthread_t thread[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, come_and_go, &c), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_in_range(c.most, 1, LIMIT);
	assert_counts(c.peers, "10.0.0.1", 0, 0, 0);
	peers_free(c.peers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_by_address_and_neighbourhood),
		cmocka_unit_test(through_and_close_take_back),
		cmocka_unit_test(refusals_are_remembered_for_a_minute),
		cmocka_unit_test(refusals_outlive_their_socket),
		cmocka_unit_test(the_oldest_is_forgotten_when_too_many_are_remembered),
		cmocka_unit_test(many_sockets_are_counted_exactly),
		cmocka_unit_test(threads_that_count_at_once_keep_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
