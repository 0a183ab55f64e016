/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/record.h"

#include "base/jsontext.h"
#include "policy/facts_json.h"
#include "policy/notes.h"
#include "policy/record_answer.h"
#include "policy/record_json.h"
#include "policy/record_walk.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct facts
facts_from(const char *ip, const char *connection)
{
	struct facts f = { .generation = 7, .now = 1000.0 };

	addr_parse(&f.peer.addr, ip, 40000);
	snprintf(f.connection, sizeof f.connection, "%s", connection);
	snprintf(f.tcpipservice, sizeof f.tcpipservice, "IPICSRV");
	return f;
}

static void
ended(struct records *rs, const char *id, const char *ip, bool refused)
{
	struct record *r = record_open(rs, id, 1000.0);
	struct facts f = facts_from(ip, id);

	record_facts(r, &f);
	if (refused)
		record_outcome(r, "refused", "tcp", "lan", NULL);
	else
		record_outcome(r, "released", NULL, NULL, NULL);
	record_end(r, 1001.0);
	record_leave(r);
}

/* The connections of an answer, with blanks between them. */
static void
assert_found(struct records *rs, const struct record_query *q, const char *expected)
{
	json_t *rows = records_explain(rs, q), *row;
	char got[256] = "";
	size_t i;

	json_array_foreach(rows, i, row) {
		strcat(got, i > 0 ? " " : "");
		strcat(got, json_string_value(json_object_get(row, "connection")));
	}
	json_decref(rows);
	assert_string_equal(got, expected);
}

static const char *
text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void
a_door_is_told_with_policy_place_verdict_and_checks(void **state)
{
	struct records *rs = records_new(10);
	struct record *r = record_open(rs, "a-1", 1000.0);
	struct facts f = facts_from("10.0.0.1", "a-1");
	struct record_entry *d = record_entry_add(r, DOOR_BIND, "partners", 1000.0025);
	struct verdict v = { .kind = VERDICT_REFUSE, .code = "names", .text = "not \xff you", .file = "policies/partners.lua", .line = 12 };
	json_t *rows, *row, *door, *check;

	(void)state;
	record_facts(r, &f);
	record_check(d, "cn", false, "CN=X\n", 5);
	record_effect(d, "counter NETX", "next = 7");
	record_check(d, "c1", true, "\xc2\x9b" "31m", 5); /* terminals obey U+009B too */
	record_verdict(d, &v, 15.5);
	record_outcome(r, "refused", "capex", "names", "SECURITY_VIOLATION");
	rows = records_explain(rs, &(struct record_query){ .connection = "a-1" });
	assert_int_equal(json_array_size(rows), 1);
	row = json_array_get(rows, 0);
	assert_string_equal(text(row, "peer"), "10.0.0.1:40000");
	assert_int_equal(json_integer_value(json_object_get(row, "generation")), 7);
	assert_string_equal(text(row, "outcome"), "refused");
	assert_string_equal(text(row, "stage"), "capex");
	assert_string_equal(text(row, "reason"), "SECURITY_VIOLATION");
	door = json_array_get(json_object_get(row, "doors"), 0);
	assert_string_equal(text(door, "door"), "bind");
	assert_string_equal(text(door, "policy"), "partners");
	assert_string_equal(text(door, "file"), "policies/partners.lua");
	assert_int_equal(json_integer_value(json_object_get(door, "line")), 12);
	assert_string_equal(text(door, "verdict"), "refuse");
	assert_string_equal(text(door, "code"), "names");
	assert_string_equal(text(door, "text"), "not \\xff you");
	assert_true(json_real_value(json_object_get(door, "microseconds")) == 15.5);
	check = json_array_get(json_object_get(door, "checks"), 0);
	assert_string_equal(text(check, "name"), "cn");
	assert_true(json_is_false(json_object_get(check, "value")));
	assert_string_equal(text(check, "detail"), "CN=X\\x0a");
	check = json_array_get(json_object_get(door, "checks"), 1);
	assert_string_equal(text(check, "detail"), "next = 7");
	assert_true(json_is_true(json_object_get(check, "value")));
	assert_string_equal(text(json_array_get(json_object_get(door, "checks"), 2), "detail"), "\\xc2\\x9b31m");
	json_decref(rows);
	records_free(rs);
}

