/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/succession.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/definition.h"
#include "conn/ipconn.h"
#include "conn/published.h"
#include "conn/worker.h"
#include "policy/generation.h"

#define NETWORK "NETA"
#define MANY 1000

struct house { /* a home with the ipconns of `was`, of which a generation with `now` is to follow */
	struct worker worker;
	struct definition was, now;
	struct generation generation;
	struct succession succession;
};

/* Ends a list with a NULL name. */
static void
define(struct definition *d, const char *const pairs[][2])
{
	for (; pairs[d->nipconns][0] != NULL; d->nipconns++)
		continue;
	d->ipconn = calloc(d->nipconns + 1, sizeof *d->ipconn);
	for (size_t n = 0; n < d->nipconns; n++) {
		struct ipconn_def *one = &d->ipconn[n];

		snprintf(one->ipconn, sizeof one->ipconn, "%s", pairs[n][0]);
		snprintf(one->applid, sizeof one->applid, "%s", pairs[n][1]);
		snprintf(one->networkid, sizeof one->networkid, NETWORK);
		one->inservice = YES;
	}
}

static struct house *
house(const char *const was[][2], const char *const now[][2])
{
	struct house *h = calloc(1, sizeof *h);
	struct ipconn *i;

	define(&h->was, was);
	define(&h->now, now);
	h->generation.definition = &h->was;
	h->worker = (struct worker){ .registry = registry_new(), .published = published_new(), .generation = &h->generation };
	for (size_t n = 0; n < h->was.nipconns; n++)
		assert_int_equal(ipconn_install(&h->worker, &h->generation, &h->was.ipconn[n], "", false, &i), CLAIM_OK);
	return h;
}

/* The turn of the swap. due: the number of leading definitions that differ or are new. */
static void
swap(struct house *h, size_t due)
{
	const struct ipconn *lacking;

	assert_int_equal(succession_make(&h->succession, &h->now), 0);
	for (size_t n = 0; n < due; n++)
		succession_mark(&h->succession, &h->now.ipconn[n]);
	assert_int_equal(succession_keep(&h->succession, &h->worker, &lacking), 0);
	h->generation.definition = &h->now;
	succession_begin(&h->succession, &h->worker, &h->was);
}

static void
leave(struct house *h)
{
	assert_true(succession_some(&h->succession, INFINITY));
	assert_null(registry_succession(h->worker.registry));
	succession_free(&h->succession);
	registry_free(h->worker.registry);
	published_free(h->worker.published);
	free(h->was.ipconn);
	free(h->now.ipconn);
	free(h);
}

static const char *
name_of_pair(const struct house *h, const char *applid)
{
	const struct ipconn *i = registry_pair(h->worker.registry, NETWORK, applid);

	return i != NULL ? i->def->ipconn : "none";
}

static const char *
applid_of_name(const struct house *h, const char *name)
{
	const struct ipconn *i = registry_name(h->worker.registry, name);

	return i != NULL ? i->def->applid : "none";
}

/* The applid of that ipconn as gates see it. */
static const char *
seen(const struct house *h, const char *name, struct ipconn_view *v)
{
	return published_ipconn(h->worker.published, name, v) ? v->def.applid : "none";
}

/* The names of a list of gates, with a blank behind each. */
static const char *
listed(const struct house *h, const char *applid, char *out)
{
	struct ipconn_view *all = calloc(8, sizeof *all);
	size_t n = published_ipconns(h->worker.published, applid, NULL, all, 8);

	out[0] = '\0';
	for (size_t k = 0; k < n; k++)
		strcat(strcat(out, all[k].def.ipconn), " ");
	free(all);
	return out;
}

static const char *const WAS[][2] = { { "SAME", "S" }, { "A", "X" }, { "B", "Y" }, { "GONE", "Z" }, { NULL, NULL } };
static const char *const NOW[][2] = { { "A", "Y" }, { "B", "X" }, { "NEW", "N" }, { "SAME", "S" }, { NULL, NULL } };

static void
a_pair_and_a_name_are_found_by_the_new_definition_only(void **state)
{
	struct house *h = house(WAS, NOW);
	struct ipconn *same = registry_name(h->worker.registry, "SAME");

	(void)state;
	swap(h, 3);
	assert_string_equal(name_of_pair(h, "X"), "B");
	assert_string_equal(name_of_pair(h, "Z"), "none");
	assert_string_equal(applid_of_name(h, "A"), "Y");
	assert_string_equal(applid_of_name(h, "GONE"), "none");
	assert_string_equal(name_of_pair(h, "N"), "NEW");
	assert_string_equal(name_of_pair(h, "Y"), "A");
	assert_ptr_equal(registry_name(h->worker.registry, "SAME"), same);
	assert_ptr_equal(same->def, &h->now.ipconn[3]);
	assert_int_equal(registry_count(h->worker.registry), 4);
	leave(h);
}

static void
the_slices_leave_the_same_as_the_look_ups(void **state)
{
	struct house *h = house(WAS, NOW);

	(void)state;
	swap(h, 3);
	assert_false(succession_some(&h->succession, 0)); /* it had no time */
	assert_true(succession_some(&h->succession, INFINITY));
	for (size_t n = 0; n < h->now.nipconns; n++) {
		struct ipconn *i = registry_present_name(h->worker.registry, h->now.ipconn[n].ipconn);

		assert_ptr_equal(i->def, &h->now.ipconn[n]);
		assert_ptr_equal(registry_present_pair(h->worker.registry, NETWORK, i->def->applid), i);
	}
	assert_null(registry_present_name(h->worker.registry, "GONE"));
	leave(h);
}

