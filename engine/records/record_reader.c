/* SPDX-License-Identifier: Apache-2.0 */
#include "records/record_reader.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "records/record_schema.h"
#include "records/record_sql.h"

#define BUSY_MILLISECONDS 5000

struct record_reader {
	sqlite3 *db;
	sqlite3_stmt *requests, *shadows; /* owned: of record_reader_requests and _shadows; NULL until their first calls */
	const char *path; /* borrowed, for messages; of the caller of record_reader_open */
	sqlite3_int64 seq; /* the last write whose decisions were given */
};

static int
complain(const struct record_reader *r, struct fault *f)
{
	return record_sql_fault(r->db, r->path, sqlite3_extended_errcode(r->db), f);
}

static sqlite3_stmt *
prepare(const struct record_reader *r, const char *sql, struct fault *f)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) == SQLITE_OK)
		return s;
	complain(r, f);
	return NULL;
}

/*
 * Tables in memory: the records that may be written again, with the number of decisions that were given; the rows whose
 * account is no JSON, which SQLite does not read past.
 */
static int
make_own(const struct record_reader *r, struct fault *f)
{
	return record_sql_run(r->db, r->path, "PRAGMA temp_store = MEMORY; CREATE TEMP TABLE given (record INTEGER PRIMARY KEY, n INTEGER);"
		"CREATE TEMP TABLE damaged (place TEXT, id INTEGER, connection TEXT, told INTEGER, PRIMARY KEY (place, id))", f);
}

struct record_reader *
record_reader_open(const char *path, struct fault *f)
{
	struct record_reader *r = calloc(1, sizeof *r);

	if (r == NULL) {
		fault_set(f, "no memory");
		return NULL;
	}
	r->path = path;
	if (sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
		complain(r, f);
	} else {
		sqlite3_busy_timeout(r->db, BUSY_MILLISECONDS);
		if (record_sql_version(r->db, path, f) == 0 && make_own(r, f) == 0)
			return r;
	}
	record_reader_close(r);
	return NULL;
}

void
record_reader_close(struct record_reader *r)
{
	if (r == NULL)
		return;
	sqlite3_finalize(r->requests);
	sqlite3_finalize(r->shadows);
	sqlite3_close(r->db);
	free(r);
}

/* --- accounts --------------------------------------------------------------------------------- */

/* Gives the rows (id, account) of the statement, and resets it. */
static int
give_rows(struct record_reader *r, sqlite3_stmt *s, bool (*each)(void *, int64_t, const char *, size_t), void *arg, struct fault *f)
{
	int status;
	bool more = true;

	while (more && (status = sqlite3_step(s)) == SQLITE_ROW)
		more = each(arg, sqlite3_column_int64(s, 0), (const char *)sqlite3_column_text(s, 1), (size_t)sqlite3_column_bytes(s, 1));
	if (more && status != SQLITE_DONE)
		complain(r, f);
	sqlite3_reset(s);
	return more && status != SQLITE_DONE ? -1 : 0;
}

/* The same, and finalizes the statement. */
static int
give_accounts(struct record_reader *r, sqlite3_stmt *s, bool (*each)(void *, int64_t, const char *, size_t), void *arg, struct fault *f)
{
	int rc = give_rows(r, s, each, arg, f);

	sqlite3_finalize(s);
	return rc;
}

