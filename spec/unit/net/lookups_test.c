/* SPDX-License-Identifier: Apache-2.0 */
#include "net/lookups.h"

#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct house {
	struct ev_loop *loop;
	struct threadpool *threads; /* one thread, which the test holds until it has asked */
	struct lookups *all;
	struct threadpool_job holding;
	pthread_mutex_t held;
	char told[64]; /* the letters of the questions, in their order */
	struct lookup *victim; /* cancelled by the first answer */
};

struct question {
	struct house *h;
	char letter;
	bool answered;
};

static const struct addr_prefix HERE = { .family = 4, .bits = 24, .bytes = { 127, 0, 1 } }, THERE = { .family = 4, .bits = 24, .bytes = { 127, 0, 2 } };

static void
hold_work(struct threadpool_job *job)
{
	struct house *h = (struct house *)((char *)job - offsetof(struct house, holding));

	pthread_mutex_lock(&h->held);
	pthread_mutex_unlock(&h->held);
}

static void
hold_done(struct threadpool_job *job)
{
	(void)job;
}

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	h->loop = loop_new();
	h->threads = threadpool_new(h->loop, 1, 4);
	h->all = lookups_new(h->threads, &(struct lookup_rules){ .share = 2, .brief = true });
	assert_non_null(h->all);
	h->holding = (struct threadpool_job){ .work = hold_work, .done = hold_done, .drop = hold_done };
	pthread_mutex_init(&h->held, NULL);
	pthread_mutex_lock(&h->held);
	assert_int_equal(threadpool_submit(h->threads, &h->holding), 0);
	while (threadpool_waiting(h->threads) > 0)
		sched_yield();
	*state = h;
	return 0;
}

static void
let_go(struct house *h)
{
	pthread_mutex_unlock(&h->held);
	loop_run(h->loop);
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	lookups_free(h->all);
	threadpool_free(h->threads);
	loop_free(h->loop);
	pthread_mutex_destroy(&h->held);
	free(h);
	return 0;
}

static void
answered(void *arg, const struct resolution *r)
{
	struct question *q = arg;
	struct lookup *victim = q->h->victim;

	assert_true(r->n > 0 || r->error[0] != '\0' || r->name[0] != '\0');
	q->answered = true;
	q->h->told[strlen(q->h->told)] = q->letter;
	q->h->victim = NULL;
	if (victim != NULL)
		lookups_cancel(victim);
}

static struct lookup *
ask(struct question *q, struct house *h, char letter, const char *name, const struct addr_prefix *around)
{
	struct lookup *l;

	*q = (struct question){ .h = h, .letter = letter };
	l = lookups_begin(h->all, name, around, answered, q);
	assert_false(q->answered); /* not inside the call */
	return l;
}

static void
questions_about_one_name_share_a_look_up(void **state)
{
	struct house *h = *state;
	struct question q[6];

	for (int i = 0; i < 6; i++) /* the queue has four places, and the neighbourhood two */
		assert_non_null(ask(&q[i], h, 'a', "127.0.0.1", i % 2 ? &HERE : &THERE));
	assert_int_equal(threadpool_waiting(h->threads), 1);
	let_go(h);
	assert_string_equal(h->told, "aaaaaa");
}

static void
a_neighbourhood_has_its_share_of_the_threads(void **state)
{
	struct house *h = *state;
	struct question q[5];

	ask(&q[0], h, 'a', "127.0.1.1", &HERE);
	ask(&q[1], h, 'b', "127.0.1.2", &HERE);
	ask(&q[2], h, 'c', "127.0.1.3", &HERE);
	ask(&q[3], h, 'd', "127.0.1.4", &HERE);
	assert_int_equal(threadpool_waiting(h->threads), 2);
	ask(&q[4], h, 'e', "127.0.1.5", &THERE);
	assert_int_equal(threadpool_waiting(h->threads), 3);
	let_go(h);
	assert_string_equal(h->told, "abecd");
}

static void
one_that_nobody_needs_keeps_its_share_until_it_ends(void **state)
{
	struct house *h = *state;
	struct question q[3];

	lookups_cancel(ask(&q[0], h, 'a', "127.0.1.1", &HERE));
	lookups_cancel(ask(&q[1], h, 'b', "127.0.1.2", &HERE));
	ask(&q[2], h, 'c', "127.0.1.3", &HERE);
	assert_int_equal(threadpool_waiting(h->threads), 2);
	let_go(h);
	assert_string_equal(h->told, "c");
}

static void
one_that_waits_for_its_share_is_gone_when_nobody_needs_it(void **state)
{
	struct house *h = *state;
	struct question q[6];
	struct lookup *l[6];

	for (int i = 0; i < 6; i++)
		l[i] = ask(&q[i], h, (char)('a' + i), (char[]){ '1', '.', '1', '.', '1', '.', (char)('1' + i), '\0' }, &HERE);
	lookups_cancel(l[3]); /* in the middle */
	lookups_cancel(l[5]); /* the last one */
	let_go(h);
	assert_string_equal(h->told, "abce");
}

static void
an_answer_may_end_the_next_question(void **state)
{
	struct house *h = *state;
	struct question q[3];

	ask(&q[0], h, 'a', "127.0.0.1", &HERE);
	h->victim = ask(&q[1], h, 'b', "127.0.0.1", &HERE);
	ask(&q[2], h, 'c', "127.0.0.1", &HERE);
	let_go(h);
	assert_string_equal(h->told, "ca"); /* the last one that asked hears first */
}

static void
a_full_queue_says_so(void **state)
{
	struct house *h = *state;
	struct question q[5];
	struct addr_prefix p = HERE;

	for (int i = 0; i < 5; i++) {
		p.bytes[2] = (uint8_t)i;
		if (i < 4)
			assert_non_null(ask(&q[i], h, 'a', (char[]){ '1', '.', '1', '.', '1', '.', (char)('1' + i), '\0' }, &p));
		else
			assert_null(ask(&q[i], h, 'b', "127.0.0.9", &p));
	}
	let_go(h);
	assert_string_equal(h->told, "aaaa");
}

static void
the_end_of_the_set_takes_all_along(void **state)
{
	struct house *h = *state;
	struct question q[4];

	for (int i = 0; i < 4; i++)
		ask(&q[i], h, 'a', (char[]){ '1', '.', '1', '.', '1', '.', (char)('1' + i), '\0' }, &HERE);
	lookups_free(h->all);
	h->all = NULL;
	let_go(h);
	assert_string_equal(h->told, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(questions_about_one_name_share_a_look_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_neighbourhood_has_its_share_of_the_threads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_nobody_needs_keeps_its_share_until_it_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_waits_for_its_share_is_gone_when_nobody_needs_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_answer_may_end_the_next_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_queue_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_of_the_set_takes_all_along, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
