/* SPDX-License-Identifier: Apache-2.0 */
/* trial_in: the steps of a connection that comes in, in the order of steps.h. */
#include "conn/trial_internal.h"

#include "base/clock.h"
#include "conn/peers.h"
#include "conn/steps.h"

#include <stdio.h>
#include <string.h>

static unsigned
or_counted(long given, unsigned counted)
{
	return given >= 0 ? (unsigned)given : counted;
}

/* The sockets of the walk that the region does not count. */
static unsigned
sockets_before(const struct trial *t)
{
	return t->first != NULL && trial_accepted(t->first) ? 1 : 0;
}

/* The counts of the region now, without this connection, or those of the question. */
static void
load(struct trial *t)
{
	const struct trial_load *given = &t->q->load;
	struct conn *c = t->conn;
	struct peers_counts now = peers_look(c->worker->peers, &c->facts->peer.addr, clock_span());
	struct facts_load *l = &conn_learn(c)->load;
	unsigned before = sockets_before(t);

	l->halfopen = or_counted(given->halfopen, c->entrance->halfopen);
	l->connections = or_counted(given->connections, c->entrance->connections + before);
	l->from_peer = or_counted(given->from_peer, now.from_peer + before);
	l->from_prefix = or_counted(given->from_prefix, now.from_prefix + before);
	l->refused_from_peer = or_counted(given->refused_from_peer, now.refused_from_peer);
}

int
trial_in_begin(struct trial *t, struct fault *f)
{
	struct conn *c = t->conn;

	conn_learn(c)->way = WAY_IN;
	c->service = generation_service(t->q->generation, t->q->tcpipservice);
	c->entrance = c->worker->entrance(c->worker, t->q->tcpipservice);
	if (c->service == NULL || c->entrance == NULL)
		return fault_set(f, "no tcpipservice named %s is defined", t->q->tcpipservice);
	snprintf(conn_learn(c)->tcpipservice, sizeof c->facts->tcpipservice, "%s", t->q->tcpipservice);
	conn_learn(c)->peer.addr = t->q->peer;
	conn_learn(c)->own.addr = c->entrance->own;
	if (t->q->past != NULL)
		trial_past_begin(t);
	else
		load(t);
	return 0;
}

/* --- admit ------------------------------------------------------------------------------------ */

static bool
trial_in_reach(struct trial *t)
{
	if (t->conn->entrance->open || t->q->past != NULL)
		return true;
	return trial_judge(t, "not_open", REASON_OK, "tcpipservice %s is closed: no socket reaches it (set tcpipservice %s open)",
		t->conn->facts->tcpipservice, t->conn->facts->tcpipservice);
}

static bool
trial_in_limits(struct trial *t)
{
	struct conn *c = t->conn;
	struct ruling r;

	if (t->q->past != NULL)
		return true;
	if (rules_sockets(c, tally_present(&c->worker->totals->sockets) + sockets_before(t), &r) ||
	    rules_halfopen(c, peers_look(c->worker->peers, &c->facts->peer.addr, clock_span()).halfopen_prefix, &r))
		return trial_ruled(t, &r);
	return true;
}

static bool
trial_in_admit(struct trial *t)
{
	if (!trial_ask(t, DOOR_ADMIT, REASON_OK))
		return false;
	conn_learn(t->conn)->peer.sysplex = t->conn->ask->verdict.sysplex;
	return true;
}

/* --- the CAPEX -------------------------------------------------------------------------------- */

/* Reads the body as the bytes of a partner. */
static bool
trial_in_capex(struct trial *t)
{
	struct conn *c = t->conn;
	struct ipic_message m = { .json = true, .body = t->q->capex, .len = t->q->capex_len };
	struct fault why;
	struct ruling r;

	conn_learn(c)->stage = STAGE_CAPEX;
	if (t->q->past != NULL)
		conn_learn(c)->capex = t->q->past->facts->capex;
	else if (ipic_capex(&m, &conn_learn(c)->capex, &why) < 0)
		return trial_judge(t, "bad_capex", REASON_ISCE_ERROR, "%s", why.text);
	trial_join_capex(t, &conn_learn(c)->capex);
	capex_in_learn(c);
	return !rules_capex(c, &r) || trial_ruled(t, &r);
}

static bool
trial_in_bind(struct trial *t)
{
	return t->conn->facts->has_capex && trial_ask(t, DOOR_BIND, REASON_SECURITY_VIOLATION);
}

/* A further socket joins its ipconn; a call-back needs the token of a connection that exists. */
static bool
trial_in_first(struct trial *t)
{
	const struct capex *x = &t->conn->facts->capex;

	if (t->q->past != NULL)
		return true;
	if (t->q->further && x->socket > 1)
		return trial_join(t);
	if (x->answering[0] == '\0')
		return true;
	return trial_judge(t, "no_ipconn", REASON_NO_IPCONN, "a call-back cannot be asked about, without the token that this region gave");
}