static void
bind_or_null(sqlite3_stmt *s, int at, const char *text)
{
	if (text != NULL)
		sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

/*
 * An entry with "recheck":true is in the account when a later generation refused, or when its script waited. Another
 * entry that refuses is the end of its connection, whose outcome is "refused".
 */
#define REFUSED \
	"(outcome = 'refused' OR (instr(account, '\"recheck\":true') > 0 AND " \
	"instr(account, '\"verdict\":\"refuse\"') > 0) OR EXISTS (SELECT 1 FROM request WHERE record = r.id AND refused))"

int
record_reader_records(struct record_reader *r, const struct record_reader_search *q, bool (*each)(void *, int64_t, const char *, size_t),
	void *arg, struct fault *f)
{
	sqlite3_stmt *s;

	if (q->connection != NULL)
		s = prepare(r, "SELECT id, account FROM record r WHERE connection = ?1 AND (?2 IS NULL OR " REFUSED ") ORDER BY id DESC", f);
	else
		s = prepare(r, "SELECT id, account FROM record r WHERE ?1 IS NULL AND (?2 IS NULL OR " REFUSED ") ORDER BY id DESC", f);
	if (s == NULL)
		return -1;
	bind_or_null(s, 1, q->connection);
	bind_or_null(s, 2, q->refused ? "yes" : NULL);
	return give_accounts(r, s, each, arg, f);
}

int
record_reader_requests(struct record_reader *r, int64_t id, size_t max, bool (*each)(void *, int64_t, const char *, size_t), void *arg,
	struct fault *f)
{
	if (r->requests == NULL)
		r->requests = prepare(r, "SELECT id, account FROM request WHERE record = ?1 ORDER BY id DESC LIMIT ?2", f);
	if (r->requests == NULL)
		return -1;
	sqlite3_bind_int64(r->requests, 1, id);
	sqlite3_bind_int64(r->requests, 2, (sqlite3_int64)max);
	return give_rows(r, r->requests, each, arg, f);
}

int
record_reader_shadows(struct record_reader *r, const char *connection, size_t max, bool (*each)(void *, int64_t, const char *, size_t), void *arg,
	struct fault *f)
{
	if (r->shadows == NULL)
		r->shadows = prepare(r, "SELECT s.id, s.account " RECORD_SCHEMA_SHADOWS "WHERE r.connection = ?1 ORDER BY s.id DESC LIMIT ?2", f);
	if (r->shadows == NULL)
		return -1;
	bind_or_null(r->shadows, 1, connection);
	sqlite3_bind_int64(r->shadows, 2, (sqlite3_int64)max);
	return give_rows(r, r->shadows, each, arg, f);
}

/* --- a range of time -------------------------------------------------------------------------- */

static sqlite3_stmt *
prepare_range(struct record_reader *r, const char *sql, const struct record_reader_range *g, struct fault *f)
{
	sqlite3_stmt *s = prepare(r, sql, f);

	if (s != NULL) {
		sqlite3_bind_double(s, 1, g->since);
		sqlite3_bind_double(s, 2, g->until);
	}
	return s;
}

int64_t
record_reader_count(struct record_reader *r, const struct record_reader_range *g, struct fault *f)
{
	sqlite3_stmt *s = prepare_range(r, "SELECT count(*) FROM record WHERE written >= ?1 AND written <= ?2", g, f);
	int64_t n = -1;

	if (s == NULL)
		return -1;
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	else
		complain(r, f);
	sqlite3_finalize(s);
	return n;
}

int
record_reader_each(struct record_reader *r, const struct record_reader_range *g, bool (*each)(void *, int64_t, const char *, size_t), void *arg,
	struct fault *f)
{
	sqlite3_stmt *s = prepare_range(r, g->connections == NULL ?
		"SELECT id, account FROM record WHERE written >= ?1 AND written <= ?2 ORDER BY id" :
		"SELECT id, account FROM record WHERE connection = ?3 AND written >= ?1 AND written <= ?2 ORDER BY id", g, f);
	int rc = s != NULL ? 0 : -1;

	if (rc == 0 && g->connections == NULL)
		rc = give_rows(r, s, each, arg, f);
	for (size_t i = 0; rc == 0 && i < g->nconnections; i++) {
		bind_or_null(s, 3, g->connections[i]);
		rc = give_rows(r, s, each, arg, f);
	}
	sqlite3_finalize(s);
	return rc;
}

int
record_reader_certificate(struct record_reader *r, const char *sha256, unsigned char **der, size_t *len, struct fault *f)
{
	sqlite3_stmt *s = prepare(r, "SELECT der FROM certificate WHERE sha256 = ?1", f);
	int status, found = 0;

	if (s == NULL)
		return -1;
	bind_or_null(s, 1, sha256);
	status = sqlite3_step(s);
	*len = status == SQLITE_ROW ? (size_t)sqlite3_column_bytes(s, 0) : 0;
	*der = *len > 0 ? malloc(*len) : NULL;
	if (*der != NULL) {
		memcpy(*der, sqlite3_column_blob(s, 0), *len);
		found = 1;
	}
	if (status != SQLITE_ROW && status != SQLITE_DONE)
		found = complain(r, f);
	else if (*len > 0 && *der == NULL)
		found = fault_set(f, "no memory");
	sqlite3_finalize(s);
	return found;
}

/* --- decisions -------------------------------------------------------------------------------- */

#define COLUMNS 15 /* of a decision; then recheck, or those of struct record_shadow; the last ones order the rows */

/* The conditions, as far as the caller gives them, and the order. */
#define FITTING \
	"WHERE time >= ?1 AND time <= ?2 AND (?3 IS NULL OR verdict = ?3) AND (?4 IS NULL OR door = ?4) AND (?5 IS NULL OR policy = ?5) " \
	"AND (?6 IS NULL OR code = ?6) AND (?7 IS NULL OR ipconn = ?7) AND (?8 IS NULL OR applid = ?8) ORDER BY time, record, kind, n"

/* Of the rows of a table, those whose account is JSON, as far as is known. */
#define WHOLE(id, place) id " NOT IN (SELECT id FROM damaged WHERE place = '" place "') "

static const char decisions_sql[] =
	"SELECT * FROM ("
	"SELECT " RECORD_SCHEMA_DECISION("json_extract(d.value, '$.now')", "d.value") ", json_extract(d.value, '$.recheck') AS recheck, r.id AS record, 0 AS kind, d.key AS n "
		RECORD_SCHEMA_DOORS "WHERE " WHOLE("r.id", "record") "AND r.written >= ?1 AND r.seq > ?9 AND d.key >= coalesce((SELECT g.n FROM given g WHERE g.record = r.id), 0) "
	"UNION ALL "
	"SELECT " RECORD_SCHEMA_DECISION("q.time", "q.account") ", 0 AS recheck, r.id AS record, 1 AS kind, q.id AS n "
		RECORD_SCHEMA_REQUESTS "WHERE " WHOLE("q.id", "request") "AND q.time >= ?1 AND q.id > ?9 "
	"UNION ALL "
	"SELECT " RECORD_SCHEMA_DECISION("json_extract(d.value, '$.now')", "d.value") ", json_extract(d.value, '$.recheck') AS recheck, r.id AS record, 1 AS kind, a.id AS n "
		RECORD_SCHEMA_REASKS "WHERE " WHOLE("a.id", "reask") "AND a.time >= ?1 AND a.id > ?9"
	") x " FITTING;

/* The row of the connection may be written later than that of the shadow's verdict about it. */
static const char shadows_sql[] =
	"SELECT * FROM ("
	"SELECT " RECORD_SCHEMA_DIFFERENCE ", r.id AS record, 0 AS kind, s.id AS n " RECORD_SCHEMA_SHADOWS
		"WHERE " WHOLE("s.id", "shadow") "AND s.time >= ?1 AND (s.id > ?9 OR (r.seq > ?9 AND NOT EXISTS (SELECT 1 FROM given g WHERE g.record = r.id)))"
	") x " FITTING;

/* Notes that the decisions of all writes were given. ?1: the last write whose decisions were given before. */
static const char *const note_sql[] = {
	"DELETE FROM given WHERE record IN (SELECT id FROM record WHERE seq > ?1 AND closed)",
	"INSERT OR REPLACE INTO given SELECT id, json_array_length(account, '$.doors') FROM record WHERE " WHOLE("id", "record") "AND seq > ?1 AND NOT closed",
};

static struct record_decision
decision_of(sqlite3_stmt *s, bool of_shadow)
{
	const char *text[COLUMNS];
	struct record_decision d;

	for (int i = 0; i < COLUMNS; i++)
		text[i] = i == 1 || i == 5 || i == 9 ? NULL : (const char *)sqlite3_column_text(s, i);
	d = (struct record_decision){ .connection = text[0], .time = sqlite3_column_double(s, 1), .door = text[2], .policy = text[3],
		.file = text[4], .line = sqlite3_column_int64(s, 5), .verdict = text[6], .code = text[7], .text = text[8],
		.generation = sqlite3_column_int64(s, 9), .peer = text[10], .tcpipservice = text[11], .ipconn = text[12], .applid = text[13],
		.networkid = text[14] };
	if (of_shadow)
		d.shadow = (struct record_shadow){ .candidate = (const char *)sqlite3_column_text(s, COLUMNS), .class = (const char *)sqlite3_column_text(s, COLUMNS + 1),
			.why = (const char *)sqlite3_column_text(s, COLUMNS + 2), .verdict = (const char *)sqlite3_column_text(s, COLUMNS + 3),
			.code = (const char *)sqlite3_column_text(s, COLUMNS + 4) };
	else
		d.recheck = sqlite3_column_int(s, COLUMNS) != 0;
	return d;
}

static int
give_decisions(struct record_reader *r, sqlite3_stmt *s, bool of_shadow, void (*each)(void *, const struct record_decision *), void *arg, struct fault *f)
{
	int status;

	while ((status = sqlite3_step(s)) == SQLITE_ROW) {
		struct record_decision d = decision_of(s, of_shadow);

		each(arg, &d);
	}
	return status == SQLITE_DONE ? 0 : complain(r, f);
}

static int
select_once(struct record_reader *r, const struct record_reader_query *q, void (*each)(void *, const struct record_decision *), void *arg,
	struct fault *f)
{
	const char *const filter[] = { q->refused ? "refuse" : NULL, q->door, q->policy, q->code, q->ipconn, q->applid };
	sqlite3_stmt *s = prepare(r, q->shadows ? shadows_sql : decisions_sql, f);
	int ok;

	if (s == NULL)
		return -1;
	sqlite3_bind_double(s, 1, q->since);
	sqlite3_bind_double(s, 2, q->until);
	for (int i = 0; i < (int)(sizeof filter / sizeof filter[0]); i++)
		bind_or_null(s, 3 + i, filter[i]);
	sqlite3_bind_int64(s, 9, r->seq);
	ok = give_decisions(r, s, q->shadows, each, arg, f);
	sqlite3_finalize(s);
	return ok;
}

/* Finds the rows whose account is no JSON, and tells of the new ones. 1: there are such; 0; -1 with a sentence. */
static int
find_damaged(struct record_reader *r, const struct record_reader_query *q, void *arg, struct fault *f)
{
	static const char find[] =
		"INSERT OR IGNORE INTO damaged SELECT 'record', id, connection, 0 FROM record WHERE NOT json_valid(account) "
		"UNION ALL SELECT 'request', q.id, r.connection, 0 " RECORD_SCHEMA_REQUESTS "WHERE NOT json_valid(q.account) "
		"UNION ALL SELECT 'reask', a.id, r.connection, 0 FROM reask a JOIN record r ON r.id = a.record WHERE NOT json_valid(a.account) "
		"UNION ALL SELECT 'shadow', s.id, r.connection, 0 " RECORD_SCHEMA_SHADOWS "WHERE NOT json_valid(s.account)";
	sqlite3_stmt *s = record_sql_run(r->db, r->path, find, f) == 0 ? prepare(r, "SELECT DISTINCT connection FROM damaged WHERE NOT told", f) : NULL;
	int found = 0, status = SQLITE_ERROR;

	while (s != NULL && (status = sqlite3_step(s)) == SQLITE_ROW) {
		if (q->damaged != NULL)
			q->damaged(arg, (const char *)sqlite3_column_text(s, 0));
		found = 1;
	}
	sqlite3_finalize(s);
	if (status != SQLITE_DONE)
		return s != NULL ? complain(r, f) : -1;
	return record_sql_run(r->db, r->path, "UPDATE damaged SET told = 1", f) < 0 ? -1 : found;
}

/* The decisions; a row without JSON fails the statement before its first decision, and is left out then. */
static int
select_decisions(struct record_reader *r, const struct record_reader_query *q, void (*each)(void *, const struct record_decision *), void *arg,
	struct fault *f)
{
	struct fault other;
	int damaged;

	if (select_once(r, q, each, arg, f) == 0)
		return 0;
	damaged = (sqlite3_errcode(r->db) & 0xff) == SQLITE_ERROR ? find_damaged(r, q, arg, &other) : 0;
	return damaged > 0 ? select_once(r, q, each, arg, f) : -1;
}

static int
note_given(struct record_reader *r, struct fault *f)
{
	double seq;

	for (size_t i = 0; i < sizeof note_sql / sizeof note_sql[0]; i++) {
		sqlite3_stmt *s = prepare(r, note_sql[i], f);
		int status;

		if (s == NULL)
			return -1;
		sqlite3_bind_int64(s, 1, r->seq);
		status = sqlite3_step(s);
		sqlite3_finalize(s);
		if (status != SQLITE_DONE)
			return complain(r, f);
	}
	if (record_sql_number(r->db, r->path, RECORD_SCHEMA_LAST_WRITE, &seq, f) < 0)
		return -1;
	r->seq = (sqlite3_int64)seq;
	return 0;
}

int
record_reader_decisions(struct record_reader *r, const struct record_reader_query *q, void (*each)(void *, const struct record_decision *),
	void *arg, struct fault *f)
{
	int ok = record_sql_run(r->db, r->path, "BEGIN", f); /* one state of the file for all statements */

	if (ok == 0)
		ok = select_decisions(r, q, each, arg, f);
	if (ok == 0 && q->follow)
		ok = note_given(r, f);
	record_sql_run(r->db, r->path, "COMMIT", NULL);
	return ok;
}
