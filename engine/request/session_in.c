/* SPDX-License-Identifier: Apache-2.0 */
/* session_in: the receive side: requests on a socket that the partner dialled, their tasks, and the answers. */
#include "request/attach.h"
#include "request/session_internal.h"

#include "conn/steps.h"

#include <stdio.h>
#include <string.h>

/* --- conversations that are refused before they have a session -------------------------------- */

static void
refuse(struct conn *c, const struct is_header *is, unsigned sense)
{
	struct flow f;

	flow_init(&f, is->conv, false, session_emit, c);
	f.msg = is->msg;
	flow_is7(&f, sense, NULL);
	flow_free(&f);
	if (!is->last)
		session_let_pass(c, is->conv);
}

static void
refuse_attach(struct conn *c, const struct is_header *is, unsigned sense)
{
	char number[SENSE_TEXT], session[FLOW_CONV_TEXT], prefix[ADDR_TEXT];

	sense_print(sense, number);
	log_refusal(c->worker->log, MSG_DFHIS1025, "conversation", number, conn_around(c, prefix), "sense", number, "words",
		sense_words(sense), "session", flow_print_conv(is->conv, session), "ipconn", c->ipconn->def->ipconn, "connection", c->facts->connection, NULL);
	refuse(c, is, sense);
}

static void
refuse_error(struct conn *c, const struct is_header *is, enum conversation_error code, unsigned sense)
{
	session_say_error(c, is->conv, code);
	refuse(c, is, sense);
}

/*
 * True when the element belongs to a conversation that ended while it was on its way. Forgets the conversation at its
 * last element.
 */
static bool
passes(struct conn *c, const struct is_header *is)
{
	for (unsigned n = 0; n < CONN_PASSING; n++) {
		if (c->passing[n] != is->conv)
			continue;
		if (is->last || (is->chain == 1 && is->msg == 1))
			c->passing[n] = 0;
		return is->chain > 1;
	}
	return false;
}

/* --- the task --------------------------------------------------------------------------------- */

/* True when the program of an open conversation is not defined any more since the last exchange. */
static bool
vanished(const struct session *s)
{
	return s->resumed && s->task.sense == SENSE_UNKNOWN && strcmp(s->program, s->task.request.program) == 0;
}

static void
session_in_answered(struct task *t)
{
	struct session *s = t->session;
	const struct flow_error gone = { .code = CONV_061C, .sense = SENSE_BACKED_OUT, .text = "" };

	s->working = false;
	session_count(s);
	if (t->sense == SENSE_NONE) {
		session_pump(s);
	} else if (vanished(s)) {
		session_broken(s, &gone, false);
	} else {
		flow_is7(&s->flow, t->sense, t->message[0] != '\0' ? t->message : NULL);
		session_over(s);
	}
}

/* Counts the converted data. */
static bool
session_in_holds(struct task *t)
{
	struct session *s = t->session;

	session_count(s);
	return session_affords(s->conn, 0);
}

/* Runs the whole request. */
static void
run(struct session *s)
{
	struct ipconn_statistics *n = &s->ipconn->history->statistics;
	struct task *t = &s->task;

	timer_stop(&s->patience);
	n->requests_received++;
	n->received += buf_len(&s->flow.in);
	memset(t, 0, sizeof *t);
	t->conn = s->conn;
	t->ipconn = s->ipconn;
	t->conv = s->flow.conv;
	t->request = s->flow.head;
	explicit_bzero(s->flow.head.password, sizeof s->flow.head.password);
	t->data = buf_bytes(&s->flow.in);
	t->len = buf_len(&s->flow.in);
	t->ccsid = s->flow.ccsid;
	t->done = session_in_answered;
	t->holds = session_in_holds;
	t->session = s;
	s->working = true;
	attach_begin(t);
}

