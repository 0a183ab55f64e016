/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canary: a second generation that decides about a share of the connections beside the live one (worker->generation). A
 * connection or an ipconn about which it decides has the key of its share as a mark; 0 is no mark. A mark of a canary
 * that has ended counts no more, so that the live generation decides again. The sockets of an ipconn have its mark.
 */
#ifndef SALLYPORT_CANARY_H
#define SALLYPORT_CANARY_H

#include "conn/ipconn.h"
#include "conn/share.h"

struct canary { /* a region has one, or none; a gate has it while it decides, and nothing changes in it then */
	/*
	 * borrowed: the part of worker 0; it outlives the connections that have no reference of their own. NULL: it is
	 * being loaded
	 */
	struct generation *generation;
	struct share share;
	/*
	 * A door of the canary, or of the live generation, has answered a, in the thread of w. At home it may end the
	 * canary.
	 */
	void (*answered)(void *arg, const struct worker *w, const struct ask *a, bool live);
	/* The rules of the region change, or it ends. The worker has no canary afterwards. why: a few words, copied. */
	void (*end)(void *arg, const char *why);
	void *arg;
};

/* The mark for a socket that the listener accepts from that address. */
uint64_t canary_mark_accepted(const struct worker *w, const char *tcpipservice, const struct addr *peer);
/* The mark for i, which the region is about to acquire. */
uint64_t canary_mark_dialled(const struct ipconn *i);
/* The generation that decides about a connection or an ipconn with that mark. Borrowed. */
struct generation *canary_ruling(const struct worker *w, uint64_t mark);
/* Tells the canary, if there is one, of an answer of its doors or of those of the live generation. */
void canary_answered(const struct worker *w, const struct ask *a);
/* Ends the canary, if there is one. */
void canary_end(struct worker *w, const char *why);

#endif
