/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally: how many sockets are open, half-open and were lately refused, by address and by neighbourhood (/24, /48): what
 * `admit` is told as facts.load and what the half-open caps count by. Bounded: an entry lives while it counts something.
 */
#ifndef SALLYPORT_TALLY_H
#define SALLYPORT_TALLY_H

#include "base/addr.h"

struct tally;

#define TALLY_REFUSAL_SECONDS 60
#define TALLY_REMEMBERED 65536 /* addresses remembered only for their refusals; above that the oldest is forgotten */

struct tally_counts {
	unsigned from_peer, from_prefix, halfopen_prefix, refused_from_peer;
};

struct tally *tally_new(void);
void tally_free(struct tally *t);
/* What is counted for this address now (`now` in seconds, any monotonic clock). */
struct tally_counts tally_look(struct tally *t, const struct addr *a, double now);
/* A socket opened (it is half-open). 0, or -1 without memory: refuse the socket then. */
int tally_open(struct tally *t, const struct addr *a);
/* It got through CAPEX, or ended before: no longer half-open. Exactly once per open, before or with tally_close. */
void tally_through(struct tally *t, const struct addr *a);
/* The socket is gone (after tally_through). */
void tally_close(struct tally *t, const struct addr *a);
/* It was refused at some door. */
void tally_refused(struct tally *t, const struct addr *a, double now);

#endif
