/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct house { /* a script and the result of its run */
	char dir[64], path[96];
	struct sources *sources;
	struct policy *policy;
	struct faults faults;
	struct buf answer;
	struct policy_run run;
	struct request request;
	struct users users;
};

static const struct budget_limits LIMITS = { 1000000, 2000, 1024 };

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	strcpy(h->dir, "/tmp/sallyport-run-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	snprintf(h->path, sizeof h->path, "%s/prog.lua", h->dir);
	h->sources = sources_new("lua", h->dir);
	h->policy = policy_new(h->sources, &LIMITS, NULL, NULL, &h->faults);
	assert_non_null(h->policy);
	buf_init(&h->answer, PAYLOAD_MAX);
	h->request = (struct request){ .tran = "CPMI", .program = "PAY", .userid = "FRED", .password = "secret", .has_password = true, .hops = 2 };
	h->users = (struct users){ .link = "LINK", .task = "FRED" };
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	policy_free(h->policy);
	sources_free(h->sources);
	faults_free(&h->faults);
	buf_free(&h->answer);
	unlink(h->path);
	rmdir(h->dir);
	free(h);
	return 0;
}

static void
load(struct house *h, const char *text)
{
	FILE *f = fopen(h->path, "w");

	assert_non_null(f);
	fprintf(f, "local policy = require 'policy'\nreturn { run = function(request) %s end }\n", text);
	fclose(f);
	if (policy_load(h->policy, "prog", &h->faults) < 0)
		fail_msg("%s", h->faults.entry[0].text);
	assert_true(policy_runs(h->policy, "prog"));
}

static void
ended(struct policy_run *r)
{
	(*(unsigned *)r->arg)++;
}

static const struct policy_run *
run(struct house *h, const void *data, size_t len, const struct budget_limits *limits)
{
	unsigned ends = 0;

	buf_free(&h->answer);
	h->run = (struct policy_run){ .policy = h->policy, .script = "prog", .limits = *limits, .request = &h->request, .users = &h->users, .ipconn = "NETX",
		.applid = "CTGAPP", .networkid = "", .connection = "c-1", .generation = 3, .data = data, .len = len, .done = ended, .arg = &ends, .answer = &h->answer };
	policy_run(&h->run);
	assert_int_equal(ends, 1);
	return &h->run;
}

static void
says(struct house *h, const char *data)
{
	assert_int_equal(h->run.verdict.kind, VERDICT_ACCEPT);
	assert_int_equal(buf_len(&h->answer), strlen(data));
	assert_memory_equal(buf_bytes(&h->answer), data, strlen(data));
}

static void
answers_with_the_string_it_returns(void **state)
{
	struct house *h = *state;

	load(h, "return request.data:upper()");
	run(h, "hello", 5, &LIMITS);
	says(h, "HELLO");
	run(h, NULL, 0, &LIMITS);
	says(h, "");
}

static void
sees_the_request_and_no_password(void **state)
{
	struct house *h = *state;

	load(h, "local out = {} for k, v in pairs(request) do out[#out + 1] = k .. '=' .. tostring(v) end table.sort(out) return table.concat(out, ' ')");
	run(h, "x", 1, &LIMITS);
	says(h, "applid=CTGAPP connection=c-1 data=x generation=3 hops=2 ipconn=NETX linkuser=LINK program=PAY tran=CPMI userid=FRED");
}

static void
may_refuse_in_its_own_words(void **state)
{
	struct house *h = *state;

	load(h, "return policy.refuse('no_money', 'the account is empty')");
	run(h, "x", 1, &LIMITS);
	assert_int_equal(h->run.verdict.kind, VERDICT_REFUSE);
	assert_false(h->run.failed);
	assert_string_equal(h->run.verdict.code, "no_money");
	assert_string_equal(h->run.verdict.text, "the account is empty");
}

static const struct row {
	const char *text, *code, *says;
} rows[] = {
	{ "", "policy_error", "run answered nothing (a forgotten return?)" },
	{ "return nil", "policy_error", "run answered a nil, not a string or policy.refuse" },
	{ "return 42", "policy_error", "run answered a number, not a string" },
	{ "return 'a', 'b'", "policy_error", "run answered 2 values; it answers one string" },
	{ "return policy.accept()", "policy_error", "run answered a userdata" },
	{ "return setmetatable({}, { __tostring = function() return 'x' end })", "policy_error", "run answered a table" },
	{ "error 'broken'", "policy_error", "broken" },
	{ "error({})", "policy_error", "error object is a table value" },
	{ "while true do end", "policy_limit", "hit the limit of 1000000 instructions" },
	{ "pcall(function() while true do end end) return 'lived on'", "policy_limit", "hit the limit of 1000000 instructions" },
	{ "local a = ('x'):rep(700000) return a .. a", "policy_limit", "hit the limit of 1024 KiB" },
	{ "local t = {} while true do t[#t + 1] = {} end", "policy_limit", "hit the limit of 1024 KiB" },
	{ "return ('a'):rep(30):find(('a?'):rep(30) .. ('a'):rep(30))", "policy_limit", "hit the limit of 1000000 instructions" },
};

static void
whatever_else_it_does_is_a_failure(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct house *h;

		if (i > 0)
			set_up(state);
		h = *state;
		load(h, rows[i].text);
		run(h, "x", 1, &LIMITS);
		if (!h->run.failed || h->run.verdict.kind != VERDICT_REFUSE || strcmp(h->run.verdict.code, rows[i].code) != 0
			|| strstr(h->run.verdict.text, rows[i].says) == NULL)
			fail_msg("%s: %s: %s", rows[i].text, h->run.verdict.code, h->run.verdict.text);
		assert_non_null(strstr(h->run.verdict.file, "prog.lua"));
		assert_int_equal(buf_len(&h->answer), 0);
		if (i + 1 < sizeof rows / sizeof *rows)
			tear_down(state);
	}
}

static void
does_not_pay_for_the_data_it_is_given(void **state)
{
	static const size_t len = 8 * 1024 * 1024;
	struct house *h = *state;
	char *data = calloc(1, len);

	assert_non_null(data);
	load(h, "return tostring(#request.data)");
	run(h, data, len, &LIMITS);
	says(h, "8388608");
	free(data);
}

static void
has_limits_of_its_own(void **state)
{
	static const struct budget_limits few = { 1000, 2000, 1024 };
	struct house *h = *state;

	load(h, "local n = 0 for i = 1, 10000 do n = n + i end return tostring(n)");
	run(h, "x", 1, &few);
	assert_string_equal(h->run.verdict.text, "hit the limit of 1000 instructions");
	run(h, "x", 1, &LIMITS);
	says(h, "50005000");
}

static void
answers_at_most_what_a_message_carries(void **state)
{
	static const struct budget_limits roomy = { 100000000, 20000, 65536 };
	struct house *h = *state;

	load(h, "return ('x'):rep(16 * 1024 * 1024 + tonumber(request.data))");
	run(h, "0", 1, &roomy);
	assert_int_equal(h->run.verdict.kind, VERDICT_ACCEPT);
	assert_int_equal(buf_len(&h->answer), PAYLOAD_MAX);
	run(h, "1", 1, &roomy);
	assert_string_equal(h->run.verdict.text, "run answered 16777217 bytes; an answer has at most 16777216");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(answers_with_the_string_it_returns),
		TEST(sees_the_request_and_no_password),
		TEST(may_refuse_in_its_own_words),
		TEST(whatever_else_it_does_is_a_failure),
		TEST(does_not_pay_for_the_data_it_is_given),
		TEST(has_limits_of_its_own),
		TEST(answers_at_most_what_a_message_carries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
