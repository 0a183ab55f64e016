/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ha: regions of a cluster share the port of a generic listener. The region that accepts redirects its partner to its
 * own specific listener (IPIC.md 10).
 */
#include "conn/capex_answer.h"
#include "conn/steps.h"

#include <string.h>

/*
 * The address of the specific listener. When it listens on every address: the address that the partner has connected
 * to.
 */
static void
send_on(struct conn *c, const struct entrance *to)
{
	char host[ADDR_TEXT];

	addr_ip(to->any ? &c->facts.own.addr : &to->own, host, sizeof host);
	capex_redirect(c, host, to->own.port);
}

static void
generic(struct conn *c)
{
	const struct tcpipservice_def *t = c->service->def;
	const struct entrance *to = c->worker->entrance(c->worker, t->speciftcps);

	if (!c->facts.capex.ha)
		capex_refuse(c, REASON_HA_RESOURCE_MISMATCH, "ha", "tcpipservice %s is generic, and the caller's ipconn has ha = no", t->tcpipservice);
	else if (to == NULL || !to->open)
		capex_refuse(c, REASON_INVALID_HA_TCPIPSERVICE, "ha", "tcpipservice %s, to which %s redirects its partners, is not open", t->speciftcps,
			t->tcpipservice);
	else
		send_on(c, to);
}

/* True when a generic listener redirects its partners to this tcpipservice. */
static bool
is_specific(const struct definition *d, const char *tcpipservice)
{
	for (size_t n = 0; n < d->ntcpipservices; n++)
		if (strcmp(d->tcpipservice[n].speciftcps, tcpipservice) == 0)
			return true;
	return false;
}

bool
ha_begin(struct conn *c)
{
	const struct tcpipservice_def *t = c->service->def;

	if (t->speciftcps[0] != '\0') {
		generic(c);
		return true;
	}
	if (!c->facts.capex.ha || is_specific(c->generation->definition, t->tcpipservice))
		return false;
	capex_refuse(c, REASON_HA_RESOURCE_MISMATCH, "ha", "the caller's ipconn has ha = yes, and no generic tcpipservice redirects to %s",
		t->tcpipservice);
	return true;
}
