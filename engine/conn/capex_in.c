/* SPDX-License-Identifier: Apache-2.0 */
/* capex: the capability exchange: read it, check what needs no policy, answer it; way out: send it, and take the answer. */
#include "conn/steps.h"

#include "conn/recheck.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TLS_RECORD 0x16

static void
answer(struct conn *c, int status, const struct capex_answer *a)
{
	struct buf body;

	buf_init(&body, 4096);
	if (wire_put_answer(&body, a) < 0 || conn_send(c, status, WIRE_IS_CAPEX, WIRE_JSON, buf_bytes(&body), buf_len(&body)) < 0)
		conn_close(c, CONN_AT_ONCE, "the answer could not be queued");
	buf_free(&body);
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

void
capex_redirect(struct conn *c, const char *host, int port)
{
	struct capex_answer a = { .response = "OK", .sendcount = -1, .receivecount = -1, .sockets = -1, .port = port };
	char event[sizeof a.host + 40];

	snprintf(a.host, sizeof a.host, "%s", host);
	memcpy(a.connection, c->facts.connection, sizeof a.connection);
	snprintf(event, sizeof event, "answered 307: %s port %d", host, port);
	conn_event(c, event);
	record_outcome(c->record, "redirected", NULL, NULL, NULL);
	conn_through(c);
	answer(c, 307, &a);
	conn_close(c, CONN_POLITELY, "sent on to the specific listener");
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
	c->facts.socket = x->socket;
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

/* --- way out --------------------------------------------------------------------------------------------------------- */

static void
bad_answer(struct conn *c, const char *reason, const char *what)
{
	dial_failed(c, "bad_answer", reason, "%s", what);
}

/* The partner's refusal, as it came. */
static void
refused_there(struct conn *c, const struct capex_answer *a)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof text, "the partner answered %d; there it is connection %s", c->reader.status,
		a->connection[0] != '\0' ? a->connection : "(not said)");
	dial_refused(c, a->response, a->reason, text);
}

/* The names must be the ipconn's, or, when we call back, the caller's: somebody else is behind that port. A cluster (ha) answers by the name of one of
 * its regions; who called with a blank APPLID may have any. */
static bool
is_partner(const struct capex_answer *a, const struct ipconn *i)
{
	const char *applid = i->acquiring ? i->def.applid : i->capex.applid, *networkid = i->acquiring ? i->def.networkid : i->capex.networkid;

	if (i->acquiring ? i->def.ha == YES : applid[0] == '\0')
		return true;
	return strcmp(a->applid, applid) == 0 && strcmp(a->networkid, networkid) == 0;
}

/* It walked under an older generation than the one that has come: what was decided is asked again, so that nobody is acquired by a rule that has
 * gone. True when it was refused. */
static bool
refused_since(struct conn *c)
{
	struct recheck_result r = { .refused = false };

	if (c->generation != c->worker->generation)
		recheck_socket(c, c->worker->generation, c->ipconn, c->place == SOCKET_OUT, &r);
	c->asked = 0;
	if (!r.refused)
		return false;
	recheck_record(&r, c);
	conn_refused(c, MSG_SP0021, r.door < DOOR_COUNT ? door_name(r.door) : NULL, r.script, &r.verdict, NULL);
	dial_failed(c, r.verdict.code, "SECURITY_VIOLATION", "refused by the generation that came meanwhile: %s", r.verdict.text);
	return true;
}

static void
accepted_there(struct conn *c, const struct capex_answer *a)
{
	const struct ipconn_def *d = &c->ipconn->def;

	if (strcmp(a->response, "OK") != 0) {
		bad_answer(c, "ISCER_BAD_RESPONSE", "the answer is 200, and its response is not OK");
	} else if (!is_partner(a, c->ipconn)) {
		dial_failed(c, "bad_answer", "ISCER_BAD_RESPONSE", "%s.%s answered; ipconn %s is %s.%s", a->networkid, a->applid, d->ipconn,
			d->networkid, d->applid);
	} else if (!refused_since(c)) {
		record_outcome(c->record, "accepted", NULL, NULL, NULL);
		obtain_answered(c, a);
	}
}

static void
redirected(struct conn *c, const struct capex_answer *a)
{
	if (c->place != SOCKET_OUT || a->host[0] == '\0' || a->port <= 0)
		bad_answer(c, "ISCER_BAD_RESPONSE", "the answer is 307 without a host and port, or to a further socket");
	else
		obtain_redirected(c, a->host, a->port);
}

/* A status that IPIC's answers never have: some other server is behind that port. */
static bool
ours(int status)
{
	return status == 200 || status == 307 || status == 400 || status == 403 || status == 413 || status == 503;
}

