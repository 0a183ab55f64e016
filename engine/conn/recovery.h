/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery: the data that resynchronisation needs after a restart (IPIC.md 2.2, 5.1 XLNACTION): this region's log name
 * and, for each partner, its log name, the last agreed token and the number of units of work in doubt. Kept in the file
 * of region { recovery = "FILE" }. Without that key each start is a cold start: a new log name and no partners.
 */
#ifndef SALLYPORT_RECOVERY_H
#define SALLYPORT_RECOVERY_H

#include <stddef.h>

#include "policy/facts.h"
#include "base/fault.h"

#define RECOVERY_PARTNERS 10000 /* limit; above it the oldest partner without work in doubt is dropped */

struct log;
struct recovery; /* owned by the region; the functions may be called from the loop's thread only */

struct recovery_partner {
	char networkid[NAME_SIZE], applid[NAME_SIZE];
	char logname[LOGNAME_SIZE]; /* the partner's, of the last resync; "" no resync yet */
	char token[TOKEN_SIZE];     /* agreed at the last resync */
	unsigned indoubt;           /* conversations that were open when a connection was lost */
};

/*
 * Opens the recovery data in file. Returns it, owned by the caller; NULL with a sentence.
 *
 * The file, in lines: "sallyport recovery 1", "log LOGNAME", then "partner NETWORKID APPLID LOGNAME TOKEN INDOUBT" for
 * each partner. "-" stands for a blank value. Any other line, a second line for a partner, or a last line without its
 * end is a fault.
 *
 * file "": a cold start; nothing is kept. A missing file is created at the first write. A file that cannot be read or
 * parsed, or that is in a directory which all users may write, is a fault, never a cold start. A thread writes each
 * change as a whole file (file_replace), so that the loop does not wait for the disk. A failed write is logged (SP0056)
 * once and retried each second. log: borrowed until recovery_close; NULL: no messages.
 */
struct recovery *recovery_open(const char *file, struct log *log, struct fault *f);
/* Writes what is not written yet, for at most 2 s, and frees r. NULL is fine. */
void recovery_close(struct recovery *r);
/* The log name of this region: 16 hex digits. Borrowed. */
const char *recovery_logname(const struct recovery *r);
/* The partner's entry; NULL: none. Borrowed until the next recovery_set or recovery_forget. */
const struct recovery_partner *recovery_partner(const struct recovery *r, const char *networkid, const char *applid);
/* Removes that partner's entry, if there is one. */
void recovery_forget(struct recovery *r, const char *networkid, const char *applid);
/*
 * Adds the entry or replaces the one of that partner. -1 with a sentence, and nothing changed: no memory, or all
 * RECOVERY_PARTNERS partners have work in doubt.
 */
int recovery_set(struct recovery *r, const struct recovery_partner *p, struct fault *f);
/*
 * Waits until the file holds the entries that were set, at most `seconds` for each try; for tests. -1 with a sentence:
 * a try failed or took longer.
 */
int recovery_flush(struct recovery *r, double seconds, struct fault *f);
/* Parses the text of such a file into r, which must be new and have no file. -1 with a sentence that names the line. */
int recovery_read(struct recovery *r, const char *bytes, size_t len, struct fault *f);

#endif
