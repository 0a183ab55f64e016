/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/ipconn.h"

#include "base/clock.h"
#include "conn/steps.h"
#include "conn/riders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOODBYE_SECONDS 1.0

static void
say(const struct ipconn *i, enum message m, const char *key, const char *value)
{
	char applid[2 * NAME_SIZE + 1];

	snprintf(applid, sizeof applid, "%s.%s", i->def.networkid, i->def.applid);
	log_say(i->worker->log, m, "ipconn", i->def.ipconn, "applid", applid, key, value, NULL);
}

static void
goodbye_over(void *arg)
{
	struct ipconn *i = arg;

	say(i, MSG_DFHIS1003, "why", i->why);
	ipconn_finish(i, i->why);
}

static void
patience_over(void *arg)
{
	obtain_overdue(arg);
}

/* A copy of a copy is ruled by the definition at the root. */
static void
take_rule(struct ipconn *i)
{
	const struct ipconn *from = i->autoinstalled ? registry_name(i->worker->registry, i->template) : NULL;

	if (!i->autoinstalled)
		memcpy(i->ruled, i->def.ipconn, sizeof i->ruled);
	else if (from != NULL)
		memcpy(i->ruled, from->ruled, sizeof i->ruled);
}

enum claim
ipconn_install(struct worker *w, struct generation *g, const struct ipconn_def *def, const char *template, bool autoinstalled,
	struct ipconn **out)
{
	struct ipconn *i = calloc(1, sizeof *i);
	enum claim claim;

	if (i == NULL)
		return CLAIM_NO_MEMORY;
	i->worker = w;
	i->def = *def;
	i->inservice = def->inservice == YES;
	i->autoinstalled = autoinstalled;
	snprintf(i->template, sizeof i->template, "%s", template);
	take_rule(i);
	timer_init(&i->goodbye, w->loop, goodbye_over, i);
	timer_init(&i->patience, w->loop, patience_over, i);
	claim = registry_claim(w->registry, i);
	if (claim != CLAIM_OK) {
		free(i);
		return claim;
	}
	i->statistics.created = autoinstalled ? clock_wall() : 0;
	i->generation = generation_ref(g);
	say(i, MSG_DFHIS3030, "action", "installed");
	acquire_installed(i);
	*out = i;
	return CLAIM_OK;
}

void
ipconn_delete(struct ipconn *i)
{
	say(i, MSG_DFHIS3030, "action", "deleted");
	if (i->autoinstalled)
		statistics_say(i->worker->log, MSG_SP0055, "ipconn", i->def.ipconn, ipconn_figures, &i->statistics);
	timer_stop(&i->goodbye);
	acquire_forget(i);
	timer_stop(&i->patience);
	registry_drop(i->worker->registry, i);
}

void
ipconn_enter(struct ipconn *i, enum connstatus s)
{
	i->status = s;
	i->parting = false;
	timer_stop(&i->goodbye);
	timer_stop(&i->patience);
	if (s == CONN_OBTAINING)
		timer_set(&i->patience, obtain_seconds(i));
	else
		i->worker->riders->queue(i);
	if (i->status != CONN_ACQUIRED)
		return;
	i->again.acquired = clock_span();
	traffic_resume(i);
}

void
ipconn_join(struct ipconn *i, struct conn *c, unsigned place)
{
	i->socket[place] = c;
	c->ipconn = i;
	c->place = place;
	snprintf(c->facts.ipconn.ipconn, sizeof c->facts.ipconn.ipconn, "%s", i->def.ipconn);
	snprintf(c->facts.ipconn.applid, sizeof c->facts.ipconn.applid, "%s", i->def.applid);
	snprintf(c->facts.ipconn.networkid, sizeof c->facts.ipconn.networkid, "%s", i->def.networkid);
}

static void
told(struct ask *a)
{
	struct conn *c = a->arg;

	log_say(c->worker->log, MSG_SP0024, "ipconn", a->facts->ipconn.ipconn, "policy", a->script, "connection",
		a->facts->connection, "verdict", verdict_name(a->verdict.kind), NULL);
}

