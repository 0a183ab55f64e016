/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session: what both sides share: the list of sessions of a connection, the memory they hold, the buffer of the socket,
 * and the end of a conversation.
 */
#include "request/session_internal.h"

#include "conn/release.h"
#include "conn/traffic.h"
#include "conn/steps.h"
#include "metrics/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- slots ------------------------------------------------------------------------------------ */

static void
count_slot(struct session *s, int by)
{
	struct ipconn_statistics *n = &s->ipconn->history->statistics;
	unsigned *current = s->sending ? &n->current_send : &n->current_receive;
	unsigned *peak = s->sending ? &n->peak_send : &n->peak_receive;

	s->conn->nsessions += (unsigned)by;
	metrics_add(s->conn->worker->metrics, s->sending ? FIGURE_OF_SEND_SESSIONS : FIGURE_OF_RECEIVE_SESSIONS, by);
	*current += (unsigned)by;
	if (*current > *peak)
		*peak = *current;
}

static void
link_in(struct session *s)
{
	struct conn *c = s->conn;

	s->next = NULL;
	if (c->sessions == NULL) {
		s->prev = s;
		c->sessions = s;
	} else {
		s->prev = c->sessions->prev;
		s->prev->next = s;
		c->sessions->prev = s;
	}
}

static void
link_out(struct session *s)
{
	struct conn *c = s->conn;

	if (c->sessions == s)
		c->sessions = s->next;
	else
		s->prev->next = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	else if (c->sessions != NULL)
		c->sessions->prev = s->prev;
}

/*
 * A message is incomplete for as long as a silent partner is tolerated: ends the conversation, so that its memory is
 * freed.
 */
static void
session_out_of_patience(void *arg)
{
	struct session *s = arg;
	struct conn *c = s->conn;
	struct ipconn *i = s->ipconn;

	if (s->waits) {
		conn_close(c, CONN_AT_ONCE, "the partner does not read its answers");
		return;
	}
	log_say(c->worker->log, MSG_DFHIS1021, "ipconn", i->def->ipconn, "connection", c->facts->connection, "direction",
		s->sending ? "SEND" : "RECEIVE", "why", "a message was begun and did not go on", NULL);
	if (s->sending) {
		flow_purge(&s->flow, "cancel");
	} else {
		if (s->flow.state == FLOW_RECEIVE)
			flow_is7(&s->flow, SENSE_BACKED_OUT, NULL);
		else
			flow_purge(&s->flow, "purge");
		session_let_pass(c, s->flow.conv);
	}
	s->side->deliver(s, SENSE_BACKED_OUT, "", "the partner did not go on with the conversation");
}

struct session *
session_new(struct conn *c, uint32_t conv, const struct session_side *side)
{
	struct session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->conn = c;
	s->ipconn = c->ipconn;
	s->side = side;
	s->sending = side->sending;
	s->began = c->worker->turn;
	flow_init(&s->flow, conv, side->sending, session_emit, c);
	flow_hold(&s->flow, true); /* session_taken sends pacing messages */
	timer_init(&s->patience, c->worker->loop, session_out_of_patience, s);
	link_in(s);
	count_slot(s, 1);
	return s;
}

void
session_end(struct session *s)
{
	struct worker *w = s->conn->worker;

	timer_stop(&s->patience);
	link_out(s);
	count_slot(s, -1);
	w->held -= s->counted;
	s->ipconn->engaged->held -= s->counted;
	s->counted = 0;
	if (s->working)
		task_cancel(&s->task);
	s->working = false;
	s->next = w->ended;
	w->ended = s;
}

void
session_bury(struct worker *w)
{
	while (w->ended != NULL) {
		struct session *s = w->ended;

		w->ended = s->next;
		buf_free(&s->task.answer);
		flow_free(&s->flow);
		free(s);
	}
}

struct session *
session_find(const struct conn *c, uint32_t conv)
{
	struct session *s = c->sessions;

	while (s != NULL && s->flow.conv != conv)
		s = s->next;
	return s;
}

unsigned
session_busy(const struct ipconn *i)
{
	const struct ipconn_statistics *n = ipconn_counts(i);

	return n->current_receive + n->current_send;
}

void
session_after(struct ipconn *i)
{
	i->worker->riders->queue(i);
	if (i->status == CONN_FREEING && session_busy(i) == 0)
		release_work_over(i);
}

void
session_over(struct session *s)
{
	struct ipconn *i = s->ipconn;

	session_end(s);
	session_after(i);
}

/* --- memory and the socket's buffer ----------------------------------------------------------- */

void
session_count(struct session *s)
{
	struct worker *w = s->conn->worker;
	size_t now = flow_bytes(&s->flow) + buf_len(&s->task.answer) + buf_len(&s->task.converted);

	w->held += now - s->counted;
	s->ipconn->engaged->held += now - s->counted;
	s->counted = now;
}

void
session_more(struct session *s)
{
	session_count(s);
	s->conn->pacing_due |= s->flow.pacing_due;
	timer_set(&s->patience, traffic_bears(s->conn));
}

