/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "net/timer.h"

struct told {
	struct timer *timer;
	int fired;
	bool again;
	double at;
};

static void
fire(void *arg)
{
	struct told *t = arg;

	t->fired++;
	t->at = ev_time();
	if (t->again) {
		t->again = false;
		timer_set(t->timer, 0.01);
	}
}

static void
fire_and_free(void *arg)
{
	free(arg);
}

static struct ev_loop *
loop_new(void)
{
	struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);

	assert_non_null(loop);
	return loop;
}

static void
fires_once_and_not_early(void **state)
{
	struct ev_loop *loop = loop_new();
	struct told t = { 0 };
	struct timer timer;
	double began;

	(void)state;
	timer_init(&timer, loop, fire, &t);
	assert_false(timer_running(&timer));
	began = ev_time();
	timer_set(&timer, 0.05);
	assert_true(timer_running(&timer));
	ev_run(loop, 0); /* returns when no timer runs */
	assert_int_equal(t.fired, 1);
	assert_true(t.at - began >= 0.045);
	assert_false(timer_running(&timer));
	ev_loop_destroy(loop);
}

static void
may_be_set_again_from_its_own_call(void **state)
{
	struct ev_loop *loop = loop_new();
	struct timer timer;
	struct told t = { .timer = &timer, .again = true };

	(void)state;
	timer_init(&timer, loop, fire, &t);
	timer_set(&timer, -1.);
	assert_int_equal(t.fired, 0); /* not inside the call */
	ev_run(loop, 0);
	assert_int_equal(t.fired, 2);
	ev_loop_destroy(loop);
}

static void
stopped_is_silent_and_stopping_twice_is_fine(void **state)
{
	struct ev_loop *loop = loop_new();
	struct told t = { 0 };
	struct timer timer, unborn = { 0 };

	(void)state;
	timer_stop(&unborn);
	timer_init(&timer, loop, fire, &t);
	timer_set(&timer, 0.);
	timer_stop(&timer);
	timer_stop(&timer);
	ev_run(loop, 0);
	assert_int_equal(t.fired, 0);
	ev_loop_destroy(loop);
}

static void
setting_anew_puts_the_deadline_off(void **state)
{
	struct ev_loop *loop = loop_new();
	struct told t = { 0 };
	struct timer timer;
	double began = ev_time();

	(void)state;
	timer_init(&timer, loop, fire, &t);
	timer_set(&timer, 0.);
	timer_set(&timer, 0.05);
	ev_run(loop, 0);
	assert_int_equal(t.fired, 1);
	assert_true(t.at - began >= 0.045);
	ev_loop_destroy(loop);
}

static void
may_be_freed_by_its_own_call(void **state)
{
	struct ev_loop *loop = loop_new();
	struct timer *timer = calloc(1, sizeof *timer);

	(void)state;
	assert_non_null(timer);
	timer_init(timer, loop, fire_and_free, timer);
	timer_set(timer, 0.);
	ev_run(loop, 0); /* a sanitizer reports any use after the free */
	assert_int_equal(ev_pending_count(loop), 0);
	ev_loop_destroy(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fires_once_and_not_early),
		cmocka_unit_test(may_be_set_again_from_its_own_call),
		cmocka_unit_test(stopped_is_silent_and_stopping_twice_is_fine),
		cmocka_unit_test(setting_anew_puts_the_deadline_off),
		cmocka_unit_test(may_be_freed_by_its_own_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
