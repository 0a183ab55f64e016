/* SPDX-License-Identifier: Apache-2.0 */
#include "records/recorder.h"

#include "base/clock.h"
#include "net/mailbox.h"
#include "policy/record.h"
#include "policy/record_walk.h"
#include "records/record_reader.h"
#include "tls/certificate.h"

#include <ev.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct place { /* a directory with a file of records */
	char dir[64], path[80];
};

static struct place
make_place(void)
{
	struct place p;

	snprintf(p.dir, sizeof p.dir, "/tmp/recorder.XXXXXX");
	assert_non_null(mkdtemp(p.dir));
	snprintf(p.path, sizeof p.path, "%s/r.db", p.dir);
	return p;
}

static void
drop_place(const struct place *p)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".lock" };
	char path[96];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(path, sizeof path, "%s%s", p->path, ends[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(p->dir), 0);
}

struct notice { /* counts the transactions, as the region's wake-up does */
	pthread_mutex_t lock;
	unsigned n;
};

static void
note(void *arg)
{
	struct notice *w = arg;

	pthread_mutex_lock(&w->lock);
	w->n++;
	pthread_mutex_unlock(&w->lock);
}

static struct recorder *
open_on_loop(const struct place *p, bool full, struct notice *w, struct ev_loop *loop)
{
	struct recorder_options o = { .path = p->path, .mask = "", .file = { .full = full }, .requests = true, .written = w != NULL ? note : NULL,
		.arg = w, .loop = loop };
	struct fault f = { "" };
	struct recorder *r = recorder_open(&o, &f);

	assert_string_equal(f.text, "");
	assert_non_null(r);
	return r;
}

static struct recorder *
open_recorder(const struct place *p, bool full, struct notice *w)
{
	return open_on_loop(p, full, w, NULL);
}

static void
one_connection(struct records *rs, unsigned n, bool refused)
{
	struct facts f = { .generation = 1, .now = 1000.0 + n };
	struct record *r;
	char id[24];

	snprintf(id, sizeof id, "a-%u", n);
	addr_parse(&f.peer.addr, "10.0.0.1", 40000);
	memcpy(f.connection, id, sizeof id);
	r = record_open(rs, id, f.now);
	record_facts(r, &f);
	record_verdict(record_entry_add(r, DOOR_ADMIT, "lan", f.now), &(struct verdict){ .kind = refused ? VERDICT_REFUSE : VERDICT_ACCEPT, .code = "lan" }, 1);
	record_outcome(r, refused ? "refused" : "accepted", "tcp", refused ? "lan" : NULL, NULL);
	record_end(r, f.now + 1);
	record_leave(r);
}

static void
count_one(void *arg, const struct record_decision *d)
{
	unsigned *n = arg;

	assert_non_null(d->connection);
	++*n;
}

static unsigned
decisions_in(const struct place *p, bool refused)
{
	struct fault f = { "" };
	struct record_reader *r = record_reader_open(p->path, &f);
	struct record_reader_query q = { .until = 1e10, .refused = refused };
	unsigned n = 0;

	assert_non_null(r);
	assert_int_equal(record_reader_decisions(r, &q, count_one, &n, &f), 0);
	record_reader_close(r);
	return n;
}

static bool
is_kept(struct records *rs, const char *connection)
{
	struct certificate *certificate;

	return records_certificate(rs, connection, &certificate);
}

static void
a_thread_writes_what_the_loop_records(void **state)
{
	struct place p = make_place();
	struct notice w = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct recorder *r = open_recorder(&p, false, &w);
	struct records *rs = records_new(10);

	(void)state;
	recorder_follow(r, rs);
	for (unsigned i = 1; i <= 2000; i++)
		one_connection(rs, i, i % 4 == 0);
	records_sink(rs, NULL);
	recorder_close(r);
	assert_true(w.n > 0);
	assert_int_equal(decisions_in(&p, false), 2000);
	assert_int_equal(decisions_in(&p, true), 500);
	records_free(rs);
	drop_place(&p);
}