static void
a_decision_of_the_engine_is_a_door_without_a_policy(void **state)
{
	struct records *rs = records_new(10);
	struct record *r = record_open(rs, "a-1", 1000.0);
	json_t *rows, *door;

	(void)state;
	record_engine(r, STAGE_CAPEX, "timeout", "no whole CAPEX in 10 s", 1010.0);
	rows = records_explain(rs, &(struct record_query){ .connection = "a-1" });
	door = json_array_get(json_object_get(json_array_get(rows, 0), "doors"), 0);
	assert_string_equal(text(door, "door"), "capex");
	assert_true(json_is_null(json_object_get(door, "policy")));
	assert_string_equal(text(door, "verdict"), "refuse");
	assert_string_equal(text(door, "code"), "timeout");
	json_decref(rows);
	records_free(rs);
}

static void
events_are_told_in_order_with_times_since_the_accept(void **state)
{
	struct records *rs = records_new(10);
	struct record *r = record_open(rs, "a-1", 1700000000.0);
	json_t *rows, *events;

	(void)state;
	record_event(r, 1700000000.0, "accepted");
	record_event(r, 1700000000.25, "first byte");
	rows = records_explain(rs, &(struct record_query){ .connection = "a-1" });
	events = json_object_get(json_array_get(rows, 0), "events");
	assert_string_equal(text(json_array_get(events, 1), "event"), "first byte");
	assert_true(json_real_value(json_object_get(json_array_get(events, 1), "milliseconds")) == 250.0);
	json_decref(rows);
	records_free(rs);
}

static void
the_last_ended_stay_and_the_living_always_do(void **state)
{
	struct records *rs = records_new(2);
	struct record *living = record_open(rs, "live", 999.0);

	(void)state;
	ended(rs, "one", "10.0.0.1", true);
	ended(rs, "two", "10.0.0.2", false);
	ended(rs, "three", "::1", true);
	assert_found(rs, &(struct record_query){ .last = 10 }, "live two three");
	assert_found(rs, &(struct record_query){ .connection = "one" }, "");
	record_end(living, 1002.0);
	record_leave(living);
	assert_found(rs, &(struct record_query){ .last = 10 }, "live three");
	records_free(rs);
}

static void
a_record_and_its_facts_stay_until_the_connection_leaves_it(void **state)
{
	struct records *rs = records_new(1);
	struct record *held = record_open(rs, "held", 1000.0);
	const struct facts *facts;
	struct facts f = { .userid = "FRED", .has_capex = true, .capex = { .applid = "A", .token = "secret" } };

	(void)state;
	facts = record_facts(held, &f);
	assert_string_equal(facts->userid, "FRED");
	assert_string_equal(facts->capex.token, "");
	assert_ptr_equal(record_facts(held, facts), facts);
	assert_string_equal(facts->capex.applid, "A");
	record_end(held, 1001.0);
	ended(rs, "one", "::1", false);
	ended(rs, "two", "::1", false);
	assert_found(rs, &(struct record_query){ .last = 10 }, "held two");
	assert_string_equal(facts->capex.applid, "A");
	record_leave(held);
	assert_found(rs, &(struct record_query){ .last = 10 }, "held");
	records_free(rs);
}

