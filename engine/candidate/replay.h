/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay: recorded connections meet a candidate: the definition and the scripts of a region that does not run. Each
 * connection is walked through the doors up to the last one that its record has, and each decision is compared with the
 * recorded one. The state of the region (counters, rates, ipconns, load, time) is answered from the record.
 */
#ifndef SALLYPORT_REPLAY_H
#define SALLYPORT_REPLAY_H

#include <jansson.h>
#include <stddef.h>

#include "base/fault.h"

struct account;
struct record_reader;
struct replay;
struct worker;

enum replay_class { REPLAY_NEWLY_ACCEPTED, REPLAY_NEWLY_REFUSED, REPLAY_CHANGED, REPLAY_UNKNOWN };
#define REPLAY_CLASSES 4

struct replay_requests { /* of one connection, in their order; borrowed */
	const struct account *account;
	size_t n;
};

struct replay_result {
	size_t connections, decisions;
	size_t same; /* of the decisions */
	/*
	 * Owned: by class, the differences in the order in which they were found: { connection, door, before, after,
	 * beyond, peer, applid, networkid, ipconn, why }, as `replay --json` prints them (engine/admin/README.md).
	 */
	json_t *list[REPLAY_CLASSES];
};

/* An empty result, which the caller owns. NULL: no memory. */
struct replay_result *replay_result_new(void);
void replay_result_free(struct replay_result *r); /* NULL is fine */
/* Moves the rows of `later` behind those of `r`. -1: no memory; differences of `later` are lost. */
int replay_result_add(struct replay_result *r, struct replay_result *later);

/*
 * candidate: the worker of a draft, or of one of its hands; reader: the file of the connections' certificates. Both are
 * borrowed and outlive the replay, which one thread uses at a time and the caller owns. NULL: no memory.
 */
struct replay *replay_new(struct worker *candidate, struct record_reader *reader);
void replay_free(struct replay *r); /* NULL is fine */
/*
 * Walks one connection and its requests, and adds its decisions and differences to `result`. A record that cannot be
 * asked about is counted as a connection and has an entry in the list of the unknown.
 */
void replay_put(struct replay *r, struct replay_result *result, const struct account *account, const struct replay_requests *requests);

#endif
