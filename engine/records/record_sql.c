/* SPDX-License-Identifier: Apache-2.0 */
#include "records/record_sql.h"

#include <sqlite3.h>

#include "records/record_file.h"

int
record_sql_fault(struct sqlite3 *db, const char *path, int status, struct fault *f)
{
	switch (status & 0xff) {
	case SQLITE_FULL:
		return fault_set(f, "%s: no room on the disk", path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fault_set(f, "%s: another process holds a lock on it", path);
	case SQLITE_CORRUPT:
		return fault_set(f, "%s: it is damaged; move it away, and the region begins another one", path);
	case SQLITE_NOTADB:
		return fault_set(f, "%s: it is no file of records; give record another path", path);
	default:
		return fault_set(f, "%s: %s", path, db != NULL ? sqlite3_errmsg(db) : "no memory");
	}
}

int
record_sql_run(struct sqlite3 *db, const char *path, const char *sql, struct fault *f)
{
	int status = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return status == SQLITE_OK ? 0 : record_sql_fault(db, path, status, f);
}

int
record_sql_number(struct sqlite3 *db, const char *path, const char *sql, double *out, struct fault *f)
{
	sqlite3_stmt *s = NULL;
	int status = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

	*out = 0;
	if (status == SQLITE_OK)
		status = sqlite3_step(s);
	if (status == SQLITE_ROW)
		*out = sqlite3_column_double(s, 0);
	sqlite3_finalize(s);
	return status == SQLITE_ROW || status == SQLITE_DONE ? 0 : record_sql_fault(db, path, status, f);
}

int
record_sql_version(struct sqlite3 *db, const char *path, struct fault *f)
{
	double application, version;

	if (record_sql_number(db, path, "PRAGMA application_id", &application, f) < 0 ||
		record_sql_number(db, path, "PRAGMA user_version", &version, f) < 0)
		return -1;
	if (application != RECORD_FILE_APPLICATION)
		return fault_set(f, "%s: it is no file of records: it is empty, or another program's database; give another path", path);
	if (version != RECORD_FILE_VERSION)
		return fault_set(f, "%s: it has version %.0f of the format, and this program has version %d; move it away, and the region begins another one",
			path, version, RECORD_FILE_VERSION);
	return 0;
}

const char *
record_sql_library(void)
{
	return sqlite3_libversion();
}