static void
take_answer(struct conn *c)
{
	const char *bytes = (const char *)buf_bytes(&c->io.in);
	const struct http_reader *r = &c->reader;
	struct capex_answer a = { .port = 0 };
	struct is_header is = { .name = IS_NONE };
	struct fault why = { .text = "the answer's IS header is missing or is not cmd capex" };
	bool capex = r->is.len > 0 && wire_is(&is, bytes + r->is.at, r->is.len, &why) == 0 && is.type == IS_CMD && is.name == IS_CAPEX;
	bool read = capex && wire_answer(&a, bytes + r->body.at, r->body.len, &why) == 0;
	bool refusal = read && r->status >= 400 && strcmp(a.response, "OK") != 0;
	char event[40];

	snprintf(event, sizeof event, "was answered %d", r->status);
	conn_event(c, event);
	buf_consume(&c->io.in, r->size);
	if (refusal)
		refused_there(c, &a);
	else if (!ours(r->status))
		dial_failed(c, "bad_answer", "ISCER_HTTP_ERROR", "the answer's status is %d", r->status);
	else if (!read || r->status >= 400)
		bad_answer(c, "ISCER_BAD_RESPONSE", read ? "a refusal whose response is OK" : why.text);
	else if (r->status == 200)
		accepted_there(c, &a);
	else
		redirected(c, &a);
}

static void
answer_data(struct conn *c)
{
	switch (http_read(&c->reader, buf_bytes(&c->io.in), buf_len(&c->io.in))) {
	case HTTP_MORE:
		return;
	case HTTP_BAD:
		bad_answer(c, "ISCER_HTTP_ERROR", c->reader.why);
		return;
	case HTTP_DONE:
		break;
	}
	timer_stop(&c->timer);
	take_answer(c);
	if (c->stage == CONN_INSTALLED && buf_len(&c->io.in) > 0)
		traffic_data(c);
}

static void
send_capex(struct conn *c)
{
	struct capex *x = &c->facts.capex;
	struct buf body;

	obtain_capex(c->ipconn, (enum socket_place)c->place, x);
	c->facts.has_capex = true;
	record_facts(c->record, &c->facts);
	buf_init(&body, 4096);
	if (wire_put_capex(&body, x) < 0 || conn_send(c, 0, WIRE_IS_CAPEX, WIRE_JSON, buf_bytes(&body), buf_len(&body)) < 0)
		dial_failed(c, "limit", NULL, "the CAPEX could not be queued");
	else
		conn_event(c, "CAPEX sent");
	buf_free(&body);
}

static void
begin_out(struct conn *c)
{
	http_begin(&c->reader, HTTP_ANSWER, HTTP_BODY_CAPEX);
	conn_enter(c, CONN_CAPEX, c->generation->definition->region.capex_timeout);
	send_capex(c);
}

void
capex_broken(struct conn *c, const char *why)
{
	const struct tls_ending *e = c->io.tls != NULL ? tls_ending(c->io.tls) : NULL;

	if (e != NULL && e->alert >= 0 && !e->alert_sent && e->alert_name[0] != '\0')
		certify_repented(c);
	else
		dial_failed(c, "bad_answer", NULL, "before the answer to our CAPEX: %s", why);
}

/* --- both ways ------------------------------------------------------------------------------------------------------- */

void
capex_data(struct conn *c)
{
	if (c->facts.way == WAY_OUT) {
		answer_data(c);
		return;
	}
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
	if (c->facts.way == WAY_OUT) {
		begin_out(c);
		return;
	}
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

	if (c->facts.way == WAY_OUT)
		dial_failed(c, "timeout", "ISCER_TIMED_OUT", "no whole answer to our CAPEX in %g s", r->capex_timeout);
	else if (c->stage == CONN_CAPEX)
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
		"#sessions", log_number(count, i->receivecount), "tcpipservice", c->facts.tcpipservice, NULL);
	record_facts(c->record, &c->facts);
	ipconn_record(i, c);
	record_outcome(c->record, "accepted", NULL, NULL, NULL);
	conn_event(c, "answered 200");
}

void
capex_accept(struct conn *c, struct ipconn *i, enum socket_place place)
{
	const struct region_def *r = &c->generation->definition->region;
	struct capex_answer a = { .response = "OK", .sendcount = i->sendcount, .receivecount = i->receivecount, .sockets = i->sockets };

	memcpy(a.ipconn, i->def.ipconn, sizeof a.ipconn);
	memcpy(a.applid, r->applid, sizeof a.applid);
	memcpy(a.networkid, r->networkid, sizeof a.networkid);
	memcpy(a.connection, c->facts.connection, sizeof a.connection);
	attribute_print(attribute_find(ipconn_attributes, "userauth"), &i->def, a.userauth, sizeof a.userauth);
	if (place == SOCKET_IN)
		memcpy(a.token, i->token, sizeof a.token);
	ipconn_join(i, c, place);
	ipconn_adopt(i, c->worker->generation); /* it may have changed while this connection walked under its own */
	conn_through(c);
	traffic_begin(c);
	say_accepted(c, i);
	answer(c, 200, &a);
}