static void
a_record_that_waits_is_replaced_and_its_ticket_stays(void **state)
{
	struct place p = make_place();
	struct recorder *r = open_recorder(&p, true, NULL);
	struct records *rs = records_new(10);
	struct record *one = record_open(rs, "a-1", 1000);

	(void)state;
	recorder_follow(r, rs);
	record_outcome(one, "accepted", NULL, NULL, NULL);
	while (recorder_done(r) < record_sink_filed(one)->ticket)
		usleep(1000);
	assert_int_equal(recorder_counts(r).written, 1);
	assert_int_equal(record_sink_filed(one)->id, 1);
	record_end(one, 1001);
	record_leave(one);
	recorder_close(r);
	records_free(rs);
	r = open_recorder(&p, true, NULL);
	assert_int_equal(recorder_counts(r).written, 0);
	recorder_close(r);
	drop_place(&p);
}

/* Runs the posts, each in a turn after that in which it arrived, and the timers that they set. */
static void
run_turns(struct ev_loop *loop)
{
	for (int i = 0; i < 10; i++)
		ev_run(loop, EVRUN_NOWAIT);
	ev_run(loop, 0);
}

static void
the_outcome_and_the_end_of_a_short_connection_are_written_once(void **state)
{
	struct place p = make_place();
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV);
	struct recorder *r = open_on_loop(&p, false, NULL, loop);
	struct records *rs = records_new(0);

	(void)state;
	recorder_follow(r, rs);
	one_connection(rs, 1, true);
	assert_int_equal(recorder_counts(r).waiting, 1);
	assert_true(is_kept(rs, "a-1")); /* beyond the limit, but not written yet */
	run_turns(loop);
	assert_false(is_kept(rs, "a-1"));
	while (recorder_counts(r).waiting > 0)
		usleep(1000);
	assert_int_equal(recorder_counts(r).written, 1);
	recorder_close(r);
	records_free(rs);
	ev_loop_destroy(loop);
	assert_int_equal(decisions_in(&p, true), 1);
	drop_place(&p);
}

static void
more_changes_at_once_than_the_queue_has_room_for_are_not_lost(void **state)
{
	struct place p = make_place();
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV);
	struct recorder *r = open_on_loop(&p, false, NULL, loop);
	struct records *rs = records_new(10);

	(void)state;
	recorder_follow(r, rs);
	for (unsigned i = 1; i <= 9000; i++)
		one_connection(rs, i, false);
	run_turns(loop);
	for (unsigned i = 9001; i <= 18000; i++)
		one_connection(rs, i, false);
	assert_int_equal(recorder_counts(r).lost, 0);
	recorder_close(r); /* the second half waits for room here */
	records_free(rs);
	ev_loop_destroy(loop);
	assert_int_equal(decisions_in(&p, false), 18000);
	drop_place(&p);
}

enum { GATES = 3, EACH = 1500 };

struct gates { /* threads that open and close connections of one region */
	struct records *records;
	_Atomic unsigned begun, ended;
};

static void *
open_and_close(void *arg)
{
	struct gates *g = arg;
	unsigned first = g->begun++ * EACH;

	for (unsigned i = 0; i < EACH; i++)
		one_connection(g->records, first + i, i % 2 == 0);
	g->ended++;
	return NULL;
}

static unsigned
count_shown(struct records *rs)
{
	json_t *rows = records_explain(rs, &(struct record_query){ .peer = "10.0.0.1" });
	unsigned n = (unsigned)json_array_size(rows);

	json_decref(rows);
	return n;
}

