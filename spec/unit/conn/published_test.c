/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/published.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct ipconn_def
def_of(const char *name, const char *applid)
{
	struct ipconn_def d = { .networkid = "NETX" };

	snprintf(d.ipconn, sizeof d.ipconn, "%s", name);
	snprintf(d.applid, sizeof d.applid, "%s", applid);
	return d;
}

/* d must last until the value is dropped. */
static struct published_view *
add(struct published *p, const struct ipconn_def *d)
{
	struct ipconn_brief b = { .def = d, .connstatus = CONN_RELEASED };
	struct published_view *one = published_add(p, &b);

	assert_non_null(one);
	return one;
}

static void
a_view_is_found_by_its_name_as_it_was_changed_last(void **state)
{
	struct published *p = published_new();
	struct ipconn_def d = def_of("A", "APPA"), other = def_of("B", "APPB"), renewed = def_of("A", "NEW");
	struct published_view *a = add(p, &d);
	struct ipconn_brief now = { .def = &renewed, .connstatus = CONN_ACQUIRED, .sendcount = 3, .receivecount = 4 };
	struct ipconn_view seen;

	(void)state;
	add(p, &other);
	assert_true(published_ipconn(p, "A", &seen));
	assert_int_equal(seen.connstatus, CONN_RELEASED);
	published_change(p, a, &now);
	assert_true(published_ipconn(p, "A", &seen));
	assert_int_equal(seen.connstatus, CONN_ACQUIRED);
	assert_string_equal(seen.def.applid, "NEW");
	assert_int_equal(seen.def.sendcount, 3);
	assert_int_equal(seen.def.receivecount, 4);
	published_drop(p, a);
	assert_false(published_ipconn(p, "A", &seen));
	assert_true(published_ipconn(p, "B", &seen));
	published_free(p);
}

static void
views_are_listed_in_the_order_of_installation_and_by_their_pair(void **state)
{
	struct published *p = published_new();
	struct ipconn_def first = def_of("A", "SAME"), other = def_of("B", "OTHER"), last = def_of("C", "SAME");
	struct published_view *b;
	struct ipconn_view seen[4];

	(void)state;
	add(p, &first);
	b = add(p, &other);
	add(p, &last);
	assert_int_equal(published_ipconns(p, NULL, NULL, seen, 4), 3);
	assert_string_equal(seen[1].def.ipconn, "B");
	assert_int_equal(published_ipconns(p, "SAME", "NETX", seen, 4), 2);
	assert_string_equal(seen[1].def.ipconn, "C");
	assert_int_equal(published_ipconns(p, "SAME", "NETY", seen, 4), 0);
	assert_int_equal(published_ipconns(p, NULL, NULL, seen, 1), 1);
	published_drop(p, b);
	assert_int_equal(published_ipconns(p, NULL, NULL, seen, 4), 2);
	published_free(p);
}

struct reading {
	struct published *p;
	_Atomic bool stop;
	_Atomic unsigned torn; /* views whose parts do not belong together */
};

static void *
read_on(void *arg)
{
	struct reading *r = arg;

	while (!r->stop) {
		struct ipconn_view seen[8];
		size_t n = published_ipconns(r->p, NULL, NULL, seen, 8);

		n += published_ipconn(r->p, "A1", &seen[n < 8 ? n : 7]);
		for (size_t i = 0; i < n && i < 8; i++)
			r->torn += (strcmp(seen[i].def.host, "acquired") == 0) != (seen[i].connstatus == CONN_ACQUIRED);
	}
	return NULL;
}

static void
a_thread_reads_whole_views_while_the_home_changes_them(void **state)
{
	struct reading r = { .p = published_new() };
	pthread_t thread[2];
	char name[NAME_SIZE];

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, read_on, &r), 0);
	for (int i = 0; i < 5000; i++) {
		struct published_view *one;
		struct ipconn_def *was = malloc(sizeof *was), *d = malloc(sizeof *d);

		snprintf(name, sizeof name, "A%d", i % 3);
		*was = *d = def_of(name, "APP");
		snprintf(d->host, sizeof d->host, "acquired");
		one = add(r.p, was);
		published_change(r.p, one, &(struct ipconn_brief){ .def = d, .connstatus = CONN_ACQUIRED });
		free(was);
		published_drop(r.p, one);
		free(d);
	}
	r.stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(r.torn, 0);
	published_free(r.p);
}

#define KEPT 2048 /* whole slices: a list lets the home in when the next view is one that comes and goes */
#define PASSING 100
#define CHANGES 20000

static void *
list_on(void *arg)
{
	struct reading *r = arg;
	struct ipconn_view *seen = calloc(KEPT + 1, sizeof *seen);

	while (!r->stop) {
		r->torn += published_ipconns(r->p, "KEEP", NULL, seen, KEPT + 1) != KEPT;
		for (int i = 1; i < KEPT; i++)
			r->torn += strcmp(seen[i - 1].def.ipconn, seen[i].def.ipconn) >= 0;
	}
	free(seen);
	return NULL;
}

/* A long list lets the home in between, which drops and adds views beside those that are listed. */
static void
a_list_has_each_view_that_stays_once_while_others_come_and_go(void **state)
{
	struct reading r = { .p = published_new() };
	struct ipconn_def *kept = calloc(KEPT, sizeof *kept), other = def_of("PASS", "PASS");
	struct published_view *passing[PASSING];
	pthread_t thread;
	char name[NAME_SIZE];

	(void)state;
	for (int i = 0; i < KEPT; i++) {
		snprintf(name, sizeof name, "K%04d", i);
		kept[i] = def_of(name, "KEEP");
		add(r.p, &kept[i]);
	}
	for (int i = 0; i < PASSING; i++)
		passing[i] = add(r.p, &other);
	assert_int_equal(pthread_create(&thread, NULL, list_on, &r), 0);
	for (int i = 0; i < CHANGES; i++) {
		published_drop(r.p, passing[i % PASSING]);
		passing[i % PASSING] = add(r.p, &other);
	}
	r.stop = true;
	pthread_join(thread, NULL);
	assert_int_equal(r.torn, 0);
	published_free(r.p);
	free(kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_view_is_found_by_its_name_as_it_was_changed_last),
		cmocka_unit_test(views_are_listed_in_the_order_of_installation_and_by_their_pair),
		cmocka_unit_test(a_thread_reads_whole_views_while_the_home_changes_them),
		cmocka_unit_test(a_list_has_each_view_that_stays_once_while_others_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
