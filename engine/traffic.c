/* SPDX-License-Identifier: Apache-2.0 */
/* traffic: what runs on one socket after its CAPEX: heartbeats both ways (IPIC.md 2.8) and the release. */
#include "life.h"

#include "clock.h"

#include <stdio.h>
#include <string.h>

#define UNREAD_MAX (64 * 1024) /* answers a partner may leave unread */
#define HEARTBEAT_TRIES 2

static double
or_region(double own, double regions)
{
	return own >= 0 ? own : regions;
}

static double
period(const struct conn *c)
{
	return or_region(c->service->def->heartbeat, c->generation->definition->region.heartbeat);
}

static double
patience(const struct conn *c)
{
	return or_region(c->service->def->heartbeat_timeout, c->generation->definition->region.heartbeat_timeout);
}

static void
expect_message(struct conn *c)
{
	http_begin(&c->reader, HTTP_REQUEST | HTTP_ANSWER, HTTP_BODY_CAPEX);
}

void
traffic_begin(struct conn *c)
{
	c->heard = clock_span();
	expect_message(c);
	conn_enter(c, CONN_INSTALLED, period(c));
	io_pause(&c->io, false);
	io_consumed(&c->io);
}

void
traffic_flushed(struct conn *c)
{
	struct ipconn *i = c->ipconn;

	if (i->status == CONN_OBTAINING && i->socket[0] == c)
		ipconn_enter(i, CONN_ACQUIRED);
}

/* -1 when the bytes could not be queued. */
static int
send_message(struct conn *c, int status, const char *is)
{
	struct buf b;
	int ok;

	buf_init(&b, 1024);
	ok = status == 0 ? http_request(&b, c->generation->definition->region.applid, is, NULL, NULL, 0)
			 : http_answer(&b, status, is, NULL, NULL, 0);
	if (ok == 0)
		ok = buf_len(&c->io.out) < UNREAD_MAX ? io_write(&c->io, buf_bytes(&b), buf_len(&b)) : -1;
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
	conn_close(c, CONN_POLITELY, "heartbeats were not answered"); /* it may be mute, not gone */
}

void
traffic_timeout(struct conn *c)
{
	double idle = clock_span() - c->heard;

	if (c->missed >= HEARTBEAT_TRIES) {
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

void
traffic_probe(struct ipconn *i)
{
	struct conn *c = i->socket[0];
	double now = clock_span();

	if (c == NULL || c->missed > 0 || period(c) <= 0 || (i->probed > 0 && now - i->probed < patience(c)))
		return;
	i->probed = now;
	beat(c);
}

/* The partner broke the rules: it is told so, and the connection is lost. */
static void
protocol_error(struct conn *c, const char *what)
{
	struct capex_answer a = { .response = "INVALID", .reason = "ISCE_ERROR", .sendcount = -1, .receivecount = -1, .sockets = -1 };
	struct buf body, b;

	log_say(c->worker->log, MSG_SP0034, "connection", c->facts.connection, "ipconn", c->facts.ipconn.ipconn, "what", what, NULL);
	memcpy(a.connection, c->facts.connection, sizeof a.connection);
	buf_init(&body, 1024);
	buf_init(&b, 2048);
	if (wire_put_answer(&body, &a) == 0 && http_answer(&b, 400, WIRE_IS_CAPEX, WIRE_JSON, buf_bytes(&body), buf_len(&body)) == 0)
		io_write(&c->io, buf_bytes(&b), buf_len(&b));
	buf_free(&body);
	buf_free(&b);
	conn_close(c, CONN_POLITELY, what);
}

static void
take_request(struct conn *c, const struct is_header *is)
{
	if (c->reader.body.len > 0 || is->type != IS_CMD || (is->name != IS_HEARTBEAT && is->name != IS_RELEASE))
		protocol_error(c, "an unknown command, or one with a body");
	else if (send_message(c, 200, is->name == IS_RELEASE ? WIRE_IS_RELEASE : WIRE_IS_HEARTBEAT) < 0)
		conn_close(c, CONN_AT_ONCE, "the partner does not read its answers");
	else if (is->name == IS_RELEASE)
		ipconn_finish(c->ipconn, "the partner asked for release");
}

/* What is wrong with an answer; NULL: nothing. */
static const char *
misanswer(const struct conn *c, const struct is_header *is)
{
	if (c->nrequests == 0)
		return "an answer to nothing";
	if (c->reader.status != 200)
		return "our request was not answered with 200";
	return is->type == IS_CMD && is->name == c->request[0] ? NULL : "the answer's IS header is not our request's";
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
	if (asked == IS_RELEASE) {
		c->said_goodbye = true;
		ipconn_goodbye(c->ipconn);
	} else if (c->missed > 0) {
		c->missed = 0;
		timer_set(&c->timer, period(c));
	}
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
	else if (c->reader.kind == HTTP_REQUEST)
		take_request(c, &is);
	else
		take_answer(c, &is);
}

void
traffic_data(struct conn *c)
{
	while (c->stage == CONN_INSTALLED && buf_len(&c->io.in) > 0) {
		enum http_result r = http_read(&c->reader, buf_bytes(&c->io.in), buf_len(&c->io.in));

		if (r == HTTP_MORE)
			break;
		if (r == HTTP_BAD) {
			protocol_error(c, c->reader.why);
			break;
		}
		take(c);
		if (c->stage != CONN_INSTALLED)
			break;
		buf_consume(&c->io.in, c->reader.size);
		expect_message(c);
	}
	if (c->stage == CONN_INSTALLED)
		io_consumed(&c->io);
}
