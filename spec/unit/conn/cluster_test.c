/* SPDX-License-Identifier: Apache-2.0 */
/* The member and the store of this cluster are in this file; the store is not asked. */
#include "conn/cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/member.h"
#include "store/store.h"

#define ROWS 4
#define LIST "A=a:1 B=b:2 C=c:3"

struct member {
	struct member_row row[ROWS]; /* the own one first */
	bool holds;
};

struct scene {
	struct member member;
	struct cluster *cluster;
};

bool
member_find(const struct member *m, const char *region, struct member_row *row)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(m->row[i].region, region) == 0) {
			*row = m->row[i];
			return true;
		}
	return false;
}

bool
member_holds(const struct member *m)
{
	return m->holds;
}

const char *
member_region(const struct member *m)
{
	return m->row[0].region;
}

const char *
member_key(const struct member *m)
{
	(void)m;
	return "K";
}

const char *
member_sysplex(const struct member *m)
{
	(void)m;
	return "PLEXA";
}

struct store_view
store_look(const struct store *s)
{
	static const struct store_server server;

	(void)s;
	return (struct store_view){ .state = STORE_UP, .server = &server };
}

struct store_call *
store_ask(struct store *s, const struct store_question *q, struct fault *f)
{
	(void)s;
	(void)q;
	(void)f;
	return NULL;
}

static const struct cluster_list list = { .advertise = LIST, .networkid = "N" };

static int
begin(void **state)
{
	static const char *const names[ROWS] = { "N.A", "N.B", "N.C", "N.EVIL" };
	struct scene *s = test_calloc(1, sizeof *s);

	s->member.holds = true;
	for (size_t i = 0; i < ROWS; i++) {
		s->member.row[i] = (struct member_row){ .state = MEMBER_ACTIVE, .connections = 10, .limit = 100 };
		strcpy(s->member.row[i].region, names[i]);
	}
	s->cluster = cluster_new(&s->member, NULL);
	assert_non_null(s->cluster);
	*state = s;
	return 0;
}

static int
end(void **state)
{
	struct scene *s = *state;

	cluster_free(s->cluster);
	test_free(s);
	return 0;
}

static const char *
choose(struct scene *s, const char *pair, const char *holder, struct cluster_choice *out)
{
	cluster_choose(s->cluster, &list, pair, holder, out);
	assert_int_equal(out->own, strcmp(out->to.region, "N.A") == 0);
	return out->to.region;
}

/* Of three, the most loaded one is never taken, and the least loaded one twice as often as the other. */
static void
a_draw_takes_the_lesser_of_two_different_ones(void **state)
{
	static const double load[] = { 0.2, 0.3, 0.1 };
	unsigned taken[3] = { 0 };

	(void)state;
	for (uint64_t one = 0; one < 3; one++)
		for (uint64_t other = 0; other < 2; other++)
			taken[cluster_draw(load, 3, other << 32 | one)]++;
	assert_int_equal(taken[0], 2);
	assert_int_equal(taken[1], 0);
	assert_int_equal(taken[2], 4);
	assert_int_equal(cluster_draw(load, 1, UINT64_MAX), 0);
}

static void
equal_loads_are_taken_equally(void **state)
{
	static const double load[5] = { 0 };
	unsigned taken[5] = { 0 };

	(void)state;
	for (uint64_t one = 0; one < 5; one++)
		for (uint64_t other = 0; other < 4; other++)
			taken[cluster_draw(load, 5, other << 32 | one)]++;
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(taken[i], 4);
}

static void
partners_that_were_just_sent_count(void **state)
{
	struct scene *s = *state;
	unsigned to_b = 0;
	struct cluster_choice out;
	char pair[NAME_PAIR_SIZE];

	s->member.row[2].state = MEMBER_LOST;
	for (int i = 0; i < 100; i++) {
		snprintf(pair, sizeof pair, "X.P%d", i);
		to_b += strcmp(choose(s, pair, "", &out), "N.B") == 0;
	}
	assert_in_range(to_b, 45, 55);
}

static void
the_load_is_the_share_of_the_limit(void **state)
{
	struct scene *s = *state;
	struct cluster_choice out;

	s->member.row[2].state = MEMBER_LOST;
	s->member.row[0].limit = 20; /* 10 of 20 */
	s->member.row[1].connections = 30;
	s->member.row[1].limit = 1000;
	assert_string_equal(choose(s, "X.P", "", &out), "N.B");
	assert_string_equal(out.why, "the less loaded of two, 30 of 1000 connections");
	assert_string_equal(out.to.host, "b");
	assert_int_equal(out.to.port, 2);
}

