/* SPDX-License-Identifier: Apache-2.0 */
#include "region/policy_view.h"

#include "conn/ipconn.h"
#include "conn/published.h"
#include "conn/recheck.h"
#include "conn/succession.h"

#include <string.h>

/* A new definition with the state of the ipconn that is installed under its name, an operator's OUTSERVICE included. */
static void
describe(const struct worker *w, const struct ipconn_def *d, struct ipconn_view *out)
{
	const struct ipconn *i = registry_name(w->registry, d->ipconn);

	resource_view_installed(d, out);
	if (i == NULL || i->autoinstalled)
		return;
	out->connstatus = i->status;
	if (d->inservice == i->def->inservice)
		out->inservice = i->inservice;
	if (i->status == CONN_ACQUIRED) {
		out->def.sendcount = i->engaged->sendcount;
		out->def.receivecount = i->engaged->receivecount;
	}
}

/* The view of the question. NULL of the world: the region as it is. */
static const struct recheck_view *
view_of(const void *view)
{
	static const struct recheck_view as_it_is = { .definition = NULL };

	return view != NULL ? view : &as_it_is;
}

/* During a re-ask the definitions stand for the defined ipconns, and the ipconn that is asked again is hidden. */
static bool
seen(const struct recheck_view *v, const struct ipconn *i)
{
	return v->definition == NULL || (i->autoinstalled && i != v->asked);
}

static bool
seen_defined(const struct recheck_view *v, const struct ipconn_def *d)
{
	return v->asked == NULL || strcmp(v->asked->def->ipconn, d->ipconn) != 0;
}

static const struct ipconn_def *
defined(const struct recheck_view *v, const char *name)
{
	return v->definition != NULL ? definition_ipconn(v->definition, name) : NULL;
}

static bool
is_presumed(const struct recheck_view *v, const char *name)
{
	return v->presumed != NULL && strcmp(v->presumed->def->ipconn, name) == 0;
}

bool
policy_view_ipconn(void *arg, const void *view, const char *name, struct ipconn_view *out)
{
	const struct worker *w = arg;
	const struct recheck_view *v = view_of(view);
	const struct ipconn *i;
	const struct ipconn_def *d;

	if (!worker_is_home(w))
		return published_ipconn(w->published, name, out);
	i = is_presumed(v, name) ? v->presumed : registry_name(w->registry, name);
	if (i != NULL && (i == v->presumed || seen(v, i))) {
		ipconn_view(i, out);
		return true;
	}
	d = defined(v, name);
	if (d == NULL || !seen_defined(v, d))
		return false;
	describe(w, d, out);
	return true;
}

bool
policy_view_defined(void *arg, const void *view, const char *name, struct ipconn_view *out)
{
	const struct ipconn_def *d = defined(view_of(view), name);

	if (d != NULL)
		describe(arg, d, out);
	return d != NULL;
}

static bool
fits(const struct ipconn_def *d, const char *applid, const char *networkid)
{
	return (applid == NULL || strcmp(applid, d->applid) == 0) && (networkid == NULL || strcmp(networkid, d->networkid) == 0);
}

size_t
policy_view_ipconns(void *arg, const void *view, const char *applid, const char *networkid, struct ipconn_view *out, size_t max)
{
	const struct worker *w = arg;
	const struct recheck_view *v = view_of(view);
	const struct definition *d = v->definition;
	const struct succession *s;
	const struct ipconn_def *due;
	size_t n = 0;

	if (!worker_is_home(w))
		return published_ipconns(w->published, applid, networkid, out, max);
	s = registry_succession(w->registry);
	for (size_t k = 0; d != NULL && k < d->nipconns && n < max; k++)
		if (seen_defined(v, &d->ipconn[k]) && !is_presumed(v, d->ipconn[k].ipconn) && fits(&d->ipconn[k], applid, networkid))
			describe(w, &d->ipconn[k], &out[n++]);
	for (const struct ipconn *i = registry_first(w->registry); i != NULL && n < max; i = i->next)
		if (seen(v, i) && !is_presumed(v, i->def->ipconn) && fits(i->def, applid, networkid) && !succession_hides(s, i))
			ipconn_view(i, &out[n++]);
	for (size_t at = 0; d == NULL && n < max && (due = succession_next(s, &at)) != NULL;)
		if (fits(due, applid, networkid))
			resource_view_installed(due, &out[n++]);
	if (v->presumed != NULL && n < max && fits(v->presumed->def, applid, networkid))
		ipconn_view(v->presumed, &out[n++]);
	return n;
}
