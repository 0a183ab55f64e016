/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errand: something to be done once in the thread of each worker, and then something at home. The home does not wait
 * for it: its loop goes on, and `done` is called there when the last visit has ended.
 */
#ifndef SALLYPORT_ERRAND_H
#define SALLYPORT_ERRAND_H

#include <stdatomic.h>

#include "net/mailbox.h"

#define ERRAND_WORKERS 64 /* limit of the workers of a region */

struct errand;

struct errand_leg { /* the visit to one worker */
	struct post post; /* first */
	struct errand *errand;
	unsigned worker;
};

/* Zero-initialise; embedded in the object that it concerns, which lives until `done`. */
struct errand {
	struct post home; /* first */
	struct mailbox *back; /* borrowed: of the home */
	atomic_uint left; /* visits that have not ended */
	void (*visit)(struct errand *e, unsigned worker);
	void (*done)(struct errand *e);
	struct errand_leg leg[ERRAND_WORKERS];
};

/*
 * Calls visit(e, i) in the thread of mailbox i for each i < n, in several threads at a time, and then done(e) in the
 * thread of mailbox 0, which is the home. Neither is called inside this call. done may free e or send it again. The
 * mailboxes are borrowed until done is called.
 */
void errand_send(struct errand *e, struct mailbox *const *mailbox, unsigned n);

#endif