static void
several_threads_record_while_one_shows_and_frees(void **state)
{
	struct place p = make_place();
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV);
	struct mailbox *home = mailbox_new(loop);
	struct recorder *r = open_on_loop(&p, false, NULL, loop);
	struct gates g = { .records = records_new(50) };
	pthread_t thread[GATES];

	(void)state;
	recorder_follow(r, g.records);
	records_live_at(g.records, home);
	for (int i = 0; i < GATES; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, open_and_close, &g), 0);
	while (g.ended < GATES) {
		ev_run(loop, EVRUN_NOWAIT);
		count_shown(g.records);
	}
	for (int i = 0; i < GATES; i++)
		pthread_join(thread[i], NULL);
	run_turns(loop);
	assert_int_equal(count_shown(g.records), 50);
	assert_int_equal(recorder_counts(r).lost, 0);
	recorder_close(r);
	mailbox_free(home);
	records_free(g.records);
	ev_loop_destroy(loop);
	assert_int_equal(decisions_in(&p, false), GATES * EACH);
	assert_int_equal(decisions_in(&p, true), GATES * EACH / 2);
	drop_place(&p);
}

static void
one_region_writes_to_a_file(void **state)
{
	struct place p = make_place();
	struct recorder *r = open_recorder(&p, false, NULL);
	struct recorder_options o = { .path = p.path, .mask = "" };
	struct fault f;
	char pid[32];

	(void)state;
	assert_null(recorder_open(&o, &f));
	snprintf(pid, sizeof pid, "the process %d ", (int)getpid());
	assert_non_null(strstr(f.text, pid));
	recorder_close(r);
	r = open_recorder(&p, false, NULL);
	recorder_close(r);
	drop_place(&p);
}

static struct recorded *
request_of(size_t len)
{
	struct recorded *e = calloc(1, sizeof *e);

	*e = (struct recorded){ .kind = RECORDED_REQUEST, .id = 1, .bytes = calloc(1, len), .len = len };
	memset(e->bytes, ' ', e->len);
	return e;
}

static void
what_has_no_room_is_lost_and_counted(void **state)
{
	struct place p = make_place();
	struct recorder *r = open_recorder(&p, false, NULL);

	(void)state;
	assert_int_equal(recorder_put(r, request_of(33 << 20), 0), 0);
	assert_int_equal(recorder_put(r, request_of(10), 0), 1);
	assert_int_equal(recorder_counts(r).lost, 1);
	recorder_close(r);
	drop_place(&p);
}

static void
an_offered_thing_without_room_is_freed_and_not_counted(void **state)
{
	struct place p = make_place();
	struct recorder *r = open_recorder(&p, false, NULL);
	struct recorder_counts n;

	(void)state;
	assert_false(recorder_offer(r, request_of(33 << 20)));
	assert_true(recorder_offer(r, request_of(10)));
	n = recorder_counts(r);
	assert_int_equal(n.lost, 0);
	assert_int_equal(n.waiting + n.written, 1);
	recorder_close(r);
	drop_place(&p);
}

static void
a_certificate_without_room_is_put_again_when_it_is_presented_again(void **state)
{
	struct place p = make_place();
	struct recorder *r = open_recorder(&p, false, NULL);
	struct chain_link leaf = { .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", .der = calloc(1, 33 << 20), .der_len = 33 << 20 };
	struct certificate c = { .chain = { .link = &leaf, .links = 1 } };
	struct recorder_counts n;

	(void)state;
	recorder_certificates(r, &c);
	assert_int_equal(recorder_counts(r).lost, 1);
	leaf.der_len = 100;
	for (int i = 0; i < 2; i++)
		recorder_certificates(r, &c);
	n = recorder_counts(r);
	assert_int_equal(n.lost, 1);
	assert_int_equal(n.waiting + n.written, 1);
	recorder_close(r);
	free(leaf.der);
	drop_place(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_writes_what_the_loop_records),
		cmocka_unit_test(a_record_that_waits_is_replaced_and_its_ticket_stays),
		cmocka_unit_test(the_outcome_and_the_end_of_a_short_connection_are_written_once),
		cmocka_unit_test(more_changes_at_once_than_the_queue_has_room_for_are_not_lost),
		cmocka_unit_test(several_threads_record_while_one_shows_and_frees),
		cmocka_unit_test(one_region_writes_to_a_file),
		cmocka_unit_test(what_has_no_room_is_lost_and_counted),
		cmocka_unit_test(an_offered_thing_without_room_is_freed_and_not_counted),
		cmocka_unit_test(a_certificate_without_room_is_put_again_when_it_is_presented_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