void
ipconn_tell_urm(struct conn *c, struct generation *g, const struct ipconn_def *def)
{
	const struct service *s = generation_service(g, c->facts.tcpipservice);
	struct facts f = c->facts;
	struct ask a = { .policy = g->policy, .door = DOOR_DELETE, .facts = &f, .record = c->record, .done = told, .arg = c };

	if (s == NULL || s->script[DOOR_DELETE] == NULL)
		return;
	a.script = s->script[DOOR_DELETE];
	f.now = clock_wall();
	memcpy(f.ipconn.ipconn, def->ipconn, sizeof f.ipconn.ipconn);
	memcpy(f.ipconn.applid, def->applid, sizeof f.ipconn.applid);
	memcpy(f.ipconn.networkid, def->networkid, sizeof f.ipconn.networkid);
	policy_ask(&a);
}

static bool
same_definition(const struct ipconn_def *a, const struct ipconn_def *b)
{
	char x[PATH_SIZE], y[PATH_SIZE];

	for (const struct attribute *t = ipconn_attributes; t->name != NULL; t++)
		if (strcmp(attribute_print(t, a, x, sizeof x), attribute_print(t, b, y, sizeof y)) != 0)
			return false;
	return true;
}

void
ipconn_settle(struct ipconn *i)
{
	struct worker *w = i->worker;
	const struct ipconn_def *d = definition_ipconn(w->generation->definition, i->def.ipconn);
	struct ipconn *again;

	if (d != NULL && same_definition(d, &i->def))
		return;
	ipconn_delete(i);
	if (d == NULL)
		return;
	if (ipconn_install(w, w->generation, d, "", false, &again) != CLAIM_OK) {
		log_say(w->log, MSG_SP0018, "ipconn", d->ipconn, NULL);
		return;
	}
	again->statistics = i->statistics; /* i is buried at the end of the turn only */
	again->statistics.current_send = again->statistics.current_receive = 0; /* those end with i's sockets */
	if (i->again.held)
		acquire_hold(again, true);
}

/* Everything a release does; `first` (may be NULL) is the socket whose facts and record serve the URM's DELETE. */
static void
finish(struct ipconn *i, struct conn *first, const char *outcome, const char *why)
{
	struct conn *socket[IPCONN_SOCKETS];

	if (i->status == CONN_RELEASED)
		return;
	memcpy(socket, i->socket, sizeof socket);
	memset(i->socket, 0, sizeof i->socket);
	i->token[0] = i->callback[0] = i->further[0] = '\0';
	memset(&i->resync, 0, sizeof i->resync);
	i->resync_waits = false;
	ipconn_enter(i, CONN_RELEASED);
	say(i, MSG_DFHIS2009, "why", why);
	if (i->autoinstalled) {
		ipconn_delete(i);
		if (first != NULL)
			ipconn_tell_urm(first, i->generation, &i->def);
	} else {
		ipconn_settle(i);
		if (registry_name(i->worker->registry, i->def.ipconn) == i)
			acquire_later(i);
	}
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++) {
		if (socket[n] == NULL)
			continue;
		socket[n]->ipconn = NULL;
		record_outcome(socket[n]->record, outcome, NULL, NULL, NULL);
		conn_close(socket[n], CONN_POLITELY, why);
	}
}

struct conn *
ipconn_first(const struct ipconn *i)
{
	unsigned n = 0;

	while (n < IPCONN_SOCKETS && i->socket[n] == NULL)
		n++;
	return n < IPCONN_SOCKETS ? i->socket[n] : NULL;
}

void
ipconn_finish(struct ipconn *i, const char *why)
{
	finish(i, ipconn_first(i), "released", why);
}

void
ipconn_lost(struct ipconn *i, struct conn *c, const char *why)
{
	bool freeing = i->status == CONN_FREEING;

	record_outcome(c->record, freeing ? "released" : "lost", NULL, NULL, NULL);
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] == c)
			i->socket[n] = NULL;
	if (i->status == CONN_OBTAINING)
		obtain_lost(i, why);
	finish(i, c, freeing ? "released" : "lost", freeing ? i->why : why);
}

/* What is still being dialled has nobody to say goodbye to. */
static void
abandon(struct ipconn *i, const char *why)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++) {
		struct conn *c = i->socket[n];

		if (c == NULL || c->stage == CONN_INSTALLED)
			continue;
		i->socket[n] = NULL;
		c->ipconn = NULL;
		record_outcome(c->record, "released", NULL, NULL, NULL);
		conn_close(c, CONN_POLITELY, why);
	}
}