static bool
trial_in_ha(struct trial *t)
{
	struct conn *c = t->conn;
	const struct tcpipservice_def *at = c->service->def;
	const struct entrance *to;
	struct ruling r;

	if (!c->facts->has_capex)
		return false;
	if (rules_ha(c, &to, &r))
		return trial_ruled(t, &r);
	if (at->speciftcps[0] == '\0')
		return true;
	if (!t->refused)
		record_outcome(c->record, "redirected", NULL, NULL, NULL);
	trial_note(t, "redirected to tcpipservice %s%s; ask again with --tcpipservice %s", at->speciftcps,
		at->advertise[0] != '\0' ? " of this region or of another one of advertise" : "", at->speciftcps);
	return false;
}

/* --- the ipconn ------------------------------------------------------------------------------- */

/* Trust and session counts, as match_take. */
static bool
take(struct trial *t)
{
	struct conn *c = t->conn;
	struct terms terms = { .token = "" };
	struct ruling r;

	if (!rules_trust(c, t->partner.def, &r) && !rules_terms(t->partner.def, &c->facts->capex, &terms, &r)) {
		t->partner.engaged->sendcount = terms.sendcount;
		t->partner.engaged->receivecount = terms.receivecount;
		t->partner.engaged->sockets = terms.sockets;
		trial_accept(t, SOCKET_IN);
		return true;
	}
	if (t->partner.autoinstalled)
		trial_tell(t, t->partner.def);
	return trial_ruled(t, &r);
}

static bool
match(struct trial *t, const struct ipconn *i)
{
	struct ruling r;

	t->engagement = (struct engagement){ .socket[SOCKET_IN] = ipconn_socket(i, SOCKET_IN) };
	if (i->engaged != NULL) {
		t->engagement.acquiring = i->engaged->acquiring;
		t->engagement.answered = i->engaged->answered;
	}
	t->partner = (struct ipconn){ .def = i->def, .engaged = &t->engagement, .inservice = i->inservice, .autoinstalled = i->autoinstalled,
		.status = i->status };
	memcpy(t->partner.template, i->template, sizeof t->partner.template);
	if (i == t->q->self)
		t->partner.status = CONN_RELEASED;
	if (rules_match(t->conn, &t->partner, &r))
		return trial_ruled(t, &r);
	return take(t);
}

/* Installs the URM's answer in t->partner. */
static bool
install(struct trial *t)
{
	struct conn *c = t->conn;
	const struct registry *registry = c->worker->registry;
	const struct verdict *v = &c->ask->verdict;
	const struct ipconn *template = v->install.template[0] != '\0' ? registry_name(registry, v->install.template) : NULL;
	struct ruling r;

	t->engagement = (struct engagement){ .ipconn = NULL };
	t->partner = (struct ipconn){ .def = &t->defined, .engaged = &t->engagement, .autoinstalled = true, .inservice = true };
	memcpy(t->partner.template, v->install.template, sizeof t->partner.template);
	install_define(c, v, template, &t->defined);
	if (!rules_install(c, v, t->partner.def, template, &r) &&
	    !rules_claim(c, registry_judge(registry, t->partner.def, t->q->self), t->partner.def, &r))
		return take(t);
	trial_ruled(t, &r);
	trial_tell(t, t->partner.def);
	return false;
}

static bool
trial_in_ipconn(struct trial *t)
{
	struct conn *c = t->conn;
	const struct ipconn *i = c->facts->has_capex ? match_find(c) : NULL;

	if (!c->facts->has_capex)
		return false;
	if (t->q->past != NULL && t->q->past->joined)
		return trial_past_join(t);
	if (i != NULL && (i != t->q->self || !i->autoinstalled))
		return match(t, i);
	if (c->facts->capex.applid[0] == '\0' && c->facts->capex.suggested_applid[0] == '\0')
		install_suggest(c, c->worker->suggested);
	record_facts(c->record, c->facts);
	return trial_ask(t, DOOR_INSTALL, REASON_AUTOINSTALL_FAILED) && install(t);
}

const struct trial_step *
trial_in_steps(void)
{
	static const struct trial_step steps[] = { { trial_in_reach, TRIAL_ADMIT }, { trial_in_limits, TRIAL_ADMIT },
		{ trial_in_admit, TRIAL_ADMIT }, { trial_tls, TRIAL_TLS }, { trial_in_capex, TRIAL_CAPEX }, { trial_in_bind, TRIAL_BIND },
		{ trial_in_first, TRIAL_IPCONN }, { trial_in_ha, TRIAL_IPCONN }, { trial_in_ipconn, TRIAL_IPCONN }, { NULL, TRIAL_IPCONN } };

	return steps;
}
