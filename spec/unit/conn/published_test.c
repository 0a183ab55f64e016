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

static struct ipconn_view
view_of(const char *name, const char *applid, enum connstatus status)
{
	struct ipconn_view v = { .connstatus = status, .def = { .networkid = "NETX" } };

	snprintf(v.def.ipconn, sizeof v.def.ipconn, "%s", name);
	snprintf(v.def.applid, sizeof v.def.applid, "%s", applid);
	return v;
}

static struct published_view *
add(struct published *p, const char *name, const char *applid)
{
	struct ipconn_view v = view_of(name, applid, CONN_RELEASED);
	struct published_view *one = published_add(p, &v);

	assert_non_null(one);
	return one;
}

static void
a_view_is_found_by_its_name_as_it_was_changed_last(void **state)
{
	struct published *p = published_new();
	struct published_view *a = add(p, "A", "APPA");
	struct ipconn_view v = view_of("A", "APPA", CONN_ACQUIRED), seen;

	(void)state;
	add(p, "B", "APPB");
	assert_true(published_ipconn(p, "A", &seen));
	assert_int_equal(seen.connstatus, CONN_RELEASED);
	published_change(p, a, &v);
	assert_true(published_ipconn(p, "A", &seen));
	assert_int_equal(seen.connstatus, CONN_ACQUIRED);
	published_drop(p, a);
	assert_false(published_ipconn(p, "A", &seen));
	assert_true(published_ipconn(p, "B", &seen));
	published_free(p);
}

static void
views_are_listed_in_the_order_of_installation_and_by_their_pair(void **state)
{
	struct published *p = published_new();
	struct published_view *b;
	struct ipconn_view seen[4];

	(void)state;
	add(p, "A", "SAME");
	b = add(p, "B", "OTHER");
	add(p, "C", "SAME");
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
		struct ipconn_view v;

		snprintf(name, sizeof name, "A%d", i % 3);
		v = view_of(name, "APP", CONN_ACQUIRED);
		snprintf(v.def.host, sizeof v.def.host, "acquired");
		one = add(r.p, name, "APP");
		published_change(r.p, one, &v);
		published_drop(r.p, one);
	}
	r.stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(r.torn, 0);
	published_free(r.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_view_is_found_by_its_name_as_it_was_changed_last),
		cmocka_unit_test(views_are_listed_in_the_order_of_installation_and_by_their_pair),
		cmocka_unit_test(a_thread_reads_whole_views_while_the_home_changes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
