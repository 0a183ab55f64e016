/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_cache: chains that were verified without an error, so that the next handshake with the same chain verifies
 * nothing. It belongs to one ring: a reload loads the ring again and begins with an empty cache. Each thread has a part
 * of its own, which no other thread reads, so that there is no lock.
 *
 * A chain is found again by a SHA-256 over all that decides about it: every presented certificate in order, the
 * direction, the flags, the depth and the security level. It is forgotten at the next date of a presented certificate
 * or of a certificate or CRL of the ring, after CHAIN_CACHE_SECONDS, and when the wall clock went back. Proof of
 * possession of the key, the limits of the Certificate message (chain_limits.h) and the judge are not cached.
 *
 * A part has two queues. A new chain comes into the first, which has a quarter of the places. A chain that is found
 * again moves to the second. A flood of certificates that come once thus replaces other such certificates only.
 *
 * A cache that keeps no chain verifies each, and gives all results that are alike the same description: the accounts
 * of ended connections need one for a partner, and do not lie between the short-lived blocks of handshakes.
 */
#ifndef SALLYPORT_CHAIN_CACHE_H
#define SALLYPORT_CHAIN_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/name.h"
#include "tls/cert.h"
#include "tls/dates.h"

#define CHAIN_CACHE_SECONDS 3600
#define CHAIN_CACHE_WEIGHT (16 * 1024) /* bytes of memory; a chain that needs more is not kept */

struct x509_store_ctx_st;
struct chain_part;

struct chain_cache { /* all zero: keeps no chain */
	size_t most;                        /* chains of each thread, or 0; set before the cache is used */
	_Atomic(struct chain_part *) first; /* owned; one for each thread */
};

struct chain_terms { /* the terms of one verification */
	enum way way;    /* in: the peer is a client */
	int level;       /* OpenSSL's security level */
	int64_t now;     /* seconds since 1970 */
	double age;      /* seconds by a clock that never goes back (clock_span) */
};

struct chain_counts {
	uint64_t kept;           /* chains in the cache now */
	uint64_t hits, misses;   /* verifications with and without a kept chain; none is counted while `most` is 0 */
};

/*
 * As chain_verify_chain, at t->now: the result of an earlier verification, or a new one, which is kept when it has no
 * error. ring: the dates of the store of x. *hit: nothing was verified.
 */
struct certificate *chain_cache_verify(struct chain_cache *k, const struct dates *ring, struct x509_store_ctx_st *x, const struct chain_terms *t,
	bool *hit, struct cert_fault *why);
/* The sum over all threads. Any thread may call it. */
struct chain_counts chain_cache_counts(const struct chain_cache *k);
/* Frees all parts, when no other thread uses them. */
void chain_cache_free(struct chain_cache *k);

#endif
