/* SPDX-License-Identifier: Apache-2.0 */
/*
 * obtain: an ipconn on its way from its first CAPEX to ACQUIRED (IPIC.md 2.2): what our CAPEX says, what was agreed, which socket comes next, and the
 * moment when none is lacking. The acquirer's own are the way out; the called side calls back when the acquirer's stand.
 */
#include "conn/steps.h"

#include <stdio.h>
#include <string.h>

static int
lesser(int a, int b)
{
	return a < b ? a : b;
}

int
obtain_sockets(int sessions)
{
	return sessions > 1 ? WAY_SOCKETS : sessions;
}

/* --- begin and end ------------------------------------------------------------------------------------------------- */

/* A partner is called back only where its flows are to come in: at the ipconn's own listener. */
static bool
wants_callback(const struct ipconn *i)
{
	return i->def.tcpipservice[0] != '\0' && i->def.receivecount > 0;
}

int
obtain_begin(struct ipconn *i, struct fault *f)
{
	char token[TOKEN_SIZE] = "";

	if (wants_callback(i) && tls_token(token) < 0)
		return fault_set(f, "ipconn %s: no random bytes for a token", i->def.ipconn);
	memcpy(i->callback, token, sizeof token);
	i->further[0] = '\0';
	i->acquiring = true;
	i->answered = i->redirected = false;
	i->sendcount = i->def.sendcount;
	i->receivecount = wants_callback(i) ? i->def.receivecount : 0;
	i->sockets = obtain_sockets(i->receivecount);
	i->out_sockets = 1;
	ipconn_enter(i, CONN_OBTAINING);
	return 0;
}

void
obtain_abandon(struct ipconn *i)
{
	struct conn *c = i->socket[SOCKET_OUT];

	i->socket[SOCKET_OUT] = NULL;
	i->callback[0] = '\0';
	i->acquiring = false;
	if (c == NULL)
		return;
	c->ipconn = NULL;
	record_outcome(c->record, "closed", stage_name(c->facts.stage), NULL, NULL);
	conn_close(c, CONN_POLITELY, "the partner's CAPEX came first");
}

double
obtain_seconds(const struct ipconn *i)
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
obtain_overdue(struct ipconn *i)
{
	char text[TEXT_SIZE];

	snprintf(text, sizeof text, "not ACQUIRED in %g s", obtain_seconds(i));
	if (ipconn_two_way(i))
		failed(i, i->answered ? reason_name(REASON_SESSION_OPEN_FAILED) : "ISCER_TIMED_OUT", text);
	else
		ipconn_finish(i, "its partner does not read its answer");
}

void
obtain_lost(struct ipconn *i, const char *why)
{
	if (ipconn_two_way(i))
		log_say(i->worker->log, MSG_DFHIS1011, "ipconn", i->def.ipconn, "response", reason_response(REASON_SESSION_OPEN_FAILED), "reason",
			reason_name(REASON_SESSION_OPEN_FAILED), "text", why, NULL);
}

/* --- what our CAPEX says ------------------------------------------------------------------------------------------- */

/* The acquirer: what is defined, and where it can be called back. */
static void
offer(const struct ipconn *i, struct capex *x)
{
	const struct entrance *own = wants_callback(i) ? i->worker->entrance(i->worker, i->def.tcpipservice) : NULL;

	if (i->def.ha == NO) { /* a cluster's name is no region's (IPIC.md 5.1) */
		memcpy(x->server_applid, i->def.applid, sizeof x->server_applid);
		memcpy(x->server_networkid, i->def.networkid, sizeof x->server_networkid);
	}
	x->ha = i->def.ha == YES;
	x->sendcount = i->def.sendcount;
	x->receivecount = own != NULL ? i->def.receivecount : 0;
	if (own == NULL)
		return;
	x->port = own->own.port;
	if (!own->any)
		addr_ip(&own->own, x->host, sizeof x->host);
	memcpy(x->callback, i->callback, sizeof x->callback);
}

/* The called side: what was agreed. The partner is called what it called itself; the URM may have changed what we call it. */
static void
answer(const struct ipconn *i, struct capex *x)
{
	memcpy(x->server_applid, i->capex.applid, sizeof x->server_applid);
	if (x->server_applid[0] != '\0')
		memcpy(x->server_networkid, i->capex.networkid, sizeof x->server_networkid);
	x->sendcount = i->sendcount;
	x->receivecount = i->receivecount;
	memcpy(x->answering, i->capex.callback, sizeof x->answering);
}

void
obtain_capex(const struct ipconn *i, enum socket_place place, struct capex *x)
{
	const struct region_def *r = &i->worker->generation->definition->region;

	*x = (struct capex){ .port = -1, .socket = place == SOCKET_OUT2 ? 2 : 1 };
	memcpy(x->applid, r->applid, sizeof x->applid);
	memcpy(x->networkid, r->networkid, sizeof x->networkid);
	if (i->acquiring)
		offer(i, x);
	else
		answer(i, x);
	x->sockets = x->sendcount > 1 ? WAY_SOCKETS : 1;
	if (place == SOCKET_OUT2)
		memcpy(x->token, i->further, sizeof x->token);
}

