/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/canary.h"

/* Whether the canary decides about connections. */
static bool
decides(const struct worker *w)
{
	return w->canary != NULL && w->canary->generation != NULL;
}

uint64_t
canary_mark_accepted(const struct worker *w, const char *tcpipservice, const struct addr *peer)
{
	return decides(w) && share_has_accepted(&w->canary->share, tcpipservice, peer) ? w->canary->share.key : 0;
}

uint64_t
canary_mark_dialled(const struct ipconn *i)
{
	const struct worker *w = i->worker;

	return decides(w) && share_has_dialled(&w->canary->share, i->def->ipconn, i->def->host) ? w->canary->share.key : 0;
}

/* The canary's generation, as w may use it. */
static struct generation *
own(const struct worker *w)
{
	return generation_at(w->canary->generation, w->number);
}

struct generation *
canary_ruling(const struct worker *w, uint64_t mark)
{
	return decides(w) && mark == w->canary->share.key ? own(w) : w->generation;
}

void
canary_answered(const struct worker *w, const struct ask *a)
{
	if (!decides(w))
		return;
	if (a->policy == own(w)->policy)
		w->canary->answered(w->canary->arg, w, a, false);
	else if (a->policy == w->generation->policy)
		w->canary->answered(w->canary->arg, w, a, true);
}

void
canary_end(struct worker *w, const char *why)
{
	const struct canary *one = w->canary;

	w->canary = NULL;
	if (one != NULL)
		one->end(one->arg, why);
}
