/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookups: the look-ups of host names and addresses for many questions at once. Questions about the same name share one
 * look-up. One whose questions have all ended goes on until its name server answers or its time is over: at most a
 * share of the threads works for the questions of one neighbourhood, so that names whose server hangs do not keep the
 * look-ups of other partners waiting. Belongs to the loop of its threads.
 */
#ifndef SALLYPORT_LOOKUPS_H
#define SALLYPORT_LOOKUPS_H

#include "net/resolve.h"

struct lookups;
struct lookup; /* a question that waits for a look-up */

struct lookup_rules {
	unsigned share; /* look-ups that the threads have at a time for one neighbourhood; further ones wait. 0: no limit */
	bool brief;     /* as in struct resolve_request */
};

/* threads are borrowed and must outlive the set. NULL: no memory or no random bytes. */
struct lookups *lookups_new(struct threadpool *threads, const struct lookup_rules *rules);
/* done() of the questions that wait is not called. NULL is fine. */
void lookups_free(struct lookups *all);

/*
 * Begins to wait for the addresses of a host, of port 0, or with an address in numbers for its name. around: the
 * neighbourhood that the question is about; of family 0: none, which is one too. done(arg, r) is called once, from the
 * loop, never inside this call. NULL: the queue of the threads is full, or there is no memory.
 */
struct lookup *lookups_begin(struct lookups *all, const char *name, const struct addr_prefix *around,
	void (*done)(void *arg, const struct resolution *r), void *arg);
/* done() is not called. Must not be called after done(). */
void lookups_cancel(struct lookup *l);

#endif
