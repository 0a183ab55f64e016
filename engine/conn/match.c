/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: a CAPEX from a partner whose ipconn is installed: checks state, listener, trust rule and session counts; also
 * further sockets and call-backs.
 */
#include "conn/acquire.h"
#include "conn/claiming.h"
#include "conn/notice.h"
#include "conn/traffic.h"
#include "conn/capex_answer.h"
#include "conn/steps.h"

#include "base/clock.h"
#include "conn/canary.h"
#include "conn/recheck.h"

#include <string.h>

static int
lesser(int a, int b)
{
	return a < b ? a : b;
}

/* Deletes an autoinstalled ipconn whose CAPEX is refused, and tells its URM (IPIC.md 6.7, 6.8). */
static void
undo(struct conn *c, struct ipconn *i)
{
	if (!i->autoinstalled)
		return;
	ipconn_delete(i);
	notice_give(c, c->generation, i->def);
}

static void
refuse_trust(struct conn *c, struct ipconn *i, const struct ruling *r)
{
	log_say(c->worker->log, MSG_DFHIS2040, "ipconn", i->def->ipconn, "connection", c->facts->connection, "tcpipservice",
		c->facts->tcpipservice, NULL);
	undo(c, i);
	capex_ruled(c, r);
}

/*
 * When another generation decides now than when c was accepted, or about i than about c, ask its doors before the 200,
 * so that no connection enters by another rule. True: a door refused, and the CAPEX is answered.
 */
static bool
refused_since(struct conn *c, struct ipconn *i, bool first)
{
	struct generation *g = canary_ruling(c->worker, first ? c->canary : i->engaged->canary);
	struct recheck_result r;

	if (c->generation == g)
		return false;
	recheck_socket(c, g, i, first, false, &r);
	if (!r.refused)
		return false;
	if (first && c->ipconn != i) /* else its end releases i */
		undo(c, i);
	capex_asked_again(c, &r);
	return true;
}

static void
begin(struct ipconn *i, const struct conn *c, const struct terms *t)
{
	const struct capex *x = &c->facts->capex;

	if (i->status == CONN_OBTAINING)
		acquire_abandon(i);
	i->engaged->canary = c->canary;
	i->engaged->acquiring = i->engaged->answered = i->engaged->redirected = false;
	i->engaged->receivecount = t->receivecount;
	i->engaged->sendcount = t->sendcount;
	i->engaged->sockets = t->sockets;
	i->engaged->out_sockets = acquire_sockets(t->sendcount);
	registry_expect(i->worker->registry, i, t->token);
	ipconn_hear(i, x);
	ipconn_enter(i, CONN_OBTAINING);
}

void
match_take(struct conn *c, struct ipconn *i)
{
	const struct capex *x = &c->facts->capex;
	struct terms t = { .token = "" };
	struct ruling r;

	if (rules_trust(c, i->def, &r)) {
		refuse_trust(c, i, &r);
	} else if (rules_terms(i->def, x, &t, &r)) {
		undo(c, i);
		capex_ruled(c, &r);
	} else if (t.sockets > 1 && tls_token(t.token) < 0) {
		undo(c, i);
		capex_refuse(c, REASON_AUTOINSTALL_FAILED, "limit", "no random bytes for a token");
	} else if (ipconn_engage(i) < 0) {
		undo(c, i);
		capex_refuse(c, REASON_AUTOINSTALL_FAILED, "limit", "no memory for the sockets of an ipconn");
	} else if (claiming_needed(c->worker)) {
		begin(i, c, &t);
		claiming_begin(c, i);
	} else if (!refused_since(c, i, true)) {
		begin(i, c, &t);
		capex_accept(c, i, SOCKET_IN);
	}
}

void
match_claimed(struct conn *c)
{
	struct ipconn *i = c->ipconn;
	struct ruling r;

	if (rules_capex(c, &r))
		capex_ruled(c, &r);
	else if (!refused_since(c, i, true))
		capex_accept(c, i, SOCKET_IN);
}

/* The pair is taken: the holder may be dead, so that it is probed. */
static void
say_taken(const struct conn *c, struct ipconn *i)
{
	log_say(c->worker->log, MSG_DFHIS1015, "ipconn", i->def->ipconn, "connection", c->facts->connection, "connstatus",
		resource_connstatus(i->status), NULL);
	traffic_probe(i);
}

struct ipconn *
match_find(const struct conn *c)
{
	const struct capex *x = &c->facts->capex;

	return x->applid[0] != '\0' ? registry_pair(c->worker->registry, x->networkid, x->applid) : NULL;
}

void
match_begin(struct conn *c, struct ipconn *i)
{
	struct ruling r;

	if (!rules_match(c, i, &r)) {
		match_take(c, i);
		return;
	}
	if (r.holder != NULL)
		say_taken(c, i);
	capex_ruled(c, &r);
}

void
match_join(struct conn *c)
{
	struct ipconn *i = registry_token(c->worker->registry, c->facts->capex.token, clock_span());
	struct ruling r;

	if (rules_join(c, i, &r)) {
		capex_ruled(c, &r);
		return;
	}
	if (claiming_refuses(c, i) || refused_since(c, i, false))
		return;
	registry_expect(i->worker->registry, i, "");
	capex_accept(c, i, SOCKET_IN2);
}

/*
 * The checks of a call-back. Returns the first fault (static text), or NULL. An HA partner is defined by the cluster's
 * name and calls back with its own, so its names are not compared.
 */
static const char *
misfit_callback(const struct conn *c, const struct ipconn *i)
{
	const struct capex *x = &c->facts->capex;

	if (i == NULL || i->status != CONN_OBTAINING || ipconn_socket(i, SOCKET_IN) != NULL)
		return "the token is unknown, used or too old";
	if (strcmp(i->def->tcpipservice, c->facts->tcpipservice) != 0)
		return "the tcpipservice is not that of the ipconn";
	if (i->def->ha == NO && (strcmp(i->def->applid, x->applid) != 0 || strcmp(i->def->networkid, x->networkid) != 0))
		return "applid or networkid is not that of the ipconn";
	if (!ipconn_trusted(i->def, c, c->facts->peer.sysplex))
		return "userauth = identify needs a verified client certificate, or sysplex = true from admit, on each socket";
	if (lesser(i->def->receivecount, x->sendcount) == 0)
		return "the caller offers no session";
	return NULL;
}

void
match_call_back(struct conn *c)
{
	const struct capex *x = &c->facts->capex;
	struct ipconn *i = registry_callback(c->worker->registry, x->answering);
	const char *wrong = misfit_callback(c, i);
	char token[TOKEN_SIZE] = "";

	if (wrong == NULL && x->sockets > 1 && tls_token(token) < 0)
		wrong = "no random bytes for a token";
	if (wrong != NULL) {
		capex_refuse(c, REASON_NO_IPCONN, "no_ipconn", "call-back: %s", wrong);
		return;
	}
	if (claiming_refuses(c, i) || refused_since(c, i, false))
		return;
	registry_expect_callback(i->worker->registry, i, "");
	i->engaged->receivecount = lesser(i->engaged->answered ? i->engaged->receivecount : i->def->receivecount, x->sendcount);
	i->engaged->sockets = lesser(x->sockets, i->engaged->receivecount > 1 ? WAY_SOCKETS : 1);
	registry_expect(i->worker->registry, i, i->engaged->sockets > 1 ? token : "");
	ipconn_hear(i, x);
	capex_accept(c, i, SOCKET_IN);
}
