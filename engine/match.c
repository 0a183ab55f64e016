/* SPDX-License-Identifier: Apache-2.0 */
/* match: the partner's ipconn is known: its state, its listener, the trust rule, the session counts; and a further socket's claim to it. */
#include "life.h"

#include "clock.h"
#include "recheck.h"

#include <string.h>

static int
lesser(int a, int b)
{
	return a < b ? a : b;
}

/* IPIC.md 2.4, one-way: what the caller may send on is the lesser; we never send. False: nothing is left to work with. */
static bool
agree(struct ipconn *i, const struct capex *x)
{
	i->sendcount = 0;
	i->receivecount = lesser(i->def.receivecount, x->sendcount);
	i->sockets = i->receivecount > 1 ? lesser(x->sockets, IPCONN_SOCKETS) : 1;
	return i->receivecount > 0;
}

/* An autoinstalled ipconn that did not come to life goes again, and its URM is told (IPIC.md 6.7, 6.8). */
static void
undo(struct conn *c, struct ipconn *i)
{
	if (!i->autoinstalled)
		return;
	ipconn_delete(i);
	ipconn_tell_urm(c, c->generation, &i->def);
}

static void
refuse_trust(struct conn *c, struct ipconn *i)
{
	log_say(c->worker->log, MSG_DFHIS2040, "ipconn", i->def.ipconn, "connection", c->facts.connection, "tcpipservice",
		c->facts.tcpipservice, NULL);
	undo(c, i);
	capex_refuse(c, REASON_SECURITY_VIOLATION, "trust",
		"ipconn %s has userauth = identify: it needs a verified client certificate, or admit saying sysplex", i->def.ipconn);
}

/*
 * A walk that began under an older generation ends under the current one: what has been decided is asked again before the 200 is
 * queued, so that nobody enters by a rule that has gone (DESIGN 4). True when it was refused.
 */
static bool
refused_since(struct conn *c, struct ipconn *i, bool first)
{
	struct recheck_result r;
	enum reason reason;

	if (c->generation == c->worker->generation)
		return false;
	recheck_socket(c, c->worker->generation, i, first, &r);
	if (!r.refused)
		return false;
	if (first)
		undo(c, i);
	reason = r.door == DOOR_INSTALL ? REASON_AUTOINSTALL_FAILED : REASON_SECURITY_VIOLATION;
	conn_refused(c, MSG_SP0021, r.door < DOOR_COUNT ? door_name(r.door) : NULL, r.script, &r.verdict, reason_name(reason));
	capex_answer_refusal(c, reason);
	return true;
}

void
match_take(struct conn *c, struct ipconn *i)
{
	const struct capex *x = &c->facts.capex;

	if (!ipconn_trusted(&i->def, c)) {
		refuse_trust(c, i);
	} else if (!agree(i, x)) {
		undo(c, i);
		capex_refuse(c, REASON_ONE_WAY_IPCONN, "one_way", "no session is left: the caller offers %d to send on, ipconn %s receives on %d",
			x->sendcount, i->def.ipconn, i->def.receivecount);
	} else if (i->sockets > 1 && tls_token(i->token) < 0) {
		undo(c, i);
		capex_refuse(c, REASON_AUTOINSTALL_FAILED, "limit", "no random bytes for a token");
	} else if (!refused_since(c, i, true)) {
		i->token_until = clock_span() + TOKEN_SECONDS;
		i->capex = *x;
		ipconn_enter(i, CONN_OBTAINING);
		capex_accept(c, i, 0);
	}
}

static void
refuse_taken(struct conn *c, struct ipconn *i)
{
	log_say(c->worker->log, MSG_DFHIS1015, "ipconn", i->def.ipconn, "connection", c->facts.connection, "connstatus",
		connstatus_name(i->status), NULL);
	traffic_probe(i);
	capex_refuse(c, REASON_INVALID_PARTNER_STATE, "pair_taken", "ipconn %s (%s.%s) is %s already", i->def.ipconn, i->def.networkid,
		i->def.applid, connstatus_name(i->status));
}

void
match_begin(struct conn *c, struct ipconn *i)
{
	if (!i->inservice)
		capex_refuse(c, REASON_INVALID_PARTNER_STATE, "outservice", "ipconn %s is out of service", i->def.ipconn);
	else if (i->status != CONN_RELEASED)
		refuse_taken(c, i);
	else if (i->def.tcpipservice[0] != '\0' && strcmp(i->def.tcpipservice, c->facts.tcpipservice) != 0)
		capex_refuse(c, REASON_TCPIPSERVICE_MISMATCH, "mismatch", "ipconn %s belongs to tcpipservice %s, the CAPEX came by %s",
			i->def.ipconn, i->def.tcpipservice, c->facts.tcpipservice);
	else
		match_take(c, i);
}

static bool
same_certificate(const struct certificate *a, const struct certificate *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->sha256, b->sha256) == 0;
}

/* What DESIGN 3.5 asks of a further socket; the first thing that is wrong, or NULL. */
static const char *
misfit(const struct conn *c, const struct ipconn *i)
{
	const struct conn *first = i != NULL ? i->socket[0] : NULL;

	if (first == NULL)
		return "the token is unknown, used or too old";
	if (i->socket[1] != NULL || i->status == CONN_FREEING)
		return "the ipconn takes no further socket";
	if (strcmp(first->facts.tcpipservice, c->facts.tcpipservice) != 0)
		return "it came by another tcpipservice than the first socket";
	if (!addr_same_ip(&first->facts.peer.addr, &c->facts.peer.addr))
		return "it came from another address than the first socket";
	if (!same_certificate(first->facts.certificate, c->facts.certificate))
		return "its certificate is not the first socket's";
	if (!ipconn_trusted(&i->def, c))
		return "userauth = identify needs a verified client certificate, or admit saying sysplex, on each socket";
	if (strcmp(i->capex.applid, c->facts.capex.applid) != 0 || strcmp(i->capex.networkid, c->facts.capex.networkid) != 0)
		return "it names another applid or networkid than the first socket";
	return NULL;
}

void
join_begin(struct conn *c)
{
	struct ipconn *i = registry_token(c->worker->registry, c->facts.capex.token, clock_span());
	const char *wrong = misfit(c, i);

	if (wrong != NULL) {
		capex_refuse(c, REASON_NO_IPCONN, "no_ipconn", "further socket: %s", wrong);
		return;
	}
	if (refused_since(c, i, false))
		return;
	i->token[0] = '\0';
	capex_accept(c, i, 1);
}
