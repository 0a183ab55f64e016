/* SPDX-License-Identifier: Apache-2.0 */
/* The counts of the loop, as the exporter's thread prints them. */
#include "metrics/scrape.h"

#include "metrics/metrics.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* All metrics as text, which the caller frees. */
static char *
text_of(struct metrics *m)
{
	struct buf out;
	char *text;

	assert_int_equal(scrape_metrics(m, false, &out), 0);
	text = strndup((const char *)buf_bytes(&out), buf_len(&out));
	buf_free(&out);
	return text;
}

static bool
has(struct metrics *m, const char *line)
{
	char *text = text_of(m);
	bool yes = strstr(text, line) != NULL;

	free(text);
	return yes;
}

/* The value of the sample whose name and labels are `series`; -1: no such sample. */
static double
value_of(struct metrics *m, const char *series)
{
	char *text = text_of(m), *at = strstr(text, series);
	double value = -1;

	while (at != NULL && ((at > text && at[-1] != '\n') || at[strlen(series)] != ' '))
		at = strstr(at + 1, series);
	if (at != NULL)
		value = strtod(at + strlen(series), NULL);
	free(text);
	return value;
}

/* The number of series of a family, and the sum of their values. */
static unsigned
series_of(struct metrics *m, const char *family, double *sum)
{
	char *text = text_of(m), *rest = NULL;
	unsigned n = 0;

	*sum = 0;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, family, strlen(family)) != 0 || line[strlen(family)] != '{')
			continue;
		n++;
		*sum += strtod(strrchr(line, ' '), NULL);
	}
	free(text);
	return n;
}

static void
refuse(struct metrics *m, const char *script, const char *code)
{
	struct ask a = { .script = script, .door = DOOR_BIND, .seconds = 0.00002 };

	verdict_refuse(&a.verdict, code, "no");
	metrics_answered(m, &a);
}

static void
an_event_of_no_region_counts_nowhere(void **state)
{
	struct ask a = { .door = DOOR_BIND };

	(void)state;
	metrics_connection(NULL, "IPIC", METRICS_FAILED);
	metrics_listener(NULL, "IPIC");
	metrics_answered(NULL, &a);
	metrics_request(NULL, "ECHO", METRICS_ANSWERED);
	metrics_add(NULL, FIGURE_OF_ACQUIRED, 1);
	metrics_expiries(NULL, expiries_new());
}

static void
codes_above_the_bound_count_under_other(void **state)
{
	struct metrics *m = metrics_new("1", "c");
	char code[CODE_SIZE];
	double sum;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(code, sizeof code, "code_%d", i);
		refuse(m, "doorkeeper", code);
	}
	assert_int_equal(series_of(m, "sallyport_decisions_total", &sum), 161);
	assert_true(sum == 1000);
	assert_true(value_of(m, "sallyport_decisions_total{door=\"bind\",policy=\"doorkeeper\",verdict=\"refuse\",code=\"other\"}") == 840);
	assert_true(value_of(m, "sallyport_series_folded_total{family=\"decisions\"}") == 840);
	assert_true(value_of(m, "sallyport_decisions_total{door=\"bind\",policy=\"doorkeeper\",verdict=\"refuse\",code=\"code_159\"}") == 1);
	assert_true(value_of(m, "sallyport_decision_seconds_count") == 1000);
	metrics_free(m);
}

/* The names of scripts are bounded by the definitions, but reloads bring new ones for as long as the process lives. */
static void
no_combination_of_labels_makes_more_than_200_series(void **state)
{
	struct metrics *m = metrics_new("1", "c");
	char name[SCRIPT_SIZE];
	double sum;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "script_%d", i);
		refuse(m, name, "no");
	}
	assert_int_equal(series_of(m, "sallyport_decisions_total", &sum), 200);
	assert_true(sum == 1000);
	assert_true(value_of(m, "sallyport_decisions_total{door=\"other\",policy=\"other\",verdict=\"other\",code=\"other\"}") == 801);
	metrics_free(m);
}

