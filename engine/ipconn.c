/* SPDX-License-Identifier: Apache-2.0 */
#include "ipconn.h"

#include "clock.h"
#include "life.h"

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
	timer_init(&i->goodbye, w->loop, goodbye_over, i);
	claim = registry_claim(w->registry, i);
	if (claim != CLAIM_OK) {
		free(i);
		return claim;
	}
	i->generation = generation_ref(g);
	say(i, MSG_DFHIS3030, "action", "installed");
	*out = i;
	return CLAIM_OK;
}

void
ipconn_delete(struct ipconn *i)
{
	say(i, MSG_DFHIS3030, "action", "deleted");
	timer_stop(&i->goodbye);
	registry_drop(i->worker->registry, i);
}

void
ipconn_enter(struct ipconn *i, enum connstatus s)
{
	i->status = s;
	timer_stop(&i->goodbye);
	if (s == CONN_FREEING)
		timer_set(&i->goodbye, GOODBYE_SECONDS);
}

void
ipconn_join(struct ipconn *i, struct conn *c, unsigned n)
{
	i->socket[n] = c;
	c->ipconn = i;
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
	if (d != NULL && ipconn_install(w, w->generation, d, "", false, &again) != CLAIM_OK)
		log_say(w->log, MSG_SP0018, "ipconn", d->ipconn, NULL);
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
	i->token[0] = '\0';
	ipconn_enter(i, CONN_RELEASED);
	say(i, MSG_DFHIS2009, "why", why);
	if (i->autoinstalled) {
		ipconn_delete(i);
		if (first != NULL)
			ipconn_tell_urm(first, i->generation, &i->def);
	} else {
		ipconn_settle(i);
	}
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++) {
		if (socket[n] == NULL)
			continue;
		socket[n]->ipconn = NULL;
		record_outcome(socket[n]->record, outcome, NULL, NULL, NULL);
		conn_close(socket[n], CONN_POLITELY, why);
	}
}

void
ipconn_finish(struct ipconn *i, const char *why)
{
	finish(i, i->socket[0] != NULL ? i->socket[0] : i->socket[1], "released", why);
}

void
ipconn_lost(struct ipconn *i, struct conn *c, const char *why)
{
	bool freeing = i->status == CONN_FREEING;

	record_outcome(c->record, freeing ? "released" : "lost", NULL, NULL, NULL);
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] == c)
			i->socket[n] = NULL;
	finish(i, c, freeing ? "released" : "lost", freeing ? i->why : why);
}

void
ipconn_release(struct ipconn *i, const char *why)
{
	unsigned asked = 0;

	if (i->status == CONN_RELEASED || i->status == CONN_FREEING)
		return;
	i->why = why;
	ipconn_enter(i, CONN_FREEING);
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] != NULL && traffic_request(i->socket[n], IS_RELEASE) == 0)
			asked++;
	if (asked == 0)
		ipconn_finish(i, why);
}

void
ipconn_goodbye(struct ipconn *i)
{
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (i->socket[n] != NULL && !i->socket[n]->said_goodbye)
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

bool
ipconn_trusted(const struct ipconn_def *def, const struct conn *c)
{
	const struct certificate *cert = c->facts.certificate;
	bool verified = c->service->def->ssl == SSL_CLIENTAUTH && cert != NULL && cert->chain.ok;

	return def->userauth != USERAUTH_IDENTIFY || verified || c->facts.peer.sysplex;
}
