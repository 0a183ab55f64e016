/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ev.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/errand.h"
#include "net/loop.h"
#include "net/mailbox.h"

#define SENDERS 4
#define POSTS 500
#define WORKERS 3

struct sink { /* the loop that receives, and what arrived there */
	struct ev_loop *loop;
	struct mailbox *mailbox;
	pthread_t thread;
	unsigned arrived;
	unsigned last[SENDERS]; /* the number of the last post of each sender */
	bool disordered, strayed;
};

struct parcel {
	struct post post; /* first */
	struct sink *sink;
	unsigned sender, number;
};

static void
arrive(struct post *post)
{
	struct parcel *p = (struct parcel *)post;
	struct sink *s = p->sink;

	s->strayed |= !pthread_equal(pthread_self(), s->thread);
	s->disordered |= p->number != s->last[p->sender] + 1;
	s->last[p->sender] = p->number;
	if (++s->arrived == SENDERS * POSTS) {
		ev_unref(s->loop);
		loop_break(s->loop);
	}
	free(p);
}

struct sender {
	struct sink *sink;
	unsigned number;
};

static void *
send_all(void *arg)
{
	struct sender *me = arg;

	for (unsigned i = 1; i <= POSTS; i++) {
		struct parcel *p = malloc(sizeof *p);

		*p = (struct parcel){ .post = { .run = arrive }, .sink = me->sink, .sender = me->number, .number = i };
		mailbox_send(me->sink->mailbox, &p->post);
	}
	return NULL;
}

static void
open_sink(struct sink *s)
{
	*s = (struct sink){ .loop = loop_new(), .thread = pthread_self() };
	assert_non_null(s->loop);
	s->mailbox = mailbox_new(s->loop);
	assert_non_null(s->mailbox);
}

static void
close_sink(struct sink *s)
{
	mailbox_free(s->mailbox);
	loop_free(s->loop);
}

static void
posts_of_several_threads_run_once_each_in_their_order_on_the_loop(void **state)
{
	struct sink s;
	struct sender sender[SENDERS];
	pthread_t thread[SENDERS];

	(void)state;
	open_sink(&s);
	for (unsigned i = 0; i < SENDERS; i++) {
		sender[i] = (struct sender){ .sink = &s, .number = i };
		assert_int_equal(pthread_create(&thread[i], NULL, send_all, &sender[i]), 0);
	}
	ev_ref(s.loop);
	loop_run(s.loop);
	for (unsigned i = 0; i < SENDERS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(s.arrived, SENDERS * POSTS);
	assert_false(s.disordered);
	assert_false(s.strayed);
	close_sink(&s);
}

static void
a_mailbox_does_not_keep_its_loop_running(void **state)
{
	struct sink s;

	(void)state;
	open_sink(&s);
	loop_run(s.loop);
	close_sink(&s);
}

struct chain { /* a post that sends itself again */
	struct post post; /* first */
	struct mailbox *mailbox;
	int left, ran;
	bool inside, nested;
};

static void
again(struct post *post)
{
	struct chain *c = (struct chain *)post;

	c->nested |= c->inside;
	c->inside = true;
	c->ran++;
	if (c->left-- > 0)
		mailbox_send(c->mailbox, post);
	c->inside = false;
}

static void
a_post_may_send_itself_again_and_none_runs_inside_a_send(void **state)
{
	struct sink s;
	struct chain c = { .post = { .run = again }, .left = 3 };

	(void)state;
	open_sink(&s);
	c.mailbox = s.mailbox;
	mailbox_send(s.mailbox, &c.post);
	assert_int_equal(c.ran, 0);
	mailbox_empty(s.mailbox);
	assert_int_equal(c.ran, 4);
	assert_false(c.nested);
	close_sink(&s);
}

struct witness { /* a descriptor of the loop, and posts that are sent after it became ready */
	struct post first, second;
	struct mailbox *mailbox;
	ev_io reading;
	int pipe[2];
	unsigned heard, heard_before; /* events: all, and those before the second post */
	bool ran;
};

static void
on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct witness *w = watcher->data;
	char byte;

	(void)loop;
	(void)events;
	assert_int_equal(read(w->pipe[0], &byte, 1), 1);
	w->heard++;
}

static void
run_first(struct post *post)
{
	struct witness *w = (struct witness *)((char *)post - offsetof(struct witness, first));

	assert_int_equal(write(w->pipe[1], "x", 1), 1);
	mailbox_send(w->mailbox, &w->second);
}

static void
run_second(struct post *post)
{
	struct witness *w = (struct witness *)((char *)post - offsetof(struct witness, second));

	w->heard_before = w->heard;
	w->ran = true;
}

