/* SPDX-License-Identifier: Apache-2.0 */
#include "net/timer.h"

static void
timer_fired(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct timer *t = w->data;

	(void)loop;
	(void)revents;
	t->fire(t->arg); /* may free t: t is not used afterwards */
}

void
timer_init(struct timer *t, struct ev_loop *loop, void (*fire)(void *arg), void *arg)
{
	t->loop = loop;
	t->fire = fire;
	t->arg = arg;
	ev_timer_init(&t->watcher, timer_fired, 0., 0.);
	t->watcher.data = t;
}

void
timer_set(struct timer *t, double seconds)
{
	ev_timer_stop(t->loop, &t->watcher);
	ev_now_update(t->loop); /* libev's time is that of the beginning of this turn: after a long call of a policy the timer would fire too early */
	ev_timer_set(&t->watcher, seconds > 0. ? seconds : 0., 0.);
	ev_timer_start(t->loop, &t->watcher);
}

void
timer_stop(struct timer *t)
{
	if (t->loop)
		ev_timer_stop(t->loop, &t->watcher);
}

bool
timer_running(const struct timer *t)
{
	return ev_is_active(&t->watcher) || ev_is_pending(&t->watcher);
}
