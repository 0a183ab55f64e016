/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay_crew: threads that walk recorded connections, each with a hand of the candidate's draft. The thread that reads
 * the file of records gives the accounts; the result has the order in which it gave them, however many threads there
 * are.
 */
#ifndef SALLYPORT_REPLAY_CREW_H
#define SALLYPORT_REPLAY_CREW_H

#include <stddef.h>

#include "base/fault.h"
#include "candidate/replay.h"
#include "region/draft.h"

struct replay_crew;

/*
 * Starts a thread for each hand of the draft. candidate: borrowed, used by no other thread until the crew is freed.
 * records: the path of the file of records, where each thread looks for certificates. The caller owns the crew. NULL
 * with a sentence.
 */
struct replay_crew *replay_crew_new(struct draft *candidate, const char *records, struct fault *f);
/* Gives the account of a connection (JSON, copied). Waits while the threads have enough to do. -1 with a sentence. */
int replay_crew_connection(struct replay_crew *c, const char *account, size_t len, struct fault *f);
/* Gives the account of a request of the last connection, the last request first. -1 with a sentence. */
int replay_crew_request(struct replay_crew *c, const char *account, size_t len, struct fault *f);
/* Waits until all are walked. Returns the result, which the caller owns. NULL with a sentence. Once. */
struct replay_result *replay_crew_end(struct replay_crew *c, struct fault *f);
/* Ends the threads, with or without replay_crew_end. NULL is fine. */
void replay_crew_free(struct replay_crew *c);

#endif
