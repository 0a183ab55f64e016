/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder: writes the records of a region to its file, in a thread of its own. The loops put things into a bounded
 * queue and never wait for the disk; the thread writes the queued records in one transaction. A write that fails is
 * tried again each second; meanwhile the queue fills, and what has no room is lost and counted.
 */
#ifndef SALLYPORT_RECORDER_H
#define SALLYPORT_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "records/record_file.h"

struct certificate;
struct ev_loop;
struct log;
struct record;
struct record_mask;
struct records;
struct recorder;

struct recorder_options {
	const char *path;
	struct record_file_rule file;  /* file.full: the region holds its answers until their records are written */
	const char *mask;              /* the words of record_mask; "" none */
	bool requests;                 /* writes accepted requests too */
	struct log *log;               /* borrowed until recorder_close; may be NULL */
	/* Called in the recorder's thread after each transaction; only wakes the loop. May be NULL. */
	void (*written)(void *arg);
	void *arg;
	struct ev_loop *loop;          /* borrowed until recorder_close; changed records gather on it. NULL: none gathers */
};

struct recorder_counts {
	uint64_t written, lost; /* things since the start */
	size_t waiting;         /* things in the queue, and changed records that are not in it yet */
	bool failing;           /* the last write has failed */
};

/* Opens the file and starts the thread. o is copied. NULL with a sentence. The caller owns it. */
struct recorder *recorder_open(const struct recorder_options *o, struct fault *f);
/*
 * Writes the changed records and the queue, for at most 2 seconds, ends the thread, and frees the recorder, which
 * is a sink no longer. When the disk does not answer in that time, the thread keeps the recorder. NULL is fine.
 */
void recorder_close(struct recorder *r);
/*
 * Makes the recorder the sink of the records: each change (record_sink.h) is written, with others of the same record in
 * the next tenth of a second, unless answers wait for it. The records must outlive the recorder.
 */
void recorder_follow(struct recorder *r, struct records *records);
/*
 * Puts a thing into the queue and takes it. before: the ticket of an earlier state of the same record, which is
 * replaced if it still waits; 0: none. Returns the ticket: the thing is written when recorder_done reaches it. 0: there
 * was no room, and the thing is lost and freed.
 */
uint64_t recorder_put(struct recorder *r, struct recorded *e, uint64_t before);
/*
 * Puts a thing that may be dropped into the queue, and takes it. False: the queue is half full, or the thing is larger
 * than the queue; it is freed and does not count as lost.
 */
bool recorder_offer(struct recorder *r, struct recorded *e);
/*
 * The id of the record in the file, where it may be written later. 0: r or the record is NULL. Any thread, while the
 * record is not freed; as recorder_put, recorder_offer, recorder_certificates, recorder_busy, recorder_counts.
 */
uint64_t recorder_number(struct recorder *r, struct record *record);
/* The facts that the file hides; borrowed. It does not change. */
const struct record_mask *recorder_mask(const struct recorder *r);
/*
 * Puts the certificates of a chain that was presented now into the queue, except those of the last hour; none when
 * their subject is masked. r may be NULL.
 */
void recorder_certificates(struct recorder *r, const struct certificate *c);
/* The greatest ticket up to which all things are written. Any thread. */
uint64_t recorder_done(struct recorder *r);
/*
 * Whether the queue is half full, and is being written: work that makes many things waits, so that none is lost. r may
 * be NULL.
 */
bool recorder_busy(struct recorder *r);
/* Whether answers wait for their records. r may be NULL. */
bool recorder_holds(const struct recorder *r);
struct recorder_counts recorder_counts(struct recorder *r);

#endif
