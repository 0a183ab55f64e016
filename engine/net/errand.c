/* SPDX-License-Identifier: Apache-2.0 */
#include "net/errand.h"

static void
errand_over(struct post *post)
{
	struct errand *e = (struct errand *)post;

	e->done(e);
}

/* The last visit sends the errand home; e is not used after that. */
static void
errand_visit(struct post *post)
{
	struct errand_leg *leg = (struct errand_leg *)post;
	struct errand *e = leg->errand;

	e->visit(e, leg->worker);
	if (atomic_fetch_sub(&e->left, 1) == 1)
		mailbox_send(e->back, &e->home);
}

void
errand_send(struct errand *e, struct mailbox *const *mailbox, unsigned n)
{
	e->home.run = errand_over;
	e->back = mailbox[0];
	atomic_store(&e->left, n);
	for (unsigned i = 0; i < n; i++) {
		e->leg[i] = (struct errand_leg){ .post = { .run = errand_visit }, .errand = e, .worker = i };
		mailbox_send(mailbox[i], &e->leg[i].post);
	}
}
