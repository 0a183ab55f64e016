/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers: how many sockets are open, half-open and were lately refused, by address and by neighbourhood (/24, /48): what
 * `admit` is told as facts.load and what the half-open caps count by. Bounded: an entry lives while it counts something.
 */
#ifndef SALLYPORT_PEERS_H
#define SALLYPORT_PEERS_H

#include "base/addr.h"

struct peers;

#define PEERS_REFUSAL_SECONDS 60
#define PEERS_REMEMBERED 65536 /* addresses remembered only for their refusals; above that the oldest is forgotten */

struct peers_counts {
	unsigned from_peer, from_prefix, halfopen_prefix, refused_from_peer;
};

struct peers *peers_new(void);
void peers_free(struct peers *t);
/* What is counted for this address now (`now` in seconds, any monotonic clock). */
struct peers_counts peers_look(struct peers *t, const struct addr *a, double now);
/* A socket opened (it is half-open). 0, or -1 without memory: refuse the socket then. */
int peers_open(struct peers *t, const struct addr *a);
/* It got through CAPEX, or ended before: no longer half-open. Exactly once per open, before or with peers_close. */
void peers_through(struct peers *t, const struct addr *a);
/* The socket is gone (after peers_through). */
void peers_close(struct peers *t, const struct addr *a);
/* It was refused at some door. */
void peers_refused(struct peers *t, const struct addr *a, double now);

#endif