/* Begins the answer. Frees the data of the request first. */
static int
session_in_answer(struct session *s)
{
	struct task *t = &s->task;
	bool open = s->flow.open && s->ipconn->def->mirrorlife != MIRRORLIFE_REQUEST;
	size_t len = buf_len(&t->answer);
	int status;

	buf_free(&s->flow.in);
	status = len > PAYLOAD_MAX ? -1 : flow_answer(&s->flow, buf_bytes(&t->answer), len, t->answer_ccsid, open);
	buf_free(&t->answer);
	if (status < 0)
		return -1;
	s->ipconn->history->statistics.sent += len;
	s->resumed = true;
	memcpy(s->program, t->request.program, sizeof s->program);
	return 0;
}

/* --- elements --------------------------------------------------------------------------------- */

static void
session_in_take(struct session *s, const struct is_header *is, const char *body, size_t len)
{
	struct conn *c = s->conn;
	struct flow_error e = { 0 };

	if (len > 0 && !session_affords(c, len)) { /* a pacing message has no body and frees memory */
		refuse_attach(c, is, SENSE_SYSTEM_ERROR);
		session_over(s);
		return;
	}
	switch (flow_take(&s->flow, IPIC_REQUEST, is, body, len, &e)) {
	case FLOW_MORE:
		session_more(s);
		break;
	case FLOW_WHOLE:
		session_count(s);
		run(s);
		break;
	case FLOW_PACED:
		session_pump(s);
		break;
	case FLOW_IS7:
		session_over(s);
		break;
	case FLOW_BROKEN:
		session_broken(s, &e, !is->last);
		break;
	case FLOW_FAILED:
		break; /* the timer of session_emit closes the connection */
	}
}

/*
 * Sets *before to the open conversation whose session the new one takes over; NULL: none. False: the new one was
 * refused.
 */
static bool
previous(struct conn *c, const struct is_header *is, struct session **before)
{
	char session[FLOW_CONV_TEXT], prefix[ADDR_TEXT];

	*before = is->prev != 0 ? session_find(c, is->prev) : NULL;
	if (is->prev == 0 || (*before != NULL && (*before)->flow.state == FLOW_IDLE))
		return true;
	if (*before != NULL) {
		refuse_error(c, is, CONV_0632, SENSE_BACKED_OUT);
		return false;
	}
	log_refusal(c->worker->log, MSG_DFHIS1034, "conversation", "previous", conn_around(c, prefix), "session", flow_print_conv(is->prev, session),
		"ipconn", c->ipconn->def->ipconn, "connection", c->facts->connection, NULL);
	return true;
}

/* The first element of a request: makes its session. */
static void
attach(struct conn *c, const struct is_header *is, const char *body, size_t len)
{
	struct ipconn *i = c->ipconn;
	struct session *before, *s;

	if (i->status == CONN_FREEING || c->worker->draining) {
		refuse_attach(c, is, SENSE_QUIESCING);
		return;
	}
	if (!previous(c, is, &before))
		return;
	if (before == NULL && i->history->statistics.current_receive >= (unsigned)i->engaged->receivecount) {
		refuse_error(c, is, CONV_061D, SENSE_ABENDED);
		return;
	}
	if (before != NULL)
		session_end(before);
	s = session_new(c, is->conv, &session_in_side);
	if (s == NULL) {
		refuse_attach(c, is, SENSE_SYSTEM_ERROR);
		return;
	}
	s->flow.previous_active = before != NULL;
	session_in_take(s, is, body, len);
}

void
session_in_begin(struct conn *c, const struct is_header *is, const char *body, size_t len)
{
	if (is->pacing || is->is7 != 0 || passes(c, is))
		return; /* sent before the partner knew of the end */
	if (is->chain == 1 && is->msg == 1)
		attach(c, is, body, len);
	else
		refuse_error(c, is, CONV_0630, SENSE_BACKED_OUT);
}

/* The partner began the conversation: no shipment waits for its end. */
static void
session_in_deliver(struct session *s, unsigned sense, const char *message, const char *why)
{
	(void)sense;
	(void)message;
	(void)why;
	session_over(s);
}

const struct session_side session_in_side = {
	.turn = FLOW_WORK,
	.take = session_in_take,
	.begin = session_in_answer,
	.deliver = session_in_deliver,
};