static void
a_duration_is_in_the_bucket_of_its_bound(void **state)
{
	struct metrics *m = metrics_new("1", "c");

	(void)state;
	metrics_handshake(m, 0.001);
	metrics_handshake(m, 0.0010001);
	metrics_handshake(m, 11);
	metrics_handshake(m, -1);
	assert_true(value_of(m, "sallyport_handshake_seconds_bucket{le=\"0.001\"}") == 2);
	assert_true(value_of(m, "sallyport_handshake_seconds_bucket{le=\"0.0025\"}") == 3);
	assert_true(value_of(m, "sallyport_handshake_seconds_bucket{le=\"10.0\"}") == 3);
	assert_true(value_of(m, "sallyport_handshake_seconds_bucket{le=\"+Inf\"}") == 4);
	assert_true(has(m, "sallyport_handshake_seconds_sum 11.002000100\n"));
	metrics_free(m);
}

static void
a_region_is_healthy_for_10_seconds_after_a_beat(void **state)
{
	struct metrics *m = metrics_new("1", "c");
	char line[80];

	(void)state;
	assert_false(scrape_healthy(m, 100, line, sizeof line));
	assert_string_equal(line, "the region is starting");
	metrics_beat(m, 100);
	assert_true(scrape_healthy(m, 110, line, sizeof line));
	assert_string_equal(line, "ok");
	assert_false(scrape_healthy(m, 112, line, sizeof line));
	assert_string_equal(line, "the loop has not turned for 12 seconds");
	metrics_free(m);
}

static void
readiness_names_the_listener(void **state)
{
	struct metrics *m = metrics_new("1", "c");
	char line[80];

	(void)state;
	assert_false(scrape_ready(m, line, sizeof line));
	metrics_ready(m, METRICS_READY, NULL);
	assert_true(scrape_ready(m, line, sizeof line));
	metrics_ready(m, METRICS_CLOSED, "IPICSEC8");
	assert_false(scrape_ready(m, line, sizeof line));
	assert_string_equal(line, "tcpipservice IPICSEC8 is not open");
	metrics_free(m);
}

/* The present time of scrape_metrics is the clock's, so that the turns here end. */
static void
the_longest_turn_of_two_windows_counts(void **state)
{
	struct metrics *m = metrics_new("1", "c");

	(void)state;
	metrics_turn_begins(m, 0, 1000);
	metrics_turn_ends(m, 0, 1000.5);
	metrics_turn_begins(m, 0, 1030);
	metrics_turn_ends(m, 0, 1030.25);
	assert_true(has(m, "sallyport_loop_lag_seconds 0.500000000\n"));
	metrics_turn_begins(m, 0, 1070);
	metrics_turn_ends(m, 0, 1070.125);
	assert_true(has(m, "sallyport_loop_lag_seconds 0.500000000\n"));
	metrics_turn_begins(m, 0, 1140);
	metrics_turn_ends(m, 0, 1140.0625);
	assert_true(has(m, "sallyport_loop_lag_seconds 0.125000000\n"));
	metrics_free(m);
}

static void
of_the_cpu_time_of_a_loop_that_of_lately_counts(void **state)
{
	struct metrics *m = metrics_new("1", "c");

	(void)state;
	assert_true(metrics_recent(m, 0, 1000) == 0);
	for (int i = 0; i <= 2000; i++)
		metrics_cpu(m, 0, 1000 + i / 1e3, 7 + i * 0.00025);
	assert_true(metrics_recent(m, 0, 1002) > 0.24 && metrics_recent(m, 0, 1002) < 0.26);
	assert_true(metrics_recent(m, 0, 1002.25) > 0.12 && metrics_recent(m, 0, 1002.25) < 0.13);
	assert_true(metrics_recent(m, 0, 1010) == 0);
	assert_true(metrics_recent(m, 1, 1002) == 0);
	metrics_turn_begins(m, 0, 1010);
	assert_true(metrics_recent(m, 0, 1010.001) == 0);
	assert_true(metrics_recent(m, 0, 1010.1) == 1); /* in a turn that lasts */
	metrics_turn_ends(m, 0, 1100);
	assert_true(metrics_recent(m, 0, 1100) == 0); /* the CPU had other work */
	metrics_cpu(m, 0, 1100, 7.75);
	assert_true(metrics_recent(m, 0, 1100) > 0.49 && metrics_recent(m, 0, 1100) < 0.51);
	metrics_free(m);
}

