/* SPDX-License-Identifier: Apache-2.0 */
#include "net/backlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "net/loop.h"
#include "net/mailbox.h"

#define MANY 100
#define STEP_SECONDS 0.0005 /* so long each step holds the loop: a turn has no time for MANY */

struct bench;

struct one { /* an object whose descriptor is ready */
	struct backlog_item item; /* first */
	ev_io watcher;
	struct bench *bench;
};

struct bench {
	struct ev_loop *loop;
	int pipe[2];
	struct one one[MANY];
	struct one *late[MANY], *ran[MANY]; /* in the order in which they had to wait; in which they ran afterwards */
	unsigned nlate, nran, taken;        /* taken: of all steps */
	ev_timer timer;
	unsigned taken_before_the_timer;
	struct mailbox *mailbox;
	struct post post;
	unsigned taken_before_the_post;
};

static void
take(struct one *o)
{
	double until = clock_span() + STEP_SECONDS;

	while (clock_span() < until)
		continue;
	o->bench->taken++;
}

static void
run_late(struct backlog_item *i)
{
	struct one *o = (struct one *)i;

	o->bench->ran[o->bench->nran++] = o;
	take(o);
}

static void
on_ready(struct ev_loop *loop, ev_io *w, int events)
{
	struct one *o = w->data;

	(void)events;
	ev_io_stop(loop, w);
	if (backlog_admit(loop, &o->item)) {
		take(o);
		return;
	}
	o->bench->late[o->bench->nlate++] = o;
	assert_false(backlog_admit(loop, &o->item)); /* it waits once */
}

static void
on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct bench *b = timer->data;

	(void)loop;
	(void)events;
	b->taken_before_the_timer = b->taken;
}

static int
set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	b->loop = loop_new();
	assert_int_equal(pipe(b->pipe), 0);
	assert_int_equal(write(b->pipe[1], "x", 1), 1);
	for (int i = 0; i < MANY; i++) {
		b->one[i] = (struct one){ .item.run = run_late, .bench = b };
		ev_io_init(&b->one[i].watcher, on_ready, b->pipe[0], EV_READ);
		b->one[i].watcher.data = &b->one[i];
		ev_io_start(b->loop, &b->one[i].watcher);
	}
	*state = b;
	return 0;
}

static int
tear_down(void **state)
{
	struct bench *b = *state;

	mailbox_free(b->mailbox);
	close(b->pipe[0]);
	close(b->pipe[1]);
	loop_free(b->loop);
	free(b);
	return 0;
}

static void
a_turn_takes_some_steps_and_the_others_follow_in_their_order(void **state)
{
	struct bench *b = *state;

	ev_run(b->loop, EVRUN_ONCE);
	assert_true(b->taken > 0);
	assert_true(b->nlate > 0);
	assert_int_equal(b->taken + b->nlate, MANY);
	ev_timer_init(&b->timer, on_timer, 0., 0.);
	b->timer.data = b;
	ev_timer_start(b->loop, &b->timer);
	loop_run(b->loop);
	assert_int_equal(b->taken, MANY);
	assert_int_equal(b->nran, b->nlate);
	assert_memory_equal(b->ran, b->late, b->nlate * sizeof b->late[0]);
	assert_true(b->taken_before_the_timer < MANY);
}

static void
on_begin(struct ev_loop *loop, ev_check *begins, int events)
{
	(void)begins;
	(void)events;
	backlog_turn_begins(loop, clock_span() - 1);
}

static void
a_turn_that_has_worked_long_takes_few_steps_and_the_others_follow(void **state)
{
	struct bench *b = *state;
	ev_check begins;

	ev_check_init(&begins, on_begin);
	ev_set_priority(&begins, EV_MAXPRI);
	ev_check_start(b->loop, &begins);
	ev_run(b->loop, EVRUN_ONCE);
	assert_int_equal(b->taken, 8);
	assert_int_equal(b->nlate, MANY - 8);
	for (unsigned turns = 0; b->taken < MANY; turns++) {
		assert_true(turns < MANY);
		ev_run(b->loop, EVRUN_ONCE);
	}
	assert_memory_equal(b->ran, b->late, b->nlate * sizeof b->late[0]);
	ev_check_stop(b->loop, &begins);
}

static void
a_step_that_leaves_is_not_taken(void **state)
{
	struct bench *b = *state;
	uint64_t mark;

	ev_run(b->loop, EVRUN_ONCE);
	assert_true(b->nlate > 1);
	mark = backlog_mark(b->loop);
	assert_false(backlog_passed(b->loop, mark));
	assert_true(backlog_passed(b->loop, 0));
	for (unsigned i = 0; i < b->nlate; i++)
		backlog_leave(b->loop, &b->late[i]->item);
	assert_true(backlog_passed(b->loop, mark));
	backlog_leave(b->loop, &b->late[0]->item);
	loop_run(b->loop);
	assert_int_equal(b->nran, 0);
	assert_true(backlog_admit(b->loop, &b->late[0]->item));
}

static void
on_post(struct post *post)
{
	struct bench *b = (struct bench *)(void *)((char *)post - offsetof(struct bench, post));

	b->taken_before_the_post = b->taken;
	loop_break(b->loop);
}

static void
a_post_runs_after_the_steps_that_were_due_when_it_was_sent(void **state)
{
	struct bench *b = *state;

	b->mailbox = mailbox_new(b->loop);
	b->post.run = on_post;
	mailbox_send(b->mailbox, &b->post);
	ev_ref(b->loop); /* the loop runs until the post */
	loop_run(b->loop);
	ev_unref(b->loop);
	assert_true(b->nlate > 0);
	assert_int_equal(b->taken_before_the_post, MANY);
}

static void
without_a_backlog_each_step_runs_at_once(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV);
	struct backlog_item i = { .run = run_late };

	(void)state;
	for (int n = 0; n < MANY; n++)
		assert_true(backlog_admit(loop, &i));
	assert_true(backlog_passed(loop, backlog_mark(loop)));
	ev_loop_destroy(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_turn_takes_some_steps_and_the_others_follow_in_their_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_turn_that_has_worked_long_takes_few_steps_and_the_others_follow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_step_that_leaves_is_not_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_post_runs_after_the_steps_that_were_due_when_it_was_sent, set_up, tear_down),
		cmocka_unit_test(without_a_backlog_each_step_runs_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