static void
records_are_found_by_id_by_address_and_by_how_late(void **state)
{
	struct records *rs = records_new(10);

	(void)state;
	ended(rs, "one", "10.0.0.1", true);
	ended(rs, "two", "10.0.0.2", false);
	ended(rs, "three", "10.0.0.1", false);
	ended(rs, "four", "::ffff:10.0.0.1", true);
	assert_found(rs, &(struct record_query){ .connection = "two" }, "two");
	assert_found(rs, &(struct record_query){ .peer = "10.0.0.1" }, "one three four");
	assert_found(rs, &(struct record_query){ .peer = "10.0.0.1", .last = 2 }, "three four");
	assert_found(rs, &(struct record_query){ .peer = "10.0.0.9" }, "");
	assert_found(rs, &(struct record_query){ .peer = "nonsense" }, "");
	assert_found(rs, &(struct record_query){ .last = 1, .refused = true }, "four");
	assert_found(rs, &(struct record_query){ .last = 9, .refused = true }, "one four");
	records_free(rs);
}

static void
thousands_of_living_connections_are_all_found(void **state)
{
	struct records *rs = records_new(1);
	struct record *r[3000];
	char id[16];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		snprintf(id, sizeof id, "c-%d", i);
		r[i] = record_open(rs, id, 1000.0 + i);
	}
	for (int i = 0; i < 3000; i++) {
		snprintf(id, sizeof id, "c-%d", i);
		assert_found(rs, &(struct record_query){ .connection = id }, id);
	}
	for (int i = 0; i < 3000; i++) {
		record_end(r[i], 9000.0);
		record_leave(r[i]);
	}
	assert_found(rs, &(struct record_query){ .last = 5 }, "c-2999");
	records_free(rs);
}

static void
a_record_is_bounded(void **state)
{
	struct records *rs = records_new(1);
	struct record *r = record_open(rs, "a-1", 1000.0);
	struct record_entry *d = record_entry_add(r, DOOR_ADMIT, "lan", 1000.0);
	char long_detail[1000];
	json_t *rows, *row, *door;

	(void)state;
	memset(long_detail, 'x', sizeof long_detail);
	for (int i = 0; i < 500; i++) {
		record_check(d, "again", true, long_detail, sizeof long_detail);
		record_event(r, 1000.0, "again");
		record_entry_add(r, DOOR_BIND, "again", 1000.0);
	}
	rows = records_explain(rs, &(struct record_query){ .connection = "a-1" });
	row = json_array_get(rows, 0);
	door = json_array_get(json_object_get(row, "doors"), 0);
	assert_int_equal(json_array_size(json_object_get(row, "doors")), 16);
	assert_int_equal(json_array_size(json_object_get(row, "events")), 32);
	assert_int_equal(json_array_size(json_object_get(door, "checks")), 64);
	assert_int_equal(strlen(text(json_array_get(json_object_get(door, "checks"), 0), "detail")), 200);
	json_decref(rows);
	records_free(rs);
}

static json_t *
facts_of(const struct facts *f)
{
	struct jsontext j = { 0 };
	json_t *o;

	facts_json(&j, NULL, f);
	o = json_loadb(j.bytes, j.len, 0, NULL);
	jsontext_free(&j);
	return o;
}

static void
facts_not_known_are_absent_and_the_token_is_never_shown(void **state)
{
	struct facts f = facts_from("127.0.0.1", "a-1");
	json_t *o = facts_of(&f);
	char *dump;

	(void)state;
	assert_null(json_object_get(o, "tls"));
	assert_null(json_object_get(o, "certificate"));
	assert_null(json_object_get(o, "capex"));
	assert_null(json_object_get(o, "ipconn"));
	assert_string_equal(text(json_object_get(o, "peer"), "ip"), "127.0.0.1");
	json_decref(o);
	f.has_capex = true;
	snprintf(f.capex.token, sizeof f.capex.token, "SECRETSECRETSECRETSEC");
	snprintf(f.capex.applid, sizeof f.capex.applid, "MYAPPL");
	o = facts_of(&f);
	dump = json_dumps(o, 0);
	assert_null(strstr(dump, "SECRET"));
	assert_string_equal(text(json_object_get(o, "capex"), "applid"), "MYAPPL");
	free(dump);
	json_decref(o);
}

