/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bind: bind-time security (IPIC.md 7.3): decides whether the certificate may use the name NETWORKID.APPLID. Asked for
 * every inbound socket.
 */
#include "conn/capex_answer.h"
#include "conn/steps.h"

static void
look_up(struct conn *c)
{
	struct ipconn *i = match_find(c);

	if (i != NULL)
		match_begin(c, i);
	else
		install_begin(c);
}

static void
bind_decided(struct conn *c)
{
	const struct verdict *v = &c->ask->verdict;

	if (v->kind != VERDICT_ACCEPT) {
		conn_refused(c, MSG_SP0021, door_name(DOOR_BIND), c->ask->script, v, reason_name(REASON_SECURITY_VIOLATION));
		capex_answer_refusal(c, REASON_SECURITY_VIOLATION);
	} else if (capex_in_overtaken(c)) {
		return;
	} else if (c->facts->capex.socket > 1) {
		match_join(c);
	} else if (c->facts->capex.answering[0] != '\0') {
		match_call_back(c);
	} else if (!ha_begin(c)) {
		look_up(c);
	}
}

void
bind_begin(struct conn *c)
{
	conn_ask(c, DOOR_BIND, bind_decided);
}
