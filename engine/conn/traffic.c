/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic: the messages of one socket after its CAPEX: heartbeats in both directions (IPIC.md 2.8), release, and the
 * elements of conversations, which go to the riders table.
 */
#include "conn/traffic.h"

#include "conn/claiming.h"
#include "conn/release.h"
#include "conn/resync.h"
#include "conn/steps.h"
#include "conn/riders.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define UNREAD_MAX (64 * 1024) /* bytes: limit of queued answers that the partner has not read */
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

void
traffic_begin(struct conn *c)
{
	c->heard = clock_span();
	io_bound(&c->io, IPIC_READ_ELEMENT);
	ipic_expect_any(&c->reader);
	conn_enter(c, CONN_INSTALLED, period(c));
	io_pause(&c->io, false);
	io_consumed(&c->io);
}

void
traffic_flushed(struct conn *c)
{
	struct ipconn *i = c->ipconn;

	c->unread = 0;
	if (i->status == CONN_OBTAINING && ipconn_socket(i, SOCKET_IN) == c && !ipconn_two_way(i))
		ipconn_enter(i, CONN_ACQUIRED);
	c->worker->riders->flushed(c);
}

/* Queues a command or the answer to one. -1: no memory or no room, or too many answers are unread. */
static int
send_command(struct conn *c, struct buf *b, int put)
{
	c->unread += buf_len(b);
	return conn_send(c, b, c->unread < UNREAD_MAX ? put : -1);
}

int
traffic_request(struct conn *c, enum is_name name)
{
	struct buf b;

	if (c->nrequests == CONN_REQUESTS || c->stage != CONN_INSTALLED)
		return -1;
	c->request[c->nrequests++] = name;
	buf_init(&b, IPIC_PUT_MAX);
	return send_command(c, &b, ipic_put_command(&b, c->generation->definition->region.applid, name));
}

static int
answer_command(struct conn *c, enum is_name name)
{
	struct buf b;

	buf_init(&b, IPIC_PUT_MAX);
	return send_command(c, &b, ipic_put_command_answer(&b, name));
}

static void
beat(struct conn *c)
{
	if (c->ipconn->status == CONN_OBTAINING) { /* acquire has its own time limit; resync comes first */
		timer_set(&c->timer, period(c));
		return;
	}
	c->missed++;
	log_say(c->worker->log, MSG_SP0032, "connection", c->facts->connection, "ipconn", c->facts->ipconn.ipconn, NULL);
	timer_set(&c->timer, patience(c));
	if (traffic_request(c, IS_HEARTBEAT) < 0)
		conn_close(c, CONN_AT_ONCE, "a heartbeat could not be sent");
}

static void
give_up(struct conn *c)
{
	log_say(c->worker->log, MSG_DFHIS1050, "ipconn", c->facts->ipconn.ipconn, "connection", c->facts->connection, NULL);
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
		log_say(c->worker->log, MSG_SP0033, "connection", c->facts->connection, "ipconn", c->facts->ipconn.ipconn, NULL);
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
		if (ipconn_socket(i, n) != NULL && ipconn_socket(i, n)->stage == CONN_INSTALLED)
			return ipconn_socket(i, n);
	return NULL;
}

void
traffic_probe(struct ipconn *i)
{
	struct conn *c = installed(i);
	double now = clock_span();

	if (c == NULL || c->missed > 0 || period(c) <= 0 || (i->engaged->probed > 0 && now - i->engaged->probed < patience(c)))
		return;
	i->engaged->probed = now;
	beat(c);
}

/* The partner violated the protocol: answer with ISCE_ERROR and close the connection. */
static void
protocol_error(struct conn *c, const char *what)
{
	struct capex_answer a = { .sendcount = -1, .receivecount = -1, .sockets = -1 };
	struct buf b;

	log_say(c->worker->log, MSG_SP0034, "connection", c->facts->connection, "ipconn", c->facts->ipconn.ipconn, "what", what, NULL);
	memcpy(a.connection, c->facts->connection, sizeof a.connection);
	buf_init(&b, IPIC_PUT_MAX);
	conn_send(c, &b, ipic_put_refused(&b, REASON_ISCE_ERROR, NULL, &a));
	conn_close(c, CONN_POLITELY, what);
}

static void
take_request(struct conn *c, const struct ipic_message *m)
{
	enum is_name name = m->is.name;
	const char *wrong;

	if (name == IS_RESYNC) {
		wrong = resync_asked(c, m);
		if (wrong != NULL)
			protocol_error(c, wrong);
		return;
	}
	if (m->len > 0 || (name != IS_HEARTBEAT && name != IS_RELEASE))
		protocol_error(c, "an unknown command, or one with a body");
	else if (answer_command(c, name) < 0)
		conn_close(c, CONN_AT_ONCE, "the partner does not read its answers");
	else if (name == IS_RELEASE)
		release_part(c->ipconn);
}

