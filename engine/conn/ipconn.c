/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/acquire.h"
#include "conn/claiming.h"
#include "conn/release.h"
#include "conn/traffic.h"
#include "conn/ipconn.h"
#include "conn/published.h"

#include "base/clock.h"
#include "conn/steps.h"
#include "conn/riders.h"
#include "metrics/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
ipconn_say(const struct ipconn *i, enum message m, const char *key, const char *value)
{
	char applid[NAME_PAIR_SIZE];

	name_pair(i->def->networkid, i->def->applid, applid);
	log_say(i->worker->log, m, "ipconn", i->def->ipconn, "applid", applid, key, value, NULL);
}

/* Counts i as one of those in status s, or no longer as one. */
static void
count_status(const struct ipconn *i, enum connstatus s, int by)
{
	metrics_add(i->worker->metrics, (enum families_figure)(FIGURE_OF_RELEASED + s), by);
}

/* An ipconn copied from an autoinstalled one uses the original definition's TLS and scripts. */
static void
take_rule(struct ipconn *i)
{
	const struct ipconn *from = i->autoinstalled ? registry_name(i->worker->registry, i->template) : NULL;

	if (!i->autoinstalled)
		memcpy(i->ruled, i->def->ipconn, sizeof i->ruled);
	else if (from != NULL)
		memcpy(i->ruled, from->ruled, sizeof i->ruled);
}

/* --- the view of gates --- */

static void
fill_brief(const struct ipconn *i, struct ipconn_brief *b)
{
	*b = (struct ipconn_brief){ .def = i->def, .connstatus = i->status, .inservice = i->inservice, .autoinstalled = i->autoinstalled };
	memcpy(b->template, i->template, sizeof b->template);
	if (i->status != CONN_ACQUIRED)
		return;
	b->sendcount = (int16_t)i->engaged->sendcount;
	b->receivecount = (int16_t)i->engaged->receivecount;
}

/* -1: no memory. */
static int
publish(struct ipconn *i)
{
	struct ipconn_brief b;

	fill_brief(i, &b);
	i->seen = published_add(i->worker->published, &b);
	return i->seen != NULL ? 0 : -1;
}

static void
publish_change(const struct ipconn *i)
{
	struct ipconn_brief b;

	if (i->seen == NULL)
		return;
	fill_brief(i, &b);
	published_change(i->worker->published, i->seen, &b);
}

static void
withdraw(struct ipconn *i)
{
	if (i->seen != NULL)
		published_drop(i->worker->published, i->seen);
	i->seen = NULL;
}

void
ipconn_serve(struct ipconn *i, bool inservice)
{
	i->inservice = inservice;
	publish_change(i);
}

/* --- its definition --- */

int
ipconn_keep(struct ipconn *i)
{
	struct ipconn_def *own;

	if (i->owns)
		return 0;
	own = malloc(sizeof *own);
	if (own == NULL)
		return -1;
	*own = *i->def;
	i->def = own;
	i->owns = true;
	publish_change(i);
	return 0;
}

void
ipconn_define(struct ipconn *i, const struct ipconn_def *d)
{
	struct ipconn_def *own = i->owns ? (struct ipconn_def *)i->def : NULL;

	if (d == i->def)
		return;
	i->def = d;
	i->owns = false;
	publish_change(i);
	free(own);
}

/* --- its parts --- */

const struct ipconn_statistics *
ipconn_counts(const struct ipconn *i)
{
	static const struct ipconn_statistics none = { .created = 0 };

	return i->history != NULL ? &i->history->statistics : &none;
}

int
ipconn_remember(struct ipconn *i)
{
	if (i->history != NULL)
		return 0;
	i->history = calloc(1, sizeof *i->history);
	if (i->history == NULL)
		return -1;
	timer_init(&i->history->again.timer, i->worker->loop, acquire_again, i);
	return 0;
}

int
ipconn_engage(struct ipconn *i)
{
	struct engagement *e;

	if (i->engaged != NULL)
		return 0;
	e = ipconn_remember(i) == 0 ? calloc(1, sizeof *e) : NULL;
	if (e == NULL)
		return -1;
	e->ipconn = i;
	timer_init(&e->release_limit, i->worker->loop, release_overdue, i);
	timer_init(&e->patience, i->worker->loop, acquire_overdue, i);
	i->engaged = e;
	registry_idle(i->worker->registry, i);
	return 0;
}

