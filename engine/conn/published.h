/* SPDX-License-Identifier: Apache-2.0 */
/*
 * published: the installed ipconns as gates see them: their values, which the home keeps up to date under a lock. A
 * script at a gate asks for copies of them (policy.ipconn, policy.ipconns); no gate reads a struct ipconn. The home
 * replaces or drops a value before it frees the definition that the value names.
 */
#ifndef SALLYPORT_PUBLISHED_H
#define SALLYPORT_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>

#include "config/resource.h"

struct published;      /* of a region */
struct published_view; /* of one ipconn; owned by the set */
struct dues;

struct published *published_new(void); /* owned by the caller; NULL: no memory or no random bytes */
void published_free(struct published *p); /* frees the views too; NULL is fine */

/* Adds the values of an ipconn that is installed behind the others. NULL: no memory. */
struct published_view *published_add(struct published *p, const struct ipconn_brief *b);
/* Replaces the values of an ipconn. */
void published_change(struct published *p, struct published_view *old, const struct ipconn_brief *b);
/* Removes and frees a view. */
void published_drop(struct published *p, struct published_view *old);

/*
 * Sets d, borrowed: readers get no view that d hides, and get the due definitions as RELEASED ipconns. A definition
 * whose ipconn is added is taken out of d, under the lock of the set. NULL ends this.
 */
void published_succeed(struct published *p, struct dues *d);

/* The view of the ipconn of that name, into *out. False: none is installed. Any thread. */
bool published_ipconn(struct published *p, const char *name, struct ipconn_view *out);
/*
 * The views of the ipconns with that applid and networkid, NULL being any, in the order of installation: at most max of
 * them, into out. Returns how many. The home gets the lock in between: a change meanwhile is in the list or not. Any
 * thread.
 */
size_t published_ipconns(struct published *p, const char *applid, const char *networkid, struct ipconn_view *out, size_t max);

#endif
