/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/answer_tape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
add(struct answer_tape *t, const char *name, int64_t value)
{
	struct taped *one = answer_tape_add(t, TAPED_NEXT, name);

	assert_non_null(one);
	one->counter.value = value;
}

static int64_t
hear(struct answer_tape *t, const char *name)
{
	const struct taped *one = answer_tape_hear(t, TAPED_NEXT, name);

	return one != NULL ? one->counter.value : -1;
}

static void
answers_of_one_name_are_heard_in_their_order_whatever_lies_between(void **state)
{
	struct answer_tape t = { .n = 0 };

	(void)state;
	answer_tape_begin(&t, DOOR_ADMIT, false);
	add(&t, "a", 1);
	answer_tape_begin(&t, DOOR_BIND, false);
	add(&t, "b", 5);
	add(&t, "a", 2);
	add(&t, "a", 3);
	for (int again = 0; again < 2; again++) {
		answer_tape_begin(&t, DOOR_BIND, true);
		assert_int_equal(hear(&t, "a"), 2);
		assert_int_equal(hear(&t, "b"), 5);
		assert_int_equal(hear(&t, "a"), 3);
		assert_int_equal(answer_tape_last(&t, TAPED_NEXT, "b")->counter.value, 5);
		assert_int_equal(answer_tape_last(&t, TAPED_NEXT, "a")->counter.value, 3);
		assert_int_equal(hear(&t, "a"), -1);
		assert_null(answer_tape_hear(&t, TAPED_PEEK, "a"));
		add(&t, "a", 4); /* added by the re-ask: the next one drops it */
		assert_int_equal(answer_tape_last(&t, TAPED_NEXT, "a")->counter.value, 4);
	}
	answer_tape_begin(&t, DOOR_ADMIT, true);
	assert_null(answer_tape_last(&t, TAPED_NEXT, "a"));
	assert_int_equal(hear(&t, "a"), 1);
	answer_tape_free(&t);
}

static void
a_door_that_is_asked_anew_keeps_its_last_asking(void **state)
{
	struct answer_tape t = { .n = 0 };

	(void)state;
	answer_tape_begin(&t, DOOR_ADMIT, false);
	add(&t, "a", 1);
	answer_tape_begin(&t, DOOR_CERTIFY, false);
	add(&t, "a", 2);
	answer_tape_begin(&t, DOOR_ADMIT, false);
	add(&t, "a", 3);
	answer_tape_begin(&t, DOOR_ADMIT, true);
	assert_int_equal(hear(&t, "a"), 3);
	assert_int_equal(hear(&t, "a"), -1);
	answer_tape_begin(&t, DOOR_CERTIFY, true);
	assert_int_equal(hear(&t, "a"), 2);
	answer_tape_free(&t);
}

static void
a_full_tape_is_marked_and_a_reask_may_add_as_much(void **state)
{
	struct answer_tape t = { .n = 0 };

	(void)state;
	answer_tape_begin(&t, DOOR_BIND, false);
	for (int i = 0; i < ANSWER_TAPE_MAX; i++)
		add(&t, "a", i);
	assert_false(t.full);
	assert_null(answer_tape_add(&t, TAPED_PEEK, "a"));
	assert_true(t.full);
	answer_tape_begin(&t, DOOR_BIND, true);
	for (int i = 0; i < ANSWER_TAPE_MAX; i++)
		add(&t, "a", i);
	assert_null(answer_tape_add(&t, TAPED_PEEK, "a"));
	answer_tape_begin(&t, DOOR_BIND, true);
	assert_int_equal(t.n, ANSWER_TAPE_MAX);
	answer_tape_free(&t);
	assert_null(answer_tape_add(NULL, TAPED_PEEK, "a"));
}

static void
a_list_has_all_its_members_or_none(void **state)
{
	static struct ipconn_view view[ANSWER_TAPE_MEMBERS + 1];
	struct answer_tape t = { .n = 0 };
	const struct taped *list;

	(void)state;
	for (size_t i = 0; i <= ANSWER_TAPE_MEMBERS; i++)
		snprintf(view[i].def.ipconn, sizeof view[i].def.ipconn, "N%zu", i);
	answer_tape_begin(&t, DOOR_BIND, false);
	answer_tape_add_list(&t, "*.*", view, ANSWER_TAPE_MEMBERS);
	assert_false(t.full);
	answer_tape_add_list(&t, "long", view, ANSWER_TAPE_MEMBERS + 1);
	assert_true(t.full);
	answer_tape_begin(&t, DOOR_BIND, true);
	list = answer_tape_hear(&t, TAPED_LIST, "*.*");
	assert_int_equal(list->list.n, ANSWER_TAPE_MEMBERS);
	assert_int_equal(list->list.named, ANSWER_TAPE_MEMBERS);
	assert_string_equal(list[ANSWER_TAPE_MEMBERS].ipconn.ipconn, "N63");
	list = answer_tape_hear(&t, TAPED_LIST, "long");
	assert_int_equal(list->list.n, ANSWER_TAPE_MEMBERS + 1);
	assert_int_equal(list->list.named, 0);
	answer_tape_free(&t);
}

