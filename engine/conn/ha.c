/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ha: regions of a cluster share the port of a generic listener. The region that accepts redirects its partner to a
 * specific listener (IPIC.md 10): to its own, or to that of a region of the attribute advertise (cluster.h).
 */
#include "conn/capex_answer.h"
#include "conn/cluster.h"
#include "conn/steps.h"

#include <stdio.h>
#include <string.h>

/*
 * The address of the specific listener. When it listens on every address: the address that the partner has connected
 * to.
 */
static void
send_on(struct conn *c, const struct entrance *to)
{
	char host[ADDR_TEXT];

	addr_ip(to->any ? &c->facts->own.addr : &to->own, host, sizeof host);
	capex_redirect(c, host, to->own.port);
}

static struct cluster_list
list_of(const struct conn *c)
{
	return (struct cluster_list){ .advertise = c->service->def->advertise, .networkid = c->generation->definition->region.networkid };
}

/* --- to a region of the cluster --------------------------------------------------------------- */

/* "NETWORKID.APPLID"; "" for a partner without an APPLID, which holds no pair. */
static void
put_pair(const struct conn *c, char pair[NAME_PAIR_SIZE])
{
	const struct capex *x = &c->facts->capex;

	pair[0] = '\0';
	if (x->applid[0] != '\0')
		name_pair(x->networkid, x->applid, pair);
}

/* holder: as in cluster_choose. */
static void
choose(struct conn *c, const char *holder)
{
	struct cluster_list l = list_of(c);
	struct cluster_choice chosen;
	char pair[NAME_PAIR_SIZE], event[160];
	struct ruling r;

	put_pair(c, pair);
	cluster_choose(c->worker->cluster, &l, pair, holder, &chosen);
	snprintf(event, sizeof event, "sent to %s: %s", chosen.to.region, chosen.why);
	conn_event_copy(c, event);
	if (chosen.own && rules_specific(c, &r))
		capex_ruled(c, &r);
	else if (chosen.to.host[0] == '\0')
		send_on(c, c->worker->entrance(c->worker, c->service->def->speciftcps));
	else
		capex_redirect(c, chosen.to.host, chosen.to.port);
}

/* Takes the answer of the store. The listener may have closed meanwhile, and the region may drain. */
static void
ha_answered(void *conn, const struct store_reply *reply, const char *why)
{
	struct conn *c = conn;
	char holder[NAME_PAIR_SIZE];
	struct ruling r;

	(void)why;
	c->seeking = NULL;
	io_pause(&c->io, true);
	if (rules_capex(c, &r))
		capex_ruled(c, &r);
	else
		choose(c, cluster_read(reply, holder) ? holder : NULL);
}

/* Asks the store for the region that holds the pair of c, unless it is this region, or c has no pair. */
static void
seek(struct conn *c)
{
	const struct ipconn *i = match_find(c);
	char pair[NAME_PAIR_SIZE];

	put_pair(c, pair);
	if (i != NULL && i->status != CONN_RELEASED) {
		choose(c, cluster_own(c->worker->cluster));
		return;
	}
	if (pair[0] != '\0')
		c->seeking = cluster_ask(c->worker->cluster, pair, ha_answered, c);
	if (c->seeking == NULL) {
		choose(c, pair[0] == '\0' && cluster_reached(c->worker->cluster) ? "" : NULL);
		return;
	}
	conn_enter(c, CONN_SEEKING, c->generation->definition->region.capex_timeout);
	io_pause(&c->io, false);
}

void
ha_timeout(struct conn *c)
{
	ha_leave(c);
	choose(c, NULL);
}

void
ha_leave(struct conn *c)
{
	if (c->seeking != NULL)
		store_cancel(c->seeking);
	c->seeking = NULL;
}

bool
ha_begin(struct conn *c)
{
	const struct tcpipservice_def *t = c->service->def;
	const struct entrance *to;
	struct ruling r;

	if (rules_ha(c, &to, &r)) {
		capex_ruled(c, &r);
		return true;
	}
	if (t->speciftcps[0] == '\0')
		return false;
	if (t->advertise[0] != '\0')
		seek(c);
	else
		send_on(c, to);
	return true;
}
