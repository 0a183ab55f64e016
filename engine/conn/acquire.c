/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acquire: an ipconn from RELEASED to ACQUIRED (IPIC.md 2.2): this side's CAPEX, the agreed counts, the next socket,
 * the check that all sockets are there; and the next try of AUTOCONNECT.
 */
#include "conn/acquire.h"

#include "base/clock.h"
#include "conn/canary.h"
#include "conn/claiming.h"
#include "conn/release.h"
#include "conn/resync.h"
#include "conn/steps.h"
#include "conn/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JITTER 0.25 /* fraction of a pause: partners that failed together do not retry together */

static int
lesser(int a, int b)
{
	return a < b ? a : b;
}

int
acquire_sockets(int sessions)
{
	return sessions > 1 ? WAY_SOCKETS : sessions;
}

/* --- OBTAINING -------------------------------------------------------------------------------- */

/*
 * True when the partner shall call back: the ipconn names the listener for inbound sockets, and sessions are defined.
 */
static bool
wants_callback(const struct ipconn *i)
{
	return i->def->tcpipservice[0] != '\0' && i->def->receivecount > 0;
}

static int
enter_obtaining(struct ipconn *i, struct fault *f)
{
	char token[TOKEN_SIZE] = "";

	if (ipconn_engage(i) < 0)
		return fault_set(f, "ipconn %s cannot be acquired: no memory", i->def->ipconn);
	if (wants_callback(i) && tls_token(token) < 0)
		return fault_set(f, "ipconn %s: no random bytes for a token", i->def->ipconn);
	registry_expect_callback(i->worker->registry, i, token);
	i->engaged->further[0] = '\0';
	i->engaged->acquiring = true;
	i->engaged->canary = canary_mark_dialled(i);
	i->engaged->answered = i->engaged->redirected = false;
	i->engaged->sendcount = i->def->sendcount;
	i->engaged->receivecount = wants_callback(i) ? i->def->receivecount : 0;
	i->engaged->sockets = acquire_sockets(i->engaged->receivecount);
	i->engaged->out_sockets = 1;
	ipconn_enter(i, CONN_OBTAINING);
	return 0;
}

/* --- conditions ------------------------------------------------------------------------------- */

/* The listener for the partner's sockets must be open before the acquire begins. */
static int
check_listener(const struct ipconn *i, struct fault *f)
{
	const struct entrance *e;

	if (i->def->tcpipservice[0] == '\0')
		return 0;
	e = i->worker->entrance(i->worker, i->def->tcpipservice);
	if (e != NULL && e->open)
		return 0;
	log_say(i->worker->log, MSG_DFHIS1005, "ipconn", i->def->ipconn, "tcpipservice", i->def->tcpipservice, NULL);
	return fault_set(f, "ipconn %s: its tcpipservice %s is not open (set tcpipservice %s open)", i->def->ipconn, i->def->tcpipservice,
		i->def->tcpipservice);
}

static int
check_state(const struct ipconn *i, struct fault *f)
{
	if (i->worker->draining)
		return fault_set(f, "the region is shutting down");
	if (!i->inservice)
		return fault_set(f, "ipconn %s cannot be acquired: INVALID_IPCONN_STATE: it is OUTSERVICE (set ipconn %s inservice)", i->def->ipconn,
			i->def->ipconn);
	if (i->status != CONN_RELEASED)
		return fault_set(f, "ipconn %s cannot be acquired: INVALID_IPCONN_STATE: it is %s, and must be RELEASED", i->def->ipconn,
			resource_connstatus(i->status));
	return 0;
}

int
acquire_possible(const struct ipconn *i, struct fault *f)
{
	const struct ipconn_def *d = i->def;

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

	if (acquire_possible(i, f) < 0 || check_state(i, f) < 0 || check_listener(i, f) < 0 || enter_obtaining(i, f) < 0)
		return -1;
	timer_stop(&i->history->again.timer);
	log_say(i->worker->log, MSG_SP0035, "ipconn", i->def->ipconn, "host", i->def->host, "#port", log_number(port, i->def->port), NULL);
	if (claiming_needed(i->worker))
		claiming_dial(i);
	else
		dial_begin(i, SOCKET_OUT, i->def->host, i->def->port);
	return 0;
}

/* --- result ----------------------------------------------------------------------------------- */

void
acquire_done(struct ipconn *i)
{
	char applid[NAME_PAIR_SIZE], send[24], receive[24];

	ipconn_enter(i, CONN_ACQUIRED);
	name_pair(i->def->networkid, i->def->applid, applid);
	log_say(i->worker->log, MSG_SP0036, "ipconn", i->def->ipconn, "applid", applid, "#sendcount", log_number(send, i->engaged->sendcount), "#receivecount",
		log_number(receive, i->engaged->receivecount), NULL);
}

