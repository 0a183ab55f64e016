/* SPDX-License-Identifier: Apache-2.0 */
/* operator_set: the commands that change listeners, ipconns and users of a running region. */
#include "admin/operator_internal.h"

#include "conn/ipconn.h"
#include "conn/steps.h"
#include "security/passwords.h"
#include "request/session.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct ipconn *
find_ipconn(struct order *o, const char *typed)
{
	char name[NAME_SIZE], text[NEAREST_TEXT];
	struct ipconn *i = registry_name(o->region->registry, operator_folded(typed, name));
	struct nearest near = { .far = 0 };

	if (i != NULL)
		return i;
	for (i = registry_first(o->region->registry); i != NULL; i = i->next)
		nearest_take(&near, i->def.ipconn, typed);
	fault_set(&o->fault, "no ipconn named %s is installed%s", typed, nearest_print(&near, text));
	return NULL;
}

static struct listener *
find_listener(struct order *o, const char *typed)
{
	char name[NAME_SIZE], text[NEAREST_TEXT];
	struct listener *l = region_listener(o->region, operator_folded(typed, name));
	struct nearest near = { .far = 0 };

	if (l != NULL)
		return l;
	for (l = o->region->listeners; l != NULL; l = l->next)
		nearest_take(&near, l->entrance.tcpipservice, typed);
	fault_set(&o->fault, "no tcpipservice named %s%s", typed, nearest_print(&near, text));
	return NULL;
}

/* --- set tcpipservice ------------------------------------------------------------------------------------------------ */

/* Ends everything that came in there (IPIC.md 4.2: IMMCLOSE). */
static void
end_all(struct region *r, const struct listener *l)
{
	struct conn *next;

	for (struct conn *c = r->worker.conns; c != NULL; c = next) {
		next = c->next;
		if (c->entrance == &l->entrance && c->ipconn == NULL && c->stage != CONN_DRAINING)
			conn_close(c, CONN_AT_ONCE, "the tcpipservice was closed at once");
	}
	for (struct ipconn *i = registry_first(r->registry), *after; i != NULL; i = after) {
		after = i->next;
		if (i->socket[SOCKET_IN] != NULL && i->socket[SOCKET_IN]->entrance == &l->entrance)
			ipconn_finish(i, "the tcpipservice was closed at once");
	}
}

static int
set_urm(struct order *o, const struct listener *l, const char *urm)
{
	struct reload_order reload = { .tcpipservice = l->entrance.tcpipservice, .urm = urm };

	return operator_begin_reload(o, &reload);
}

static int
set_tcpipservice(struct order *o, struct listener *l, const char *what)
{
	if (strncasecmp(what, "urm=", 4) == 0)
		return set_urm(o, l, what + 4);
	if (strcasecmp(what, "open") == 0)
		return o->region->worker.draining ? fault_set(&o->fault, "the region is shutting down") : listener_open(l, &o->fault);
	if (strcasecmp(what, "closed") != 0 && strcasecmp(what, "immclose") != 0)
		return fault_set(&o->fault, "set tcpipservice %s: '%s' is not open, closed, immclose or urm=NAME", l->entrance.tcpipservice, what);
	listener_close(l);
	if (strcasecmp(what, "immclose") == 0)
		end_all(o->region, l);
	return 0;
}

/* --- set ipconn ------------------------------------------------------------------------------------------------------ */

/* Whoever wants it RELEASED does not want it back at the next try. purge: a purge type, NULL waits for the work that runs. */
static int
release(struct ipconn *i, const char *purge)
{
	acquire_hold(i, true);
	if (purge != NULL)
		ipconn_release_purging(i, purge, "released by the operator");
	else
		ipconn_release(i, "released by the operator");
	return 0;
}

/* Whoever wants it ACQUIRED wants it back when it is lost. */
static int
acquire(struct ipconn *i, struct fault *f)
{
	bool held = i->again.held;

	i->again.held = false;
	if (acquire_begin(i, f) == 0)
		return 0;
	i->again.held = held;
	return -1;
}

static int
put_in_service(struct ipconn *i)
{
	i->inservice = true;
	if (!i->again.held)
		acquire_installed(i);
	return 0;
}

