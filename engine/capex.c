/* SPDX-License-Identifier: Apache-2.0 */
/* capex: the capability exchange: read it, check what needs no policy, answer it. */
#include "life.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TLS_RECORD 0x16

static void
answer(struct conn *c, int status, const struct capex_answer *a)
{
	struct buf body, message;

	buf_init(&body, 4096);
	buf_init(&message, 8192);
	if (wire_put_answer(&body, a) < 0 ||
		http_answer(&message, status, WIRE_IS_CAPEX, WIRE_JSON, buf_bytes(&body), buf_len(&body)) < 0 ||
		io_write(&c->io, buf_bytes(&message), buf_len(&message)) < 0)
		conn_close(c, CONN_AT_ONCE, "the answer could not be queued");
	buf_free(&body);
	buf_free(&message);
}

static void
answer_refusal(struct conn *c, enum reason r, int status)
{
	struct capex_answer a = { .sendcount = -1, .receivecount = -1, .sockets = -1 };
	char event[64];

	snprintf(a.response, sizeof a.response, "%s", reason_response(r));
	snprintf(a.reason, sizeof a.reason, "%s", reason_name(r));
	snprintf(a.connection, sizeof a.connection, "%s", c->facts.connection);
	snprintf(event, sizeof event, "answered %d %s", status, reason_name(r));
	conn_event(c, event);
	answer(c, status, &a);
	conn_close(c, CONN_POLITELY, "CAPEX refused");
}

void
capex_answer_refusal(struct conn *c, enum reason r)
{
	answer_refusal(c, r, reason_status(r));
}

void
capex_refuse(struct conn *c, enum reason r, const char *code, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	conn_engine_refused(c, MSG_SP0031, code, reason_name(r), "%s", text);
	capex_answer_refusal(c, r);
}

static void
refuse_bytes(struct conn *c)
{
	conn_engine_refused(c, MSG_SP0031, "bad_capex", reason_name(REASON_ISCE_ERROR), "%s", c->reader.why);
	answer_refusal(c, REASON_ISCE_ERROR, c->reader.status);
}

/* -1 when it was refused. */
static int
parse(struct conn *c)
{
	const char *bytes = (const char *)buf_bytes(&c->io.in);
	const struct http_reader *r = &c->reader;
	struct is_header is;
	struct fault why = { .text = "the IS header is missing" };

	if (r->is.len == 0 || wire_is(&is, bytes + r->is.at, r->is.len, &why) < 0)
		;
	else if (is.type != IS_CMD || is.name != IS_CAPEX)
		fault_set(&why, "the first request must be cmd capex");
	else if (r->type.len > 0 && !wire_is_json(bytes + r->type.at, r->type.len))
		fault_set(&why, "Content-Type must be application/json");
	else if (buf_len(&c->io.in) > r->size)
		fault_set(&why, "bytes behind the CAPEX request, before its answer");
	else if (wire_capex(&c->facts.capex, bytes + r->body.at, r->body.len, &why) == 0)
		return 0;
	capex_refuse(c, REASON_ISCE_ERROR, "bad_capex", "%s", why.text);
	return -1;
}

/* Whom the caller thinks it is calling (IPIC.md 2.1): what is given must be ours. */
static bool
calls_us(const struct capex *x, const struct region_def *r)
{
	return (x->server_applid[0] == '\0' || strcmp(x->server_applid, r->applid) == 0) &&
		(x->server_networkid[0] == '\0' || strcmp(x->server_networkid, r->networkid) == 0);
}

