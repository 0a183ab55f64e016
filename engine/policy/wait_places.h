/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait_places: how many questions of a region are suspended, in all and about the peers of each neighbourhood, and the
 * questions that a limit has ended. The workers of a region share one; any thread may call each function.
 */
#ifndef SALLYPORT_WAIT_PLACES_H
#define SALLYPORT_WAIT_PLACES_H

#include "base/addr.h"
#include "base/fault.h"

struct wait_places;

enum waits_limit { /* that ended a question */
	WAITS_LIMIT_ALL,    /* waiting */
	WAITS_LIMIT_PREFIX, /* waiting_peer */
	WAITS_LIMIT_TIME,   /* wait_milliseconds */
	WAITS_LIMITS
};

struct wait_places *wait_places_new(void); /* one reference; NULL: no memory or no random bytes */
struct wait_places *wait_places_ref(struct wait_places *p); /* returns p */
void wait_places_unref(struct wait_places *p); /* the last one frees it; NULL is fine */

/*
 * Takes a place for a question about a peer of that neighbourhood (of family 0: about none), when fewer than `all`
 * questions are suspended, and fewer than `prefix` of the neighbourhood. -1 with a sentence that names the limit, which
 * is counted, or that there is no memory.
 */
int wait_places_take(struct wait_places *p, const struct addr_prefix *around, unsigned all, unsigned prefix, struct fault *f);
/* Gives a place back, with the neighbourhood that it was taken with. */
void wait_places_leave(struct wait_places *p, const struct addr_prefix *around);
/* The number of places taken. */
unsigned wait_places_count(const struct wait_places *p);
/* Counts a question that a limit has ended; the number of these questions. */
void wait_places_limit(struct wait_places *p, enum waits_limit which);
uint64_t wait_places_limited(const struct wait_places *p, enum waits_limit which);

#endif