static void
a_post_runs_after_the_events_that_happened_before_it_was_sent(void **state)
{
	struct sink s;
	struct witness w = { .first = { .run = run_first }, .second = { .run = run_second } };

	(void)state;
	open_sink(&s);
	w.mailbox = s.mailbox;
	assert_int_equal(pipe(w.pipe), 0);
	ev_io_init(&w.reading, on_readable, w.pipe[0], EV_READ);
	w.reading.data = &w;
	ev_io_start(s.loop, &w.reading);
	mailbox_send(s.mailbox, &w.first);
	while (!w.ran)
		ev_run(s.loop, EVRUN_ONCE);
	assert_int_equal(w.heard_before, 1);
	ev_io_stop(s.loop, &w.reading);
	close(w.pipe[0]);
	close(w.pipe[1]);
	close_sink(&s);
}

/* --- errands --- */

struct crew {
	struct errand errand; /* first */
	struct ev_loop *loop[WORKERS];
	struct mailbox *mailbox[WORKERS];
	pthread_t thread[WORKERS];
	atomic_uint visits[WORKERS];
	atomic_bool strayed;
	atomic_bool let_go; /* worker 2 waits for it */
	unsigned turns;     /* of the home while it waits */
	int rounds;
	bool done;
};

struct quit { /* ends the loop of a worker */
	struct post post; /* first */
	struct ev_loop *loop;
};

static void
quit(struct post *post)
{
	struct quit *q = (struct quit *)post;

	loop_break(q->loop);
}

static void
visit(struct errand *e, unsigned worker)
{
	struct crew *c = (struct crew *)e;

	if (!pthread_equal(pthread_self(), c->thread[worker]))
		c->strayed = true;
	while (worker == 2 && !c->let_go)
		;
	c->visits[worker]++;
}

static void
crew_done(struct errand *e)
{
	struct crew *c = (struct crew *)e;

	if (!pthread_equal(pthread_self(), c->thread[0]))
		c->strayed = true;
	if (--c->rounds > 0) {
		errand_send(e, c->mailbox, WORKERS);
		return;
	}
	c->done = true;
	loop_break(c->loop[0]);
}

struct hand {
	struct crew *crew;
	unsigned number;
};

static void *
run_worker(void *arg)
{
	struct hand *h = arg;

	ev_ref(h->crew->loop[h->number]);
	loop_run(h->crew->loop[h->number]);
	return NULL;
}

/* The home goes on while worker 2 is busy: it is the home's own turn that lets worker 2 go. */
static void
on_turn(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct crew *c = watcher->data;

	(void)loop;
	(void)events;
	if (c->visits[0] > 0 && ++c->turns == 3)
		c->let_go = true;
}

static void
an_errand_visits_each_worker_and_ends_at_home(void **state)
{
	static struct crew c;
	struct hand hand[WORKERS];
	struct quit end[WORKERS];
	ev_timer turn;

	(void)state;
	c.errand.visit = visit;
	c.errand.done = crew_done;
	c.rounds = 3;
	c.thread[0] = pthread_self();
	for (unsigned i = 0; i < WORKERS; i++) {
		c.loop[i] = loop_new();
		c.mailbox[i] = mailbox_new(c.loop[i]);
		hand[i] = (struct hand){ .crew = &c, .number = i };
	}
	for (unsigned i = 1; i < WORKERS; i++)
		assert_int_equal(pthread_create(&c.thread[i], NULL, run_worker, &hand[i]), 0);
	ev_timer_init(&turn, on_turn, 0.001, 0.001);
	turn.data = &c;
	ev_timer_start(c.loop[0], &turn);
	errand_send(&c.errand, c.mailbox, WORKERS);
	loop_run(c.loop[0]);
	ev_timer_stop(c.loop[0], &turn);
	assert_true(c.done);
	assert_true(c.turns >= 3);
	assert_false(c.strayed);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(c.visits[i], 3);
	for (unsigned i = 1; i < WORKERS; i++) {
		end[i] = (struct quit){ .post = { .run = quit }, .loop = c.loop[i] };
		mailbox_send(c.mailbox[i], &end[i].post);
		pthread_join(c.thread[i], NULL);
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		mailbox_free(c.mailbox[i]);
		loop_free(c.loop[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts_of_several_threads_run_once_each_in_their_order_on_the_loop),
		cmocka_unit_test(a_mailbox_does_not_keep_its_loop_running),
		cmocka_unit_test(a_post_may_send_itself_again_and_none_runs_inside_a_send),
		cmocka_unit_test(a_post_runs_after_the_events_that_happened_before_it_was_sent),
		cmocka_unit_test(an_errand_visits_each_worker_and_ends_at_home),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
