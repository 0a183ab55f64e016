/* SPDX-License-Identifier: Apache-2.0 */
/* admit: decides whether an address may connect or be dialled: first the limits of the engine, then the admit door. */
#include "conn/steps.h"
#include "conn/peers.h"
#include "conn/rules.h"

#include "base/clock.h"

#include <stdio.h>

static void
refuse_cap(struct conn *c, enum message m, const struct ruling *r)
{
	conn_engine_refused(c, m, r->code, NULL, "%s", r->text);
	if (c->facts->way == WAY_OUT)
		dial_failed(c, r->code, NULL, "%s", r->text);
	else
		conn_close(c, CONN_AT_ONCE, "a cap is reached");
}

/*
 * True: a limit is reached and c is closed. The counts are those before c was counted: other workers count at the same
 * time, and each connection has a number of its own, so that as many pass as the limit says.
 */
static bool
capped(struct conn *c)
{
	struct ruling r;

	if (rules_sockets(c, c->earlier, &r)) {
		tally_add(&c->worker->totals->statistics.at_max, 1);
		refuse_cap(c, MSG_SP0008, &r);
		return true;
	}
	if (!rules_halfopen(c, c->around, &r))
		return false;
	refuse_cap(c, MSG_SP0021, &r);
	return true;
}

static void
refused(struct conn *c, const struct verdict *v)
{
	char why[TEXT_SIZE];

	conn_refused(c, MSG_SP0021, door_name(DOOR_ADMIT), c->ask->script, v, NULL);
	if (c->facts->way == WAY_OUT) {
		snprintf(why, sizeof why, "refused at admit: %s", v->code);
		dial_missed(c, why);
	} else {
		conn_close(c, CONN_AT_ONCE, "refused at admit");
	}
}

static void
admit_decided(struct conn *c)
{
	const struct verdict *v = &c->ask->verdict;

	if (v->kind != VERDICT_ACCEPT) {
		refused(c, v);
		return;
	}
	conn_learn(c)->peer.sysplex = v->sysplex;
	conn_event(c, "admitted");
	if (c->facts->way == WAY_OUT) {
		dial_admitted(c);
		return;
	}
	conn_enter(c, CONN_ADMITTED, c->generation->definition->region.tcp_timeout);
}

/* Sets facts.load for an address that will be dialled: the counts of inbound sockets from that address. */
static void
look(struct conn *c)
{
	struct peers_counts t = peers_look(c->worker->peers, &c->facts->peer.addr, clock_span());
	struct facts_load *l = &conn_learn(c)->load;

	l->from_peer = t.from_peer;
	l->from_prefix = t.from_prefix;
	l->refused_from_peer = t.refused_from_peer;
}

void
admit_begin(struct conn *c)
{
	if (c->facts->way == WAY_OUT)
		look(c);
	conn_event(c, c->facts->way == WAY_OUT ? "about to dial" : "accepted");
	if (!capped(c))
		conn_ask(c, DOOR_ADMIT, admit_decided);
}

void
admit_early_byte(struct conn *c)
{
	io_put_off(&c->io);
}

void
admit_first_byte(struct conn *c)
{
	conn_event(c, "first byte");
	if (c->service->tls != NULL)
		certify_begin(c);
	else
		capex_in_begin(c);
}
