/* SPDX-License-Identifier: Apache-2.0 */
#include "records/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/filelock.h"
#include "base/name.h"
#include "records/record_schema.h"
#include "records/record_sql.h"

#define BUSY_MILLISECONDS 2000 /* how long another process may hold a lock on the file */
#define CHECKED_BYTES (64ll * 1024 * 1024) /* a larger file is not read through at the start */
#define SLICE 200              /* records that one slice deletes */
#define CERTIFICATE_SECONDS 7200 /* a certificate's `seen` is at most an hour old (recorder.c) */
#define DAY_SECONDS 86400.0
#define MEGABYTE 1048576.0
#define WAL_PAGES 1000

enum statement { PUT_RECORD, PUT_REQUEST, PUT_REASK, PUT_SHADOW, PUT_CERTIFICATE, STATEMENTS };

struct record_file {
	char path[2 * PATH_SIZE];
	sqlite3 *db;
	sqlite3_stmt *put[STATEMENTS];
	struct record_file_rule rule;
	uint64_t last;     /* the greatest id of a record at the opening */
	sqlite3_int64 seq; /* the number of the last write; a write that is rolled back keeps its number */
	int lock; /* the descriptor that holds the lock */
};

/* --- opening ---------------------------------------------------------------------------------- */

/* Takes the lock, whose file names this process. */
static int
take_lock(struct record_file *r, struct fault *f)
{
	char path[2 * PATH_SIZE + 8];

	snprintf(path, sizeof path, "%s.lock", r->path);
	r->lock = filelock_take(AT_FDCWD, path, r->path, "give each region a file of its own", f);
	return r->lock < 0 ? -1 : 0;
}

