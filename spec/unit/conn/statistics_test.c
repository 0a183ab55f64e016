/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/totals.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 20000 };

static double
figure(const struct figure *table, const void *statistics, const char *name)
{
	for (const struct figure *f = table; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return statistics_value(f, statistics);
	fail_msg("there is no figure %s", name);
	return 0;
}

static void
a_reset_keeps_the_present_numbers(void **state)
{
	struct socket_statistics s = { .at_max = 3 };

	(void)state;
	for (int i = 0; i < 5; i++)
		statistics_opened(&s, false);
	statistics_closed(&s, false);
	statistics_closed(&s, false);
	assert_int_equal(figure(statistics_socket, &s, "sog_peak_inbound_sockets"), 5);
	statistics_reset(statistics_socket, &s);
	assert_int_equal(figure(statistics_socket, &s, "sog_curr_inbound_sockets"), 3);
	assert_int_equal(figure(statistics_socket, &s, "sog_peak_inbound_sockets"), 3);
	assert_int_equal(figure(statistics_socket, &s, "sog_inb_sockets_created"), 0);
	assert_int_equal(figure(statistics_socket, &s, "sog_refused_at_maxsockets"), 0);
}

/* Opens a socket more and closes it again, and asks a door. */
static void *
come_and_go(void *arg)
{
	struct totals *t = arg;

	for (int i = 0; i < ROUNDS; i++) {
		unsigned before = tally_up(&t->sockets);

		statistics_opened(&t->statistics, i % 2 == 0);
		if (before >= THREADS)
			tally_add(&t->refusals, 1); /* more sockets than threads: never */
		statistics_asked(&t->doors[DOOR_ADMIT], i % 4 == 0);
		tally_add(&t->born, 1);
		statistics_closed(&t->statistics, i % 2 == 0);
		tally_down(&t->sockets);
	}
	return NULL;
}

static void
nothing_that_threads_count_at_once_is_lost(void **state)
{
	struct totals t = { .born = 0 };
	pthread_t thread[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, come_and_go, &t), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(t.born, THREADS * ROUNDS);
	assert_int_equal(t.sockets, 0);
	assert_int_equal(t.refusals, 0);
	assert_int_equal(t.doors[DOOR_ADMIT].asked, THREADS * ROUNDS);
	assert_int_equal(t.doors[DOOR_ADMIT].refused, THREADS * ROUNDS / 4);
	assert_int_equal(t.statistics.inbound_created + t.statistics.outbound_created, THREADS * ROUNDS);
	assert_int_equal(t.statistics.inbound + t.statistics.outbound, 0);
	assert_in_range(t.statistics.peak_inbound, 1, THREADS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_keeps_the_present_numbers),
		cmocka_unit_test(nothing_that_threads_count_at_once_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
