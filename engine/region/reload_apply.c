/* SPDX-License-Identifier: Apache-2.0 */
#include "region/reload_apply.h"
#include "conn/ipconn.h"
#include "conn/service_socket.h"
#include "conn/succession.h"

#include "security/passwords.h"
#include "region/reask.h"
#include "region/region.h"
#include "region/region_store.h"
#include "policy/generations.h"
#include "config/definition_place.h"

#include <stdlib.h>
#include <string.h>

static const struct tcpipservice_def *
current(const struct region *r, const char *tcpipservice)
{
	return definition_tcpipservice(r->worker.generation->definition, tcpipservice);
}

/* --- ipconns ---------------------------------------------------------------------------------- */

static void
in_the_way(const struct generation *g, const struct ipconn_def *d, const struct ipconn *holder, const char *what, struct faults *faults)
{
	definition_fault(g->definition, faults, FAULT_ERROR, "ipconn_held", d->line,
		"ipconn %s cannot be installed: %s is held by the %s ipconn %s, which is %s; release it first", d->ipconn, what,
		holder->autoinstalled ? "autoinstalled" : "defined", holder->def->ipconn, resource_connstatus(holder->status));
}

/* An engaged ipconn keeps its name and its pair. The succession settles or deletes a RELEASED ipconn. */
static void
check_engaged(const struct generation *g, const struct ipconn *i, struct faults *faults)
{
	const struct ipconn_def *named = i->autoinstalled ? definition_ipconn(g->definition, i->def->ipconn) : NULL;
	const struct ipconn_def *paired = definition_pair(g->definition, i->def->networkid, i->def->applid);

	if (named != NULL)
		in_the_way(g, named, i, "its name", faults);
	else if (paired != NULL && strcmp(paired->ipconn, i->def->ipconn) != 0)
		in_the_way(g, paired, i, "its networkid and applid", faults);
}

/* At the next start the socket would be without a tcpipservice, which is a fault. */
static void
check_sockets(const struct region *r, const struct generation *g, struct faults *faults)
{
	for (const struct listener *l = r->listeners.current; l != NULL; l = l->next)
		if (l->kept == KEPT_SHARED && definition_tcpipservice(g->definition, l->entrance.tcpipservice) == NULL)
			definition_fault(g->definition, faults, FAULT_ERROR, "handed", 0, "tcpipservice %s is missing, and the service manager has handed over a socket for it; "
				"keep it with status = \"closed\", or disable its socket unit and restart the region", l->entrance.tcpipservice);
}

int
reload_apply_check(struct region *r, const struct generation *g, bool changes, struct faults *faults)
{
	size_t before = faults->errors;

	for (const struct ipconn *i = changes ? registry_engaged(r->registry) : NULL; i != NULL; i = i->engaged->next)
		check_engaged(g, i, faults);
	check_sockets(r, g, faults);
	return faults->errors == before ? 0 : -1;
}

/* --- listeners -------------------------------------------------------------------------------- */

/*
 * Opens the listener beside the old one when the port differs. When both cannot be open, closes the old one and opens
 * the new one in the same turn of the loop.
 */
static int
open_moved(struct listener *l, const struct tcpipservice_def *d, struct listener *old, const struct tcpipservice_def *was, struct fault *f)
{
	if (listener_open_as(l, d, f) == 0)
		return 0;
	if (!old->entrance.open || d->portnumber != was->portnumber)
		return -1;
	old->yielded = true;
	listener_close(old);
	return listener_open_as(l, d, f);
}

static int
open_incoming(struct region *r, const struct definition *all, const struct tcpipservice_def *d, struct faults *faults)
{
	const struct tcpipservice_def *was = current(r, d->tcpipservice);
	struct listener *old = listeners_find(&r->listeners, d->tcpipservice), *l = listener_new(&r->worker, d->tcpipservice);
	struct fault f = { "no memory for a listener" };
	int ok = l == NULL ? -1 : 0;

	if (l != NULL) {
		l->next = r->listeners.incoming;
		r->listeners.incoming = l;
	}
	if (ok == 0 && old != NULL && old->entrance.open)
		ok = open_moved(l, d, old, was, &f);
	else if (ok == 0 && old == NULL && d->status == STATUS_OPEN)
		ok = listener_open_as(l, d, &f);
	if (ok < 0)
		definition_fault(all, faults, FAULT_ERROR, "listen", d->line, "%s", f.text);
	return ok;
}

