/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic: the messages of one socket after its CAPEX: heartbeats in both directions (IPIC.md 2.8), release, and the
 * elements of conversations, which go to the riders table.
 */
#include "conn/traffic.h"

#include "conn/release.h"
#include "conn/resync.h"
#include "conn/steps.h"
#include "conn/riders.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define UNREAD_MAX (64 * 1024) /* bytes: limit of queued answers that the partner has not read */
#define IN_MAX (HTTP_HEAD_MAX + HTTP_BODY_ELEMENT + 1)
#define HEARTBEAT_TRIES 2
#define TURN_SECONDS 0.005 /* limit per socket and turn; the other sockets are served before the rest */

static double
or_region(double own, double regions)
{
	return own >= 0 ? own : regions;
}

static double
period(const struct conn *c)
{
	return or_region(c->service->heartbeat, c->generation->definition->region.heartbeat);
}

static double
patience(const struct conn *c)
{
	return or_region(c->service->heartbeat_timeout, c->generation->definition->region.heartbeat_timeout);
}

double
traffic_bears(const struct conn *c)
{
	return period(c) + 2 * patience(c);
}

static void
expect_message(struct conn *c)
{
	http_begin(&c->reader, HTTP_REQUEST | HTTP_ANSWER, HTTP_BODY_ELEMENT);
}

void
traffic_begin(struct conn *c)
{
	c->heard = clock_span();
	io_bound(&c->io, IN_MAX);
	expect_message(c);
	conn_enter(c, CONN_INSTALLED, period(c));
	io_pause(&c->io, false);
	io_consumed(&c->io);
}

void
traffic_flushed(struct conn *c)
{
	struct ipconn *i = c->ipconn;

	c->unread = 0;
	if (i->status == CONN_OBTAINING && i->socket[SOCKET_IN] == c && !ipconn_two_way(i))
		ipconn_enter(i, CONN_ACQUIRED);
	c->worker->riders->flushed(c);
}

/* -1: the bytes could not be queued. */
static int
send_message(struct conn *c, int status, const char *is)
{
	struct buf b;
	int ok;

	buf_init(&b, 1024);
	ok = status == 0 ? http_request(&b, c->generation->definition->region.applid, is, NULL, NULL, 0)
			 : http_answer(&b, status, is, NULL, NULL, 0);
	c->unread += buf_len(&b);
	if (ok == 0)
		ok = c->unread < UNREAD_MAX ? io_write(&c->io, buf_bytes(&b), buf_len(&b)) : -1;
	buf_free(&b);
	return ok;
}

int
traffic_request(struct conn *c, enum is_name name)
{
	if (c->nrequests == CONN_REQUESTS || c->stage != CONN_INSTALLED)
		return -1;
	c->request[c->nrequests++] = name;
	return send_message(c, 0, name == IS_RELEASE ? WIRE_IS_RELEASE : WIRE_IS_HEARTBEAT);
}

static void
beat(struct conn *c)
{
	if (c->ipconn->status == CONN_OBTAINING) { /* acquire has its own time limit; resync comes first */
		timer_set(&c->timer, period(c));
		return;
	}
	c->missed++;
	log_say(c->worker->log, MSG_SP0032, "connection", c->facts.connection, "ipconn", c->facts.ipconn.ipconn, NULL);
	timer_set(&c->timer, patience(c));
	if (traffic_request(c, IS_HEARTBEAT) < 0)
		conn_close(c, CONN_AT_ONCE, "a heartbeat could not be sent");
}

static void
give_up(struct conn *c)
{
	log_say(c->worker->log, MSG_DFHIS1050, "ipconn", c->facts.ipconn.ipconn, "connection", c->facts.connection, NULL);
	conn_close(c, CONN_POLITELY, "heartbeats were not answered"); /* politely: the partner may still read */
}

/* From a timer: taking the data may release the ipconn, and the caller is still using it. */
static void
resume(struct conn *c)
{
	c->early = false;
	conn_enter(c, CONN_INSTALLED, period(c));
	io_pause(&c->io, false);
	traffic_data(c);
}

void
traffic_timeout(struct conn *c)
{
	double idle = clock_span() - c->heard;

	if (c->choked) {
		conn_close(c, CONN_AT_ONCE, "the partner does not read its answers");
	} else if (c->early && c->ipconn->status != CONN_OBTAINING) {
		resume(c);
	} else if (c->missed >= HEARTBEAT_TRIES) {
		give_up(c);
	} else if (c->missed > 0) {
		log_say(c->worker->log, MSG_SP0033, "connection", c->facts.connection, "ipconn", c->facts.ipconn.ipconn, NULL);
		beat(c);
	} else if (idle < period(c)) {
		timer_set(&c->timer, period(c) - idle);
	} else {
		beat(c);
	}
}

/* One socket is enough: when one socket is lost, all sockets of the ipconn end. */
static struct conn *
installed(const struct ipconn *i)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] != NULL && i->socket[n]->stage == CONN_INSTALLED)
			return i->socket[n];
	return NULL;
}

void
traffic_probe(struct ipconn *i)
{
	struct conn *c = installed(i);
	double now = clock_span();

	if (c == NULL || c->missed > 0 || period(c) <= 0 || (i->probed > 0 && now - i->probed < patience(c)))
		return;
	i->probed = now;
	beat(c);
}