static void
the_cpu_time_of_a_loop_is_counted_once_in_a_millisecond(void **state)
{
	struct metrics *m = metrics_new("1", "c");

	(void)state;
	assert_true(metrics_cpu_due(m, 0, 1000));
	metrics_cpu(m, 0, 1000, 1);
	assert_false(metrics_cpu_due(m, 0, 1000.0005));
	assert_true(metrics_cpu_due(m, 1, 1000.0005));
	assert_true(metrics_cpu_due(m, 0, 1000.002));
	assert_false(metrics_cpu_due(NULL, 0, 1000));
	metrics_free(m);
}

#define NOT_AFTER "sallyport_certificate_not_after_timestamp_seconds"

static void
of_equal_labels_one_end_counts(void **state)
{
	struct metrics *m = metrics_new("1", "c");
	struct expiries *e = expiries_new();

	(void)state;
	expiries_add(e, "R", "one", "intermediate", 300);
	expiries_add(e, "R", "one", "intermediate", 200);
	expiries_add(e, "R", "CN=A", "signer", 300);
	expiries_add(e, "R", "CN=A", "signer", 400);
	expiries_add(e, "R", "CN=A", "crl", 100);
	expiries_add(e, "R", "CN=A", "crl", 90);
	expiries_seal(e);
	assert_int_equal(e->n, 3);
	metrics_expiries(m, e);
	assert_true(value_of(m, NOT_AFTER "{ring=\"R\",label=\"one\",kind=\"intermediate\"}") == 200);
	assert_true(value_of(m, NOT_AFTER "{ring=\"R\",label=\"CN=A\",kind=\"signer\"}") == 400);
	assert_true(value_of(m, NOT_AFTER "{ring=\"R\",label=\"CN=A\",kind=\"crl\"}") == 100);
	metrics_free(m);
}

static void
of_many_ends_the_first_ones_stand_alone(void **state)
{
	struct metrics *m = metrics_new("1", "c");
	struct expiries *e = expiries_new();
	char label[32];
	double sum;

	(void)state;
	for (int i = 500; i > 0; i--) {
		snprintf(label, sizeof label, "CN=%d", i);
		expiries_add(e, "R", label, "signer", i);
	}
	expiries_seal(e);
	metrics_expiries(m, e);
	assert_int_equal(series_of(m, NOT_AFTER, &sum), 200);
	assert_true(value_of(m, NOT_AFTER "{ring=\"R\",label=\"CN=199\",kind=\"signer\"}") == 199);
	assert_true(value_of(m, NOT_AFTER "{ring=\"other\",label=\"other\",kind=\"other\"}") == 200);
	assert_true(value_of(m, "sallyport_series_folded_total{family=\"certificate_not_after_timestamp_seconds\"}") == 301);
	metrics_free(m);
}

static void
a_label_is_escaped_and_cut(void **state)
{
	struct metrics *m = metrics_new("a\"b\\c\nd\x80\x01", "c");
	char out[16] = "";

	(void)state;
	assert_true(has(m, "sallyport_build_info{version=\"a\\\"b\\\\c\\nd??\",commit=\"c\"} 1\n"));
	metrics_free(m);
	series_label(out, sizeof out, "name", "\"\"\"\"\"\"\"\"");
	assert_string_equal(out, "name=\"\\\"\\\"\\\"\\\"\"");
	series_label(out, sizeof out, "other", "x");
	assert_string_equal(out, "name=\"\\\"\\\"\\\"\\\"\"");
}

struct reading {
	struct metrics *m;
	atomic_bool stop;
};

static void *
read_on(void *arg)
{
	struct reading *r = arg;

	while (!atomic_load(&r->stop)) {
		char line[80];
		double sum;

		assert_true(series_of(r->m, "sallyport_decisions_total", &sum) <= 200);
		scrape_healthy(r->m, 0, line, sizeof line);
		scrape_ready(r->m, line, sizeof line);
	}
	return NULL;
}