/* The outbound socket that failed: the one that is refused or not installed, else any. NULL: none. */
static struct conn *
culprit(const struct ipconn *i)
{
	struct conn *a = ipconn_socket(i, SOCKET_OUT), *b = ipconn_socket(i, SOCKET_OUT2);

	return b != NULL && (a == NULL || b->refused || b->stage != CONN_INSTALLED) ? b : a;
}

void
acquire_failed(struct ipconn *i, const char *response, const char *reason, const char *text)
{
	struct conn *c = culprit(i);

	if (!i->engaged->acquiring) /* the called side reports that the session was not opened */
		reason = reason_name(REASON_SESSION_OPEN_FAILED);
	log_say(i->worker->log, MSG_DFHIS1011, "ipconn", i->def->ipconn, "response", response, "reason", reason, "connection",
		c != NULL ? c->facts->connection : NULL, "text", text, NULL);
	if (c != NULL) { /* c's record has its own outcome; the other records get "released" */
		i->engaged->socket[c->place] = NULL;
		c->ipconn = NULL;
		conn_close(c, CONN_POLITELY, "the ipconn was not acquired");
	}
	release_finish(i, "not acquired");
}

void
acquire_abandon(struct ipconn *i)
{
	struct conn *c = ipconn_socket(i, SOCKET_OUT);

	i->engaged->socket[SOCKET_OUT] = NULL;
	registry_expect_callback(i->worker->registry, i, "");
	i->engaged->acquiring = false;
	if (c == NULL)
		return;
	c->ipconn = NULL;
	record_outcome(c->record, "closed", stage_name(c->facts->stage), NULL, NULL);
	conn_close(c, CONN_POLITELY, "the partner's CAPEX arrived first");
}

double
acquire_seconds(const struct ipconn *i)
{
	const struct region_def *r = &i->worker->generation->definition->region;

	return (r->tcp_timeout + r->handshake_timeout + r->capex_timeout) * IPCONN_SOCKETS;
}

static void
failed(struct ipconn *i, const char *reason, const char *text)
{
	acquire_failed(i, reason_response(REASON_SESSION_OPEN_FAILED), reason, text);
}

void
acquire_overdue(void *arg)
{
	struct ipconn *i = arg;
	char text[TEXT_SIZE];

	snprintf(text, sizeof text, "not ACQUIRED in %g s", acquire_seconds(i));
	if (ipconn_two_way(i))
		failed(i, i->engaged->answered ? reason_name(REASON_SESSION_OPEN_FAILED) : "ISCER_TIMED_OUT", text);
	else
		release_finish(i, "the partner does not read its answer");
}

void
acquire_lost(struct ipconn *i, const char *why)
{
	if (ipconn_two_way(i))
		log_say(i->worker->log, MSG_DFHIS1011, "ipconn", i->def->ipconn, "response", reason_response(REASON_SESSION_OPEN_FAILED), "reason",
			reason_name(REASON_SESSION_OPEN_FAILED), "text", why, NULL);
}

/* --- this side's CAPEX ------------------------------------------------------------------------ */

/* The acquirer's CAPEX: the defined counts, and the address for the call-back. */
static void
offer(const struct ipconn *i, struct capex *x)
{
	const struct entrance *own = wants_callback(i) ? i->worker->entrance(i->worker, i->def->tcpipservice) : NULL;

	if (i->def->ha == NO) { /* with ha = yes it is the name of a cluster (IPIC.md 5.1) */
		memcpy(x->server_applid, i->def->applid, sizeof x->server_applid);
		memcpy(x->server_networkid, i->def->networkid, sizeof x->server_networkid);
	}
	x->ha = i->def->ha == YES;
	x->sendcount = i->def->sendcount;
	x->receivecount = own != NULL ? i->def->receivecount : 0;
	if (own == NULL)
		return;
	x->port = own->own.port;
	if (!own->any)
		addr_ip(&own->own, x->host, sizeof x->host);
	memcpy(x->callback, i->engaged->callback, sizeof x->callback);
}

/*
 * The called side's CAPEX: the agreed counts, and the names from the partner's CAPEX: the URM may have changed the
 * ipconn's names.
 */
static void
answer(const struct ipconn *i, struct capex *x)
{
	memcpy(x->server_applid, i->engaged->heard.applid, sizeof x->server_applid);
	if (x->server_applid[0] != '\0')
		memcpy(x->server_networkid, i->engaged->heard.networkid, sizeof x->server_networkid);
	x->sendcount = i->engaged->sendcount;
	x->receivecount = i->engaged->receivecount;
	memcpy(x->answering, i->engaged->heard.callback, sizeof x->answering);
}

