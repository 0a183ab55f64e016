/* SPDX-License-Identifier: Apache-2.0 */
/*
 * install: an unknown partner: the URM decides, and its answer is checked against the rules of the communication area
 * (IPIC.md 6.2, 6.3). The order of messages follows IPIC.md 6.8: installed, autoinstalled, then the security check,
 * then deleted if that fails.
 */
#include "conn/notice.h"
#include "conn/traffic.h"
#include "conn/capex_answer.h"
#include "conn/steps.h"

#include <stdio.h>
#include <string.h>

#define SUGGESTIONS 100000000ull /* eight decimal digits */

uint64_t
install_suggest(struct conn *c, uint64_t last)
{
	struct capex *x = &conn_learn(c)->capex;

	for (int tries = 0; tries < 1000; tries++) {
		unsigned n = (unsigned)(++last % SUGGESTIONS);

		snprintf(x->suggested_applid, sizeof x->suggested_applid, "%08u", n % 100000000u);
		if (registry_pair(c->worker->registry, x->networkid, x->suggested_applid) == NULL)
			break;
	}
	return last;
}

/*
 * The attributes that the URM cannot set: the template's, else CICS's defaults (IPIC.md 6.3) with the caller's number
 * of sessions. The default SENDCOUNT is 0, so that a caller cannot make this region dial an address unless a template
 * allows that.
 */
static void
inherit(struct ipconn_def *d, const struct ipconn *template, const struct capex *x)
{
	if (template != NULL) {
		*d = *template->def;
	} else {
		attribute_defaults(resource_ipconn, d);
		d->receivecount = x->sendcount;
	}
	d->template_ = TEMPLATE_UNSAID;
	d->inservice = YES;
	d->line = 0;
}

/* The names and the address of the CAPEX, as changed by the URM. */
static void
name(struct ipconn_def *d, const struct verdict *v, const struct conn *c)
{
	const struct capex *x = &c->facts->capex;
	const char *flow = x->applid[0] != '\0' ? x->applid : x->suggested_applid;

	memcpy(d->ipconn, v->install.ipconn, sizeof d->ipconn);
	snprintf(d->applid, sizeof d->applid, "%s", v->install.applid[0] != '\0' ? v->install.applid : flow);
	memcpy(d->networkid, x->networkid, sizeof d->networkid);
	memcpy(d->host, v->install.has_host ? v->install.host : x->host, sizeof d->host);
	d->port = v->install.has_port ? v->install.port : x->port;
	memcpy(d->tcpipservice, c->facts->tcpipservice, sizeof d->tcpipservice);
}

void
install_define(const struct conn *c, const struct verdict *v, const struct ipconn *template, struct ipconn_def *d)
{
	inherit(d, template, &c->facts->capex);
	name(d, v, c);
}

static void
say_autoinstalled(const struct conn *c, const struct ipconn *i)
{
	char applid[NAME_PAIR_SIZE];

	name_pair(i->def->networkid, i->def->applid, applid);
	log_say(c->worker->log, MSG_DFHIS3000, "ipconn", i->def->ipconn, "applid", applid, "urm", c->ask->script, "template", i->template,
		"tcpipservice", c->facts->tcpipservice, "host", i->def->host, "connection", c->facts->connection, NULL);
}

static bool
claimed(struct conn *c, const struct ipconn_def *d)
{
	struct ruling r;
	struct ipconn *i;
	enum claim claim = ipconn_install(c->worker, c->generation, d, c->ask->verdict.install.template, true, &i);

	if (rules_claim(c, claim, d, &r)) {
		if (r.holder != NULL)
			traffic_probe(r.holder);
		capex_ruled(c, &r);
		return false;
	}
	say_autoinstalled(c, i);
	match_take(c, i);
	return true;
}

/* Installs the ipconn that the URM described. False: the CAPEX was refused. */
static bool
install(struct conn *c, const struct ipconn_def *d, const struct ipconn *template)
{
	struct ruling r;

	if (capex_in_overtaken(c))
		return false;
	if (!rules_install(c, &c->ask->verdict, d, template, &r))
		return claimed(c, d);
	capex_ruled(c, &r);
	return false;
}

static void
install_decided(struct conn *c)
{
	const struct verdict *v = &c->ask->verdict;
	const struct ipconn *template = NULL;
	struct ipconn_def d;

	if (v->kind != VERDICT_INSTALL) {
		conn_refused(c, MSG_SP0021, door_name(DOOR_INSTALL), c->ask->script, v, reason_name(REASON_AUTOINSTALL_FAILED));
		capex_answer_refusal(c, REASON_AUTOINSTALL_FAILED);
		return;
	}
	if (v->install.template[0] != '\0')
		template = registry_name(c->worker->registry, v->install.template);
	install_define(c, v, template, &d);
	if (!install(c, &d, template)) /* the URM accepted and may hold a reservation (IPIC.md 6.7) */
		notice_give(c, c->generation, &d);
}

void
install_begin(struct conn *c)
{
	if (c->facts->capex.applid[0] == '\0')
		c->worker->suggested = install_suggest(c, c->worker->suggested);
	conn_ask(c, DOOR_INSTALL, install_decided);
}
