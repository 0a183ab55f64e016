/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/standby.h"

#include "base/clock.h"
#include "conn/canary.h"
#include "conn/capex_answer.h"
#include "conn/recheck.h"
#include "conn/steps.h"

#include <stdlib.h>

#define SLICE_SECONDS 0.002 /* of the loop, at once */

/* --- the doors before the CAPEX, by the new rules --------------------------------------------- */

static void
conclude(struct conn *c, struct recheck_walk *r)
{
	io_pause(&c->io, true);
	if (r->out.refused) {
		capex_asked_again(c, &r->out);
		return;
	}
	conn_adopt(c, r->generation);
	conn_learn(c)->generation = r->generation->number;
	record_generation(c->record, r->generation->hash);
	capex_in_arrived(c); /* the rules may have changed once more */
}

static void
standby_answered(struct recheck_walk *r)
{
	if (r->conn == NULL) /* else c has ended */
		conclude(r->arg, r);
	generation_unref(r->generation);
	free(r);
}

static void
ask_again(struct conn *c, struct generation *g)
{
	struct recheck_walk *r = malloc(sizeof *r);

	if (r == NULL) {
		capex_refuse(c, REASON_AUTOINSTALL_FAILED, "limit", "no memory to ask the doors again");
		return;
	}
	*r = (struct recheck_walk){ .generation = g, .waits = true, .done = standby_answered, .arg = c };
	generation_ref(g);
	if (recheck_early(r, c))
		standby_answered(r);
	else
		io_pause(&c->io, false); /* the peer is heard */
}

/* --- the list --------------------------------------------------------------------------------- */

static void
stand_by(struct conn *c)
{
	struct worker *w = c->worker;

	conn_event(c, "waits for the end of a reload");
	conn_enter(c, CONN_STANDBY, w->standby_until - clock_span());
	c->held_prev = w->last_standby;
	*(w->last_standby != NULL ? &w->last_standby->held_next : &w->first_standby) = c;
	w->last_standby = c;
	io_pause(&c->io, false);
}

bool
standby_begin(struct conn *c)
{
	struct generation *g = canary_ruling(c->worker, c->canary);

	if (c->worker->standby_until > clock_span())
		stand_by(c);
	else if (c->generation != g)
		ask_again(c, g);
	else
		return false;
	return true;
}

/* The first one goes on in a turn of its own. */
static void
call_first(struct worker *w)
{
	if (w->standby_until == 0 && w->first_standby != NULL)
		timer_set(&w->first_standby->timer, 0);
}

void
standby_leave(struct conn *c)
{
	struct worker *w = c->worker;

	*(c->held_prev != NULL ? &c->held_prev->held_next : &w->first_standby) = c->held_next;
	*(c->held_next != NULL ? &c->held_next->held_prev : &w->last_standby) = c->held_prev;
	c->held_next = c->held_prev = NULL;
	call_first(w);
}

void
standby_open(struct worker *w, double seconds)
{
	w->standby_until = clock_span() + seconds;
	for (struct conn *c = w->first_standby; c != NULL; c = c->held_next) /* those of an earlier reload */
		timer_set(&c->timer, seconds);
}

void
standby_end(struct worker *w)
{
	w->standby_until = 0;
	call_first(w);
}

/* --- the events of the stage ------------------------------------------------------------------ */

void
standby_data(struct conn *c)
{
	capex_refuse(c, REASON_ISCE_ERROR, "bad_capex", "bytes after the CAPEX request, before its answer");
}

static void
go_on(struct conn *c)
{
	conn_enter(c, CONN_CAPEX, 0);
	io_pause(&c->io, true);
	capex_in_arrived(c);
}

void
standby_timeout(struct conn *c)
{
	struct worker *w = c->worker;
	double until = clock_span() + SLICE_SECONDS;

	if (w->standby_until != 0) {
		capex_refuse(c, REASON_ISCE_TIMED_OUT, "timeout", "a reload has not ended in its time");
		return;
	}
	while (w->first_standby != NULL && clock_span() < until)
		go_on(w->first_standby);
}
