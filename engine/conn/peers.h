/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers: counts of open, half-open and recently refused sockets, by address and by neighbourhood (/24, /48). They are
 * the facts.load of `admit` and the base of the half-open limits. Bounded: an entry lives while it counts something.
 * The workers of a region share one set, which has a lock: any thread may call each function.
 */
#ifndef SALLYPORT_PEERS_H
#define SALLYPORT_PEERS_H

#include "base/addr.h"

struct peers;
struct peers_entry;

#define PEERS_REFUSAL_SECONDS 60
#define PEERS_REMEMBERED 65536 /* limit of addresses kept only for refusals; the oldest is dropped */

struct peers_counts {
	unsigned from_peer, from_prefix, halfopen_prefix, refused_from_peer;
};

/* Owned by the caller; peers_free(NULL) is fine. NULL: no memory or no random bytes. */
struct peers *peers_new(void);
void peers_free(struct peers *t);
/* The counts of this address at `now` (seconds of any monotonic clock). */
struct peers_counts peers_look(struct peers *t, const struct addr *a, double now);
/* The counts in which an open socket is: of its address, and of its neighbourhood. Borrowed; NULL: it is in none. */
struct peers_socket {
	struct peers_entry *self, *around;
};

/*
 * Counts a new socket as open and half-open at `now`: s gets its place, and *before the counts without it. -1: no
 * memory; the caller must refuse the socket.
 */
int peers_open(struct peers *t, const struct addr *a, double now, struct peers_counts *before, struct peers_socket *s);
/*
 * The socket is no longer half-open: its CAPEX is accepted, or it ended. Called exactly once per peers_open, before
 * peers_close.
 */
void peers_through(struct peers *t, const struct peers_socket *s);
/* The socket is about to be closed; called after peers_through. It is in no count any more. */
void peers_close(struct peers *t, struct peers_socket *s);
/* Counts a refusal at `now` (as for peers_look). */
void peers_refused(struct peers *t, const struct addr *a, double now);

#endif