static void
the_holder_of_the_pair_comes_first(void **state)
{
	struct scene *s = *state;
	struct cluster_choice out;

	s->member.row[2].connections = 99;
	for (int i = 0; i < 20; i++)
		assert_string_equal(choose(s, "X.P", "N.C", &out), "N.C");
	assert_string_equal(out.why, "it holds the pair");
	s->member.row[2].state = MEMBER_DRAINING;
	assert_string_not_equal(choose(s, "X.P", "N.C", &out), "N.C");
	s->member.row[2].state = MEMBER_FENCED;
	assert_string_not_equal(choose(s, "X.P", "N.C", &out), "N.C");
}

static void
a_region_that_the_definition_does_not_list_is_never_chosen(void **state)
{
	struct scene *s = *state;
	struct cluster_choice out;

	s->member.row[3].connections = 0;
	for (int i = 0; i < 50; i++)
		assert_string_not_equal(choose(s, "X.P", "N.EVIL", &out), "N.EVIL");
}

static void
a_partner_that_comes_again_goes_to_another_region(void **state)
{
	struct scene *s = *state;
	struct cluster_choice out;
	char before[NAME_PAIR_SIZE];

	s->member.row[2].limit = 0; /* it takes no partners */
	s->member.row[0].connections = 99;
	assert_string_equal(choose(s, "X.P", "", &out), "N.B");
	assert_string_equal(choose(s, "X.P", "", &out), "N.A");
	assert_string_equal(out.why, "the partner was sent to N.B before");
	assert_string_equal(choose(s, "X.Q", "", &out), "N.B");
	s->member.row[2].limit = 100;
	for (int i = 0; i < 20; i++) {
		strcpy(before, out.to.region);
		assert_string_not_equal(choose(s, "X.Q", "", &out), before);
	}
	s->member.row[0].limit = s->member.row[2].limit = 0;
	assert_string_equal(choose(s, "X.P", "", &out), "N.B");
	assert_string_equal(choose(s, "X.P", "", &out), "N.B"); /* the only one */
	assert_string_equal(out.why, "no other region takes partners");
}

/* A connection of a former generation, after a reload that has given the region another name. */
static void
a_list_without_the_own_region_sends_no_partner_elsewhere_for_it(void **state)
{
	static const struct cluster_list before = { .advertise = "B=b:2 C=c:3", .networkid = "N" };
	struct scene *s = *state;
	struct cluster_choice out;

	cluster_choose(s->cluster, &before, "X.P", NULL, &out);
	assert_true(out.own);
	assert_string_equal(out.to.region, "N.A");
	assert_string_equal(out.to.host, "");
}

static void
without_the_store_or_another_region_it_is_the_own_one(void **state)
{
	struct scene *s = *state;
	struct cluster_choice out;

	assert_true(cluster_shares(s->cluster, &list));
	assert_string_equal(choose(s, "X.P", NULL, &out), "N.A");
	assert_string_equal(out.to.host, "a");
	for (size_t i = 0; i < ROWS; i++)
		s->member.row[i].limit = 0;
	assert_string_equal(choose(s, "", "", &out), "N.A");
	assert_string_equal(out.why, "no region takes partners");
	assert_false(cluster_shares(s->cluster, &list));
	assert_false(cluster_shares(NULL, &list));
	s->member.row[1].limit = 1;
	assert_true(cluster_shares(s->cluster, &list));
	s->member.holds = false;
	assert_false(cluster_shares(s->cluster, &list));
	s->member.row[1].limit = 100;
	assert_string_equal(choose(s, "X.P", "N.A", &out), "N.A"); /* the rows of the others are old */
	assert_string_equal(choose(s, "X.P", "", &out), "N.A");
}

static void
only_the_words_of_the_script_are_an_answer(void **state)
{
	static const char *const bad[] = { "", "held", "held ", "fre", "free B", "held N.B x", "held 123456789012345678", "granted 1 - -" };
	struct store_reply r = { .kind = STORE_TEXT };
	char region[NAME_PAIR_SIZE], text[40];

	(void)state;
	r.text = strcpy(text, "free");
	assert_true(cluster_read(&r, region));
	assert_string_equal(region, "");
	r.text = strcpy(text, "held NETWORK1.APPLID12");
	assert_true(cluster_read(&r, region));
	assert_string_equal(region, "NETWORK1.APPLID12");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		r.text = strcpy(text, bad[i]);
		if (cluster_read(&r, region))
			fail_msg("\"%s\" is read as \"%s\"", bad[i], region);
	}
	r.kind = STORE_INTEGER;
	assert_false(cluster_read(&r, region));
	assert_false(cluster_read(NULL, region));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(a_draw_takes_the_lesser_of_two_different_ones),
		T(equal_loads_are_taken_equally),
		T(partners_that_were_just_sent_count),
		T(the_load_is_the_share_of_the_limit),
		T(the_holder_of_the_pair_comes_first),
		T(a_region_that_the_definition_does_not_list_is_never_chosen),
		T(a_partner_that_comes_again_goes_to_another_region),
		T(a_list_without_the_own_region_sends_no_partner_elsewhere_for_it),
		T(without_the_store_or_another_region_it_is_the_own_one),
		T(only_the_words_of_the_script_are_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