static void
what_a_later_generation_refused_finds_room_however_many_doors_were_asked(void **state)
{
	struct records *rs = records_new(4);
	struct record *r = record_open(rs, "a-1", 1.0);
	struct verdict v = { .kind = VERDICT_REFUSE, .code = "not_listed" };
	struct record_query q = { .connection = "a-1", .refused = true };
	struct record_entry *d;
	json_t *rows, *doors, *last;

	(void)state;
	for (int i = 0; i < 20; i++)
		record_entry_add(r, DOOR_ADMIT, "lan", 1.0);
	rows = records_explain(rs, &q);
	assert_int_equal(json_array_size(rows), 0);
	json_decref(rows);
	d = record_entry_new("bind", "rule", 7, 2.0);
	record_check(d, "listed", false, NULL, 0);
	record_verdict(d, &v, 1.0);
	record_reasked(r, d);
	rows = records_explain(rs, &q);
	doors = json_object_get(json_array_get(rows, 0), "doors");
	assert_int_equal(json_array_size(doors), 17);
	last = json_array_get(doors, 16);
	assert_string_equal(text(last, "door"), "bind");
	assert_int_equal(json_integer_value(json_object_get(last, "generation")), 7);
	assert_true(json_is_null(json_object_get(last, "granted")));
	assert_int_equal(json_array_size(json_object_get(last, "checks")), 1);
	assert_string_equal(text(json_array_get(rows, 0), "code"), "not_listed");
	json_decref(rows);
	records_free(rs);
}

static void
without_a_record_nothing_happens(void **state)
{
	struct facts f = facts_from("127.0.0.1", "x");
	struct verdict v = { .kind = VERDICT_ACCEPT };

	(void)state;
	assert_null(record_open(NULL, "x", 1.0));
	record_event(NULL, 1.0, "x");
	assert_null(record_entry_add(NULL, DOOR_ADMIT, NULL, 1.0));
	record_check(NULL, "x", true, NULL, 0);
	record_effect(NULL, "x", "y");
	record_verdict(NULL, &v, 1.0);
	record_engine(NULL, STAGE_TCP, "limit", NULL, 1.0);
	record_facts(NULL, &f);
	record_outcome(NULL, "closed", NULL, NULL, NULL);
	record_mapped(NULL, "USER");
	record_installed(NULL, NULL);
	record_reasked(NULL, record_entry_new("bind", "rule", 2, 1.0));
	record_end(NULL, 1.0);
	record_leave(NULL);
	records_free(NULL);
}

static void
asked(struct record *r, enum verdict_kind kind, size_t bytes)
{
	struct request q = { .tran = "CPMI", .program = "ECHO", .userid = "FRED", .password = "secret", .has_password = true };
	struct users u = { .task = "FRED", .checked = { "FRED", "LNK1" }, .nchecked = 2 };
	struct verdict v = { .kind = kind };
	struct record_entry *d = record_entry_add(r, DOOR_ATTACH, "door", 1000.0);

	record_request(d, &q, &u, bytes);
	record_check(d, "user", true, "FRED", 4);
	record_verdict(d, &v, 1);
}

/* The sizes of the requests of a record, in order, with blanks between them. */
static void
assert_requests(struct records *rs, const char *expected)
{
	json_t *rows = records_explain(rs, &(struct record_query){ .connection = "a-1" }), *list, *d;
	char got[256] = "", number[24];
	size_t i;

	list = json_object_get(json_array_get(rows, 0), "requests");
	json_array_foreach(list, i, d) {
		snprintf(number, sizeof number, "%s%d", i > 0 ? " " : "", (int)json_integer_value(json_object_get(json_object_get(d, "request"), "bytes")));
		strcat(got, number);
		assert_null(json_object_get(json_object_get(d, "request"), "password"));
	}
	json_decref(rows);
	assert_string_equal(got, expected);
}