static void
gates_see_the_new_definitions_before_any_is_installed(void **state)
{
	struct house *h = house(WAS, NOW);
	struct ipconn_view v;
	char names[80];

	(void)state;
	ipconn_serve(registry_name(h->worker.registry, "SAME"), false);
	swap(h, 3);
	assert_string_equal(seen(h, "A", &v), "Y");
	assert_int_equal(v.connstatus, CONN_RELEASED);
	assert_true(v.inservice);
	assert_string_equal(seen(h, "GONE", &v), "none");
	assert_string_equal(seen(h, "NEW", &v), "N");
	assert_string_equal(seen(h, "SAME", &v), "S");
	assert_false(v.inservice);
	assert_string_equal(listed(h, NULL, names), "SAME A B NEW ");
	assert_string_equal(listed(h, "X", names), "B ");
	registry_name(h->worker.registry, "B");
	assert_string_equal(seen(h, "B", &v), "X");
	assert_string_equal(listed(h, NULL, names), "SAME B A NEW ");
	ipconn_delete(registry_name(h->worker.registry, "NEW"));
	assert_string_equal(seen(h, "NEW", &v), "none");
	assert_true(succession_some(&h->succession, INFINITY));
	assert_string_equal(listed(h, NULL, names), "SAME B A ");
	leave(h);
}

static void
an_ipconn_that_an_operator_discards_meanwhile_stays_away(void **state)
{
	struct house *h = house(WAS, NOW);

	(void)state;
	swap(h, 3);
	ipconn_delete(registry_name(h->worker.registry, "NEW"));
	ipconn_delete(registry_name(h->worker.registry, "SAME"));
	assert_true(succession_some(&h->succession, INFINITY));
	assert_string_equal(applid_of_name(h, "NEW"), "none");
	assert_string_equal(applid_of_name(h, "SAME"), "none");
	assert_string_equal(applid_of_name(h, "A"), "Y");
	leave(h);
}

static void
a_walk_meets_each_name_once_and_in_its_place(void **state)
{
	struct house *h = house(WAS, NOW);
	struct registry *r = h->worker.registry;
	struct cursor walk;
	struct ipconn *i;
	char names[80] = "";

	(void)state;
	cursor_open(registry_walks(r), &walk, registry_name(r, "A"), false); /* it has met SAME */
	swap(h, 3);
	registry_name(r, "A"); /* the cursor is on the ipconn of before */
	assert_true(succession_some(&h->succession, INFINITY));
	while ((i = walk.at) != NULL) {
		strcat(strcat(names, i->def->ipconn), " ");
		walk.at = i->next;
	}
	assert_string_equal(names, "A B NEW ");
	cursor_close(registry_walks(r), &walk);
	leave(h);
}

static void
an_ipconn_with_sockets_keeps_its_definition(void **state)
{
	struct house *h = house(WAS, NOW);
	struct registry *r = h->worker.registry;
	struct ipconn *gone = registry_name(r, "GONE");

	(void)state;
	gone->engaged = calloc(1, sizeof *gone->engaged);
	gone->engaged->ipconn = gone;
	gone->status = CONN_ACQUIRED;
	registry_engage(r, gone);
	swap(h, 3);
	assert_ptr_equal(registry_pair(r, NETWORK, "Z"), gone);
	assert_true(succession_some(&h->succession, INFINITY));
	assert_ptr_equal(registry_name(r, "GONE"), gone);
	assert_string_equal(gone->def->applid, "Z");
	leave(h);
}

/* The new definition of each ipconn has the pair of the next one. */
static void
a_look_up_among_very_many_settles_few(void **state)
{
	static char names[MANY + 1][NAME_SIZE];
	const char *was[MANY + 1][2] = { { NULL } }, *now[MANY + 1][2] = { { NULL } };
	struct house *h;
	size_t left = 0, at = 0;

	(void)state;
	for (int n = 0; n <= MANY; n++)
		snprintf(names[n], sizeof names[n], "C%d", n);
	for (int n = 0; n < MANY; n++) {
		was[n][0] = was[n][1] = now[n][0] = names[n];
		now[n][1] = names[(n + 1) % MANY];
	}
	h = house(was, now);
	swap(h, MANY);
	assert_string_equal(name_of_pair(h, "C8"), "C7");
	while (succession_next(&h->succession, &at) != NULL)
		left++;
	assert_int_equal(left, MANY - 1);
	assert_true(succession_some(&h->succession, INFINITY));
	assert_string_equal(name_of_pair(h, "C0"), "C999");
	assert_int_equal(registry_count(h->worker.registry), MANY);
	leave(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_and_a_name_are_found_by_the_new_definition_only),
		cmocka_unit_test(the_slices_leave_the_same_as_the_look_ups),
		cmocka_unit_test(gates_see_the_new_definitions_before_any_is_installed),
		cmocka_unit_test(an_ipconn_that_an_operator_discards_meanwhile_stays_away),
		cmocka_unit_test(a_walk_meets_each_name_once_and_in_its_place),
		cmocka_unit_test(an_ipconn_with_sockets_keeps_its_definition),
		cmocka_unit_test(a_look_up_among_very_many_settles_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