static int
set_released(struct order *o, struct ipconn *i, const char *how)
{
	const char *purge = how != NULL ? session_purge_word(how) : NULL;

	if (how != NULL && purge == NULL)
		return fault_set(&o->fault, "set ipconn %s released: '%s' is not cancel, forcecancel, purge, forcepurge or kill", i->def.ipconn, how);
	return release(i, purge);
}

static int
set_ipconn(struct order *o, struct ipconn *i, const char *what)
{
	if (strcasecmp(what, "released") == 0)
		return set_released(o, i, o->nargs > 3 ? o->arg[3] : NULL);
	if (o->nargs > 3)
		return fault_set(&o->fault, "set ipconn %s %s takes nothing behind it", i->def.ipconn, what);
	if (strcasecmp(what, "inservice") == 0)
		return put_in_service(i);
	if (strcasecmp(what, "acquired") == 0)
		return acquire(i, &o->fault);
	if (strcasecmp(what, "norecovdata") == 0) {
		ipconn_forget(i);
		return 0;
	}
	if (strcasecmp(what, "outservice") != 0)
		return fault_set(&o->fault, "set ipconn %s: '%s' is not acquired, released, inservice, outservice or norecovdata", i->def.ipconn, what);
	i->inservice = false;
	return 0;
}

/* --- set user -------------------------------------------------------------------------------------------------------- */

static int
set_user(struct order *o, const char *typed, const char *what)
{
	const struct saf_user *u = saf_user(region_generation(o->region)->saf, typed);

	if (strcasecmp(what, "unrevoke") != 0)
		return fault_set(&o->fault, "set user %s: '%s' is not unrevoke", typed, what);
	if (u == NULL)
		return fault_set(&o->fault, "no user named %s in the saf", typed);
	if (u->revoked)
		return fault_set(&o->fault, "user %s is revoked by the saf's own file: change it there, and reload", u->userid);
	passwords_unrevoke(o->region->worker.passwords, u->userid);
	return 0;
}

int
operator_set(struct order *o)
{
	struct listener *l;
	struct ipconn *i;

	if (o->nargs != 3 && (o->nargs != 4 || strcasecmp(o->arg[0], "ipconn") != 0))
		return fault_set(&o->fault, "set tcpipservice NAME open|closed|immclose|urm=NAME, set user NAME unrevoke, or "
			"set ipconn NAME acquired|released [PURGE]|inservice|outservice|norecovdata");
	if (strcasecmp(o->arg[0], "tcpipservice") == 0) {
		l = find_listener(o, o->arg[1]);
		return l != NULL ? set_tcpipservice(o, l, o->arg[2]) : -1;
	}
	if (strcasecmp(o->arg[0], "ipconn") == 0) {
		i = find_ipconn(o, o->arg[1]);
		return i != NULL ? set_ipconn(o, i, o->arg[2]) : -1;
	}
	if (strcasecmp(o->arg[0], "user") == 0)
		return set_user(o, o->arg[1], o->arg[2]);
	return fault_set(&o->fault, "set what? '%s' is not tcpipservice, ipconn or user", o->arg[0]);
}

int
operator_release(struct order *o)
{
	struct ipconn *i = o->nargs > 0 ? find_ipconn(o, o->arg[o->nargs - 1]) : NULL;

	if (o->nargs == 0)
		return fault_set(&o->fault, "release which ipconn?");
	return i != NULL ? release(i, NULL) : -1;
}

int
operator_discard(struct order *o)
{
	struct ipconn *i;

	if (o->nargs != 2 || strcasecmp(o->arg[0], "ipconn") != 0)
		return fault_set(&o->fault, "discard ipconn NAME");
	i = find_ipconn(o, o->arg[1]);
	if (i == NULL)
		return -1;
	if (i->inservice || i->status != CONN_RELEASED)
		return fault_set(&o->fault, "ipconn %s is %s and %s; to be discarded it must be OUTSERVICE and RELEASED (set ipconn %s outservice, then released)",
			i->def.ipconn, i->inservice ? "INSERVICE" : "OUTSERVICE", connstatus_name(i->status), i->def.ipconn);
	ipconn_delete(i);
	return 0;
}
