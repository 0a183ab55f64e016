/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_sink: the way of records out of memory. The sink is told of each change of a record that is worth keeping: its
 * outcome, its end, a refusal by a later generation, the questions of a later generation, and each verdict about a
 * request.
 */
#ifndef SALLYPORT_RECORD_SINK_H
#define SALLYPORT_RECORD_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/name.h"

struct record;
struct record_entry;
struct records;

struct record_sink {
	/*
	 * Each is called with the lock of the record, in the thread of its connection; leaving in the thread that frees
	 * records. request: the entry of a request that has its verdict; NULL: the record itself has changed. The
	 * callback reads both, and changes nothing but record_sink_filed.
	 */
	void (*changed)(void *arg, struct record *r, const struct record_entry *request);
	/* A later generation has asked again about the connection: n questions, n > 0, borrowed. */
	void (*reasked)(void *arg, struct record *r, struct record_entry *const *entry, size_t n);
	/* The record is about to be freed. */
	void (*leaving)(void *arg, struct record *r);
	void *arg;
};

/* The parts of a record by which records are looked for; "" where a part is not known. */
struct record_summary {
	double opened; /* seconds since 1970 */
	uint64_t generation;
	bool closed, out;
	char connection[CONNECTION_SIZE], hash[SCRIPT_HASH_SIZE], peer[ADDR_TEXT], tcpipservice[NAME_SIZE];
	char outcome[12], stage[8], code[CODE_SIZE], reason[REASON_SIZE];
	char ipconn[NAME_SIZE], applid[NAME_SIZE], networkid[NAME_SIZE];
};

struct record_filed { /* the sink's own note on a record; zero at first */
	uint64_t id;
	uint64_t ticket;
	_Atomic bool waiting;        /* it is in the sink's list of changed records */
	struct record *before, *after; /* in that list */
};

/* Sets the sink of all records, or clears it for NULL. Copied. */
void records_sink(struct records *rs, const struct record_sink *s);
/*
 * Forgets the records of closed connections beyond the limit. Those that the sink lists as changed stay, up to 16384 of
 * them; a sink calls this after it has written some.
 */
void records_settle(struct records *rs);
/* Calls show(arg, r) with the lock of the record, in the thread that frees records. */
void record_sink_show(struct record *r, void (*show)(void *arg, struct record *r), void *arg);
/* Fills in *out. With the lock of the record. */
void record_sink_summary(const struct record *r, struct record_summary *out);
/* The note of the sink; NULL for NULL. */
struct record_filed *record_sink_filed(struct record *r);
/*
 * The time of the question of an entry, in seconds since 1970, whether its verdict is a refusal, and the generation
 * that asked again (0: the question was asked when the connection came).
 */
double record_sink_time(const struct record_entry *e);
bool record_sink_refused(const struct record_entry *e);
uint64_t record_sink_generation(const struct record_entry *e);

#endif
