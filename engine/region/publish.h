/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish: brings a bundle of an operator into the store of the sysplex. The operator's program sends it in pieces;
 * then the region fetches it back and verifies it as a region that follows would, and makes it the head. One operator
 * at a time publishes.
 */
#ifndef SALLYPORT_PUBLISH_H
#define SALLYPORT_PUBLISH_H

#include "store/rules.h"

struct region;

/* Called once, on the loop. why NULL: done; else a sentence, borrowed. */
typedef void (*publish_done)(void *arg, const char *why);

/*
 * Writes a piece of the bundle with that digest, from the byte `from` on, into the store. -1 with a sentence, and
 * done() is not called: the region names no store or sysplex, the store is down, another piece is under way, n is 0 or
 * above RULES_WRITE.
 */
int publish_piece(struct region *r, const char *digest, size_t from, const void *bytes, size_t n, publish_done done, void *arg, struct fault *f);
/*
 * Makes the bundle the head of all regions, or of the region h->region alone. -1 as above, or: that region does not
 * follow.
 */
int publish_head(struct region *r, const struct rules_head *h, publish_done done, void *arg, struct fault *f);
/* Ends the publishing that is under way, with done(). For the end of the region. */
void publish_cancel(struct region *r);

#endif
