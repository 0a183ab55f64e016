/* SPDX-License-Identifier: Apache-2.0 */
/* capex_out: sends this side's CAPEX on an outbound connection and takes the answer. */
#include "conn/acquire.h"
#include "conn/canary.h"
#include "conn/recheck.h"
#include "conn/steps.h"
#include "conn/traffic.h"

#include <stdio.h>
#include <string.h>

static void
bad_answer(struct conn *c, const char *reason, const char *what)
{
	dial_failed(c, "bad_answer", reason, "%s", what);
}

/* The partner refused the CAPEX: report its response and reason unchanged. */
static void
refused_there(struct conn *c, const struct ipic_message *m, const struct capex_answer *a)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof text, "the partner answered %d; its connection is %s", m->status,
		a->connection[0] != '\0' ? a->connection : "(not said)");
	dial_refused(c, a->response, a->reason, text);
}

/*
 * True when the names in the answer are the ipconn's or, in a call-back, the caller's. Otherwise another region owns
 * that port. A cluster (ha) answers with the name of one of its regions. A caller that sent a blank APPLID may answer
 * with any APPLID.
 */
static bool
is_partner(const struct capex_answer *a, const struct ipconn *i)
{
	const char *applid = i->engaged->acquiring ? i->def->applid : i->engaged->heard.applid, *networkid = i->engaged->acquiring ? i->def->networkid : i->engaged->heard.networkid;

	if (i->engaged->acquiring ? i->def->ha == YES : applid[0] == '\0')
		return true;
	return strcmp(a->applid, applid) == 0 && strcmp(a->networkid, networkid) == 0;
}

/*
 * When another generation decides now, ask its doors, so that no ipconn is acquired by an old rule. True: a door of it
 * refused.
 */
static bool
refused_since(struct conn *c)
{
	struct generation *g = canary_ruling(c->worker, c->ipconn->engaged->canary);
	struct recheck_result r = { .refused = false };

	if (c->generation != g)
		recheck_socket(c, g, c->ipconn, c->place == SOCKET_OUT, false, &r);
	c->asked = 0;
	if (!r.refused)
		return false;
	recheck_record(&r, c);
	conn_refused(c, MSG_SP0021, r.door < DOOR_COUNT ? door_name(r.door) : NULL, r.script, &r.verdict, NULL);
	dial_failed(c, r.verdict.code, "SECURITY_VIOLATION", "refused by a newer generation: %s", r.verdict.text);
	return true;
}

static void
accepted_there(struct conn *c, const struct capex_answer *a)
{
	const struct ipconn_def *d = c->ipconn->def;

	if (strcmp(a->response, "OK") != 0) {
		bad_answer(c, "ISCER_BAD_RESPONSE", "the answer is 200, and its response is not OK");
	} else if (!is_partner(a, c->ipconn)) {
		dial_failed(c, "bad_answer", "ISCER_BAD_RESPONSE", "%s.%s answered; ipconn %s is %s.%s", a->networkid, a->applid, d->ipconn,
			d->networkid, d->applid);
	} else if (!refused_since(c)) {
		record_outcome(c->record, "accepted", NULL, NULL, NULL);
		acquire_answered(c, a);
	}
}

static void
redirected(struct conn *c, const struct capex_answer *a)
{
	if (c->place != SOCKET_OUT || a->host[0] == '\0' || a->port <= 0)
		bad_answer(c, "ISCER_BAD_RESPONSE", "the answer is 307 without a host and port, or to a further socket");
	else
		acquire_redirected(c, a->host, a->port);
}

static void
take_answer(struct conn *c, const struct ipic_message *m, bool typed, struct fault *why)
{
	struct capex_answer a = { .port = 0 };
	bool error = m->outcome == IPIC_REFUSED || m->outcome == IPIC_ERROR, read;
	char event[40];

	if (typed && !ipic_is_command(m, IS_CAPEX))
		fault_set(why, "the IS header of the answer is not cmd capex");
	read = typed && ipic_is_command(m, IS_CAPEX) && ipic_capex_answer(m, &a, why) == 0;
	snprintf(event, sizeof event, "was answered %d", m->status);
	conn_event_copy(c, event);
	buf_consume(&c->io.in, m->size);
	if (read && error && strcmp(a.response, "OK") != 0)
		refused_there(c, m, &a);
	else if (m->outcome == IPIC_ERROR || m->outcome == IPIC_OTHER) /* another server is behind that port */
		dial_failed(c, "bad_answer", "ISCER_HTTP_ERROR", "the answer's status is %d", m->status);
	else if (!read || error)
		bad_answer(c, "ISCER_BAD_RESPONSE", read ? "a refusal whose response is OK" : why->text);
	else if (m->outcome == IPIC_OK)
		accepted_there(c, &a);
	else
		redirected(c, &a);
}

void
capex_out_data(struct conn *c)
{
	struct ipic_message m;
	struct fault why;
	enum ipic_result r = ipic_next(&c->reader, buf_bytes(&c->io.in), buf_len(&c->io.in), &m, &why);

	if (r == IPIC_MORE)
		return;
	if (r == IPIC_BAD) {
		bad_answer(c, "ISCER_HTTP_ERROR", why.text);
		return;
	}
	timer_stop(&c->timer);
	take_answer(c, &m, r == IPIC_MESSAGE, &why);
	if (c->stage == CONN_INSTALLED && buf_len(&c->io.in) > 0)
		traffic_data(c);
}

static void
send_capex(struct conn *c)
{
	struct capex *x = &conn_learn(c)->capex;
	struct buf b;

	acquire_capex(c->ipconn, (enum socket_place)c->place, x);
	conn_learn(c)->has_capex = true;
	record_facts(c->record, c->facts);
	buf_init(&b, IPIC_PUT_MAX);
	if (conn_send(c, &b, ipic_put_capex(&b, c->facts->peer.host, x)) < 0)
		dial_failed(c, "limit", NULL, "the CAPEX could not be queued");
	else
		conn_event(c, "CAPEX sent");
}

void
capex_out_begin(struct conn *c)
{
	conn_learn(c)->stage = STAGE_CAPEX;
	ipic_expect_answer(&c->reader);
	conn_enter(c, CONN_CAPEX, c->generation->definition->region.capex_timeout);
	send_capex(c);
}

void
capex_out_ended(struct conn *c, const char *why)
{
	const struct tls_ending *e = c->io.tls != NULL ? tls_ending(c->io.tls) : NULL;

	if (e != NULL && e->alert >= 0 && !e->alert_sent && e->alert_name[0] != '\0')
		certify_alerted(c);
	else
		dial_failed(c, "bad_answer", NULL, "before the answer to our CAPEX: %s", why);
}

void
capex_out_timeout(struct conn *c)
{
	dial_failed(c, "timeout", "ISCER_TIMED_OUT", "no whole answer to our CAPEX in %g s", c->generation->definition->region.capex_timeout);
}