static void
check(struct conn *c)
{
	const struct region_def *r = &c->generation->definition->region;
	struct capex *x = &c->facts.capex;

	c->facts.has_capex = true;
	if (x->networkid[0] == '\0')
		memcpy(x->networkid, r->networkid, sizeof x->networkid);
	record_facts(c->record, &c->facts);
	if (c->worker->draining)
		capex_refuse(c, REASON_SHUTDOWN, "shutdown", "the region is shutting down");
	else if (!c->entrance->open)
		capex_refuse(c, REASON_TCPIPSERVICE_NOT_OPEN, "not_open", "tcpipservice %s is not open any more", c->entrance->tcpipservice);
	else if (!calls_us(x, r))
		capex_refuse(c, REASON_ISCE_INVALID_APPLID, "server_applid", "the caller means %s.%s; this is %s.%s",
			x->server_networkid[0] != '\0' ? x->server_networkid : "*", x->server_applid[0] != '\0' ? x->server_applid : "*",
			r->networkid, r->applid);
	else
		bind_begin(c);
}

void
capex_data(struct conn *c)
{
	switch (http_read(&c->reader, buf_bytes(&c->io.in), buf_len(&c->io.in))) {
	case HTTP_MORE:
		return;
	case HTTP_BAD:
		refuse_bytes(c);
		return;
	case HTTP_DONE:
		break;
	}
	conn_event(c, "CAPEX read");
	timer_stop(&c->timer);
	if (parse(c) < 0)
		return;
	buf_consume(&c->io.in, c->reader.size);
	io_pause(&c->io, true);
	check(c);
}

void
capex_begin(struct conn *c)
{
	bool tls = c->service->tls != NULL;

	c->facts.stage = STAGE_CAPEX;
	http_begin(&c->reader, HTTP_REQUEST, HTTP_BODY_CAPEX);
	conn_enter(c, CONN_CAPEX, c->generation->definition->region.capex_timeout);
	if (!tls && io_first(&c->io) == TLS_RECORD)
		capex_refuse(c, REASON_ISCE_ERROR, "tls_on_plain", "TLS on a plain port; the partner must not use TLS here");
	else if (buf_len(&c->io.in) > 0)
		capex_data(c);
}

/* Silence after accept, or a CAPEX that does not end. A TLS peer that never spoke gets nothing: it could not read it. */
void
capex_timeout(struct conn *c)
{
	const struct region_def *r = &c->generation->definition->region;

	if (c->stage == CONN_CAPEX)
		capex_refuse(c, REASON_ISCE_TIMED_OUT, "timeout", "no whole CAPEX in %g s", r->capex_timeout);
	else if (c->service->tls == NULL)
		capex_refuse(c, REASON_ISCE_TIMED_OUT, "timeout", "no byte in %g s after the accept", r->tcp_timeout);
	else {
		conn_engine_refused(c, MSG_SP0021, "timeout", NULL, "no byte in %g s after the accept", r->tcp_timeout);
		conn_close(c, CONN_AT_ONCE, "silence");
	}
}

static void
say_accepted(struct conn *c, const struct ipconn *i)
{
	char count[24];

	log_say(c->worker->log, MSG_DFHIS2001, "ipconn", i->def.ipconn, "applid", i->def.applid, "connection", c->facts.connection,
		"sessions", log_number(count, i->receivecount), "tcpipservice", c->facts.tcpipservice, NULL);
	record_facts(c->record, &c->facts);
	record_outcome(c->record, "accepted", NULL, NULL, NULL);
	conn_event(c, "answered 200");
}

void
capex_accept(struct conn *c, struct ipconn *i, unsigned n)
{
	const struct region_def *r = &c->generation->definition->region;
	struct capex_answer a = { .response = "OK", .sendcount = i->sendcount, .receivecount = i->receivecount, .sockets = i->sockets };

	memcpy(a.ipconn, i->def.ipconn, sizeof a.ipconn);
	memcpy(a.applid, r->applid, sizeof a.applid);
	memcpy(a.networkid, r->networkid, sizeof a.networkid);
	memcpy(a.connection, c->facts.connection, sizeof a.connection);
	if (n == 0)
		memcpy(a.token, i->token, sizeof a.token);
	ipconn_join(i, c, n);
	ipconn_adopt(i, c->worker->generation); /* it may have changed while this connection walked under its own */
	conn_through(c);
	traffic_begin(c);
	say_accepted(c, i);
	answer(c, 200, &a);
}
