/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_file: a file of records, opened for writing: an SQLite database in WAL mode with the tables that
 * engine/records/README.md describes. One region writes to a file; a lock file beside it, FILE.lock, names its process.
 * All functions may block for as long as the disk does; a running region calls them in the recorder's thread.
 */
#ifndef SALLYPORT_RECORD_FILE_H
#define SALLYPORT_RECORD_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "records/recorded.h"

struct record_file;

#define RECORD_FILE_APPLICATION 0x53504c59 /* "SPLY", PRAGMA application_id */
#define RECORD_FILE_VERSION 3              /* PRAGMA user_version */

struct record_file_rule {
	bool full;         /* each commit waits for the disk (synchronous=FULL) */
	double days;       /* records that were last written before so many days are deleted; 0: no limit */
	double megabytes;  /* limit of the file with its WAL; 0: no limit */
	bool masked;       /* the subjects of certificates are masked: no certificate is in the file */
};

/*
 * Opens the file, or creates it with mode 0600. The rule is copied. NULL with a sentence: another region has it, it is
 * no file of records, it has another version, it is corrupt, others may read it, or it cannot be created.
 */
struct record_file *record_file_open(const char *path, const struct record_file_rule *rule, struct fault *f);
/* Closes the file and gives the lock back. NULL is fine. */
void record_file_close(struct record_file *r);
/* The greatest id of a record in the file; 0: none. */
uint64_t record_file_last(const struct record_file *r);
/* Writes n things in one transaction. -1 with a sentence, and nothing is written: no room, a lock, a damaged file. */
int record_file_write(struct record_file *r, struct recorded *const *item, size_t n, struct fault *f);
/*
 * Deletes a slice of the records that the rule does not keep. 1: there may be more; 0: none is left, or -1 with a
 * sentence. now: seconds since 1970.
 */
int record_file_trim(struct record_file *r, double now, struct fault *f);
/* The bytes of the file and of its WAL. */
double record_file_bytes(const struct record_file *r);

#endif
