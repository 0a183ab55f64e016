/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gates: the workers of a region beside its home, each a thread with a loop. A gate accepts sockets, asks admit, shakes
 * hands, asks certify and reads the CAPEX; then the connection moves home (conn/move.h). The home tells the gates of
 * what they need by posts and errands (net/errand.h) and never waits for them, but at the end.
 */
#ifndef SALLYPORT_GATES_H
#define SALLYPORT_GATES_H

#include "conn/worker.h"
#include "policy/generation.h"

#define GATES_PAUSE 0.001 /* seconds between two looks at gates_know */

struct region;
struct gate;

struct gates_rules { /* the message of the home to the gates */
	struct generation *generation; /* counted: the part of worker 0 */
	const struct canary *canary;   /* borrowed; NULL: none that decides */
	const struct witness *witness; /* borrowed; NULL: none that hears the gates */
	bool draining;
};

struct gates {
	struct crew crew;
	struct gate *gate;             /* owned: of the workers 1, 2, ... */
	struct generation_gate *parts; /* owned: what their parts of a generation borrow */
	struct mailbox *home;          /* owned */
	struct published *published;   /* owned: the ipconns as the gates see them; NULL: there are no gates */
	struct errand errand;          /* under way while `telling` */
	struct gates_rules told;       /* the message that is on its way */
	bool telling;
	bool untold;                   /* the rules have changed meanwhile: tell them again */
	struct errand life;            /* under way while `asked` */
	bool asked;                    /* whether the loops turn (gates_live) */
	bool ended;                    /* gates_end was called */
	bool hangs;                    /* a thread did not end then */
};

/*
 * Makes the home's mailbox and workers - 1 gates, which borrow the objects of r. No thread runs yet. -1: no memory or
 * no descriptors; gates_free frees every part.
 */
int gates_new(struct region *r, unsigned workers);
/* Starts the threads with the region's generation. -1 with a sentence; gates_end ends those that have started. */
int gates_start(struct region *r, struct fault *f);
/*
 * Tells the gates the generation, the canary, the witness, and whether the region drains; then they accept the callers
 * of all listeners. To be called after each change of one of them.
 */
void gates_tell(struct region *r);
/* Whether each gate has the message of gates_tell; then no gate uses the objects of an earlier one. */
bool gates_know(const struct region *r);
/*
 * Calls notify_alive for the region (arg) when the loop of each worker has turned. Does nothing while an earlier call
 * waits for a loop, and after gates_end.
 */
void gates_live(void *arg);
/*
 * Ends the threads, with their connections, and brings the connections on their way to the home, where they are closed
 * with those of the home. Waits some seconds at most. Idempotent. False: a thread hangs; it reads the region.
 */
bool gates_end(struct region *r);
/*
 * Frees the gates, which have ended, and the home's mailbox. When r->hanging is set, it leaves what the loader's thread
 * reads: the array of the gates, with their worlds, and their log handles.
 */
void gates_free(struct region *r);

#endif