/* The partner violated the protocol: answer 400 and close the connection. */
static void
protocol_error(struct conn *c, const char *what)
{
	struct capex_answer a = { .response = "INVALID", .reason = "ISCE_ERROR", .sendcount = -1, .receivecount = -1, .sockets = -1 };
	struct buf body;

	log_say(c->worker->log, MSG_SP0034, "connection", c->facts.connection, "ipconn", c->facts.ipconn.ipconn, "what", what, NULL);
	memcpy(a.connection, c->facts.connection, sizeof a.connection);
	buf_init(&body, 1024);
	if (wire_put_answer(&body, &a) == 0)
		conn_send(c, 400, WIRE_IS_CAPEX, WIRE_JSON, buf_bytes(&body), buf_len(&body));
	buf_free(&body);
	conn_close(c, CONN_POLITELY, what);
}

static const char *
body_of(const struct conn *c)
{
	return (const char *)buf_bytes(&c->io.in) + c->reader.body.at;
}

static void
take_request(struct conn *c, const struct is_header *is)
{
	const char *wrong;

	if (is->name == IS_RESYNC) {
		wrong = resync_asked(c, body_of(c), c->reader.body.len);
		if (wrong != NULL)
			protocol_error(c, wrong);
		return;
	}
	if (c->reader.body.len > 0 || (is->name != IS_HEARTBEAT && is->name != IS_RELEASE))
		protocol_error(c, "an unknown command, or one with a body");
	else if (send_message(c, 200, is->name == IS_RELEASE ? WIRE_IS_RELEASE : WIRE_IS_HEARTBEAT) < 0)
		conn_close(c, CONN_AT_ONCE, "the partner does not read its answers");
	else if (is->name == IS_RELEASE)
		release_part(c->ipconn);
}

/* The fault of an answer (static text); NULL: the answer is valid. */
static const char *
misanswer(const struct conn *c, const struct is_header *is)
{
	if (c->nrequests == 0)
		return "an answer to nothing";
	if (c->reader.status != 200 && c->request[0] != IS_RESYNC)
		return "our request was not answered with 200";
	return is->name == c->request[0] ? NULL : "the answer's IS header is not our request's";
}

static void
take_answer(struct conn *c, const struct is_header *is)
{
	enum is_name asked = c->request[0];
	const char *wrong = misanswer(c, is);

	if (wrong != NULL) {
		protocol_error(c, wrong);
		return;
	}
	memmove(c->request, c->request + 1, --c->nrequests * sizeof c->request[0]);
	if (asked == IS_RESYNC) {
		resync_answered(c, c->reader.status, body_of(c), c->reader.body.len);
	} else if (asked == IS_RELEASE) {
		c->said_goodbye = true;
		release_goodbye(c->ipconn);
	} else if (c->missed > 0) {
		c->missed = 0;
		timer_set(&c->timer, period(c));
	}
}

/* Takes the 200 or 500 that answers an element of a conversation. */
static void
take_element(struct conn *c, const struct is_header *is)
{
	const char *bytes = (const char *)buf_bytes(&c->io.in), *why;

	if (c->reader.kind == HTTP_ANSWER && c->reader.status != (is->is7 != 0 ? 500 : 200))
		protocol_error(c, "a conversation's answer is 200, and 500 with is7");
	else if (c->worker->riders->message(c, c->reader.kind, is, bytes + c->reader.body.at, c->reader.body.len, &why) < 0)
		protocol_error(c, why);
}

static void
take(struct conn *c)
{
	const char *bytes = (const char *)buf_bytes(&c->io.in);
	struct is_header is = { 0 };
	struct fault why = { .text = "the IS header is missing" };

	c->heard = clock_span();
	if (c->reader.is.len == 0 || wire_is(&is, bytes + c->reader.is.at, c->reader.is.len, &why) < 0)
		protocol_error(c, why.text);
	else if (is.type != IS_CMD)
		take_element(c, &is);
	else if (c->reader.kind == HTTP_REQUEST)
		take_request(c, &is);
	else
		take_answer(c, &is);
}

/*
 * The called side is ACQUIRED when it sends its answer to resync. Data on its own sockets may arrive before that
 * answer. Such data stays in the buffer until this side is ACQUIRED too.
 */
static bool
overtakes(const struct conn *c)
{
	struct is_header is = { 0 };
	struct fault f;
	const char *bytes = (const char *)buf_bytes(&c->io.in);

	return c->ipconn->acquiring && c->facts.way == WAY_IN && c->reader.is.len > 0 &&
		wire_is(&is, bytes + c->reader.is.at, c->reader.is.len, &f) == 0 && is.type != IS_CMD;
}

/* Messages behind an unanswered resync stay in the buffer too: answers keep the order of the requests. */
static bool
comes_early(struct conn *c)
{
	const struct ipconn *i = c->ipconn;

	if (i->status != CONN_OBTAINING || !((i->resync_waits && c == i->socket[SOCKET_IN]) || overtakes(c)))
		return false;
	c->early = true;
	io_pause(&c->io, true);
	return true;
}

void
traffic_resume(struct ipconn *i)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] != NULL && i->socket[n]->early)
			timer_set(&i->socket[n]->timer, 0);
}

void
traffic_data(struct conn *c)
{
	double began = clock_span();

	while (c->stage == CONN_INSTALLED && !c->choked && buf_len(&c->io.in) > 0) {
		enum http_result r = http_read(&c->reader, buf_bytes(&c->io.in), buf_len(&c->io.in));

		if (r == HTTP_MORE)
			break;
		if (r == HTTP_BAD) {
			protocol_error(c, c->reader.why);
			break;
		}
		if (comes_early(c))
			break;
		take(c);
		if (c->stage != CONN_INSTALLED)
			break;
		buf_consume(&c->io.in, c->reader.size);
		expect_message(c);
		if (clock_span() - began > TURN_SECONDS && buf_len(&c->io.in) > 0) {
			io_leave(&c->io);
			break;
		}
	}
	if (c->stage == CONN_INSTALLED)
		c->worker->riders->taken(c);
	if (c->stage == CONN_INSTALLED)
		io_consumed(&c->io);
}