/* The fault of an answer (static text); NULL: the answer is valid. */
static const char *
misanswer(const struct conn *c, const struct ipic_message *m)
{
	if (c->nrequests == 0)
		return "an answer without a request";
	if (m->outcome != IPIC_OK && c->request[0] != IS_RESYNC)
		return "the answer to a command of this side is not 200";
	return m->is.name == c->request[0] ? NULL : "the IS header of the answer is not that of the request";
}

static void
take_answer(struct conn *c, const struct ipic_message *m)
{
	enum is_name asked = c->request[0];
	const char *wrong = misanswer(c, m);

	if (wrong != NULL) {
		protocol_error(c, wrong);
		return;
	}
	memmove(c->request, c->request + 1, --c->nrequests * sizeof c->request[0]);
	if (asked == IS_RESYNC) {
		resync_answered(c, m);
	} else if (asked == IS_RELEASE) {
		c->release_answered = true;
		release_answered(c->ipconn);
	} else if (c->missed > 0) {
		c->missed = 0;
		timer_set(&c->timer, period(c));
	}
}

/* Takes an element of a conversation, or the answer to one. */
static void
take_element(struct conn *c, const struct ipic_message *m)
{
	const char *why = ipic_element_fault(m);

	if (why != NULL || c->worker->riders->message(c, m, &why) < 0)
		protocol_error(c, why);
}

static void
take(struct conn *c, const struct ipic_message *m)
{
	if (m->is.type != IS_CMD)
		take_element(c, m);
	else if (m->kind == IPIC_REQUEST)
		take_request(c, m);
	else
		take_answer(c, m);
}

/*
 * The called side is ACQUIRED when it sends its answer to resync. Data on its own sockets may arrive before that
 * answer. Such data stays in the buffer until this side is ACQUIRED too.
 */
static bool
overtakes(const struct conn *c, const struct ipic_message *m)
{
	return c->ipconn->engaged->acquiring && c->facts->way == WAY_IN && m->is.type != IS_CMD;
}

/*
 * Messages behind an unanswered resync stay in the buffer too: answers keep the order of the requests. So do
 * conversations while the region is fenced.
 */
static bool
comes_early(struct conn *c, const struct ipic_message *m)
{
	const struct ipconn *i = c->ipconn;
	bool unsettled = i->status == CONN_OBTAINING && ((i->engaged->resync_waits && c == ipconn_socket(i, SOCKET_IN)) || overtakes(c, m));

	if (!unsettled && (m->is.type == IS_CMD || !claiming_bars(i)))
		return false;
	c->early = true;
	io_pause(&c->io, true);
	return true;
}

void
traffic_resume(struct ipconn *i)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (ipconn_socket(i, n) != NULL && ipconn_socket(i, n)->early)
			timer_set(&ipconn_socket(i, n)->timer, 0);
}

void
traffic_judge(struct ipconn *i)
{
	if (i->worker->succeed != NULL)
		i->worker->succeed(i);
}

/* Takes the next message out of the buffer. False: there is none, or none may be taken now. */
static bool
take_next(struct conn *c)
{
	struct ipic_message m;
	struct fault why;
	enum ipic_result r = ipic_next(&c->reader, buf_bytes(&c->io.in), buf_len(&c->io.in), &m, &why);

	if (r == IPIC_MORE)
		return false;
	if (r == IPIC_BAD) {
		protocol_error(c, why.text);
		return false;
	}
	if (comes_early(c, &m))
		return false;
	c->heard = c->worker->turn;
	if (r == IPIC_UNTYPED)
		protocol_error(c, why.text);
	else
		take(c, &m);
	if (c->stage != CONN_INSTALLED)
		return false;
	buf_consume(&c->io.in, m.size);
	ipic_expect_any(&c->reader);
	return true;
}

/* Whether the messages of this turn have taken long; *began: when the first of them was taken, 0 before. */
static bool
took_long(double *began)
{
	double now = clock_span();

	if (*began == 0)
		*began = now;
	return now - *began > TURN_SECONDS;
}

void
traffic_data(struct conn *c)
{
	double began = 0;

	if (c->stage == CONN_INSTALLED)
		traffic_judge(c->ipconn);
	while (c->stage == CONN_INSTALLED && !c->choked && buf_len(&c->io.in) > 0 && take_next(c))
		if (buf_len(&c->io.in) > 0 && took_long(&began)) {
			io_leave(&c->io);
			break;
		}
	if (c->stage == CONN_INSTALLED)
		c->worker->riders->taken(c);
	if (c->stage == CONN_INSTALLED)
		io_consumed(&c->io);
}
