/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recovery: what must survive the region for resynchronisation (IPIC.md 2.2, 5.1 XLNACTION): our log name, and for each partner the log name
 * it had, the token both agreed on last, and how many units of work are in doubt. Kept in region { recovery = "FILE" }; without that key a
 * start is a cold one: a new log name and no memory.
 */
#ifndef SALLYPORT_RECOVERY_H
#define SALLYPORT_RECOVERY_H

#include <stddef.h>

#include "policy/facts.h"
#include "base/fault.h"

#define RECOVERY_PARTNERS 10000 /* remembered at most; beyond that the oldest without work in doubt is forgotten */

struct log;
struct recovery; /* the region's; all functions are for one thread, the loop's */

struct recovery_partner {
	char networkid[NAME_SIZE], applid[NAME_SIZE];
	char logname[LOGNAME_SIZE]; /* the partner's, as of the last resync; "" never met */
	char token[TOKEN_SIZE];     /* agreed then */
	unsigned indoubt;           /* conversations that were open when the connection was lost */
};

/*
 * The file, a line each: "sallyport recovery 1", "log LOGNAME", then "partner NETWORKID APPLID LOGNAME TOKEN INDOUBT" for each partner; what is
 * blank is "-". Anything else, a partner that is there twice, or a last line without its end is a fault.
 *
 * file "" : a cold start, nothing is kept. A file that is not there yet is made at the first write; one that cannot be read or parsed, or whose directory
 * everybody may write, is a fault (never silently a cold start). A thread writes each change to the file as a whole (file_replace), so no loop waits for
 * the disk. A write that fails is told to the log (SP0056) once, and tried again each second. log: borrowed until recovery_close; NULL: tells nobody. */
struct recovery *recovery_open(const char *file, struct log *log, struct fault *f);
/* Waits 2 s at most until all is written. NULL is fine. */
void recovery_close(struct recovery *r);
const char *recovery_logname(const struct recovery *r);
/* The partner's entry; NULL: never met. Borrowed until the next recovery_set. */
const struct recovery_partner *recovery_partner(const struct recovery *r, const char *networkid, const char *applid);
/* Removes that partner's entry, if there is one. */
void recovery_forget(struct recovery *r, const char *networkid, const char *applid);
/* Puts the entry in place of that partner's. -1 with a sentence: no memory, or everybody has work in doubt; then nothing changed. */
int recovery_set(struct recovery *r, const struct recovery_partner *p, struct fault *f);
/* Waits until the file holds the entries that were set, at most that many seconds a try; for tests. -1 with a sentence: a try failed, or took longer. */
int recovery_flush(struct recovery *r, double seconds, struct fault *f);
/* Reads what such a file holds into a memory that has no file. -1 with a sentence naming the line. */
int recovery_read(struct recovery *r, const char *bytes, size_t len, struct fault *f);

#endif