/* Undoes open_incoming: closes the incoming listeners, and opens again those that had yielded to them. */
static void
take_back(struct region *r)
{
	struct fault f;

	while (r->listeners.incoming != NULL) {
		struct listener *one = listeners_take(&r->listeners.incoming, r->listeners.incoming->entrance.tcpipservice);

		listener_abandon(one);
		listeners_retire(&r->listeners, one);
	}
	for (struct listener *l = r->listeners.current; l != NULL; l = l->next) {
		if (l->yielded)
			listener_open_as(l, current(r, l->entrance.tcpipservice), &f); /* logs a failure */
		l->yielded = false;
	}
}

int
reload_apply_open(struct region *r, const struct generation *g, struct faults *faults)
{
	const struct definition *d = g->definition;

	if (telemetry_prepare(r, g, faults) < 0)
		return -1;
	for (size_t n = 0; n < d->ntcpipservices; n++) {
		if (!reload_changes_moves(r, r->worker.generation->definition, &d->tcpipservice[n]) || open_incoming(r, d, &d->tcpipservice[n], faults) == 0)
			continue;
		take_back(r);
		telemetry_undo(r);
		return -1;
	}
	return 0;
}

/* Opens or closes the listener when `status` of its definition has changed; else it stays as the operator left it. */
static void
follow_status(struct listener *l, const struct tcpipservice_def *was, const struct tcpipservice_def *d)
{
	struct fault f;

	if (was == NULL || was->status == d->status)
		return;
	if (d->status == STATUS_OPEN)
		listener_open_as(l, d, &f); /* logs a failure */
	else
		listener_close(l);
}

static void
say_undone(struct region *r, struct listener *l, const struct tcpipservice_def *was, const struct tcpipservice_def *d)
{
	if (l->urm_set && was != NULL && strcmp(was->urm, d->urm) != 0)
		log_say(r->log, MSG_SP0017, "tcpipservice", d->tcpipservice, "was", was->urm[0] != '\0' ? was->urm : "NO", "urm",
			d->urm[0] != '\0' ? d->urm : "NO", NULL);
	l->urm_set = false;
}

/* The listener of a definition: the incoming one, or the current one. The other is retired. */
static struct listener *
succeed_listener(struct region *r, const struct tcpipservice_def *was, const struct tcpipservice_def *d, bool urm)
{
	struct listener *old = listeners_take(&r->listeners.current, d->tcpipservice), *new = listeners_take(&r->listeners.incoming, d->tcpipservice);

	if (new == NULL) {
		if (was != NULL && service_socket_moves(was, d))
			listener_judge(old, d);
		follow_status(old, was, d);
		if (!urm)
			say_undone(r, old, was, d);
		return old;
	}
	listeners_retire(&r->listeners, old);
	return new;
}

static void
succeed_listeners(struct region *r, const struct definition *was, const struct definition *d, const char *urm_set)
{
	struct listener *list = NULL, **last = &list;

	for (size_t n = 0; n < d->ntcpipservices; n++) {
		const char *name = d->tcpipservice[n].tcpipservice;

		*last = succeed_listener(r, definition_tcpipservice(was, name), &d->tcpipservice[n], urm_set != NULL);
		if (urm_set != NULL && strcmp(urm_set, name) == 0)
			(*last)->urm_set = true;
		last = &(*last)->next;
	}
	while (r->listeners.current != NULL)
		listeners_retire(&r->listeners, listeners_take(&r->listeners.current, r->listeners.current->entrance.tcpipservice));
	r->listeners.current = list;
}

/* --- the swap --------------------------------------------------------------------------------- */

void
reload_apply_swap(struct region *r, struct generation *g, struct succession *s, const char *urm_set)
{
	struct generation *old = r->worker.generation;
	char number[24];

	succeed_listeners(r, old->definition, g->definition, urm_set);
	generations_add(r->living, g);
	r->worker.generation = g;
	succession_begin(s, &r->worker, old->definition); /* first: a gate that asks by g sees no ipconn of before */
	gates_tell(r);
	log_applid(r->log, g->definition->region.applid);
	telemetry_swap(r);
	region_store_follow(&r->worker);
	passwords_forget(r->worker.passwords);
	log_say(r->log, MSG_SP0010, "#generation", log_number(number, (int64_t)g->number), "file", r->file, NULL);
	generation_unref(old);
}