/* --- which socket comes next --------------------------------------------------------------------------------------- */

static bool
stands(const struct ipconn *i, enum socket_place place)
{
	return i->socket[place] != NULL && i->socket[place]->stage == CONN_INSTALLED;
}

/* The partner's sockets: none are needed where it has no session to send on and did not begin. */
static bool
in_stands(const struct ipconn *i)
{
	if (i->acquiring && i->receivecount == 0)
		return true;
	return stands(i, SOCKET_IN) && (i->sockets < WAY_SOCKETS || stands(i, SOCKET_IN2));
}

static bool
out_stands(const struct ipconn *i)
{
	return i->answered && stands(i, SOCKET_OUT) && (i->out_sockets < WAY_SOCKETS || stands(i, SOCKET_OUT2));
}

/* One of them more: are they all? */
static void
check(struct ipconn *i)
{
	if (i->status != CONN_OBTAINING || !in_stands(i) || !out_stands(i))
		return;
	if (!i->acquiring)
		resync_answer(i);
	else if (i->receivecount == 0)
		acquire_done(i);
	else
		resync_begin(i);
}

static void
call_back(struct ipconn *i)
{
	char whence[ADDR_TEXT];

	addr_ip(&i->socket[SOCKET_IN]->facts.peer.addr, whence, sizeof whence);
	dial_begin(i, SOCKET_OUT, i->def.host[0] != '\0' ? i->def.host : whence, i->def.port);
}

void
obtain_joined(struct conn *c)
{
	struct ipconn *i = c->ipconn;

	if (i->status != CONN_OBTAINING || !ipconn_two_way(i))
		return;
	if (!i->acquiring && in_stands(i) && i->socket[SOCKET_OUT] == NULL)
		call_back(i);
	check(i);
}

/* --- the answer to our CAPEX ---------------------------------------------------------------------------------------- */

/* Counts are the partner's; absent ones are none. False: no session either way, or a call-back without one. */
static bool
agree(struct ipconn *i, const struct capex_answer *a)
{
	int sends = a->sendcount > 0 ? a->sendcount : 0, receives = a->receivecount > 0 ? a->receivecount : 0;

	i->sendcount = lesser(i->sendcount, receives);
	if (i->acquiring)
		i->receivecount = lesser(i->receivecount, sends);
	if (i->receivecount == 0)
		i->callback[0] = '\0';
	i->out_sockets = i->sendcount > 1 ? lesser(a->sockets > 1 ? a->sockets : 1, WAY_SOCKETS) : 1;
	return i->sendcount > 0 || (i->acquiring && i->receivecount > 0);
}

/* What was decided of it was decided by the current generation, or asked again (capex_in.c): no older one need stay for it. */
static void
through(struct conn *c)
{
	traffic_begin(c);
	conn_adopt(c, c->worker->generation);
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
	if (i->out_sockets > 1 && a->token[0] == '\0') {
		dial_failed(c, "bad_answer", "ISCER_BAD_RESPONSE", "the answer wants two sockets, and has no token for the second");
		return;
	}
	i->answered = true;
	memcpy(i->further, a->token, sizeof i->further);
	memcpy(i->userauth, a->userauth, sizeof i->userauth);
	through(c);
	if (i->out_sockets > 1)
		dial_begin(i, SOCKET_OUT2, c->facts.peer.host, c->facts.peer.addr.port);
	check(i);
}

void
obtain_answered(struct conn *c, const struct capex_answer *a)
{
	struct ipconn *i = c->ipconn;

	ipconn_adopt(i, i->worker->generation);
	if (c->place == SOCKET_OUT) {
		answered_first(c, a);
		return;
	}
	i->further[0] = '\0';
	through(c);
	check(i);
}

/* The address that a cluster's listener named (IPIC.md 10); a second time is a circle. */
void
obtain_redirected(struct conn *c, const char *host, int port)
{
	struct ipconn *i = c->ipconn;

	if (!i->acquiring || i->def.ha == NO || i->redirected) {
		dial_failed(c, "bad_answer", "ISCER_BAD_RESPONSE", "sent on to %s port %d, %s", host, port,
			i->redirected ? "and that for the second time" : "and the ipconn has ha = no");
		return;
	}
	i->redirected = true;
	i->socket[SOCKET_OUT] = NULL;
	c->ipconn = NULL;
	record_outcome(c->record, "redirected", NULL, NULL, NULL);
	conn_close(c, CONN_POLITELY, "sent on to another address");
	dial_begin(i, SOCKET_OUT, host, port);
}
