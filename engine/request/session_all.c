/* SPDX-License-Identifier: Apache-2.0 */
/* session_all: functions for all conversations of a connection or of an ipconn: loss, purge, INQUIRE. */
#include "request/session_internal.h"
#include "conn/resync.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct loss { /* sessions that ended with a connection */
	unsigned send, receive, indoubt;
};

static void
say_lost(const struct conn *c, const struct ipconn *i, const char *direction, unsigned n)
{
	char number[24];

	if (n > 0)
		log_say(c->worker->log, MSG_DFHIS1021, "ipconn", i->def->ipconn, "connection", c->facts->connection, "direction", direction, "#sessions",
			log_number(number, n), "why", "the socket was lost", NULL);
}

/* True when it is unknown whether an exchange of a unit of work was completed. */
static bool
in_doubt(const struct session *s)
{
	return !s->sending && s->flow.open && s->ipconn->def->mirrorlife == MIRRORLIFE_UOW;
}

void
session_lost(struct conn *c)
{
	struct ipconn *i = c->sessions != NULL ? c->sessions->ipconn : NULL;
	struct loss n = { 0 };

	while (c->sessions != NULL) {
		struct session *s = c->sessions;
		struct shipment *sent = s->shipment;

		n.send += s->sending;
		n.receive += !s->sending;
		n.indoubt += in_doubt(s);
		session_end(s);
		if (sent == NULL)
			continue;
		sent->session = NULL;
		sent->sense = SENSE_SYSTEM_ERROR;
		sent->why = "the connection was lost";
		sent->done(sent);
	}
	if (i == NULL)
		return;
	say_lost(c, i, "SEND", n.send);
	say_lost(c, i, "RECEIVE", n.receive);
	if (n.indoubt > 0)
		resync_in_doubt(i, n.indoubt);
}

/* A request without an answer gets an IS7. Every other conversation is ended by the expd `how`. */
static void
purge_one(struct session *s, const char *how)
{
	if (!s->sending && (s->flow.state == FLOW_RECEIVE || s->flow.state == FLOW_WORK)) {
		if (s->flow.state == FLOW_RECEIVE)
			session_let_pass(s->conn, s->flow.conv);
		flow_is7(&s->flow, SENSE_ABENDED, NULL);
	} else if (!s->sending || s->flow.state != FLOW_IDLE) {
		flow_purge(&s->flow, how);
	}
	if (s->sending)
		s->side->deliver(s, SENSE_ABENDED, "", "purged by the operator");
	else
		session_end(s);
}

const char *
session_purge_word(const char *typed)
{
	static const char *const words[] = { "cancel", "forcecancel", "purge", "forcepurge", "kill" };

	for (size_t n = 0; n < sizeof words / sizeof *words; n++)
		if (strcasecmp(typed, words[n]) == 0)
			return words[n];
	return NULL;
}

void
session_purge(struct ipconn *i, const char *how)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		while (ipconn_socket(i, n) != NULL && ipconn_socket(i, n)->sessions != NULL)
			purge_one(ipconn_socket(i, n)->sessions, how);
	session_after(i);
}

/* --- inquire ---------------------------------------------------------------------------------- */

static const char *
state_name(enum flow_state s)
{
	switch (s) {
	case FLOW_SEND: return "SEND";
	case FLOW_RECEIVE: return "RECEIVE";
	case FLOW_WORK: return "WORK";
	case FLOW_IDLE:
	case FLOW_ENDED: break;
	}
	return "IDLE";
}

static void
view(const struct session *s, double now, struct session_view *v)
{
	const struct request *head = s->sending ? (s->shipment != NULL ? &s->shipment->head : NULL) : &s->flow.head;

	*v = (struct session_view){
		.conv = s->flow.conv,
		.direction = s->sending ? "SEND" : "RECEIVE",
		.state = state_name(s->flow.state),
		.msg = s->flow.msg,
		.bytes = s->counted,
		.seconds = now - s->began,
	};
	snprintf(v->ipconn, sizeof v->ipconn, "%s", s->ipconn->def->ipconn);
	snprintf(v->connection, sizeof v->connection, "%s", s->conn->facts->connection);
	if (head == NULL)
		return;
	snprintf(v->tran, sizeof v->tran, "%s", head->tran);
	snprintf(v->program, sizeof v->program, "%s", head->program);
	snprintf(v->userid, sizeof v->userid, "%s", head->userid);
}

void
session_each(const struct ipconn *i, void (*fn)(void *arg, const struct session_view *v), void *arg)
{
	double now = clock_span();
	struct session_view v;

	for (unsigned n = 0; n < IPCONN_SOCKETS; n++) {
		for (const struct session *s = ipconn_socket(i, n) != NULL ? ipconn_socket(i, n)->sessions : NULL; s != NULL; s = s->next) {
			view(s, now, &v);
			fn(arg, &v);
		}
	}
}