static bool
is_idle(const struct ipconn *i)
{
	const struct ipconn_statistics *n = ipconn_counts(i);

	return i->status == CONN_RELEASED && i->engaged->waiting == NULL && i->engaged->held == 0 && n->current_send + n->current_receive == 0;
}

bool
ipconn_disengage(struct ipconn *i)
{
	if (i->engaged == NULL)
		return true;
	if (!is_idle(i))
		return false;
	registry_expect(i->worker->registry, i, "");
	registry_expect_callback(i->worker->registry, i, "");
	timer_stop(&i->engaged->release_limit);
	timer_stop(&i->engaged->patience);
	free(i->engaged);
	i->engaged = NULL;
	return true;
}

/* --- its life --- */

/* Makes g the generation that judges i. NULL: no generation judges i. */
static void
judge_by(struct ipconn *i, struct generation *g)
{
	struct generation *old = i->generation;

	i->generation = generation_ref(g);
	if (g != NULL)
		generation_judges_ipconn(g, true);
	if (old != NULL)
		generation_judges_ipconn(old, false);
	generation_unref(old);
}

void
ipconn_free(struct ipconn *i)
{
	judge_by(i, NULL);
	free(i->engaged);
	free(i->history);
	if (i->owns)
		free((struct ipconn_def *)i->def);
	free(i);
}

/* The parts that an installed ipconn has from the beginning. -1: no memory. */
static int
equip(struct ipconn *i)
{
	if ((i->autoinstalled && ipconn_keep(i) < 0) || ((i->autoinstalled || i->def->autoconnect == YES) && ipconn_remember(i) < 0))
		return -1;
	if (i->autoinstalled)
		i->history->statistics.created = clock_wall();
	return 0;
}

/* Claims name and pair. With gates i is published first, because a claim cannot be taken back. */
static enum claim
claim_and_publish(struct ipconn *i)
{
	struct registry *r = i->worker->registry;
	enum claim claim;

	if (i->worker->published == NULL)
		return registry_claim(r, i);
	claim = registry_judge(r, i->def, NULL);
	if (claim != CLAIM_OK)
		return claim;
	if (publish(i) < 0)
		return CLAIM_NO_MEMORY;
	return registry_claim(r, i);
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
	i->def = def;
	i->inservice = def->inservice == YES;
	i->autoinstalled = autoinstalled;
	snprintf(i->template, sizeof i->template, "%s", template);
	take_rule(i);
	claim = equip(i) < 0 ? CLAIM_NO_MEMORY : claim_and_publish(i);
	if (claim != CLAIM_OK) {
		ipconn_free(i);
		return claim;
	}
	count_status(i, i->status, 1);
	if (autoinstalled)
		judge_by(i, g);
	ipconn_say(i, MSG_DFHIS3030, "action", "installed");
	acquire_installed(i);
	*out = i;
	return CLAIM_OK;
}

void
ipconn_delete(struct ipconn *i)
{
	ipconn_say(i, MSG_DFHIS3030, "action", "deleted");
	if (i->autoinstalled)
		statistics_say(i->worker->log, MSG_SP0055, "ipconn", i->def->ipconn, statistics_ipconn, &i->history->statistics);
	claiming_give(i);
	acquire_forget(i);
	count_status(i, i->status, -1);
	withdraw(i);
	registry_drop(i->worker->registry, i);
}

/* A defined ipconn has a generation while it is not RELEASED, so that a reload passes over the others. */
static void
follow_status(struct ipconn *i)
{
	struct worker *w = i->worker;

	if (i->status != CONN_RELEASED) {
		if (!i->engaged->listed)
			registry_engage(w->registry, i);
		if (i->generation == NULL)
			judge_by(i, w->generation);
		return;
	}
	registry_rest(w->registry, i);
	registry_idle(w->registry, i);
	i->engaged->doomed = false; /* a reload that refused it has nothing to release */
	i->engaged->refusal = NULL;
	if (i->autoinstalled) /* it will be deleted, and its URM told */
		return;
	judge_by(i, NULL);
}

