/* SPDX-License-Identifier: Apache-2.0 */
#include "region/policy_view.h"

#include "conn/ipconn.h"
#include "conn/recheck.h"

#include <string.h>

/* A new definition with the state of the ipconn that is installed under its name, an operator's OUTSERVICE included. */
static void
describe(const struct worker *w, const struct ipconn_def *d, struct ipconn_view *out)
{
	const struct ipconn *i = registry_name(w->registry, d->ipconn);

	*out = (struct ipconn_view){ .def = *d, .inservice = d->inservice == YES };
	if (i == NULL || i->autoinstalled)
		return;
	out->connstatus = i->status;
	if (d->inservice == i->def.inservice)
		out->inservice = i->inservice;
	if (i->status == CONN_ACQUIRED) {
		out->def.sendcount = i->sendcount;
		out->def.receivecount = i->receivecount;
	}
}

/* During a re-ask the definitions stand for the defined ipconns, and the ipconn that is asked again is hidden. */
static bool
seen(const struct worker *w, const struct ipconn *i)
{
	return w->recheck == NULL || (i->autoinstalled && i != w->recheck->asked);
}

static bool
seen_defined(const struct worker *w, const struct ipconn_def *d)
{
	return w->recheck->asked == NULL || strcmp(w->recheck->asked->def.ipconn, d->ipconn) != 0;
}

static bool
is_presumed(const struct worker *w, const char *name)
{
	return w->presumed != NULL && strcmp(w->presumed->def.ipconn, name) == 0;
}

bool
policy_view_ipconn(void *arg, const char *name, struct ipconn_view *out)
{
	const struct worker *w = arg;
	const struct ipconn *i = registry_name(w->registry, name);
	const struct ipconn_def *d;

	if (is_presumed(w, name))
		i = w->presumed;
	if (i != NULL && (i == w->presumed || seen(w, i))) {
		ipconn_view(i, out);
		return true;
	}
	d = w->recheck != NULL ? definition_ipconn(w->recheck->definition, name) : NULL;
	if (d == NULL || !seen_defined(w, d))
		return false;
	describe(w, d, out);
	return true;
}

bool
policy_view_defined(void *arg, const char *name, struct ipconn_view *out)
{
	const struct worker *w = arg;
	const struct ipconn_def *d = w->recheck != NULL ? definition_ipconn(w->recheck->definition, name) : NULL;

	if (d != NULL)
		describe(w, d, out);
	return d != NULL;
}

static bool
fits(const struct ipconn_def *d, const char *applid, const char *networkid)
{
	return (applid == NULL || strcmp(applid, d->applid) == 0) && (networkid == NULL || strcmp(networkid, d->networkid) == 0);
}

size_t
policy_view_ipconns(void *arg, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	const struct worker *w = arg;
	const struct definition *d = w->recheck != NULL ? w->recheck->definition : NULL;
	size_t n = 0;

	for (size_t k = 0; d != NULL && k < d->nipconns && n < max; k++)
		if (seen_defined(w, &d->ipconn[k]) && !is_presumed(w, d->ipconn[k].ipconn) && fits(&d->ipconn[k], applid, networkid))
			describe(w, &d->ipconn[k], &out[n++]);
	for (const struct ipconn *i = registry_first(w->registry); i != NULL && n < max; i = i->next)
		if (seen(w, i) && !is_presumed(w, i->def.ipconn) && fits(&i->def, applid, networkid))
			ipconn_view(i, &out[n++]);
	if (w->presumed != NULL && n < max && fits(&w->presumed->def, applid, networkid))
		ipconn_view(w->presumed, &out[n++]);
	return n;
}
