/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shadow_asker: asks a candidate's doors in a thread of its own, which owns the Lua state of the candidate's generation
 * until it has ended. Questions wait in a bounded queue; one without room is dropped and counted, so that the loop
 * never waits. The thread runs at the lowest priority.
 */
#ifndef SALLYPORT_SHADOW_ASKER_H
#define SALLYPORT_SHADOW_ASKER_H

#include <jansson.h>
#include <stdbool.h>

#include "candidate/question.h"
#include "policy/generation.h"

#define SHADOW_ASKER_QUEUE 1024       /* questions that wait */
#define SHADOW_ASKER_BYTES (8u * 1024 * 1024) /* their memory */
#define SHADOW_ASKER_KEPT 64          /* questions, besides, while the lock of the queue is not free */
#define SHADOW_ASKER_CONNECTIONS 4096 /* whose notes are kept */
#define SHADOW_ASKER_RECORDED 1024    /* differences that wait for the loop, which hands them to the file of records */
#define SHADOW_ASKER_RECORDED_BYTES (4u * 1024 * 1024)

struct shadow_asker;
struct log;
struct recorder;

struct shadow_asker_order {
	struct generation *candidate; /* borrowed; only the thread uses it until shadow_asker_free */
	const char *name;             /* of the candidate, for the file of records; borrowed */
	struct recorder *recorder;    /* borrowed; NULL: there is no file of records */
	struct log *log;              /* borrowed; gets SP0102 */
	/* Called by the thread, not after shadow_asker_free: a difference waits for shadow_asker_hand; it ends */
	void (*differs)(void *arg);
	void (*over)(void *arg);
	void *arg;
};

/* Starts the thread. o is copied. NULL with a sentence. */
struct shadow_asker *shadow_asker_start(const struct shadow_asker_order *o, struct fault *f);
/*
 * Takes the question, which has a place in the queue or is dropped. False: the thread does not have all questions yet,
 * because the queue is full, or the loop does not wait for its lock; shadow_asker_hand tries again.
 */
bool shadow_asker_put(struct shadow_asker *s, struct question *q);
/* Asks the thread to end: after the question under way. */
void shadow_asker_end(struct shadow_asker *s);
/*
 * Hands the questions that wait to the thread, and the differences that wait to the recorder. False: not all of
 * them; to be called again.
 */
bool shadow_asker_hand(struct shadow_asker *s);
/*
 * Waits at most `seconds` for the end of the thread, hands its last differences over and frees the asker. False: the
 * thread goes on, and nothing is freed.
 */
bool shadow_asker_free(struct shadow_asker *s, double seconds);
/* Sets the members asked, same, dropped, waiting, recorded, unrecorded and those of differences_show. */
void shadow_asker_show(struct shadow_asker *s, json_t *row);

#endif