static void
of_requests_the_last_are_kept_and_refused_ones_longest(void **state)
{
	struct records *rs = records_new(10);
	struct record *r = record_open(rs, "a-1", 1000.0);

	(void)state;
	asked(r, VERDICT_ACCEPT, 1);
	asked(r, VERDICT_REFUSE, 2);
	for (size_t i = 3; i <= 40; i++)
		asked(r, VERDICT_ACCEPT, i);
	assert_requests(rs, "2 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40");
	for (size_t i = 41; i <= 60; i++)
		asked(r, VERDICT_REFUSE, i);
	assert_requests(rs, "37 38 39 40 49 50 51 52 53 54 55 56 57 58 59 60");
	record_end(r, 1001.0);
	record_leave(r);
	records_free(rs);
}

static void
of_a_connection_that_ended_four_accepted_requests_are_left(void **state)
{
	struct records *rs = records_new(10);
	struct record *r = record_open(rs, "a-1", 1000.0);

	(void)state;
	asked(r, VERDICT_REFUSE, 1);
	for (size_t i = 2; i <= 12; i++)
		asked(r, VERDICT_ACCEPT, i);
	record_end(r, 1001.0);
	record_leave(r);
	assert_requests(rs, "1 9 10 11 12");
	records_free(rs);
}

/* Takes steps of a walk until it has appended n more rows; returns their connections. */
static void
told(struct record_walk *w, size_t n, const char *expected, bool over)
{
	json_t *rows = json_array();
	char got[256] = "";
	bool more = true;

	while (more && json_array_size(rows) < n)
		more = record_walk_more(w, rows);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		strcat(got, i > 0 ? " " : "");
		strcat(got, json_string_value(json_object_get(json_array_get(rows, i), "connection")));
	}
	json_decref(rows);
	assert_string_equal(got, expected);
	assert_int_equal(more, !over);
}

/* Between two steps, records are freed, also the next one of the walk, and new ones are opened. */
static void
a_walk_in_slices_bears_changes(void **state)
{
	struct records *rs = records_new(6);
	struct record_walk *w, *other;
	char id[8];

	(void)state;
	for (int i = 1; i <= 6; i++) {
		snprintf(id, sizeof id, "a-%d", i);
		ended(rs, id, "10.0.0.1", i % 2 == 0);
	}
	w = record_walk_begin(rs, &(struct record_query){ .last = 5 });
	other = record_walk_begin(rs, &(struct record_query){ .last = 5, .refused = true });
	told(w, 1, "a-2", false);
	ended(rs, "a-7", "10.0.0.1", true); /* frees a-1 */
	ended(rs, "a-8", "10.0.0.1", true); /* a-2 */
	ended(rs, "a-9", "10.0.0.1", true); /* a-3, where the walk is */
	told(w, 2, "a-4 a-5", false);
	told(other, 5, "a-4 a-6", true); /* it begins at the record that was the newest when it was opened */
	told(w, 9, "a-6 a-7", true); /* five in all, as many as were found first */
	record_walk_end(w);
	w = record_walk_begin(rs, &(struct record_query){ .last = 2 });
	told(w, 1, "a-8", false);
	for (int i = 10; i < 30; i++) {
		snprintf(id, sizeof id, "a-%d", i);
		ended(rs, id, "10.0.0.1", false);
	}
	told(w, 1, "a-24", true); /* its records are gone; the oldest one left */
	record_walk_end(w);
	record_walk_end(other);
	record_walk_end(NULL);
	records_free(rs);
}

static void
a_walk_of_nothing_ends(void **state)
{
	struct records *rs = records_new(6);
	struct record_walk *w = record_walk_begin(rs, &(struct record_query){ .last = 5 });

	(void)state;
	told(w, 1, "", true);
	record_walk_end(w);
	assert_found(rs, &(struct record_query){ .connection = "a-23456789012345678901234567890" }, "");
	assert_found(rs, &(struct record_query){ .connection = "" }, "");
	records_free(rs);
}

