/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/capex_answer.h"

#include "conn/acquire.h"
#include "conn/canary.h"
#include "conn/claiming.h"
#include "conn/hold.h"
#include "conn/traffic.h"
#include "metrics/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
send_answer(struct conn *c, struct buf *b, int put)
{
	if (conn_send(c, b, put) < 0)
		conn_close(c, CONN_AT_ONCE, "the answer could not be queued");
}

/* Answers with reason r. unread: the reader, when the bytes of the CAPEX are not a message; else NULL. */
static void
answer_refusal(struct conn *c, enum reason r, const struct ipic_reader *unread)
{
	struct capex_answer a = { .sendcount = -1, .receivecount = -1, .sockets = -1 };
	struct buf b;
	char event[64];

	snprintf(a.connection, sizeof a.connection, "%s", c->facts->connection);
	snprintf(event, sizeof event, "answered %d %s", ipic_refused_status(r, unread), reason_name(r));
	conn_event_copy(c, event);
	buf_init(&b, IPIC_PUT_MAX);
	send_answer(c, &b, ipic_put_refused(&b, r, unread, &a));
	conn_close(c, CONN_POLITELY, "CAPEX refused");
}

void
capex_answer_refusal(struct conn *c, enum reason r)
{
	answer_refusal(c, r, NULL);
}

void
capex_answer_unread(struct conn *c)
{
	answer_refusal(c, REASON_ISCE_ERROR, &c->reader);
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
capex_ruled(struct conn *c, const struct ruling *r)
{
	capex_refuse(c, r->reason, r->code, "%s", r->text);
}

void
capex_asked_again(struct conn *c, struct recheck_result *r)
{
	enum reason reason = r->door == DOOR_INSTALL ? REASON_AUTOINSTALL_FAILED : REASON_SECURITY_VIOLATION;

	recheck_record(r, c);
	conn_refused(c, MSG_SP0021, r->door < DOOR_COUNT ? door_name(r->door) : NULL, r->script, &r->verdict, reason_name(reason));
	capex_answer_refusal(c, reason);
}

void
capex_redirect(struct conn *c, const char *host, int port)
{
	struct capex_answer a = { .response = "OK", .sendcount = -1, .receivecount = -1, .sockets = -1, .port = port };
	char event[sizeof a.host + 40];
	struct buf b;

	snprintf(a.host, sizeof a.host, "%s", host);
	memcpy(a.connection, c->facts->connection, sizeof a.connection);
	snprintf(event, sizeof event, "answered %d: %s port %d", ipic_status(IPIC_REDIRECTED), host, port);
	conn_event_copy(c, event);
	record_outcome(c->record, "redirected", NULL, NULL, NULL);
	metrics_connection(c->worker->metrics, c->facts->tcpipservice, METRICS_ACCEPTED);
	conn_through(c);
	buf_init(&b, IPIC_PUT_MAX);
	send_answer(c, &b, ipic_put_redirected(&b, &a));
	conn_close(c, CONN_POLITELY, "redirected to the specific listener");
}

static void
say_accepted(struct conn *c, const struct ipconn *i)
{
	char count[24], event[24];

	log_say(c->worker->log, MSG_DFHIS2001, "ipconn", i->def->ipconn, "applid", i->def->applid, "connection", c->facts->connection,
		"#sessions", log_number(count, i->engaged->receivecount), "tcpipservice", c->facts->tcpipservice, NULL);
	snprintf(event, sizeof event, "answered %d", ipic_status(IPIC_OK));
	conn_event_copy(c, event);
}

void
capex_accept(struct conn *c, struct ipconn *i, enum socket_place place)
{
	ipconn_join(i, c, place);
	ipconn_adopt(i, canary_ruling(c->worker, i->engaged->canary)); /* another one may decide than when c was accepted */
	record_facts(c->record, c->facts);
	ipconn_record(i, c);
	record_outcome(c->record, "accepted", NULL, NULL, NULL);
	if (!hold_begin(c))
		capex_answered(c);
}

void
capex_answered(struct conn *c)
{
	const struct region_def *r = &c->generation->definition->region;
	struct ipconn *i = c->ipconn;
	struct capex_answer a = { .response = "OK", .sendcount = i->engaged->sendcount, .receivecount = i->engaged->receivecount, .sockets = i->engaged->sockets };
	struct buf b;

	if (claiming_refuses(c, i))
		return;
	memcpy(a.ipconn, i->def->ipconn, sizeof a.ipconn);
	memcpy(a.applid, r->applid, sizeof a.applid);
	memcpy(a.networkid, r->networkid, sizeof a.networkid);
	memcpy(a.connection, c->facts->connection, sizeof a.connection);
	attribute_print(attribute_find(resource_ipconn, "userauth"), i->def, a.userauth, sizeof a.userauth);
	if (c->place == SOCKET_IN)
		memcpy(a.token, i->engaged->token, sizeof a.token);
	metrics_connection(c->worker->metrics, c->facts->tcpipservice, METRICS_ACCEPTED);
	conn_through(c);
	traffic_begin(c);
	say_accepted(c, i);
	buf_init(&b, IPIC_PUT_MAX);
	send_answer(c, &b, ipic_put_accepted(&b, &a));
	if (c->ipconn == i)
		acquire_joined(c); /* calls back, or completes the ipconn */
}
