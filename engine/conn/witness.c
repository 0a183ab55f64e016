/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/witness.h"

void
witness_answered(struct conn *c, const struct ask *a)
{
	const struct witness *w = c->worker->witness;

	if (w != NULL)
		w->answered(w->arg, c, a);
}

bool
witness_hears(const struct conn *c)
{
	return c->worker->witness != NULL && c->witnessed != 0;
}

void
witness_end(struct worker *w, const char *why)
{
	const struct witness *one = w->witness;

	w->witness = NULL;
	if (one != NULL)
		one->end(one->arg, why);
}
