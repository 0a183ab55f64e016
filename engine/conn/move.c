/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/move.h"

#include "conn/steps.h"

/* The worker at which the ipconn of a partner is: worker 0 for every partner. */
static struct worker *
home_of(const struct conn *c)
{
	return c->worker->crew != NULL ? c->worker->crew->worker[0] : c->worker;
}

bool
move_begin(struct conn *c)
{
	struct worker *w = c->worker;

	if (home_of(c) == w)
		return false;
	c->leaving = w->leaving;
	w->leaving = c;
	return true;
}

/* In the thread of the home. */
static void
move_arrived(struct post *post)
{
	struct conn *c = (struct conn *)((char *)post - offsetof(struct conn, post));
	struct worker *home = home_of(c);

	c->worker = home;
	c->timer.loop = home->loop;
	c->generation = generation_at(c->generation, home->number);
	c->service = generation_service(c->generation, c->facts->tcpipservice);
	conn_enlist(c);
	io_take(&c->io, home->loop);
	if (!conn_cut(c))
		capex_in_arrived(c);
}

static void
leave(struct conn *c)
{
	const struct worker *home = home_of(c);

	io_hand_over(&c->io);
	timer_stop(&c->timer);
	conn_delist(c);
	c->post.run = move_arrived;
	mailbox_send(home->crew->mailbox[home->number], &c->post);
}

void
move_leave(struct worker *w)
{
	while (w->leaving != NULL) {
		struct conn *c = w->leaving;

		w->leaving = c->leaving;
		if (c->stage == CONN_CAPEX) /* else it was closed in this turn */
			leave(c);
	}
}
