/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_out: the send side: the requests that this region ships, and the queue of requests that wait for a send
 * session (IPIC.md 5.1).
 */
#include "request/session_internal.h"

#include "base/clock.h"
#include "metrics/metrics.h"
#include "conn/acquire.h"
#include "conn/claiming.h"
#include "conn/steps.h"

#include <stdio.h>
#include <string.h>

static void
failed(struct shipment *s, unsigned sense, const char *why)
{
	s->sense = sense;
	s->message[0] = '\0';
	s->why = why;
	s->answer = NULL;
	s->answer_len = 0;
	s->done(s);
}

/* --- one request on its session --------------------------------------------------------------- */

static void
session_out_deliver(struct session *x, unsigned sense, const char *message, const char *why)
{
	struct shipment *s = x->shipment;
	struct ipconn *i = x->ipconn;

	x->shipment = NULL;
	session_end(x);
	s->session = NULL;
	s->sense = sense;
	s->why = why;
	snprintf(s->message, sizeof s->message, "%s", message);
	s->answer = sense == SENSE_NONE ? buf_bytes(&x->flow.in) : NULL;
	s->answer_len = sense == SENSE_NONE ? buf_len(&x->flow.in) : 0;
	s->answer_ccsid = x->flow.ccsid;
	if (sense == SENSE_NONE)
		i->history->statistics.received += s->answer_len;
	s->done(s);
	session_after(i);
}

static int
session_out_request(struct session *x)
{
	struct shipment *s = x->shipment;

	if (flow_request(&x->flow, &s->head, s->data, s->len, s->ccsid, false) < 0)
		return -1;
	x->ipconn->history->statistics.requests_sent++;
	x->ipconn->history->statistics.sent += s->len;
	return 0;
}

/* The region holds too much data to take the answer. */
static void
cannot_hold(struct session *s)
{
	flow_purge(&s->flow, "cancel");
	session_out_deliver(s, SENSE_SYSTEM_ERROR, "", "the region holds too much data of conversations");
}

static void
session_out_take(struct session *s, const struct is_header *is, const char *body, size_t len)
{
	struct conn *c = s->conn;
	struct flow_error e = { 0 };

	if (len > 0 && is->is7 == 0 && !session_affords(c, len)) { /* a pacing message and an IS7 free memory */
		cannot_hold(s);
		return;
	}
	switch (flow_take(&s->flow, IPIC_ANSWER, is, body, len, &e)) {
	case FLOW_MORE:
		session_more(s);
		break;
	case FLOW_WHOLE:
		session_out_deliver(s, SENSE_NONE, "", "");
		break;
	case FLOW_PACED:
		session_pump(s);
		break;
	case FLOW_IS7:
		session_out_deliver(s, e.sense, e.message, "the partner ended the conversation");
		break;
	case FLOW_BROKEN:
		session_broken(s, &e, false);
		break;
	case FLOW_FAILED:
		break; /* the timer of session_emit closes the connection */
	}
}

const struct session_side session_out_side = {
	.sending = true,
	.turn = FLOW_IDLE,
	.take = session_out_take,
	.begin = session_out_request,
	.deliver = session_out_deliver,
};

/* --- a session for it ------------------------------------------------------------------------- */

/* The dialled socket with the fewer sessions; NULL: none can be used. */
static struct conn *
socket_of(const struct ipconn *i)
{
	struct conn *a = ipconn_socket(i, SOCKET_OUT), *b = ipconn_socket(i, SOCKET_OUT2);

	if (a == NULL || a->stage != CONN_INSTALLED || a->choked)
		return b != NULL && b->stage == CONN_INSTALLED && !b->choked ? b : NULL;
	if (b == NULL || b->stage != CONN_INSTALLED || b->choked)
		return a;
	return b->nsessions < a->nsessions ? b : a;
}

static uint32_t
new_conversation(struct conn *c)
{
	do
		c->conversation++;
	while (c->conversation == 0 || session_find(c, c->conversation) != NULL);
	return c->conversation;
}

/*
 * True while a socket of i is being closed: conn_close fails its sessions before it tells i, and then all sockets
 * close.
 */
static bool
is_losing(const struct ipconn *i)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (ipconn_socket(i, n) != NULL && ipconn_socket(i, n)->ipconn != i)
			return true;
	return false;
}

static bool
session_free(const struct ipconn *i)
{
	return i->status == CONN_ACQUIRED && i->history->statistics.current_send < (unsigned)i->engaged->sendcount && !is_losing(i) && !claiming_bars(i) &&
		socket_of(i) != NULL;
}

static void
begin(struct ipconn *i, struct shipment *s)
{
	const char *why = s->ready != NULL ? s->ready(s) : NULL;
	struct conn *c = socket_of(i);
	struct session *x;

	if (why != NULL) {
		failed(s, SENSE_ABENDED, why);
		return;
	}
	x = session_new(c, new_conversation(c), &session_out_side);
	if (x == NULL) {
		failed(s, SENSE_SYSTEM_ERROR, "no memory for a session");
		return;
	}
	x->shipment = s;
	s->session = x;
	session_pump(x);
}

/* --- the queue -------------------------------------------------------------------------------- */