void
ipconn_hear(struct ipconn *i, const struct capex *x)
{
	memcpy(i->engaged->heard.applid, x->applid, sizeof x->applid);
	memcpy(i->engaged->heard.networkid, x->networkid, sizeof x->networkid);
	memcpy(i->engaged->heard.callback, x->callback, sizeof x->callback);
}

void
ipconn_enter(struct ipconn *i, enum connstatus s)
{
	count_status(i, i->status, -1);
	count_status(i, s, 1);
	i->status = s;
	publish_change(i);
	follow_status(i);
	if (s == CONN_RELEASED)
		claiming_give(i);
	i->engaged->parting = false;
	timer_stop(&i->engaged->release_limit);
	timer_stop(&i->engaged->patience);
	if (s == CONN_OBTAINING)
		timer_set(&i->engaged->patience, acquire_seconds(i));
	else
		i->worker->riders->queue(i);
	if (i->status != CONN_ACQUIRED)
		return;
	i->engaged->acquired = clock_span();
	traffic_resume(i);
}

void
ipconn_join(struct ipconn *i, struct conn *c, unsigned place)
{
	struct facts *f = conn_learn(c);

	i->engaged->socket[place] = c;
	if (i->engaged->listed) /* that of a trial is not */
		registry_engage(i->worker->registry, i); /* at the end, so that a reload that is under way comes to it again */
	c->ipconn = i;
	c->place = place;
	c->canary = i->engaged->canary;
	memcpy(f->ipconn.ipconn, i->def->ipconn, sizeof f->ipconn.ipconn);
	memcpy(f->ipconn.applid, i->def->applid, sizeof f->ipconn.applid);
	memcpy(f->ipconn.networkid, i->def->networkid, sizeof f->ipconn.networkid);
}

struct conn *
ipconn_first(const struct ipconn *i)
{
	unsigned n = 0;

	while (n < IPCONN_SOCKETS && ipconn_socket(i, n) == NULL)
		n++;
	return n < IPCONN_SOCKETS ? ipconn_socket(i, n) : NULL;
}

void
ipconn_adopt(struct ipconn *i, struct generation *g)
{
	judge_by(i, g);
	for (unsigned n = 0; n < IPCONN_SOCKETS; n++)
		if (ipconn_socket(i, n) != NULL)
			conn_adopt(ipconn_socket(i, n), g);
}

void
ipconn_view(const struct ipconn *i, struct ipconn_view *out)
{
	struct ipconn_brief b;

	fill_brief(i, &b);
	resource_view(&b, out);
}

void
ipconn_record(const struct ipconn *i, struct conn *c)
{
	struct installed n = { .autoinstalled = i->autoinstalled, .sendcount = i->engaged->sendcount, .receivecount = i->engaged->receivecount,
		.sockets = c->facts->way == WAY_IN ? i->engaged->sockets : i->engaged->out_sockets };

	memcpy(n.ipconn, i->def->ipconn, sizeof n.ipconn);
	memcpy(n.applid, i->def->applid, sizeof n.applid);
	memcpy(n.networkid, i->def->networkid, sizeof n.networkid);
	memcpy(n.template, i->template, sizeof n.template);
	record_installed(c->record, &n);
}

const char *
ipconn_dialled(const struct conn *c)
{
	return c->facts->way == WAY_OUT && c->ipconn != NULL ? c->ipconn->ruled : "";
}

const struct service *
ipconn_outbound(const struct ipconn *i, const struct generation *g)
{
	return generation_outbound(g, i->ruled);
}

bool
ipconn_two_way(const struct ipconn *i)
{
	return i->engaged != NULL && (i->engaged->acquiring || i->engaged->out_sockets > 0);
}

bool
ipconn_trusted(const struct ipconn_def *def, const struct conn *c, bool sysplex)
{
	const struct certificate *cert = c->facts->certificate;
	bool verified = (c->facts->way == WAY_OUT || c->service->ssl == SSL_CLIENTAUTH) && cert != NULL && cert->chain.ok;

	return def->userauth != USERAUTH_IDENTIFY || verified || sysplex;
}
