/* SPDX-License-Identifier: Apache-2.0 */
/* session_riders: the table of callbacks for conn/, and the function that gives an element to its session. */
#include "conn/riders.h"

#include "request/session_internal.h"

/* The partner ended the conversation by an expedited command. s is NULL when this side ended it meanwhile. */
static void
take_end(struct session *s)
{
	if (s != NULL)
		s->side->deliver(s, SENSE_ABENDED, "", "the partner ended the conversation");
}

static const char *
wrong_end(const struct conn *c, enum ipic_kind kind, const struct is_header *is)
{
	bool in = c->facts->way == WAY_IN;

	if (is->type == IS_EXPD)
		return kind == IPIC_REQUEST && is->name != IS_UNKNOWN ? NULL : "an unknown expedited command";
	if (in && kind == IPIC_ANSWER)
		return "an answer from the end that dialled";
	return in || kind == IPIC_ANSWER ? NULL : "a request from the end that did not dial";
}

static int
session_message(struct conn *c, const struct ipic_message *m, const char **why)
{
	const struct is_header *is = &m->is;
	enum connstatus status = c->ipconn->status;
	struct session *s;

	*why = wrong_end(c, m->kind, is);
	if (status != CONN_ACQUIRED && status != CONN_FREEING)
		*why = "data before the connection is acquired";
	if (is->type == IS_EXPD && m->len > 0)
		*why = "an expedited command with a body";
	if (*why != NULL)
		return -1;
	s = session_find(c, is->conv);
	if (is->type == IS_EXPD)
		take_end(s);
	else if (s != NULL)
		s->side->take(s, is, m->body, m->len);
	else if (m->kind == IPIC_REQUEST)
		session_in_begin(c, is, m->body, m->len);
	/* else: a late answer to a conversation that was cancelled */
	return 0;
}

const struct riders session_riders = {
	.message = session_message,
	.taken = session_taken,
	.flushed = session_flushed,
	.lost = session_lost,
	.bury = session_bury,
	.busy = session_busy,
	.purge = session_purge,
	.queue = session_work_queue,
};
