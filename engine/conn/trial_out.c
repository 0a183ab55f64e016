/* SPDX-License-Identifier: Apache-2.0 */
/* trial_out: the steps of a connection that the region dials for an ipconn. */
#include "conn/trial_internal.h"

#include "base/clock.h"
#include "conn/acquire.h"
#include "conn/peers.h"

#include <stdio.h>
#include <string.h>

/* The address that is dialled: of the question, or the numeric host of the ipconn. */
static int
find_address(struct trial *t, struct fault *f)
{
	const struct ipconn_def *d = t->partner.def;
	struct addr *to = &conn_learn(t->conn)->peer.addr;

	*to = t->q->peer;
	if (!t->q->has_peer && addr_parse(to, d->host, d->port) < 0)
		return fault_set(f, "ipconn %s has the host %s: ask does not resolve names; give its address by --peer IP", d->ipconn, d->host);
	if (to->port == 0)
		to->port = (uint16_t)d->port;
	return 0;
}

static void
load(struct trial *t)
{
	const struct trial_load *given = &t->q->load;
	struct facts *f = conn_learn(t->conn);
	struct peers_counts now = peers_look(t->conn->worker->peers, &f->peer.addr, clock_span());

	f->load.from_peer = given->from_peer >= 0 ? (unsigned)given->from_peer : now.from_peer;
	f->load.from_prefix = given->from_prefix >= 0 ? (unsigned)given->from_prefix : now.from_prefix;
	f->load.refused_from_peer = given->refused_from_peer >= 0 ? (unsigned)given->refused_from_peer : now.refused_from_peer;
}

/* The ipconn that is dialled, in t->partner. -1 with a sentence. */
static int
find_ipconn(struct trial *t, struct fault *f)
{
	struct worker *w = t->q->worker;
	const struct ipconn *i = registry_name(w->registry, t->q->ipconn);
	const struct trial_past *past = t->q->past;

	if (i == NULL && past != NULL && past->installed != NULL && past->installed->autoinstalled) {
		trial_past_partner(t);
	} else if (i == NULL) {
		return fault_set(f, "no ipconn named %s is installed", t->q->ipconn);
	} else {
		if (acquire_possible(i, f) < 0)
			return -1;
		t->engagement = (struct engagement){ .sendcount = i->def->sendcount, .receivecount = i->def->receivecount };
		t->partner = (struct ipconn){ .worker = w, .def = i->def, .engaged = &t->engagement, .inservice = i->inservice,
			.autoinstalled = i->autoinstalled };
		memcpy(t->partner.template, i->template, sizeof t->partner.template);
		memcpy(t->partner.ruled, i->ruled, sizeof t->partner.ruled);
	}
	t->partner.engaged->acquiring = true;
	t->partner.engaged->sockets = t->partner.engaged->out_sockets = 1;
	return 0;
}

int
trial_out_begin(struct trial *t, struct fault *f)
{
	struct conn *c = t->conn;
	const struct ipconn_def *d;

	if (find_ipconn(t, f) < 0)
		return -1;
	d = t->partner.def;
	c->service = ipconn_outbound(&t->partner, t->q->generation);
	conn_learn(c)->way = WAY_OUT;
	conn_learn(c)->socket = t->q->past != NULL ? t->q->past->facts->socket : 1;
	snprintf(conn_learn(c)->tcpipservice, sizeof c->facts->tcpipservice, "%s", d->tcpipservice);
	snprintf(conn_learn(c)->peer.host, sizeof c->facts->peer.host, "%s", d->host);
	ipconn_join(&t->partner, c, SOCKET_OUT);
	if (find_address(t, f) < 0)
		return -1;
	if (t->q->past != NULL)
		trial_past_begin(t);
	else
		load(t);
	return 0;
}

static bool
trial_out_state(struct trial *t)
{
	struct conn *c = t->conn;
	struct ruling r;

	if (t->q->past != NULL)
		return !rules_guard(c, t->partner.def, &r) || trial_ruled(t, &r);
	if (c->worker->draining)
		return trial_judge(t, "shutdown", REASON_OK, "the region is shutting down");
	if (!t->partner.inservice)
		return trial_judge(t, "outservice", REASON_OK, "ipconn %s is out of service", t->partner.def->ipconn);
	if (rules_guard(c, t->partner.def, &r) || rules_sockets(c, tally_present(&c->worker->totals->sockets), &r))
		return trial_ruled(t, &r);
	return true;
}

static bool
trial_out_admit(struct trial *t)
{
	if (!trial_ask(t, DOOR_ADMIT, REASON_OK))
		return false;
	conn_learn(t->conn)->peer.sysplex = t->conn->ask->verdict.sysplex;
	return true;
}

static bool
trial_out_capex(struct trial *t)
{
	struct conn *c = t->conn;

	conn_learn(c)->stage = STAGE_CAPEX;
	acquire_capex(&t->partner, SOCKET_OUT, &conn_learn(c)->capex);
	conn_learn(c)->has_capex = true;
	trial_note(t, "not checked: the partner's answer to the CAPEX");
	trial_accept(t, SOCKET_OUT);
	return true;
}

const struct trial_step *
trial_out_steps(void)
{
	static const struct trial_step steps[] = { { trial_out_state, TRIAL_ADMIT }, { trial_out_admit, TRIAL_ADMIT },
		{ trial_tls, TRIAL_TLS }, { trial_out_capex, TRIAL_CAPEX }, { NULL, TRIAL_IPCONN } };

	return steps;
}