bool
session_affords(const struct conn *c, size_t len)
{
	const struct worker *w = c->worker;
	size_t most = (size_t)w->generation->definition->region.conversation_kilobytes * 1024;

	return w->held + len <= most && c->ipconn->engaged->held + len <= most - w->held;
}

/* Closes c from a timer: the caller of session_emit may still be using it. */
static void
choke(struct conn *c)
{
	c->choked = true;
	timer_set(&c->timer, 0);
}

int
session_emit(void *arg, enum ipic_kind kind, const struct is_header *is, const void *body, size_t len)
{
	struct conn *c = arg;
	struct buf b;

	buf_init(&b, IPIC_PUT_AROUND + len);
	if (c->stage != CONN_INSTALLED || buf_len(&c->io.out) > OUT_MOST ||
		conn_send(c, &b, ipic_put_element(&b, kind, c->generation->definition->region.applid, is, body, len)) < 0)
		choke(c);
	return c->choked ? -1 : 0;
}

static int
send_on(struct session *s)
{
	return s->flow.state == s->side->turn ? s->side->begin(s) : flow_pump(&s->flow);
}

/* The answer or the request could not be sent. */
static void
unsent(struct session *s)
{
	if (s->conn->choked)
		return;
	if (!s->sending)
		flow_is7(&s->flow, SENSE_SYSTEM_ERROR, NULL);
	s->side->deliver(s, SENSE_SYSTEM_ERROR, "", "no memory to send it");
}

void
session_pump(struct session *s)
{
	s->waits = buf_len(&s->conn->io.out) >= OUT_FULL;
	if (!s->waits && send_on(s) < 0) {
		unsent(s);
		return;
	}
	session_count(s);
	if (s->waits || s->flow.state == FLOW_SEND)
		timer_set(&s->patience, traffic_bears(s->conn));
	else
		timer_stop(&s->patience);
	if (s->flow.state == FLOW_ENDED) {
		session_over(s);
	}
}

static struct session *
first_waiting(const struct conn *c)
{
	struct session *s = c->sessions;

	while (s != NULL && !s->waits)
		s = s->next;
	return s;
}

/* A session that was served goes to the end of the list, so that every conversation has its turn. */
void
session_flushed(struct conn *c)
{
	struct session *s;

	for (unsigned n = c->nsessions; n > 0 && c->stage == CONN_INSTALLED && buf_len(&c->io.out) < OUT_FULL; n--) {
		s = first_waiting(c);
		if (s == NULL)
			return;
		link_out(s);
		link_in(s);
		session_pump(s);
	}
}

void
session_taken(struct conn *c)
{
	if (!c->pacing_due)
		return;
	c->pacing_due = false;
	for (struct session *s = c->sessions; s != NULL && !c->choked; s = s->next)
		if (s->flow.pacing_due && flow_hold(&s->flow, false) == 0)
			flow_hold(&s->flow, true);
}

/* --- elements that come ----------------------------------------------------------------------- */

void
session_let_pass(struct conn *c, uint32_t conv)
{
	c->passing[c->passed] = conv;
	c->passed = (c->passed + 1) % CONN_PASSING;
}

void
session_say_error(struct conn *c, uint32_t conv, enum conversation_error code)
{
	char prefix[ADDR_TEXT], x[12], session[FLOW_CONV_TEXT];

	snprintf(x, sizeof x, "X'%04X'", (unsigned)code);
	log_refusal(c->worker->log, MSG_DFHIS1023, "conversation", x, conn_around(c, prefix), "code", x, "session", flow_print_conv(conv, session),
		"ipconn", c->facts->ipconn.ipconn, "connection", c->facts->connection, "words", sense_error_words(code), NULL);
	if (c->ipconn != NULL)
		c->ipconn->history->statistics.conversation_errors++;
}

/* For errors without a code of DFHIS1023: a bad head, too much data, no memory. */
static void
say_unfit(const struct session *s, const struct flow_error *e)
{
	const struct conn *c = s->conn;
	char prefix[ADDR_TEXT], session[FLOW_CONV_TEXT];

	log_refusal(c->worker->log, MSG_DFHIS1021, "conversation", "unfit", conn_around(c, prefix), "ipconn", s->ipconn->def->ipconn,
		"connection", c->facts->connection, "direction", s->sending ? "SEND" : "RECEIVE", "session",
		flow_print_conv(s->flow.conv, session), "why", e->text, "detail", e->detail, NULL);
}

void
session_broken(struct session *s, const struct flow_error *e, bool more)
{
	struct conn *c = s->conn;

	if (e->code != CONV_OK)
		session_say_error(c, s->flow.conv, e->code);
	else
		say_unfit(s, e);
	if (more && !s->sending)
		session_let_pass(c, s->flow.conv);
	if (s->sending)
		flow_purge(&s->flow, "cancel");
	else
		flow_is7(&s->flow, e->sense, NULL);
	s->side->deliver(s, e->sense, "", e->text);
}