/* Each record has notes of 16 KiB: 128 MiB are fewer than 10000 of them. */
static void
ended_records_are_bounded_by_their_memory_too(void **state)
{
	struct records *rs = records_new(10000);
	struct notes *notes = NULL;
	char text[NOTE_TEXT_MAX] = "", id[24];
	struct record *living;

	(void)state;
	for (int i = 0; i < NOTES_MAX; i++) {
		struct note n = { .door = DOOR_ADMIT, .kind = NOTE_TEXT, .text = text, .len = sizeof text };

		snprintf(n.key, sizeof n.key, "k%d", i);
		assert_int_equal(notes_put(&notes, &n, NULL), 0);
	}
	living = record_open(rs, "live", 999.0);
	for (int i = 0; i < 10000; i++) {
		struct facts f = facts_from("10.0.0.1", "");
		struct record *r;

		f.notes = notes;
		snprintf(id, sizeof id, "r-%d", i);
		r = record_open(rs, id, 1000.0 + i);
		record_facts(r, &f);
		record_end(r, 1001.0 + i);
		record_leave(r);
	}
	assert_found(rs, &(struct record_query){ .connection = "r-9999" }, "r-9999");
	assert_found(rs, &(struct record_query){ .connection = "r-5000" }, "r-5000");
	assert_found(rs, &(struct record_query){ .connection = "r-500" }, "");
	assert_found(rs, &(struct record_query){ .connection = "live" }, "live");
	record_end(living, 20000.0);
	record_leave(living);
	records_free(rs);
	notes_unref(notes);
}

/* A record with parts of each kind, and a text that takes more room as JSON. */
static struct record *
full_record(struct records *rs)
{
	struct record *r = record_open(rs, "a-1", 1000.0);
	struct facts f = facts_from("10.0.0.1", "a-1");
	struct verdict v = { .kind = VERDICT_REFUSE, .code = "names", .text = "not \xff\xff\xff you" };

	record_facts(r, &f);
	for (int i = 0; i < 3; i++) {
		struct record_entry *e = record_entry_add(r, DOOR_BIND, "partners", 1000.0);
		struct jsontext *j = record_answer_begin(e, "counter.next");

		jsontext_integer(j, "answer", 7);
		record_answer_end(e);
		record_check(e, "name", true, "\x01\x02", 2);
		record_verdict(e, &v, 1);
	}
	record_outcome(r, "refused", "capex", "names", NULL);
	return r;
}

/* The account in `max` bytes; -1: it has no room. */
static long
account_within(const struct record *r, size_t max)
{
	struct jsontext j = { .max = max };
	json_error_t error;
	json_t *account;
	long len = -1;

	if (record_json_put(&j, r, true)) {
		account = json_loadb(j.bytes, j.len, JSON_ALLOW_NUL, &error);
		if (account == NULL)
			fail_msg("%zu bytes: %s: %.*s", max, error.text, (int)j.len, j.bytes);
		assert_true(max == 0 || j.len <= max);
		len = (long)j.len;
		json_decref(account);
	}
	jsontext_free(&j);
	return len;
}

static void
an_account_within_any_bound_is_json(void **state)
{
	struct records *rs = records_new(6);
	const struct record *r = full_record(rs);
	long whole = account_within(r, 0), before = -1;

	(void)state;
	assert_true(whole > 1500);
	for (size_t max = 1; max <= (size_t)whole + 64; max++) {
		long len = account_within(r, max);

		assert_true(len >= 0 || before < 0); /* more room never loses the account */
		before = len;
	}
	assert_int_equal(before, whole);
	records_free(rs);
}

