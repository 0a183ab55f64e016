/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ha: regions of a cluster share the port of a generic listener. The region that accepts redirects its partner to its
 * own specific listener (IPIC.md 10).
 */
#include "conn/capex_answer.h"
#include "conn/steps.h"

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

bool
ha_begin(struct conn *c)
{
	const struct entrance *to;
	struct ruling r;

	if (rules_ha(c, &to, &r)) {
		capex_ruled(c, &r);
		return true;
	}
	if (to != NULL)
		send_on(c, to);
	return to != NULL;
}
