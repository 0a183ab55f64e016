/* SPDX-License-Identifier: Apache-2.0 */
/* record_sql: calls of SQLite whose failures are sentences. path is that of the database, for the sentence. */
#ifndef SALLYPORT_RECORD_SQL_H
#define SALLYPORT_RECORD_SQL_H

#include "base/fault.h"

struct sqlite3;

/* Sets the sentence for a result code of SQLite. db may be NULL. Returns -1. */
int record_sql_fault(struct sqlite3 *db, const char *path, int status, struct fault *f);
/* Runs statements without rows. 0, or -1 with a sentence. f may be NULL. */
int record_sql_run(struct sqlite3 *db, const char *path, const char *sql, struct fault *f);
/* Runs a statement whose first row has one number; without a row *out is 0. 0, or -1 with a sentence. */
int record_sql_number(struct sqlite3 *db, const char *path, const char *sql, double *out, struct fault *f);
/* Whether the database is a file of records of this version. 0, or -1 with a sentence. */
int record_sql_version(struct sqlite3 *db, const char *path, struct fault *f);

/* The version of the SQLite that runs, "3.40.1". A static string. */
const char *record_sql_library(void);

#endif
