/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/hold.h"

#include "conn/capex_answer.h"
#include "records/recorder.h"

static void
refuse(struct conn *c, const char *why)
{
	capex_refuse(c, REASON_AUTOINSTALL_FAILED, "record", "%s", why);
}

bool
hold_begin(struct conn *c)
{
	struct worker *w = c->worker;
	struct record_filed *filed = record_sink_filed(c->record);

	if (!recorder_holds(w->recorder))
		return false;
	c->ticket = filed != NULL ? filed->ticket : 0;
	if (c->ticket == 0) {
		refuse(c, "the record of the decision has no room in the queue");
		return true;
	}
	conn_enter(c, CONN_HELD, c->generation->definition->region.capex_timeout);
	io_pause(&c->io, true);
	c->held_prev = w->last_held;
	*(w->last_held != NULL ? &w->last_held->held_next : &w->first_held) = c;
	w->last_held = c;
	return true;
}

void
hold_leave(struct conn *c)
{
	struct worker *w = c->worker;

	*(c->held_prev != NULL ? &c->held_prev->held_next : &w->first_held) = c->held_next;
	*(c->held_next != NULL ? &c->held_next->held_prev : &w->last_held) = c->held_prev;
	c->held_next = c->held_prev = NULL;
}

void
hold_written(struct worker *w)
{
	uint64_t done = recorder_done(w->recorder);

	while (w->first_held != NULL && w->first_held->ticket <= done)
		capex_answered(w->first_held);
}

void
hold_timeout(struct conn *c)
{
	refuse(c, "the record of the decision was not written within capex_timeout");
}
