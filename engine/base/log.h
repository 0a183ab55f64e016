/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: one line per event, written by a thread of its own from a bounded queue, so that no loop ever waits for a disk.
 * Lost lines are counted and the next line that goes out says how many. Inserts are escaped here, and only here:
 * bytes outside printable ASCII become \xHH, quotes and backslashes are escaped, a value with blanks is quoted.
 *
 *   2026-11-22 17:40:01.123456Z CICSA DFHIS3000 I IPCONN autoinstalled successfully. ipconn=APPL applid=MYQUAL.MYAPPL
 *   {"time":"2026-11-22T17:40:01.123456Z","region":"CICSA","id":"DFHIS3000","severity":"I","message":"…","ipconn":"APPL",…}
 */
#ifndef SALLYPORT_LOG_H
#define SALLYPORT_LOG_H

#include <stdint.h>

#include "base/fault.h"
#include "base/message.h"

struct log;

enum log_format { LOG_TEXT, LOG_JSON };

/* Opens FILE for appending (0600), NULL means stderr. NULL with a sentence on failure. Owned by the caller. */
struct log *log_open(const char *file, enum log_format format, struct fault *f);
/* Opens FILE anew, for a file that was renamed: the writer's thread does it, and says so (SP0071, SP0072). Nothing when the log is stderr. */
void log_reopen(struct log *l);
/* The name every following line carries (copied). */
void log_applid(struct log *l, const char *applid);
/* Waits until the queued lines are written, then ends the thread; later lines are lost. NULL is fine. */
void log_end(struct log *l);
/* The same if it was not ended, then frees. NULL is fine. */
void log_close(struct log *l);

/*
 * One message. Then pairs of (const char *key, const char *value), ended by NULL; a pair whose value is NULL or "" is
 * left out. A key that begins with # says that its value is a number (log_number): log_line_insert. No key is one of the line's own: time, region, id, severity,
 * message. Thread-safe, never blocks, never fails (a full queue counts the line as lost). `l` may be NULL: nothing.
 */
void log_say(struct log *l, enum message m, ...) __attribute__((sentinel));
/* The same with the pairs in an array, ended by a NULL key. */
void log_list(struct log *l, enum message m, const char *const *pairs);

/* Each warning among the faults, as SP0012. */
void log_warnings(struct log *l, const struct faults *faults);

/*
 * A refusal at a door: as log_say with SP0021, but above 1000 a second of one (door, code, prefix) one line per second
 * with a count (SP0023) stands for them. The pairs become inserts; door and code are added when they are not among them.
 */
void log_refusal(struct log *l, enum message m, const char *door, const char *code, const char *prefix, ...)
	__attribute__((sentinel));

/* For inserts that are numbers: prints n into out (at least 24 bytes) and returns out. */
const char *log_number(char out[24], int64_t n);

#endif