static void
count_waiting(struct ipconn *i, int by)
{
	i->history->statistics.queued += (unsigned)by;
	statistics_peak(&i->history->statistics.peak_queued, i->history->statistics.queued);
	metrics_add(i->worker->metrics, FIGURE_OF_QUEUE_ALLOCATES, by);
}

static void
enqueue(struct ipconn *i, struct shipment *s)
{
	if (i->engaged->waiting == NULL) {
		i->engaged->waiting = s;
		i->engaged->waiting_since = s->queued;
		i->engaged->waiting_served = 0;
	} else {
		i->engaged->waiting_last->next = s;
	}
	i->engaged->waiting_last = s;
	count_waiting(i, 1);
}

static struct shipment *
dequeue(struct ipconn *i)
{
	struct shipment *s = i->engaged->waiting;

	i->engaged->waiting = s->next;
	s->next = NULL;
	count_waiting(i, -1);
	return s;
}

/* Fails the requests that wait now, not those that are queued meanwhile. Returns their number. */
static unsigned
purge(struct ipconn *i, const char *why)
{
	unsigned n = 0;

	for (unsigned left = i->history->statistics.queued; left > 0 && i->engaged->waiting != NULL; left--, n++)
		failed(dequeue(i), SENSE_SYSTEM_ERROR, why);
	return n;
}

/*
 * The seconds that the queue needs to become empty, at the rate since it was last empty. The request to come counts as
 * served.
 */
static double
work_off(const struct ipconn *i)
{
	return (clock_span() - i->engaged->waiting_since) * i->history->statistics.queued / (i->engaged->waiting_served + 1);
}

/* The queue is full. */
static void
too_many(struct ipconn *i, struct shipment *s)
{
	i->history->statistics.rejected++;
	if (i->def->maxqtime >= 0 && i->engaged->waiting != NULL && work_off(i) > i->def->maxqtime) {
		i->history->statistics.purges++;
		i->history->statistics.purged += purge(i, "purged from the queue: working it off would take longer than maxqtime");
	}
	failed(s, SENSE_SYSTEM_ERROR, "no session is free, and queuelimit is reached");
}

/* The reason to refuse a request to i at once; NULL: none. */
static const char *
unreachable(const struct ipconn *i)
{
	bool dials = i->def->host[0] != '\0' && i->def->port > 0;

	if (i->worker->draining)
		return "the region is shutting down";
	if (!i->inservice)
		return "the ipconn is out of service";
	if (i->status == CONN_FREEING)
		return "the ipconn is being released";
	if (i->status == CONN_RELEASED && !dials)
		return "the ipconn is released, and has no host and port to be acquired by";
	return NULL;
}

void
session_ship(struct ipconn *i, struct shipment *s)
{
	const char *why = unreachable(i);
	struct fault f;

	s->ipconn = i;
	s->next = NULL;
	s->session = NULL;
	s->queued = clock_span();
	if (ipconn_engage(i) < 0) {
		failed(s, SENSE_SYSTEM_ERROR, "no memory for a request to the ipconn");
		return;
	}
	i->history->statistics.allocates++;
	if (why != NULL) {
		i->history->statistics.failed_link++;
		failed(s, SENSE_SYSTEM_ERROR, why);
	} else if (i->status == CONN_ACQUIRED && i->engaged->sendcount == 0) {
		i->history->statistics.failed_other++;
		failed(s, SENSE_SYSTEM_ERROR, "the ipconn has no send sessions");
	} else if (i->engaged->waiting == NULL && session_free(i)) {
		begin(i, s);
	} else if (i->def->queuelimit >= 0 && i->history->statistics.queued >= (unsigned)i->def->queuelimit) {
		too_many(i, s);
	} else {
		enqueue(i, s);
		if (i->status == CONN_RELEASED && acquire_begin(i, &f) < 0)
			session_work_queue(i);
	}
}

void
session_ship_cancel(struct shipment *s)
{
	struct session *x = s->session;
	struct ipconn *i = s->ipconn;
	struct shipment **p, *before = NULL;

	if (x != NULL) {
		s->session = NULL;
		x->shipment = NULL;
		if (x->flow.state != FLOW_IDLE)
			flow_purge(&x->flow, "cancel");
		session_over(x);
		return;
	}
	if (i->engaged == NULL)
		return;
	for (p = &i->engaged->waiting; *p != NULL && *p != s; p = &(*p)->next)
		before = *p;
	if (*p == NULL)
		return;
	*p = s->next;
	if (i->engaged->waiting_last == s)
		i->engaged->waiting_last = before;
	count_waiting(i, -1);
}

void
session_work_queue(struct ipconn *i)
{
	unsigned lost;

	if (i->engaged == NULL)
		return;
	while (i->engaged->waiting != NULL && session_free(i)) {
		i->engaged->waiting_served++;
		begin(i, dequeue(i));
	}
	if (i->engaged->waiting == NULL || i->status == CONN_OBTAINING || (i->status == CONN_ACQUIRED && i->engaged->sendcount > 0))
		return;
	lost = purge(i, i->status == CONN_ACQUIRED ? "the ipconn has no send sessions" : "the ipconn was released, or could not be acquired");
	i->history->statistics.failed_link += lost;
}