/* For the thread sanitizer. */
static void
the_loop_counts_while_a_thread_reads(void **state)
{
	struct reading r = { .m = metrics_new("1", "c") };
	pthread_t thread;
	char name[24];

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, read_on, &r), 0);
	for (int i = 0; i < 2000; i++) {
		struct expiries *e = expiries_new();

		snprintf(name, sizeof name, "N%d", i);
		refuse(r.m, "doorkeeper", name);
		metrics_connection(r.m, name, METRICS_ACCEPTED);
		metrics_request(r.m, name, METRICS_CANCELLED);
		metrics_handshake(r.m, i);
		metrics_set(r.m, FIGURE_OF_LUA_BYTES, i);
		metrics_turn_begins(r.m, 0, i);
		metrics_turn_ends(r.m, 0, i + 0.5);
		metrics_beat(r.m, i);
		metrics_ready(r.m, METRICS_CLOSED, "IPIC");
		expiries_add(e, "R", name, "signer", i);
		expiries_seal(e);
		metrics_expiries(r.m, e);
	}
	atomic_store(&r.stop, true);
	pthread_join(thread, NULL);
	metrics_free(r.m);
}

enum { THREADS = 4, ROUNDS = 5000 };

struct counting {
	struct metrics *m;
	_Atomic unsigned threads; /* that have begun: their numbers */
};

static void *
count_on(void *arg)
{
	struct counting *c = arg;
	unsigned number = atomic_fetch_add(&c->threads, 1);
	char name[24];

	for (int i = 0; i < ROUNDS; i++) {
		snprintf(name, sizeof name, "S%d", i % 3);
		metrics_turn_begins(c->m, number, 1000 + i);
		metrics_connection(c->m, name, METRICS_REFUSED);
		metrics_handshake(c->m, 0.001);
		metrics_add(c->m, FIGURE_OF_QUEUE_ALLOCATES, 1);
		metrics_turn_ends(c->m, number, 1000 + i + (number + 1) / 8.0);
	}
	return NULL;
}

static void
nothing_that_loops_count_at_once_is_lost(void **state)
{
	struct counting c = { .m = metrics_new("1", "c") };
	pthread_t thread[THREADS];
	double sum;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, count_on, &c), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(series_of(c.m, "sallyport_connections_total", &sum), 3);
	assert_true(sum == THREADS * ROUNDS);
	assert_true(value_of(c.m, "sallyport_handshake_seconds_count") == THREADS * ROUNDS);
	assert_int_equal(metrics_figure(c.m, FIGURE_OF_QUEUE_ALLOCATES), THREADS * ROUNDS);
	assert_true(metrics_lag(c.m, 0, 1000 + ROUNDS) == 0.125);
	assert_true(metrics_longest_lag(c.m, 1000 + ROUNDS) == THREADS / 8.0);
	metrics_free(c.m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_of_no_region_counts_nowhere),
		cmocka_unit_test(codes_above_the_bound_count_under_other),
		cmocka_unit_test(no_combination_of_labels_makes_more_than_200_series),
		cmocka_unit_test(a_duration_is_in_the_bucket_of_its_bound),
		cmocka_unit_test(a_region_is_healthy_for_10_seconds_after_a_beat),
		cmocka_unit_test(readiness_names_the_listener),
		cmocka_unit_test(the_longest_turn_of_two_windows_counts),
		cmocka_unit_test(of_the_cpu_time_of_a_loop_that_of_lately_counts),
		cmocka_unit_test(the_cpu_time_of_a_loop_is_counted_once_in_a_millisecond),
		cmocka_unit_test(of_equal_labels_one_end_counts),
		cmocka_unit_test(of_many_ends_the_first_ones_stand_alone),
		cmocka_unit_test(a_label_is_escaped_and_cut),
		cmocka_unit_test(the_loop_counts_while_a_thread_reads),
		cmocka_unit_test(nothing_that_loops_count_at_once_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
