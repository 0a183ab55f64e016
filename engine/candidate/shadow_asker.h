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
#define SHADOW_ASKER_KEPT 64          /* questions, besides, while the lock of the queue is not free */
#define SHADOW_ASKER_CONNECTIONS 4096 /* whose notes are kept */

struct shadow_asker;
struct log;

/*
 * Starts the thread. candidate: borrowed; only the thread uses it until shadow_asker_free. log: borrowed; gets SP0102.
 * over(arg) is called by the thread when it ends, which shadow_asker_end asks for; not after shadow_asker_free. NULL
 * with a sentence.
 */
struct shadow_asker *shadow_asker_start(struct generation *candidate, struct log *log, void (*over)(void *arg), void *arg, struct fault *f);
/* Takes the question, which has a place in the queue or is dropped. */
void shadow_asker_put(struct shadow_asker *s, struct question *q);
/* Asks the thread to end: after the question under way. */
void shadow_asker_end(struct shadow_asker *s);
/* Waits at most `seconds` for the end of the thread and frees the asker. False: it goes on, and nothing is freed. */
bool shadow_asker_free(struct shadow_asker *s, double seconds);
/* Sets the members asked, same, dropped, waiting and those of differences_show. */
void shadow_asker_show(struct shadow_asker *s, json_t *row);

#endif
