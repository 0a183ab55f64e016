/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_schema: the tables of a file of records, as SQL. engine/records/README.md describes them. A change of a table
 * is another RECORD_FILE_VERSION.
 */
#ifndef SALLYPORT_RECORD_SCHEMA_H
#define SALLYPORT_RECORD_SCHEMA_H

/* The greatest number of a write: of a change of a record, of a request, of a re-ask or of a shadow's verdict. */
#define RECORD_SCHEMA_LAST_WRITE \
	"SELECT max(coalesce((SELECT max(seq) FROM record), 0), coalesce((SELECT max(id) FROM request), 0), coalesce((SELECT max(id) FROM reask), 0), " \
	"coalesce((SELECT max(id) FROM shadow), 0))"

/* The columns of a decision, from the account d of one question and the record r of its connection. */
#define RECORD_SCHEMA_DECISION(time, d) \
	"r.connection AS connection, " time " AS time, " \
	"json_extract(" d ", '$.door') AS door, json_extract(" d ", '$.policy') AS policy, " \
	"json_extract(" d ", '$.file') AS file, json_extract(" d ", '$.line') AS line, " \
	"json_extract(" d ", '$.verdict') AS verdict, json_extract(" d ", '$.code') AS code, " \
	"json_extract(" d ", '$.text') AS text, coalesce(json_extract(" d ", '$.generation'), r.generation) AS generation, " \
	"r.peer AS peer, r.tcpipservice AS tcpipservice, r.ipconn AS ipconn, r.applid AS applid, r.networkid AS networkid "

#define RECORD_SCHEMA_DOORS "FROM record r, json_each(r.account, '$.doors') d "
#define RECORD_SCHEMA_REQUESTS "FROM request q JOIN record r ON r.id = q.record "
#define RECORD_SCHEMA_REASKS "FROM reask a JOIN record r ON r.id = a.record, json_each(a.account) d "

#define RECORD_SCHEMA_SHADOWS "FROM shadow s JOIN record r ON r.id = s.record "

/* The columns of a shadow's verdict: those of a decision, and the verdict in force. */
#define RECORD_SCHEMA_DIFFERENCE \
	RECORD_SCHEMA_DECISION("s.time", "json_extract(s.account, '$.after')") ", json_extract(s.account, '$.candidate') AS candidate, " \
	"json_extract(s.account, '$.class') AS class, json_extract(s.account, '$.after.why') AS why, " \
	"json_extract(s.account, '$.before.verdict') AS before_verdict, json_extract(s.account, '$.before.code') AS before_code "

#define RECORD_SCHEMA_TABLES \
	"CREATE TABLE record (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, connection TEXT NOT NULL, opened REAL NOT NULL, written REAL NOT NULL, " \
	"closed INTEGER NOT NULL, way TEXT NOT NULL, outcome TEXT NOT NULL, stage TEXT, code TEXT, reason TEXT, generation INTEGER NOT NULL, " \
	"hash TEXT, peer TEXT, tcpipservice TEXT, ipconn TEXT, applid TEXT, networkid TEXT, account TEXT NOT NULL);" \
	"CREATE INDEX record_connection ON record (connection);" \
	"CREATE INDEX record_seq ON record (seq);" \
	"CREATE TABLE request (id INTEGER PRIMARY KEY, record INTEGER NOT NULL, time REAL NOT NULL, refused INTEGER NOT NULL, account TEXT NOT NULL);" \
	"CREATE INDEX request_record ON request (record);" \
	"CREATE TABLE reask (id INTEGER PRIMARY KEY, record INTEGER NOT NULL, time REAL NOT NULL, generation INTEGER NOT NULL, " \
	"refused INTEGER NOT NULL, account TEXT NOT NULL);" \
	"CREATE INDEX reask_record ON reask (record);" \
	"CREATE TABLE shadow (id INTEGER PRIMARY KEY, record INTEGER NOT NULL, time REAL NOT NULL, account TEXT NOT NULL);" \
	"CREATE INDEX shadow_record ON shadow (record);" \
	"CREATE TABLE certificate (sha256 TEXT PRIMARY KEY, seen REAL NOT NULL, der BLOB NOT NULL) WITHOUT ROWID;" \
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;" \
	"CREATE VIEW decision AS SELECT " RECORD_SCHEMA_DECISION("json_extract(d.value, '$.now')", "d.value") RECORD_SCHEMA_DOORS \
	"UNION ALL SELECT " RECORD_SCHEMA_DECISION("q.time", "q.account") RECORD_SCHEMA_REQUESTS \
	"UNION ALL SELECT " RECORD_SCHEMA_DECISION("json_extract(d.value, '$.now')", "d.value") RECORD_SCHEMA_REASKS ";" \
	"CREATE VIEW difference AS SELECT " RECORD_SCHEMA_DIFFERENCE RECORD_SCHEMA_SHADOWS ";"

#define RECORD_SCHEMA_PUT_RECORD \
	"INSERT INTO record (id, connection, opened, written, closed, way, outcome, stage, code, reason, generation, hash, peer, tcpipservice, " \
	"ipconn, applid, networkid, account, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) " \
	"ON CONFLICT (id) DO UPDATE SET seq = ?19, written = ?4, closed = ?5, outcome = ?7, stage = ?8, code = ?9, reason = ?10, peer = ?13, ipconn = ?15, " \
	"applid = ?16, networkid = ?17, account = ?18"
#define RECORD_SCHEMA_PUT_REQUEST "INSERT INTO request (id, record, time, refused, account) VALUES (?5, ?1, ?2, ?3, ?4)"
#define RECORD_SCHEMA_PUT_REASK "INSERT INTO reask (id, record, time, refused, account, generation) VALUES (?5, ?1, ?2, ?3, ?4, ?6)"
#define RECORD_SCHEMA_PUT_SHADOW "INSERT INTO shadow (id, record, time, account) VALUES (?5, ?1, ?2, ?4)"
#define RECORD_SCHEMA_PUT_CERTIFICATE \
	"INSERT INTO certificate (sha256, seen, der) VALUES (?1, ?2, ?3) ON CONFLICT (sha256) DO UPDATE SET seen = ?2"

#endif
