/* SPDX-License-Identifier: Apache-2.0 */
/* acquire: an ipconn's way from RELEASED to ACQUIRED when this side begins it; and beginning anew by itself (AUTOCONNECT). */
#include "conn/steps.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JITTER 0.25 /* of a pause, more or less: partners that went down together do not come back together */

/* --- may it? --------------------------------------------------------------------------------------------------------- */

/* The listener that the partner's sockets come by must be there first: whether it calls back or not, nobody could answer for it. */
static int
check_listener(const struct ipconn *i, struct fault *f)
{
	const struct entrance *e;

	if (i->def.tcpipservice[0] == '\0')
		return 0;
	e = i->worker->entrance(i->worker, i->def.tcpipservice);
	if (e != NULL && e->open)
		return 0;
	log_say(i->worker->log, MSG_DFHIS1005, "ipconn", i->def.ipconn, "tcpipservice", i->def.tcpipservice, NULL);
	return fault_set(f, "ipconn %s: its tcpipservice %s is not open (set tcpipservice %s open)", i->def.ipconn, i->def.tcpipservice,
		i->def.tcpipservice);
}

static int
check_state(const struct ipconn *i, struct fault *f)
{
	if (i->worker->draining)
		return fault_set(f, "the region is shutting down");
	if (!i->inservice)
		return fault_set(f, "ipconn %s cannot be acquired: INVALID_IPCONN_STATE: it is OUTSERVICE (set ipconn %s inservice)", i->def.ipconn,
			i->def.ipconn);
	if (i->status != CONN_RELEASED)
		return fault_set(f, "ipconn %s cannot be acquired: INVALID_IPCONN_STATE: it is %s, and must be RELEASED", i->def.ipconn,
			connstatus_name(i->status));
	return 0;
}

static int
check_definition(const struct ipconn *i, struct fault *f)
{
	const struct ipconn_def *d = &i->def;

	if (d->template_ == TEMPLATE_ONLY)
		return fault_set(f, "ipconn %s cannot be acquired: it is a template (template = \"only\")", d->ipconn);
	if (d->host[0] == '\0' || d->port <= 0)
		return fault_set(f, "ipconn %s cannot be acquired: its definition has no %s; give it host and port", d->ipconn,
			d->host[0] == '\0' ? d->port <= 0 ? "host and no port" : "host" : "port");
	if (d->tcpipservice[0] == '\0' && d->sendcount == 0)
		return fault_set(f, "ipconn %s cannot be acquired: sendcount is 0, and without a tcpipservice the partner cannot call back: no session "
			"would be left; give it sendcount or tcpipservice", d->ipconn);
	return 0;
}

int
acquire_begin(struct ipconn *i, struct fault *f)
{
	char port[24];

	if (check_definition(i, f) < 0 || check_state(i, f) < 0 || check_listener(i, f) < 0 || obtain_begin(i, f) < 0)
		return -1;
	timer_stop(&i->again.timer);
	log_say(i->worker->log, MSG_SP0035, "ipconn", i->def.ipconn, "host", i->def.host, "#port", log_number(port, i->def.port), NULL);
	dial_begin(i, SOCKET_OUT, i->def.host, i->def.port);
	return 0;
}

/* --- what came of it ------------------------------------------------------------------------------------------------- */

void
acquire_done(struct ipconn *i)
{
	char applid[2 * NAME_SIZE + 1], send[24], receive[24];

	ipconn_enter(i, CONN_ACQUIRED);
	snprintf(applid, sizeof applid, "%s.%s", i->def.networkid, i->def.applid);
	log_say(i->worker->log, MSG_SP0036, "ipconn", i->def.ipconn, "applid", applid, "#sendcount", log_number(send, i->sendcount), "#receivecount",
		log_number(receive, i->receivecount), NULL);
}

/* The socket it failed on: one that is not through, else any of ours. */
static struct conn *
culprit(const struct ipconn *i)
{
	struct conn *a = i->socket[SOCKET_OUT], *b = i->socket[SOCKET_OUT2];

	return b != NULL && (a == NULL || b->refused || b->stage != CONN_INSTALLED) ? b : a;
}

void
acquire_failed(struct ipconn *i, const char *response, const char *reason, const char *text)
{
	struct conn *c = culprit(i);

	if (!i->acquiring) /* what the acquirer waits for in vain */
		reason = reason_name(REASON_SESSION_OPEN_FAILED);
	log_say(i->worker->log, MSG_DFHIS1011, "ipconn", i->def.ipconn, "response", response, "reason", reason, "connection",
		c != NULL ? c->facts.connection : NULL, "text", text, NULL);
	if (c != NULL) { /* its record has its own outcome; the others' are released */
		i->socket[c->place] = NULL;
		c->ipconn = NULL;
		conn_close(c, CONN_POLITELY, "the ipconn was not acquired");
	}
	ipconn_finish(i, "not acquired");
}

/* --- by itself ------------------------------------------------------------------------------------------------------- */

static bool
by_itself(const struct ipconn *i)
{
	return i->def.autoconnect == YES && !i->autoinstalled && i->def.template_ != TEMPLATE_ONLY && !i->again.held && i->inservice &&
		i->status == CONN_RELEASED && !i->worker->draining;
}

static void
again(void *arg)
{
	struct ipconn *i = arg;
	struct fault f;

	if (!by_itself(i) || acquire_begin(i, &f) == 0)
		return;
	if (check_definition(i, &f) == 0) /* the listener is not open; a definition that cannot be dialled stays one until a reload */
		acquire_later(i);
	else
		log_say(i->worker->log, MSG_DFHIS1011, "ipconn", i->def.ipconn, "response", "EXCEPTION", "reason", "INVALID_IPCONN_STATE", "text", f.text,
			NULL);
}

/* Without jitter. */
static double
pause_of(const struct ipconn *i)
{
	const struct region_def *r = &i->worker->generation->definition->region;
	double seconds = r->retry;

	for (unsigned n = 0; n < i->again.tries && seconds < r->retry_max; n++)
		seconds *= 2;
	if (seconds > r->retry_max)
		seconds = r->retry_max;
	return seconds;
}

/* A partner that takes us in and drops us at once is no better than one that refuses. */
static void
count_try(struct ipconn *i)
{
	if (i->again.acquired > 0 && clock_span() - i->again.acquired >= pause_of(i))
		i->again.tries = 0;
	i->again.acquired = 0;
}

static void
prepare(struct ipconn *i)
{
	if (i->again.timer.loop == NULL)
		timer_init(&i->again.timer, i->worker->loop, again, i);
}

void
acquire_later(struct ipconn *i)
{
	double seconds;
	char text[32];

	prepare(i);
	count_try(i);
	if (!by_itself(i) || timer_running(&i->again.timer))
		return;
	seconds = pause_of(i) * (1 - JITTER + 2 * JITTER * arc4random_uniform(1001) / 1000.);
	i->again.tries++;
	snprintf(text, sizeof text, "%.3f", seconds);
	log_say(i->worker->log, MSG_SP0037, "ipconn", i->def.ipconn, "#seconds", text, NULL);
	timer_set(&i->again.timer, seconds);
}

void
acquire_installed(struct ipconn *i)
{
	prepare(i);
	if (by_itself(i))
		timer_set(&i->again.timer, 0);
}

void
acquire_hold(struct ipconn *i, bool held)
{
	prepare(i);
	timer_stop(&i->again.timer);
	i->again.held = held;
	i->again.tries = 0;
	if (!held)
		acquire_installed(i);
}

void
acquire_forget(struct ipconn *i)
{
	prepare(i);
	timer_stop(&i->again.timer);
}
