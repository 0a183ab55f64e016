/* SPDX-License-Identifier: Apache-2.0 */
/* inquire session and inquire conversation: the sessions of each ipconn, and the conversations in them. */
#include "admin/inquire_row.h"

#include <stdlib.h>
#include <string.h>

#include "region/region.h"
#include "request/session.h"

/* --- a row for each conversation -------------------------------------------------------------- */

static void
conversation_row(void *arg, const struct session_view *v)
{
	struct query *q = arg;
	json_t *row = json_object();
	char conv[FLOW_CONV_TEXT];

	inquire_put(row, "ipconn", v->ipconn);
	inquire_put(row, "connection", v->connection);
	inquire_put(row, "direction", v->direction);
	inquire_put(row, "conv", flow_print_conv(v->conv, conv));
	inquire_put(row, "state", v->state);
	inquire_put_number(row, "msg", v->msg);
	inquire_put(row, "tran", v->tran);
	inquire_put(row, "program", v->program);
	inquire_put(row, "userid", v->userid);
	inquire_put_number(row, "bytes", (double)v->bytes);
	inquire_put_seconds(row, "age", v->seconds);
	json_array_append_new(q->rows, row);
}

static void
inquire_session_count(void *arg, const struct session_view *v)
{
	(void)v;
	++*(size_t *)arg;
}

static void
inquire_session_copy(void *arg, const struct session_view *v)
{
	struct query *q = arg;

	if (q->index < q->n)
		((struct session_view *)q->list)[q->index++] = *v;
}

/* Copies the conversations of an ipconn, which may be a thousand; each later step makes the row of one. */
static void
copy_conversations(struct query *q, const struct ipconn *i)
{
	free(q->list);
	q->index = q->n = 0;
	session_each(i, inquire_session_count, &q->n);
	q->list = q->n > 0 ? malloc(q->n * sizeof(struct session_view)) : NULL;
	if (q->list == NULL)
		q->n = 0;
	session_each(i, inquire_session_copy, q);
	q->n = q->index;
	q->index = 0;
}

bool
inquire_session_conversation_step(struct query *q)
{
	const struct ipconn *i;

	if (q->index < q->n) {
		conversation_row(q, &((const struct session_view *)q->list)[q->index++]);
		return true;
	}
	i = inquire_next_ipconn(q);
	if (i != NULL && inquire_wanted(q, i->def->ipconn))
		copy_conversations(q, i);
	return i != NULL;
}

/* --- a row for each direction of an ipconn ---------------------------------------------------- */

struct eldest {
	const char *direction;
	struct session_view view; /* seconds -1: no conversation */
};

static void
inquire_session_compare(void *arg, const struct session_view *v)
{
	struct eldest *e = arg;

	if (strcmp(v->direction, e->direction) == 0 && v->seconds > e->view.seconds)
		e->view = *v;
}

static void
put_eldest(json_t *row, const struct ipconn *i, const char *direction)
{
	struct eldest e = { .direction = direction, .view.seconds = -1 };
	char conv[FLOW_CONV_TEXT];

	session_each(i, inquire_session_compare, &e);
	inquire_put(row, "oldest", e.view.seconds >= 0 ? flow_print_conv(e.view.conv, conv) : "");
	inquire_put(row, "state", e.view.seconds >= 0 ? e.view.state : "");
	inquire_put_seconds(row, "age", e.view.seconds >= 0 ? e.view.seconds : 0);
}

static void
session_row(struct query *q, const struct ipconn *i, const char *direction, int sessions, unsigned used, unsigned peak, unsigned queued)
{
	json_t *row = json_object();

	inquire_put(row, "ipconn", i->def->ipconn);
	inquire_put(row, "connstatus", resource_connstatus(i->status));
	inquire_put(row, "direction", direction);
	inquire_put_number(row, "sessions", sessions);
	inquire_put_number(row, "in_use", used);
	inquire_put_number(row, "free", used < (unsigned)sessions ? sessions - (int)used : 0);
	inquire_put_number(row, "peak", peak);
	inquire_put_number(row, "queued", queued);
	put_eldest(row, i, direction);
	json_array_append_new(q->rows, row);
}

/* An ipconn that is neither ACQUIRED nor FREEING has no sessions. */
static void
session_rows(struct query *q, const struct ipconn *i)
{
	const struct ipconn_statistics *s = ipconn_counts(i);
	bool there = i->status == CONN_ACQUIRED || i->status == CONN_FREEING;

	session_row(q, i, "RECEIVE", there ? i->engaged->receivecount : 0, s->current_receive, s->peak_receive, 0);
	session_row(q, i, "SEND", there ? i->engaged->sendcount : 0, s->current_send, s->peak_send, s->queued);
}

bool
inquire_session_step(struct query *q)
{
	const struct ipconn *i = inquire_next_ipconn(q);

	if (i != NULL && inquire_wanted(q, i->def->ipconn) && i->def->template_ != TEMPLATE_ONLY)
		session_rows(q, i);
	return i != NULL;
}