void
acquire_capex(const struct ipconn *i, enum socket_place place, struct capex *x)
{
	const struct region_def *r = &i->worker->generation->definition->region;

	*x = (struct capex){ .port = -1, .socket = place == SOCKET_OUT2 ? 2 : 1 };
	memcpy(x->applid, r->applid, sizeof x->applid);
	memcpy(x->networkid, r->networkid, sizeof x->networkid);
	if (i->engaged->acquiring)
		offer(i, x);
	else
		answer(i, x);
	x->sockets = x->sendcount > 1 ? WAY_SOCKETS : 1;
	if (place == SOCKET_OUT2)
		memcpy(x->token, i->engaged->further, sizeof x->token);
}

/* --- the next socket -------------------------------------------------------------------------- */

static bool
stands(const struct ipconn *i, enum socket_place place)
{
	return ipconn_socket(i, place) != NULL && ipconn_socket(i, place)->stage == CONN_INSTALLED;
}

/* True when all inbound sockets are installed. The acquirer needs none when the partner has no session to send on. */
static bool
in_stands(const struct ipconn *i)
{
	if (i->engaged->acquiring && i->engaged->receivecount == 0)
		return true;
	return stands(i, SOCKET_IN) && (i->engaged->sockets < WAY_SOCKETS || stands(i, SOCKET_IN2));
}

static bool
out_stands(const struct ipconn *i)
{
	return i->engaged->answered && stands(i, SOCKET_OUT) && (i->engaged->out_sockets < WAY_SOCKETS || stands(i, SOCKET_OUT2));
}

/* Goes on to resync, or to ACQUIRED without inbound sockets, when all sockets are installed. */
static void
check(struct ipconn *i)
{
	if (i->status != CONN_OBTAINING || !in_stands(i) || !out_stands(i))
		return;
	if (!i->engaged->acquiring)
		resync_answer(i);
	else if (i->engaged->receivecount == 0)
		acquire_done(i);
	else
		resync_begin(i);
}

static void
call_back(struct ipconn *i)
{
	char caller[ADDR_TEXT];

	addr_ip(&ipconn_socket(i, SOCKET_IN)->facts->peer.addr, caller, sizeof caller);
	dial_begin(i, SOCKET_OUT, i->def->host[0] != '\0' ? i->def->host : caller, i->def->port);
}

void
acquire_joined(struct conn *c)
{
	struct ipconn *i = c->ipconn;

	if (i->status != CONN_OBTAINING || !ipconn_two_way(i))
		return;
	if (!i->engaged->acquiring && in_stands(i) && ipconn_socket(i, SOCKET_OUT) == NULL)
		call_back(i);
	check(i);
}

/* --- the answer to this side's CAPEX ---------------------------------------------------------- */

/*
 * Agrees the session counts; the counts in a are the partner's, absent ones count as 0. False: no session is left in
 * either direction, or for a call-back none to send on.
 */
static bool
agree(struct ipconn *i, const struct capex_answer *a)
{
	int sends = a->sendcount > 0 ? a->sendcount : 0, receives = a->receivecount > 0 ? a->receivecount : 0;

	i->engaged->sendcount = lesser(i->engaged->sendcount, receives);
	if (i->engaged->acquiring)
		i->engaged->receivecount = lesser(i->engaged->receivecount, sends);
	if (i->engaged->receivecount == 0)
		registry_expect_callback(i->worker->registry, i, "");
	i->engaged->out_sockets = i->engaged->sendcount > 1 ? lesser(a->sockets > 1 ? a->sockets : 1, WAY_SOCKETS) : 1;
	return i->engaged->sendcount > 0 || (i->engaged->acquiring && i->engaged->receivecount > 0);
}

/* c is installed and adopts the generation that decides, whose doors were asked, if need be again (capex_out.c). */
static void
through(struct conn *c)
{
	traffic_begin(c);
	conn_adopt(c, canary_ruling(c->worker, c->ipconn->engaged->canary));
	ipconn_record(c->ipconn, c);
}

