/* SPDX-License-Identifier: Apache-2.0 */
#include "net/backlog.h"

#include "base/clock.h"
#include "net/loop.h"

#define FREE_STEPS 8       /* of a turn, that need no look at the clock */
#define TURN_SECONDS 0.004 /* from the beginning of a turn: the steps behind them begin until then */

static void
set_turn(struct backlog *b, struct ev_loop *loop, double now)
{
	b->turn = ev_iteration(loop);
	b->steps = 0;
	b->until = now + TURN_SECONDS;
}

void
backlog_turn_begins(struct ev_loop *loop, double now)
{
	struct backlog *b = loop_backlog(loop);

	if (b != NULL)
		set_turn(b, loop, now);
}

/* The first step of a turn whose beginning was not told. */
static void
begin_turn(struct backlog *b, struct ev_loop *loop)
{
	if (b->turn != ev_iteration(loop))
		set_turn(b, loop, clock_span());
}

/* Whether the turn has time for one more step, which counts then. */
static bool
has_time(struct backlog *b)
{
	return ++b->steps <= FREE_STEPS || clock_span() < b->until;
}

static void
take_out(struct backlog *b, struct backlog_item *i)
{
	*(i->prev != NULL ? &i->prev->next : &b->first) = i->next;
	*(i->next != NULL ? &i->next->prev : &b->last) = i->prev;
	i->next = i->prev = NULL;
	i->waits = false;
}

/*
 * The last callback of a turn: the steps that wait use the time that other work has left. They come before new ones,
 * because backlog_admit puts these behind them.
 */
static void
backlog_on_due(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct backlog *b = timer->data;
	struct backlog_item *i;

	(void)events;
	begin_turn(b, loop);
	while ((i = b->first) != NULL && has_time(b)) {
		take_out(b, i);
		i->run(i);
	}
	if (b->first != NULL && !ev_is_active(timer))
		ev_timer_start(loop, timer);
}

static void
put(struct backlog *b, struct ev_loop *loop, struct backlog_item *i)
{
	i->waits = true;
	i->number = ++b->put;
	i->next = NULL;
	i->prev = b->last;
	*(b->last != NULL ? &b->last->next : &b->first) = i;
	b->last = i;
	if (!b->ready) {
		ev_timer_init(&b->due, backlog_on_due, 0., 0.);
		ev_set_priority(&b->due, EV_MINPRI);
	}
	b->ready = true;
	b->due.data = b;
	if (!ev_is_active(&b->due))
		ev_timer_start(loop, &b->due);
}

bool
backlog_admit(struct ev_loop *loop, struct backlog_item *i)
{
	struct backlog *b = loop_backlog(loop);

	if (b == NULL)
		return true;
	begin_turn(b, loop);
	if (i->waits || (b->first == NULL && has_time(b)))
		return !i->waits;
	put(b, loop, i);
	return false;
}

void
backlog_leave(struct ev_loop *loop, struct backlog_item *i)
{
	struct backlog *b = i->waits ? loop_backlog(loop) : NULL;

	if (b == NULL)
		return;
	take_out(b, i);
	if (b->first == NULL)
		ev_timer_stop(loop, &b->due);
}

uint64_t
backlog_mark(struct ev_loop *loop)
{
	const struct backlog *b = loop_backlog(loop);

	return b != NULL ? b->put : 0;
}

bool
backlog_passed(struct ev_loop *loop, uint64_t mark)
{
	const struct backlog *b = loop_backlog(loop);

	return b == NULL || b->first == NULL || b->first->number > mark;
}