/* Release is asked on every socket. */
static void
say_goodbye(struct ipconn *i)
{
	unsigned asked = 0;

	timer_set(&i->goodbye, GOODBYE_SECONDS);
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] != NULL && traffic_request(i->socket[n], IS_RELEASE) == 0)
			asked++;
	if (asked == 0)
		ipconn_finish(i, i->why);
}

void
ipconn_work_over(struct ipconn *i)
{
	if (i->parting)
		ipconn_finish(i, i->why);
	else if (i->status == CONN_FREEING && !timer_running(&i->goodbye))
		say_goodbye(i);
}

void
ipconn_part(struct ipconn *i)
{
	if (i->status != CONN_FREEING) /* else who began it is why */
		i->why = "the partner asked for release";
	if (i->statistics.current_send == 0) {
		ipconn_finish(i, i->why);
		return;
	}
	if (i->parting)
		return;
	ipconn_enter(i, CONN_FREEING);
	i->parting = true;
	timer_set(&i->goodbye, GOODBYE_SECONDS);
}

void
ipconn_release(struct ipconn *i, const char *why)
{
	if (i->status == CONN_RELEASED || i->status == CONN_FREEING)
		return;
	i->why = why;
	ipconn_enter(i, CONN_FREEING);
	abandon(i, why);
	if (i->worker->riders->busy(i) == 0)
		ipconn_work_over(i);
}

void
ipconn_release_purging(struct ipconn *i, const char *how, const char *why)
{
	ipconn_release(i, why);
	if (i->status == CONN_FREEING)
		i->worker->riders->purge(i, how);
	if (strcmp(how, "kill") == 0)
		ipconn_finish(i, why);
}

void
ipconn_dismiss(struct ipconn *i, const char *why)
{
	i->why = why;
	ipconn_enter(i, CONN_FREEING);
	timer_set(&i->goodbye, GOODBYE_SECONDS);
}

void
ipconn_goodbye(struct ipconn *i)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] != NULL && i->socket[n]->stage == CONN_INSTALLED && !i->socket[n]->said_goodbye)
			return;
	ipconn_finish(i, i->why);
}

void
ipconn_adopt(struct ipconn *i, struct generation *g)
{
	generation_ref(g);
	generation_unref(i->generation);
	i->generation = g;
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] != NULL)
			conn_adopt(i->socket[n], g);
}

void
ipconn_view(const struct ipconn *i, struct ipconn_view *out)
{
	*out = (struct ipconn_view){ .def = i->def, .connstatus = i->status, .inservice = i->inservice, .autoinstalled = i->autoinstalled };
	memcpy(out->template, i->template, sizeof out->template);
	if (i->status == CONN_ACQUIRED) {
		out->def.sendcount = i->sendcount;
		out->def.receivecount = i->receivecount;
	}
}

void
ipconn_record(const struct ipconn *i, struct conn *c)
{
	struct installed n = { .autoinstalled = i->autoinstalled, .sendcount = i->sendcount, .receivecount = i->receivecount,
		.sockets = c->facts.way == WAY_IN ? i->sockets : i->out_sockets };

	memcpy(n.ipconn, i->def.ipconn, sizeof n.ipconn);
	memcpy(n.applid, i->def.applid, sizeof n.applid);
	memcpy(n.networkid, i->def.networkid, sizeof n.networkid);
	memcpy(n.template, i->template, sizeof n.template);
	record_installed(c->record, &n);
}

const struct service *
ipconn_outbound(const struct ipconn *i, const struct generation *g)
{
	return generation_outbound(g, i->ruled);
}

bool
ipconn_two_way(const struct ipconn *i)
{
	return i->acquiring || i->out_sockets > 0;
}

bool
ipconn_trusted(const struct ipconn_def *def, const struct conn *c, bool sysplex)
{
	const struct certificate *cert = c->facts.certificate;
	bool verified = (c->facts.way == WAY_OUT || c->service->ssl == SSL_CLIENTAUTH) && cert != NULL && cert->chain.ok;

	return def->userauth != USERAUTH_IDENTIFY || verified || sysplex;
}
