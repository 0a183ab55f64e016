/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/certuser.h"
#include "config/definition_place.h"

/*
 * The first listener of the partner that asks for a certificate. *judged: one of them has a certify script, which may
 * name its user.
 */
static const struct tcpipservice_def *
find_listener(const struct generation *g, const struct ipconn_def *c, bool *judged)
{
	const struct tcpipservice_def *first = NULL;

	*judged = false;
	for (size_t i = 0; i < g->definition->ntcpipservices; i++) {
		const struct tcpipservice_def *t = g->service[i].def;

		if (t->ssl != SSL_CLIENTAUTH || !resource_ipconn_comes_by(c, t))
			continue;
		*judged = *judged || g->service[i].script[DOOR_CERTIFY] != NULL;
		first = first != NULL ? first : t;
	}
	return first;
}

void
certuser_check(const struct generation *g, struct faults *faults)
{
	const struct definition *d = g->definition;
	bool judged;

	for (size_t i = 0; i < d->nipconns && g->certmap == NULL && d->nprograms > 0; i++) {
		const struct ipconn_def *c = &d->ipconn[i];
		const struct tcpipservice_def *t = c->linkauth == LINKAUTH_CERTUSER ? find_listener(g, c, &judged) : NULL;

		if (t != NULL && !judged)
			definition_fault(d, faults, FAULT_ERROR, "no_effect", c->line, "ipconn %s: linkauth is certuser and nothing gives a certificate a user, so it has "
				"no effect; give tcpipservice %s a certify script that answers userid, or the ring a maps.lua, or leave linkauth out", c->ipconn,
				t->tcpipservice);
	}
}
