/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_fetch: takes a bundle out of the store, in pieces, and verifies it in a thread. The store decides nothing here:
 * the bytes must have the SHA-256 of the head, and the signature must be that of a key of follow_keys.
 */
#ifndef SALLYPORT_RULES_FETCH_H
#define SALLYPORT_RULES_FETCH_H

#include "region/bundle.h"
#include "region/followed.h"
#include "store/rules.h"

struct rules_fetch;
struct threadpool;

enum rules_fetched {
	RULES_FETCHED,   /* the bundle may be taken */
	RULES_REFUSED,   /* the bytes are there and refused, or they are not there */
	RULES_UNREACHED, /* the store did not answer */
};

struct rules_fetch_order {
	struct store *store;     /* borrowed, as is the threadpool */
	struct threadpool *pool;
	const struct rules_head *head;
	const struct followed *by; /* of its keys and sysplex; copied */
	bool follows;            /* false: only the form and the sysplex are judged, and the region has no keys */
	uint64_t last;           /* the serial must be above it */
};

/*
 * Begins. done(arg, outcome, bundle, why) is called once, on the loop; it owns the reference to the bundle, which is
 * NULL unless RULES_FETCHED; why is borrowed. NULL with a sentence: the head is larger than a bundle may be, no
 * memory, or the store is down.
 */
struct rules_fetch *rules_fetch_begin(const struct rules_fetch_order *o,
	void (*done)(void *arg, enum rules_fetched outcome, struct bundle *b, const char *why), void *arg, struct fault *f);
/* Ends it without done(). NULL is fine. */
void rules_fetch_cancel(struct rules_fetch *t);

#endif
