/* SPDX-License-Identifier: Apache-2.0 */
/* trial_past: the parts of a walk that a recorded connection takes from its record. */
#include "conn/trial_internal.h"

#include <string.h>

void
trial_past_begin(struct trial *t)
{
	const struct facts *was = t->q->past->facts;
	struct facts *f = conn_learn(t->conn);

	memcpy(f->connection, was->connection, sizeof f->connection);
	f->generation = was->generation;
	f->ip_hidden = was->ip_hidden;
	f->own = was->own;
	f->load = was->load;
}

/* The definition that the ipconn has now: its own, that of its template under its names, or the defaults under them. */
static void
define(struct trial *t, struct ipconn_def *d, const struct installed *was)
{
	const struct definition *all = t->q->generation->definition;
	const struct ipconn_def *own = definition_ipconn(all, was->ipconn), *template = definition_ipconn(all, was->template);

	if (own != NULL) {
		*d = *own;
		return;
	}
	if (template != NULL)
		*d = *template;
	else
		attribute_defaults(resource_ipconn, d);
	memcpy(d->ipconn, was->ipconn, sizeof d->ipconn);
	memcpy(d->applid, was->applid, sizeof d->applid);
	memcpy(d->networkid, was->networkid, sizeof d->networkid);
}

void
trial_past_partner(struct trial *t)
{
	const struct installed *was = t->q->past->installed;

	t->engagement = (struct engagement){ .sendcount = was->sendcount, .receivecount = was->receivecount, .sockets = was->sockets };
	t->partner = (struct ipconn){ .worker = t->q->worker, .def = &t->defined, .engaged = &t->engagement, .autoinstalled = was->autoinstalled,
		.inservice = true };
	memcpy(t->partner.template, was->template, sizeof t->partner.template);
	memcpy(t->partner.ruled, was->autoinstalled ? was->template : was->ipconn, sizeof t->partner.ruled);
	define(t, &t->defined, was);
}

bool
trial_past_join(struct trial *t)
{
	struct ruling r;

	if (t->q->past->installed == NULL)
		return false;
	trial_past_partner(t);
	if (rules_trust(t->conn, t->partner.def, &r))
		return trial_ruled(t, &r);
	trial_accept(t, SOCKET_IN);
	return true;
}