static void
the_doors_of_a_joined_tape_go_on_from_each_other(void **state)
{
	struct answer_tape t = { .joined = true };

	(void)state;
	answer_tape_begin(&t, DOOR_BIND, true);
	assert_true(t.playing);
	assert_int_equal(hear(&t, "a"), -1);
	assert_null(answer_tape_last(&t, TAPED_NEXT, "a"));
	add(&t, "a", 7);
	answer_tape_begin(&t, DOOR_INSTALL, true);
	assert_int_equal(hear(&t, "a"), -1);
	assert_int_equal(answer_tape_last(&t, TAPED_NEXT, "a")->counter.value, 7);
	add(&t, "a", 8);
	assert_int_equal(answer_tape_last(&t, TAPED_NEXT, "a")->counter.value, 8);
	assert_false(t.full);
	answer_tape_free(&t);
}

static void
add_waited(struct answer_tape *t, const char *call, const char *name)
{
	struct waited *w = waited_new(call);

	assert_non_null(w);
	waited_add(w, name);
	answer_tape_add_waited(t, w);
	waited_unref(w);
}

static const char *
hear_waited(struct answer_tape *t, const char *call)
{
	const struct waited *w = answer_tape_hear_waited(t, call);

	return w != NULL ? w->name[0] : "none";
}

static void
calls_that_waited_are_heard_by_their_whole_text_and_the_last_one_again(void **state)
{
	char longer[200], other[200];
	struct answer_tape t = { .n = 0 }, copy = { .n = 0 };

	(void)state;
	memset(longer, 'x', sizeof longer);
	memset(other, 'x', sizeof other);
	longer[199] = other[199] = '\0';
	other[198] = 'y'; /* behind the bytes of an item's name */
	answer_tape_begin(&t, DOOR_BIND, false);
	add_waited(&t, "old", "0"); /* dropped: the door is asked anew */
	answer_tape_begin(&t, DOOR_BIND, false);
	add_waited(&t, longer, "1");
	add_waited(&t, longer, "2");
	add_waited(&t, other, "3");
	assert_int_equal(answer_tape_copy(&copy, &t, DOOR_BIND), 0);
	answer_tape_begin(&t, DOOR_BIND, true);
	assert_string_equal(hear_waited(&t, "old"), "none");
	assert_string_equal(hear_waited(&t, other), "3");
	assert_string_equal(hear_waited(&t, longer), "1");
	assert_string_equal(hear_waited(&t, longer), "2");
	assert_string_equal(hear_waited(&t, longer), "2");
	answer_tape_begin(&t, DOOR_ADMIT, true);
	assert_string_equal(hear_waited(&t, other), "none");
	answer_tape_free(&t);
	answer_tape_begin(&copy, DOOR_BIND, true);
	assert_string_equal(hear_waited(&copy, longer), "1");
	answer_tape_free(&copy);
}

static void
bodies_of_answers_have_a_limit_of_their_own(void **state)
{
	static char body[64 * 1024];
	struct answer_tape t = { .n = 0 };

	(void)state;
	answer_tape_begin(&t, DOOR_BIND, false);
	for (size_t i = 0; i <= ANSWER_TAPE_BODIES / sizeof body; i++) {
		struct waited *w = waited_recorded("http", "http GET /", NULL, 1);

		assert_non_null(w);
		assert_int_equal(waited_answer(w, 200, body, sizeof body), 0);
		assert_false(t.full);
		answer_tape_add_waited(&t, w);
		waited_unref(w);
	}
	assert_true(t.full);
	assert_int_equal(t.n, ANSWER_TAPE_BODIES / sizeof body);
	assert_int_equal(answer_tape_waited_bytes(&t), ANSWER_TAPE_BODIES + t.n * sizeof(struct waited));
	answer_tape_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_of_one_name_are_heard_in_their_order_whatever_lies_between),
		cmocka_unit_test(a_door_that_is_asked_anew_keeps_its_last_asking),
		cmocka_unit_test(a_full_tape_is_marked_and_a_reask_may_add_as_much),
		cmocka_unit_test(bodies_of_answers_have_a_limit_of_their_own),
		cmocka_unit_test(calls_that_waited_are_heard_by_their_whole_text_and_the_last_one_again),
		cmocka_unit_test(a_list_has_all_its_members_or_none),
		cmocka_unit_test(the_doors_of_a_joined_tape_go_on_from_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
