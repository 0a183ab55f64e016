/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: why. One record per connection: each door that was asked, by whom, what was checked, what came out, with times;
 * and the order of events. Records of living connections stay; of ended ones the last `max` are kept. `explain` reads them.
 */
#ifndef SALLYPORT_RECORD_H
#define SALLYPORT_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/door.h"
#include "policy/facts.h"
#include "policy/verdict.h"

struct records;      /* the region's; one per region */
struct record;       /* one connection's; owned by records */
struct record_entry;  /* one asking; owned by its record */

struct installed { /* the ipconn that an accepted connection belongs to, and the agreed counts */
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE];
	char template[NAME_SIZE]; /* "" none */
	bool autoinstalled;
	int sendcount, receivecount; /* ours */
	int sockets;                 /* of this connection's way */
};

struct records *records_new(size_t max);
void records_free(struct records *r);

/* Opens the record of a connection. NULL without memory: every call below takes NULL and does nothing. */
struct record *record_open(struct records *rs, const char *connection, double now);
/* Something happened, in order ("accepted", "first byte", "certificate judged", "handshake done", "CAPEX read", "answered 403"). At most 32. */
void record_event(struct record *r, double now, const char *event);
/* A door is asked. policy: the script's name, NULL: no script named (or the engine decides). At most 16 doors; of attach, which every request asks,
 * the last 16, refused ones longer than accepted ones: what is returned is good until the record's next attach. */
struct record_entry *record_entry_add(struct record *r, enum door door, const char *policy, double now);
/* Which request an attach asking is about; without its password. */
void record_request(struct record_entry *d, const struct request *q, const struct users *u, size_t bytes);
/* policy.check said. Copied; at most 64 per asking, detail cut at 200 bytes. */
void record_check(struct record_entry *d, const char *name, bool value, const char *detail, size_t detail_len);
/* What the library answered (policy.counter, policy.ipconn), shown with the checks as value true: "counter NETX" "next = 7". */
void record_effect(struct record_entry *d, const char *name, const char *answer);
/* The verdict, with what it grants, and how long it took. */
void record_verdict(struct record_entry *d, const struct verdict *v, double microseconds);
/* The last certify was answered without a user ID, and the ring's maps.lua gave this one. */
void record_mapped(struct record *r, const char *userid);
/*
 * A door is asked again, under that generation, about a connection that is in; door NULL: its definitions say no by themselves. The entry stands in no record
 * yet, and is the caller's: record_reasked gives it to one as a refusal, record_entry_free ends it. NULL without memory; so may d be.
 */
struct record_entry *record_entry_new(const char *door, const char *policy, uint64_t generation, double now);
void record_reasked(struct record *r, struct record_entry *d);
/* Ends an entry that no record took. */
void record_entry_free(struct record_entry *d);
/* It is (or is part of) an installed ipconn. Copied. */
void record_installed(struct record *r, const struct installed *i);
/* The decision of the engine itself, outside a policy (limit, timeout, bad_capex …): a door entry with no policy. `stage` is where. */
void record_engine(struct record *r, enum stage stage, const char *code, const char *text, double now);
/* Replaces the facts shown (call when facts were added). Keeps a reference to the certificate. */
void record_facts(struct record *r, const struct facts *f);
/* "open" until set: "refused", "accepted" (through CAPEX), "released", "lost", "closed". `stage`/`code`/`reason` of the refusal, or NULL. */
void record_outcome(struct record *r, const char *outcome, const char *stage, const char *code, const char *reason);
/* The connection is gone; the record may now be evicted. */
void record_close(struct record *r, double now);

/* Facts as JSON, in the words of the table in policies/README.md (for explain and for tests of lfacts against it). */
json_t *record_facts_json(const struct facts *f);

#endif
