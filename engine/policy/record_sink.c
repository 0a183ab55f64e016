/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record_sink.h"

#include <string.h>

#include "policy/record_internal.h"

void
records_sink(struct records *rs, const struct record_sink *s)
{
	rs->sink = s != NULL ? *s : (struct record_sink){ .changed = NULL };
}

void
record_sink_tell(struct record *r, const struct record_entry *request)
{
	struct record_sink *s = &r->owner->sink;

	if (s->changed != NULL)
		s->changed(s->arg, r, request);
}

void
record_sink_leave(struct record *r)
{
	struct record_sink *s = &r->owner->sink;

	if (s->leaving == NULL)
		return;
	record_lock(r);
	s->leaving(s->arg, r);
	record_unlock(r);
}

void
record_asked_again(struct record *r, struct record_entry **entry, size_t n)
{
	struct record_sink *s = r != NULL ? &r->owner->sink : NULL;

	if (n > 0 && record_lock(r)) {
		n = record_take_waited(r, entry, n);
		if (s->reasked != NULL && n > 0)
			s->reasked(s->arg, r, entry, n);
		record_unlock(r);
	}
	for (size_t i = 0; i < n; i++)
		record_entry_free(entry[i]);
}

static void
summarise_facts(const struct facts *f, struct record_summary *out)
{
	addr_print(&f->peer.addr, out->peer, sizeof out->peer);
	out->out = f->way == WAY_OUT;
	out->generation = f->generation;
	memcpy(out->tcpipservice, f->tcpipservice, sizeof out->tcpipservice);
	memcpy(out->ipconn, f->ipconn.ipconn, sizeof out->ipconn);
	memcpy(out->applid, facts_capex_names(f) ? f->capex.applid : f->ipconn.applid, sizeof out->applid);
	memcpy(out->networkid, facts_capex_names(f) ? f->capex.networkid : f->ipconn.networkid, sizeof out->networkid);
}

void
record_sink_summary(const struct record *r, struct record_summary *out)
{
	*out = (struct record_summary){ .opened = r->opened, .closed = r->closed };
	memcpy(out->connection, r->connection, sizeof out->connection);
	memcpy(out->hash, r->hash, sizeof out->hash);
	memcpy(out->outcome, r->outcome, sizeof out->outcome);
	memcpy(out->stage, r->stage, sizeof out->stage);
	memcpy(out->code, r->code, sizeof out->code);
	memcpy(out->reason, r->reason, sizeof out->reason);
	if (r->facts != NULL)
		summarise_facts(r->facts, out);
	if (r->installed != NULL)
		memcpy(out->ipconn, r->installed->ipconn, sizeof out->ipconn);
}

void
record_sink_show(struct record *r, void (*show)(void *arg, struct record *r), void *arg)
{
	record_lock(r);
	show(arg, r);
	record_unlock(r);
}

struct record_filed *
record_sink_filed(struct record *r)
{
	return r != NULL ? &r->filed : NULL;
}

double
record_sink_time(const struct record_entry *e)
{
	return e->at;
}

bool
record_sink_refused(const struct record_entry *e)
{
	return !e->answered || e->verdict == VERDICT_REFUSE;
}

uint64_t
record_sink_generation(const struct record_entry *e)
{
	return e->generation;
}
