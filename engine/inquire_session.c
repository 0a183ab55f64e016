/* SPDX-License-Identifier: Apache-2.0 */
/* inquire session and inquire conversation: how many slots each ipconn has, and what runs in those in use. */
#include "inquire_parts.h"

#include <string.h>

#include "region.h"
#include "session.h"

static double
milliseconds(double seconds)
{
	return (double)(json_int_t)(seconds * 1000) / 1000;
}

/* --- one row a conversation ------------------------------------------------------------------------------------------ */

static void
conversation_row(void *arg, const struct session_view *v)
{
	struct query *q = arg;
	json_t *row = json_object();
	char conv[CONV_TEXT];

	put(row, "ipconn", v->ipconn);
	put(row, "connection", v->connection);
	put(row, "direction", v->direction);
	put(row, "conv", conv_print(v->conv, conv));
	put(row, "state", v->state);
	put_number(row, "msg", v->msg);
	put(row, "tran", v->tran);
	put(row, "program", v->program);
	put(row, "userid", v->userid);
	put_number(row, "bytes", (double)v->bytes);
	put_number(row, "age", milliseconds(v->seconds));
	json_array_append_new(q->rows, row);
}

void
conversation_rows(struct query *q)
{
	for (const struct ipconn *i = registry_first(q->region->registry); i != NULL; i = i->next)
		if (wanted(q, i->def.ipconn))
			session_each(i, conversation_row, q);
}

/* --- one row a direction of an ipconn -------------------------------------------------------------------------------- */

struct eldest {
	const char *direction;
	struct session_view view; /* seconds -1: none */
};

static void
compare(void *arg, const struct session_view *v)
{
	struct eldest *e = arg;

	if (strcmp(v->direction, e->direction) == 0 && v->seconds > e->view.seconds)
		e->view = *v;
}

static void
put_eldest(json_t *row, const struct ipconn *i, const char *direction)
{
	struct eldest e = { .direction = direction, .view.seconds = -1 };
	char conv[CONV_TEXT];

	session_each(i, compare, &e);
	put(row, "oldest", e.view.seconds >= 0 ? conv_print(e.view.conv, conv) : "");
	put(row, "state", e.view.seconds >= 0 ? e.view.state : "");
	put_number(row, "age", e.view.seconds >= 0 ? milliseconds(e.view.seconds) : 0);
}

static void
session_row(struct query *q, const struct ipconn *i, const char *direction, int sessions, unsigned used, unsigned peak, unsigned queued)
{
	json_t *row = json_object();

	put(row, "ipconn", i->def.ipconn);
	put(row, "connstatus", connstatus_name(i->status));
	put(row, "direction", direction);
	put_number(row, "sessions", sessions);
	put_number(row, "in_use", used);
	put_number(row, "free", used < (unsigned)sessions ? sessions - (int)used : 0);
	put_number(row, "peak", peak);
	put_number(row, "queued", queued);
	put_eldest(row, i, direction);
	json_array_append_new(q->rows, row);
}

/* Of one that is not ACQUIRED the sessions are none: nothing can run on them. */
void
session_rows(struct query *q)
{
	for (const struct ipconn *i = registry_first(q->region->registry); i != NULL; i = i->next) {
		const struct ipconn_statistics *s = &i->statistics;
		bool there = i->status == CONN_ACQUIRED || i->status == CONN_FREEING;

		if (!wanted(q, i->def.ipconn) || i->def.template_ == TEMPLATE_ONLY)
			continue;
		session_row(q, i, "RECEIVE", there ? i->receivecount : 0, s->current_receive, s->peak_receive, 0);
		session_row(q, i, "SEND", there ? i->sendcount : 0, s->current_send, s->peak_send, s->queued);
	}
}
