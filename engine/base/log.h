/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: one line per event, written by a thread of its own from a bounded queue, so that a loop never waits for a disk.
 * The thread rests for 2 ms after each write, and the lines that come meanwhile are written together. Lost lines are
 * counted; the next line that is written has their number. Inserts are escaped here, and only here: bytes outside
 * printable ASCII become \xHH, quotes and backslashes are escaped, a value with blanks is quoted.
 *
 *   2026-11-22 17:40:01.123456Z CICSA DFHIS3000 I IPCONN autoinstalled successfully. ipconn=APPL applid=MYQUAL.MYAPPL
 *   {"time":"2026-11-22T17:40:01.123456Z","region":"CICSA","id":"DFHIS3000","severity":"I","message":"...", ...}
 *
 * In syslog and in the journal of systemd a line is a datagram of its own (log_line.h).
 */
#ifndef SALLYPORT_LOG_H
#define SALLYPORT_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/message.h"

struct log;

enum log_format { LOG_TEXT, LOG_JSON };

/*
 * Opens the target: a file, for appending (0600); "stderr" or NULL; "journal" or "syslog", with ":" and the path of a
 * socket when it is not the system's (log_sink.h). NULL with a sentence on failure. Owned by the caller.
 */
struct log *log_open(const char *target, enum log_format format, struct fault *f);
/*
 * Another handle of the same log, for another thread with a loop; the writer is the same. log_close frees it, before
 * the log that log_open gave and when its thread uses it no more. NULL: no memory, or l is NULL.
 */
struct log *log_handle(struct log *l);
/*
 * Opens the file again by its name, after a rename. The writer's thread does so and reports the result (SP0071,
 * SP0072). Does nothing when the log is no file.
 */
void log_reopen(struct log *l);
/*
 * After log_collect the lines of the calling thread, which runs a loop, wait in its handle without a lock until
 * log_hand_over: it calls that at the end of each turn. Above 64 KiB they are handed over at once. Lines of other
 * threads may be written before them: the time in a line gives the order. When the thread ends the process by a fault
 * (log_crash.h), the lines that it has handed over are written first. Both do nothing for NULL; log_hand_over also
 * does nothing in another thread.
 */
void log_collect(struct log *l);
void log_hand_over(struct log *l);

struct log_counts {
	size_t waiting; /* lines that are not written yet */
	uint64_t lost;  /* lines since the start */
};

/* Thread-safe. Zero for NULL. */
struct log_counts log_counts(struct log *l);
/* Sets the applid that every following line of each handle has (copied). Thread-safe. */
void log_applid(struct log *l, const char *applid);
/*
 * Waits until the queued lines are written, then ends the thread; later lines are lost, of all handles. NULL is fine.
 */
void log_end(struct log *l);
/*
 * Hands the lines of the handle over and frees it. That of log_open also ends the log, if it was not ended. NULL is
 * fine.
 */
void log_close(struct log *l);

/*
 * Writes one message: `id` of message.h, then pairs of (const char *key, const char *value), ended by NULL. A pair
 * whose value is NULL or "" is left out. A key that begins with # has a number as its value (log_number,
 * log_line_insert). The keys time, region, id, severity and message are the line's own and must not be used.
 * Thread-safe; never blocks and never fails (when the queue is full, the line is counted as lost). `l` may be NULL:
 * nothing is done.
 */
void log_say(struct log *l, enum message m, ...) __attribute__((sentinel));
/* As log_say, with the pairs in an array that a NULL key ends. */
void log_list(struct log *l, enum message m, const char *const *pairs);

/* Writes each warning among the faults as SP0012, and each note as SP0165. */
void log_warnings(struct log *l, const struct faults *faults);

/*
 * Writes a refusal at a door: as log_say with SP0021. Above 1000 refusals a second with the same door, code and prefix,
 * one line per second with their count (SP0023) replaces them. door and code become inserts when they are not among the
 * pairs.
 */
void log_refusal(struct log *l, enum message m, const char *door, const char *code, const char *prefix, ...)
	__attribute__((sentinel));

/* For inserts that are numbers: prints n into out (at least 24 bytes) and returns out. */
const char *log_number(char out[24], int64_t n);

#endif
