/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/question.h"

#include "conn/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct asked { /* a connection whose door attach has answered */
	struct worker worker;
	struct service service;
	struct conn conn;
	struct request request;
	struct users users;
	struct facts facts;
	struct ask ask;
};

static void
ask(struct asked *a)
{
	*a = (struct asked){ .request = { .tran = "CPMI", .userid = "FRED", .password = "secret", .has_password = true } };
	a->conn.worker = &a->worker;
	a->conn.service = &a->service;
	a->conn.facts = &a->facts;
	a->facts = (struct facts){ .request = &a->request, .users = &a->users };
	a->ask = (struct ask){ .door = DOOR_ATTACH, .script = "gate", .facts = &a->facts, .tape = &a->conn.tape,
		.verdict = { .kind = VERDICT_REFUSE, .code = "never" } };
}

static void
a_copy_has_the_request_without_its_password(void **state)
{
	struct asked a;
	struct question *q;

	(void)state;
	ask(&a);
	q = question_of(&a.conn, &a.ask);
	assert_non_null(q);
	memset(&a.request, 0, sizeof a.request);
	assert_string_equal(q->facts.request->userid, "FRED");
	assert_string_equal(q->facts.request->password, "");
	assert_false(q->facts.request->has_password);
	assert_string_equal(q->verdict.code, "never");
	assert_string_equal(q->script, "gate");
	assert_int_equal(q->filed, 0);
	question_free(q);
}

static void
a_copy_has_the_answers_of_its_door_only_and_their_memory_counts(void **state)
{
	struct asked a;
	struct question *q;
	size_t none;

	(void)state;
	ask(&a);
	q = question_of(&a.conn, &a.ask);
	none = question_bytes(q);
	question_free(q);
	answer_tape_begin(&a.conn.tape, DOOR_BIND, false);
	assert_non_null(answer_tape_add(&a.conn.tape, TAPED_PEEK, "OTHER"));
	answer_tape_begin(&a.conn.tape, DOOR_ATTACH, false);
	assert_non_null(answer_tape_add(&a.conn.tape, TAPED_PEEK, "SEEN"));
	assert_non_null(answer_tape_add(&a.conn.tape, TAPED_PEEK, "AGAIN"));
	q = question_of(&a.conn, &a.ask);
	assert_int_equal(q->tape.n, 2);
	assert_string_equal(q->tape.item[0].name, "SEEN");
	assert_int_equal(question_bytes(q), none + 2 * sizeof *q->tape.item);
	question_free(q);
	answer_tape_free(&a.conn.tape);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_has_the_request_without_its_password),
		cmocka_unit_test(a_copy_has_the_answers_of_its_door_only_and_their_memory_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
