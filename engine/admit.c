/* SPDX-License-Identifier: Apache-2.0 */
/* admit: a socket was accepted; may this address come in? The engine's caps first, then the policy. */
#include "life.h"
#include "tally.h"

#include "clock.h"

static void
refuse_cap(struct conn *c, enum message m, const char *what, unsigned count, int cap)
{
	conn_engine_refused(c, m, "limit", NULL, "%s: %u there already, the cap is %d", what, count, cap);
	conn_close(c, CONN_AT_ONCE, "a cap is reached");
}

/* True when a cap closed the socket. Its own count is not among those named. */
static bool
capped(struct conn *c)
{
	const struct region_def *r = &c->generation->definition->region;
	struct tally_counts t = tally_look(c->worker->tally, &c->facts.peer.addr, clock_span());
	bool most = c->worker->sockets > (unsigned)r->maxsockets;
	bool full = c->facts.load.halfopen >= (unsigned)r->halfopen;
	bool crowded = t.halfopen_prefix > (unsigned)r->halfopen_peer;

	if (most)
		refuse_cap(c, MSG_SP0008, "maxsockets of the region", c->worker->sockets - 1, r->maxsockets);
	else if (full)
		refuse_cap(c, MSG_SP0021, "halfopen of the tcpipservice", c->facts.load.halfopen, r->halfopen);
	else if (crowded)
		refuse_cap(c, MSG_SP0021, "halfopen_peer of the neighbourhood", t.halfopen_prefix - 1, r->halfopen_peer);
	return most || full || crowded;
}

static void
decided(struct conn *c)
{
	const struct verdict *v = &c->ask.verdict;

	if (v->kind != VERDICT_ACCEPT) {
		conn_refused(c, MSG_SP0021, door_name(DOOR_ADMIT), c->ask.script, v, NULL);
		conn_close(c, CONN_AT_ONCE, "refused at admit");
		return;
	}
	c->facts.peer.sysplex = v->sysplex;
	conn_event(c, "admitted");
	conn_enter(c, CONN_ADMITTED, c->generation->definition->region.tcp_timeout);
}

void
admit_begin(struct conn *c)
{
	conn_event(c, "accepted");
	if (!capped(c))
		conn_ask(c, DOOR_ADMIT, decided);
}