/* Creates the file with mode 0600, or checks the one that is there. */
static int
prepare_path(struct record_file *r, long long *size, struct fault *f)
{
	struct stat st;
	int fd = open(r->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	int failed = fd < 0 || fstat(fd, &st) < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (failed != 0)
		return fault_set(f, "%s: %s", r->path, failed == ELOOP ? "it is a symbolic link; give the path of the file itself" : strerror(failed));
	if (!S_ISREG(st.st_mode))
		return fault_set(f, "%s: not a regular file", r->path);
	if ((st.st_mode & 077) != 0)
		return fault_set(f, "%s: others may read or write it; chmod 600 %s", r->path, r->path);
	*size = st.st_size;
	return 0;
}

static int
create(struct record_file *r, struct fault *f)
{
	char sql[96];

	/* auto_vacuum is ignored after the WAL or a table is there */
	if (record_sql_run(r->db, r->path, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL", f) < 0 || record_sql_run(r->db, r->path, "BEGIN IMMEDIATE", f) < 0)
		return -1;
	snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d", RECORD_FILE_APPLICATION, RECORD_FILE_VERSION);
	return record_sql_run(r->db, r->path, RECORD_SCHEMA_TABLES, f) < 0 || record_sql_run(r->db, r->path, sql, f) < 0 ? -1 : record_sql_run(r->db, r->path, "COMMIT", f);
}

/* An existing file. Reads a small one through. */
static int
check(struct record_file *r, long long size, struct fault *f)
{
	double faults = 0;

	if (record_sql_version(r->db, r->path, f) < 0)
		return -1;
	if (size <= CHECKED_BYTES && record_sql_number(r->db, r->path, "SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'", &faults, f) < 0)
		return -1;
	return faults > 0 ? record_sql_fault(r->db, r->path, SQLITE_CORRUPT, f) : 0;
}

/* The part of the file's limit that is the WAL's. */
static double
wal_share(const struct record_file *r)
{
	return r->rule.megabytes * MEGABYTE / 8;
}

/* The rule's limits: the WAL is written back and cut often enough to stay a small part of the file's limit. */
static int
set_rule(struct record_file *r, struct fault *f)
{
	double share = r->rule.megabytes > 0 ? wal_share(r) : WAL_PAGES * 4096.0;
	int pages = share < WAL_PAGES * 4096.0 ? (int)(share / 4096) : WAL_PAGES;
	char sql[200];

	snprintf(sql, sizeof sql, "PRAGMA journal_mode = WAL; PRAGMA synchronous = %s; PRAGMA wal_autocheckpoint = %d; PRAGMA journal_size_limit = %.0f",
		r->rule.full ? "FULL" : "NORMAL", pages > 0 ? pages : 1, share);
	return record_sql_run(r->db, r->path, sql, f) < 0 ? -1 : record_sql_run(r->db, r->path, r->rule.masked ? "DELETE FROM certificate" : "SELECT 1", f);
}

static int
prepare(struct record_file *r, struct fault *f)
{
	static const char *const sql[STATEMENTS] = { RECORD_SCHEMA_PUT_RECORD, RECORD_SCHEMA_PUT_REQUEST, RECORD_SCHEMA_PUT_REASK,
		RECORD_SCHEMA_PUT_SHADOW, RECORD_SCHEMA_PUT_CERTIFICATE };
	double last, seq;

	for (int i = 0; i < STATEMENTS; i++) {
		int status = sqlite3_prepare_v3(r->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &r->put[i], NULL);

		if (status != SQLITE_OK)
			return record_sql_fault(r->db, r->path, status, f);
	}
	if (record_sql_number(r->db, r->path, "SELECT max(id) FROM record", &last, f) < 0 ||
		record_sql_number(r->db, r->path, RECORD_SCHEMA_LAST_WRITE, &seq, f) < 0)
		return -1;
	r->last = (uint64_t)last;
	r->seq = (sqlite3_int64)seq;
	return 0;
}

static int
open_database(struct record_file *r, long long size, struct fault *f)
{
	int status = sqlite3_open_v2(r->path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, NULL);

	if (status != SQLITE_OK)
		return record_sql_fault(r->db, r->path, status, f);
	sqlite3_extended_result_codes(r->db, 1);
	sqlite3_busy_timeout(r->db, BUSY_MILLISECONDS);
	if ((size == 0 ? create(r, f) : check(r, size, f)) < 0)
		return -1;
	return set_rule(r, f) < 0 ? -1 : prepare(r, f);
}

struct record_file *
record_file_open(const char *path, const struct record_file_rule *rule, struct fault *f)
{
	struct record_file *r = calloc(1, sizeof *r);
	long long size = 0;

	if (r == NULL) {
		fault_set(f, "no memory");
		return NULL;
	}
	r->lock = -1;
	r->rule = *rule;
	file_make_parent(path);
	if ((size_t)snprintf(r->path, sizeof r->path, "%s", path) >= sizeof r->path)
		fault_set(f, "%.80s...: the path is too long", path);
	else if (file_directory_safe(path, f) == 0 && take_lock(r, f) == 0 && prepare_path(r, &size, f) == 0 && open_database(r, size, f) == 0)
		return r;
	record_file_close(r);
	return NULL;
}

void
record_file_close(struct record_file *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(r->put[i]);
	sqlite3_close(r->db);
	if (r->lock >= 0)
		close(r->lock);
	free(r);
}

uint64_t
record_file_last(const struct record_file *r)
{
	return r->last;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void
bind_text(sqlite3_stmt *s, int at, const char *text)
{
	if (text[0] != '\0')
		sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(s, at);
}

static void
bind_record(sqlite3_stmt *s, const struct recorded *e)
{
	const struct record_summary *m = &e->summary;
	const char *const text[] = { m->hash, m->peer, m->tcpipservice, m->ipconn, m->applid, m->networkid };

	sqlite3_bind_int64(s, 1, (sqlite3_int64)e->id);
	bind_text(s, 2, m->connection);
	sqlite3_bind_double(s, 3, m->opened);
	sqlite3_bind_double(s, 4, e->time);
	sqlite3_bind_int(s, 5, m->closed);
	bind_text(s, 6, m->out ? "out" : "in");
	bind_text(s, 7, m->outcome);
	bind_text(s, 8, m->stage);
	bind_text(s, 9, m->code);
	bind_text(s, 10, m->reason);
	sqlite3_bind_int64(s, 11, (sqlite3_int64)m->generation);
	for (int i = 0; i < 6; i++)
		bind_text(s, 12 + i, text[i]);
	sqlite3_bind_text(s, 18, e->bytes, (int)e->len, SQLITE_STATIC);
}

/* A request, a re-ask or a shadow's verdict: its number is also its id. */
static void
bind_questions(sqlite3_stmt *s, const struct recorded *e, sqlite3_int64 seq)
{
	sqlite3_bind_int64(s, 1, (sqlite3_int64)e->id);
	sqlite3_bind_double(s, 2, e->time);
	if (e->kind != RECORDED_SHADOW)
		sqlite3_bind_int(s, 3, e->refused);
	sqlite3_bind_text(s, 4, e->bytes, (int)e->len, SQLITE_STATIC);
	sqlite3_bind_int64(s, 5, seq);
	if (e->kind == RECORDED_REASK)
		sqlite3_bind_int64(s, 6, (sqlite3_int64)e->generation);
}

static void
bind_certificate(sqlite3_stmt *s, const struct recorded *e)
{
	bind_text(s, 1, e->sha256);
	sqlite3_bind_double(s, 2, e->time);
	sqlite3_bind_blob(s, 3, e->bytes, (int)e->len, SQLITE_STATIC);
}

static sqlite3_stmt *
bind_thing(struct record_file *r, const struct recorded *e)
{
	switch (e->kind) {
	case RECORDED_RECORD:
		bind_record(r->put[PUT_RECORD], e);
		sqlite3_bind_int64(r->put[PUT_RECORD], 19, ++r->seq);
		return r->put[PUT_RECORD];
	case RECORDED_REQUEST:
		bind_questions(r->put[PUT_REQUEST], e, ++r->seq);
		return r->put[PUT_REQUEST];
	case RECORDED_REASK:
		bind_questions(r->put[PUT_REASK], e, ++r->seq);
		return r->put[PUT_REASK];
	case RECORDED_SHADOW:
		bind_questions(r->put[PUT_SHADOW], e, ++r->seq);
		return r->put[PUT_SHADOW];
	case RECORDED_CERTIFICATE:
		break;
	}
	bind_certificate(r->put[PUT_CERTIFICATE], e);
	return r->put[PUT_CERTIFICATE];
}

static int
put(struct record_file *r, const struct recorded *e, struct fault *f)
{
	sqlite3_stmt *s = bind_thing(r, e);
	int status = sqlite3_step(s);

	sqlite3_reset(s);
	return status == SQLITE_DONE ? 0 : record_sql_fault(r->db, r->path, status, f);
}

int
record_file_write(struct record_file *r, struct recorded *const *item, size_t n, struct fault *f)
{
	int ok = record_sql_run(r->db, r->path, "BEGIN IMMEDIATE", f);

	for (size_t i = 0; ok == 0 && i < n; i++)
		ok = put(r, item[i], f);
	if (ok == 0)
		ok = record_sql_run(r->db, r->path, "COMMIT", f);
	if (ok < 0 && sqlite3_get_autocommit(r->db) == 0)
		record_sql_run(r->db, r->path, "ROLLBACK", NULL);
	return ok;
}

/* --- deleting --------------------------------------------------------------------------------- */

static double
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

double
record_file_bytes(const struct record_file *r)
{
	char wal[sizeof r->path + 8];

	snprintf(wal, sizeof wal, "%s-wal", r->path);
	return size_of(r->path) + size_of(wal);
}

static const char *const of_connection[] = { "request", "reask", "shadow" }; /* the tables of rows about a record */
#define OF_CONNECTION (sizeof of_connection / sizeof of_connection[0])

/* Deletes the certificates of no record that is left, and gives the room of deleted rows back. */
#define DELETE_CERTIFICATES \
	"DELETE FROM certificate WHERE seen < coalesce((SELECT min(opened) FROM (SELECT opened FROM record ORDER BY id LIMIT 1)), unixepoch()) - %d;" \
	"COMMIT; PRAGMA incremental_vacuum"

/* Runs the statements, which begin a transaction. Returns how many rows are deleted, or -1. */
static int
delete_rows(struct record_file *r, const char *sql, struct fault *f)
{
	int before = sqlite3_total_changes(r->db), ok = record_sql_run(r->db, r->path, sql, f);

	if (ok < 0 && sqlite3_get_autocommit(r->db) == 0)
		record_sql_run(r->db, r->path, "ROLLBACK", NULL);
	return ok < 0 ? -1 : sqlite3_total_changes(r->db) - before;
}

/*
 * Deletes, of the rows that were written first, those that were written before `limit`: a slice at most. The rows stand
 * in the order of writing, so that none further on is older. Returns as delete_rows.
 */
static int
delete_before(struct record_file *r, double limit, struct fault *f)
{
	char sql[1200];
	int n = snprintf(sql, sizeof sql, "BEGIN IMMEDIATE; ");

	for (size_t i = 0; i < OF_CONNECTION; i++)
		n += snprintf(sql + n, sizeof sql - (size_t)n, "DELETE FROM %s WHERE id IN (SELECT id FROM (SELECT id, time FROM %s ORDER BY id LIMIT %d) WHERE time < %.6f); ",
			of_connection[i], of_connection[i], SLICE, limit);
	snprintf(sql + n, sizeof sql - (size_t)n,
		"DELETE FROM record WHERE id IN (SELECT id FROM (SELECT id, written FROM record ORDER BY seq LIMIT %d) WHERE written < %.6f); " DELETE_CERTIFICATES,
		SLICE, limit, CERTIFICATE_SECONDS);
	return delete_rows(r, sql, f);
}

/* The number of the write up to which delete_first deletes. */
static int
find_last(struct record_file *r, int slice, double *last, struct fault *f)
{
	char sql[600];
	int n = snprintf(sql, sizeof sql, "SELECT min(n) FROM (SELECT max(seq) AS n FROM (SELECT seq FROM record ORDER BY seq LIMIT %d)", slice);

	for (size_t i = 0; i < OF_CONNECTION; i++)
		n += snprintf(sql + n, sizeof sql - (size_t)n, " UNION ALL SELECT max(id) FROM (SELECT id FROM %s ORDER BY id LIMIT %d)", of_connection[i],
			slice);
	snprintf(sql + n, sizeof sql - (size_t)n, ")");
	return record_sql_number(r->db, r->path, sql, last, f);
}

/* Deletes the rows that were written first: of one table `slice` rows, or all, and of the others at most as many. */
static int
delete_first(struct record_file *r, int slice, struct fault *f)
{
	char sql[700];
	double last;
	int n = snprintf(sql, sizeof sql, "BEGIN IMMEDIATE; ");

	if (find_last(r, slice, &last, f) < 0)
		return -1;
	for (size_t i = 0; i < OF_CONNECTION; i++)
		n += snprintf(sql + n, sizeof sql - (size_t)n, "DELETE FROM %s WHERE id <= %.0f; ", of_connection[i], last);
	snprintf(sql + n, sizeof sql - (size_t)n, "DELETE FROM record WHERE seq <= %.0f; " DELETE_CERTIFICATES, last, CERTIFICATE_SECONDS);
	return delete_rows(r, sql, f);
}

/* Writes the WAL back and cuts it, unless a reader needs it now: the next trim tries again. */
static int
cut_wal(struct record_file *r, struct fault *f)
{
	int ok;

	sqlite3_busy_timeout(r->db, 0);
	ok = record_sql_run(r->db, r->path, "PRAGMA wal_checkpoint(TRUNCATE)", f);
	sqlite3_busy_timeout(r->db, BUSY_MILLISECONDS);
	return ok;
}

/*
 * The file has more bytes than the rule allows: deletes the oldest slice, and cuts the WAL. While a reader holds the
 * WAL, a deletion makes no file smaller: the pages in use tell whether another slice is due.
 */
static int
trim_bytes(struct record_file *r, struct fault *f)
{
	double used, max = r->rule.megabytes * MEGABYTE;
	int deleted = 0;

	if (record_file_bytes(r) <= max)
		return 0;
	if (record_sql_number(r->db, r->path, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", &used, f) < 0)
		return -1;
	if (used > max - wal_share(r))
		deleted = delete_first(r, used > max ? SLICE : SLICE / 10, f);
	return deleted < 0 || cut_wal(r, f) < 0 ? -1 : deleted > 0;
}

int
record_file_trim(struct record_file *r, double now, struct fault *f)
{
	int deleted = r->rule.days > 0 ? delete_before(r, now - r->rule.days * DAY_SECONDS, f) : 0;

	if (deleted != 0)
		return deleted < 0 ? -1 : 1;
	return r->rule.megabytes > 0 ? trim_bytes(r, f) : 0;
}