static void
each_text_is_read_back_and_no_two_texts_are_written_alike(void **state)
{
	static const struct { const char *bytes; size_t len; } texts[] = { { "", 0 }, { "a", 1 }, { "\0", 1 }, { "\\x00", 4 }, { "\\", 1 }, { "\\\\", 2 },
		{ "\\\0", 2 }, { "\\\\x00", 5 }, { "\"", 1 }, { "\xc3\xa4", 2 }, { "\\xc3\\xa4", 8 }, { "\xc3\xa4\\", 3 }, { "\xc3", 1 }, { "\xc2\x9b", 2 },
		{ "\x7f", 1 }, { "\xff\"\n", 3 }, { "\\xg0", 4 }, { "\\xFF", 4 } };
	json_t *written[sizeof texts / sizeof texts[0]];
	char bytes[32];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		written[i] = facts_json_text(texts[i].bytes, texts[i].len);
		assert_int_equal(facts_json_bytes(written[i], bytes, sizeof bytes), texts[i].len);
		assert_memory_equal(bytes, texts[i].bytes, texts[i].len);
		assert_int_equal(bytes[texts[i].len], 0);
		for (size_t j = 0; j < i; j++)
			assert_false(json_equal(written[i], written[j]));
	}
	assert_int_equal(facts_json_bytes(written[7], bytes, 3), 5);
	assert_string_equal(bytes, "\\\\");
	assert_int_equal(facts_json_bytes(NULL, bytes, sizeof bytes), 0);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		json_decref(written[i]);
}

static void
a_number_is_read_back_as_the_same_double(void **state)
{
	static const double numbers[] = { 0, 1, -3, 0.1, 1.0 / 3, 7.25, 1e300, 5e-324, 9007199254740993.0, 1795679210.637503 };
	struct jsontext j = { .bytes = NULL };
	json_t *list;

	(void)state;
	jsontext_begin(&j, NULL, '[');
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		jsontext_real(&j, NULL, numbers[i]);
	jsontext_real(&j, NULL, (double)INFINITY);
	jsontext_number(&j, NULL, 1795679210.637503, 6);
	jsontext_number(&j, NULL, 0.9999999, 6);
	jsontext_end(&j, ']');
	list = json_loadb(j.bytes, j.len, 0, NULL);
	assert_int_equal(json_array_size(list), sizeof numbers / sizeof numbers[0] + 3);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		assert_true(json_is_real(json_array_get(list, i))); /* never an integer */
		assert_true(json_real_value(json_array_get(list, i)) == numbers[i]);
	}
	assert_true(json_is_null(json_array_get(list, sizeof numbers / sizeof numbers[0])));
	assert_true(json_real_value(json_array_get(list, sizeof numbers / sizeof numbers[0] + 1)) == 1795679210.637503);
	assert_true(json_real_value(json_array_get(list, sizeof numbers / sizeof numbers[0] + 2)) == 1.0);
	json_decref(list);
	jsontext_free(&j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_and_its_facts_stay_until_the_connection_leaves_it),
		cmocka_unit_test(each_text_is_read_back_and_no_two_texts_are_written_alike),
		cmocka_unit_test(a_number_is_read_back_as_the_same_double),
		cmocka_unit_test(a_door_is_told_with_policy_place_verdict_and_checks),
		cmocka_unit_test(a_decision_of_the_engine_is_a_door_without_a_policy),
		cmocka_unit_test(events_are_told_in_order_with_times_since_the_accept),
		cmocka_unit_test(the_last_ended_stay_and_the_living_always_do),
		cmocka_unit_test(records_are_found_by_id_by_address_and_by_how_late),
		cmocka_unit_test(thousands_of_living_connections_are_all_found),
		cmocka_unit_test(a_record_is_bounded),
		cmocka_unit_test(facts_not_known_are_absent_and_the_token_is_never_shown),
		cmocka_unit_test(what_a_later_generation_refused_finds_room_however_many_doors_were_asked),
		cmocka_unit_test(without_a_record_nothing_happens),
		cmocka_unit_test(of_requests_the_last_are_kept_and_refused_ones_longest),
		cmocka_unit_test(a_walk_in_slices_bears_changes),
		cmocka_unit_test(a_walk_of_nothing_ends),
		cmocka_unit_test(ended_records_are_bounded_by_their_memory_too),
		cmocka_unit_test(an_account_within_any_bound_is_json),
		cmocka_unit_test(of_a_connection_that_ended_four_accepted_requests_are_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