static void
answered_first(struct conn *c, const struct capex_answer *a)
{
	struct ipconn *i = c->ipconn;
	int receives = a->receivecount, sends = a->sendcount;

	if (!agree(i, a)) {
		dial_failed(c, "one_way", "ISCER_BAD_RESPONSE", "no session is left: the partner receives on %d and sends on %d", receives, sends);
		return;
	}
	if (i->engaged->out_sockets > 1 && a->token[0] == '\0') {
		dial_failed(c, "bad_answer", "ISCER_BAD_RESPONSE", "the answer agrees to two sockets, but has no token for the second");
		return;
	}
	i->engaged->answered = true;
	memcpy(i->engaged->further, a->token, sizeof i->engaged->further);
	memcpy(i->engaged->userauth, a->userauth, sizeof i->engaged->userauth);
	through(c);
	if (i->engaged->out_sockets > 1)
		dial_begin(i, SOCKET_OUT2, c->facts->peer.host, c->facts->peer.addr.port);
	check(i);
}

void
acquire_answered(struct conn *c, const struct capex_answer *a)
{
	struct ipconn *i = c->ipconn;

	ipconn_adopt(i, canary_ruling(i->worker, i->engaged->canary));
	if (c->place == SOCKET_OUT) {
		answered_first(c, a);
		return;
	}
	i->engaged->further[0] = '\0';
	through(c);
	check(i);
}

/* A second redirect of one acquire is refused: it may be a loop. */
void
acquire_redirected(struct conn *c, const char *host, int port)
{
	struct ipconn *i = c->ipconn;

	if (!i->engaged->acquiring || i->def->ha == NO || i->engaged->redirected) {
		dial_failed(c, "bad_answer", "ISCER_BAD_RESPONSE", "redirected to %s port %d, %s", host, port,
			i->engaged->redirected ? "for the second time" : "but the ipconn has ha = no");
		return;
	}
	i->engaged->redirected = true;
	i->engaged->socket[SOCKET_OUT] = NULL;
	c->ipconn = NULL;
	record_outcome(c->record, "redirected", NULL, NULL, NULL);
	conn_close(c, CONN_POLITELY, "redirected to another address");
	dial_begin(i, SOCKET_OUT, host, port);
}

/* --- autoconnect ------------------------------------------------------------------------------ */

static bool
by_itself(const struct ipconn *i)
{
	return i->def->autoconnect == YES && !i->autoinstalled && i->def->template_ != TEMPLATE_ONLY && !i->held && i->inservice &&
		i->status == CONN_RELEASED && !i->worker->draining;
}

/* The look-up of the name replaces an ipconn whose definition is out of force; the new ipconn begins its own try. */
void
acquire_again(void *arg)
{
	struct ipconn *i = arg;
	struct fault f;

	if (!by_itself(i) || registry_name(i->worker->registry, i->def->ipconn) != i || acquire_begin(i, &f) == 0)
		return;
	if (acquire_possible(i, &f) == 0) /* try again: the listener may open. An unusable definition needs a reload */
		acquire_later(i);
	else
		log_say(i->worker->log, MSG_DFHIS1011, "ipconn", i->def->ipconn, "response", "EXCEPTION", "reason", "INVALID_IPCONN_STATE", "text", f.text,
			NULL);
}

/* The pause before the next try without jitter, in seconds. */
static double
pause_of(const struct ipconn *i)
{
	const struct region_def *r = &i->worker->generation->definition->region;
	double seconds = r->retry;

	for (unsigned n = 0; n < i->history->again.tries && seconds < r->retry_max; n++)
		seconds *= 2;
	if (seconds > r->retry_max)
		seconds = r->retry_max;
	return seconds;
}

/* A connection shorter than the pause counts as a failed try. */
static void
count_try(struct ipconn *i)
{
	if (i->engaged == NULL)
		return;
	if (i->engaged->acquired > 0 && clock_span() - i->engaged->acquired >= pause_of(i))
		i->history->again.tries = 0;
	i->engaged->acquired = 0;
}

void
acquire_later(struct ipconn *i)
{
	double seconds;
	char text[32];

	count_try(i);
	if (!by_itself(i) || timer_running(&i->history->again.timer))
		return;
	seconds = pause_of(i) * (1 - JITTER + 2 * JITTER * arc4random_uniform(1001) / 1000.);
	i->history->again.tries++;
	snprintf(text, sizeof text, "%.3f", seconds);
	log_say(i->worker->log, MSG_SP0037, "ipconn", i->def->ipconn, "#seconds", text, NULL);
	timer_set(&i->history->again.timer, seconds);
}

void
acquire_installed(struct ipconn *i)
{
	if (by_itself(i))
		timer_set(&i->history->again.timer, 0);
}

void
acquire_hold(struct ipconn *i, bool held)
{
	i->held = held;
	acquire_forget(i);
	if (!held)
		acquire_installed(i);
}

void
acquire_forget(struct ipconn *i)
{
	if (i->history == NULL)
		return;
	timer_stop(&i->history->again.timer);
	i->history->again.tries = 0;
}
