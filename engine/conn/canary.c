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

	return decides(w) && share_has_dialled(&w->canary->share, i->def.ipconn, i->def.host) ? w->canary->share.key : 0;
}

struct generation *
canary_ruling(const struct worker *w, uint64_t mark)
{
	return decides(w) && mark == w->canary->share.key ? w->canary->generation : w->generation;
}

void
canary_answered(const struct worker *w, const struct ask *a)
{
	if (!decides(w))
		return;
	if (a->policy == w->canary->generation->policy)
		w->canary->answered(w->canary->arg, a, false);
	else if (a->policy == w->generation->policy)
		w->canary->answered(w->canary->arg, a, true);
}

void
canary_end(struct worker *w, const char *why)
{
	const struct canary *one = w->canary;

	w->canary = NULL;
	if (one != NULL)
		one->end(one->arg, why);
}
