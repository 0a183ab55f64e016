/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include <ev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void
on_bytes(struct ev_loop *loop, ev_io *watcher, int events)
{
	(void)loop;
	(void)events;
	*(bool *)watcher->data = true;
}

static void
on_time(struct ev_loop *loop, ev_timer *watcher, int events)
{
	(void)loop;
	(void)events;
	*(bool *)watcher->data = true;
}

/* Whether the next turn of the loop is that of a timer, and nothing wakes it before. */
static bool
sleeps_until_its_timer(struct ev_loop *loop)
{
	ev_timer timer;
	bool fired = false;

	ev_timer_init(&timer, on_time, 0.1, 0);
	timer.data = &fired;
	ev_now_update(loop);
	ev_timer_start(loop, &timer);
	ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &timer);
	return fired;
}

static void
a_forgotten_descriptor_wakes_the_loop_no_more(void **state)
{
	struct ev_loop *loop = loop_new();
	bool arrived = false;
	ev_io watcher;
	int pair[2];

	(void)state;
	loop_learn(loop);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ev_io_init(&watcher, on_bytes, pair[0], EV_READ);
	watcher.data = &arrived;
	ev_io_start(loop, &watcher);
	ev_run(loop, EVRUN_NOWAIT);
	ev_io_stop(loop, &watcher);
	loop_forget(loop, pair[0]);
	assert_int_equal(write(pair[1], "x", 1), 1);
	assert_true(sleeps_until_its_timer(loop));
	ev_io_start(loop, &watcher); /* libev watches it again */
	ev_run(loop, EVRUN_ONCE);
	assert_true(arrived);
	ev_io_stop(loop, &watcher);
	close(pair[0]);
	close(pair[1]);
	loop_free(loop);
}

static void
a_loop_that_learnt_nothing_forgets_nothing(void **state)
{
	struct ev_loop *loop = loop_new();

	(void)state;
	loop_forget(loop, 0);
	assert_true(sleeps_until_its_timer(loop));
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_forgotten_descriptor_wakes_the_loop_no_more),
		cmocka_unit_test(a_loop_that_learnt_nothing_forgets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
