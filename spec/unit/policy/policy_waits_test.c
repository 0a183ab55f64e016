/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts that wait while their Lua state is short of memory: each allocation before, during and behind a wait fails.
 */
#include "policy/policy_run.h"

#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/support/scratch.h"

struct house { /* a script, its policy and the loop in which it waits */
	char dir[SCRATCH_SIZE];
	struct ev_loop *loop;
	struct host_world world;
	struct sources *sources;
	struct policy *policy;
	struct faults faults;
	struct facts facts;
	struct ask ask;
	struct policy_run run;
	struct request request;
	struct users users;
	struct buf answer;
	struct verdict verdict;
	bool answered;
};

static const struct budget_limits LIMITS = { 1000000, 2000, 1024 };

/* Each function allocates before its wait, with the answer, and behind it. */
static const char SCRIPT[] =
	"local policy = require 'policy'\n"
	"local function words(n) local t = {} for i = 1, n do t[i] = 'word' .. i end return table.concat(t, ' ') end\n"
	"local function resolve(x)\n"
	"  local before = words(5) .. x\n"
	"  local names = policy.resolve('127.0.0.1', { timeout = 5, down = { 'none' } })\n"
	"  policy.check('both', #before > #x, before .. words(6) .. names[1])\n"
	"end\n"
	"return {\n"
	"  admit = function(f) local x = words(4) .. f.peer.ip policy.sleep(0.001) policy.check(x .. words(4), true, x) return policy.accept() end,\n"
	"  bind = function(f) local x = words(4) policy.sleep(20) return policy.accept { userid = x } end,\n"
	"  install = function(f) resolve(f.connection) return policy.install { ipconn = 'IPC' .. #f.peer.ip, template = 'T' } end,\n"
	"  run = function(r) resolve(r.data) return r.data:upper() end,\n"
	"}\n";

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	scratch_open(h->dir, "waits");
	scratch_write(h->dir, "w.lua", SCRIPT);
	h->loop = loop_new();
	h->world.waits = waits_new(h->loop, NULL);
	assert_non_null(h->world.waits);
	h->sources = sources_new("lua", h->dir);
	h->policy = policy_new(h->sources, &LIMITS, &h->world, NULL, &h->faults);
	policy_use_waits(h->policy, &(struct wait_limits){ .seconds = 10, .all = 10, .prefix = 10, .hosts = "" });
	if (policy_load(h->policy, "w", &h->faults) < 0)
		fail_msg("%s", h->faults.entry[0].text);
	h->facts = (struct facts){ .stage = STAGE_TCP, .now = 1000, .connection = "c-1", .tcpipservice = "IPIC" };
	assert_int_equal(addr_parse(&h->facts.peer.addr, "192.0.2.7", 5000), 0);
	h->request = (struct request){ .tran = "CPMI", .program = "PAY" };
	buf_init(&h->answer, PAYLOAD_MAX);
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	policy_free(h->policy);
	waits_free(h->world.waits);
	loop_free(h->loop);
	sources_free(h->sources);
	faults_free(&h->faults);
	buf_free(&h->answer);
	scratch_close(h->dir);
	free(h);
	return 0;
}

static void
asked(struct ask *a)
{
	struct house *h = a->arg;

	h->verdict = a->verdict;
	h->answered = true;
	loop_break(h->loop);
}

static void
ran(struct policy_run *r)
{
	struct house *h = r->arg;

	h->verdict = r->verdict;
	h->answered = true;
	loop_break(h->loop);
}

/* Begins the question to a door, or with DOOR_COUNT a run. */
static void
begin(struct house *h, enum door d)
{
	h->answered = false;
	h->ask = (struct ask){ .policy = h->policy, .script = "w", .door = d, .facts = &h->facts, .waits = true, .done = asked, .arg = h };
	buf_free(&h->answer);
	h->run = (struct policy_run){ .policy = h->policy, .script = "w", .limits = LIMITS, .request = &h->request, .users = &h->users,
		.ipconn = "NETX", .applid = "A", .networkid = "", .connection = "c-1", .data = "data", .len = 4, .waits = true, .done = ran, .arg = h,
		.answer = &h->answer };
	if (d < DOOR_COUNT)
		policy_ask(&h->ask);
	else
		policy_run(&h->run);
}

/* Until the answer is there. */
static void
wait_for_it(struct house *h)
{
	while (!h->answered)
		loop_run(h->loop);
	assert_int_equal(waits_count(h->world.waits), 0);
}

static bool
is_right(const struct house *h)
{
	return h->verdict.kind != VERDICT_REFUSE;
}

static void
is_refused(const struct house *h)
{
	assert_int_equal(h->verdict.kind, VERDICT_REFUSE);
	assert_string_equal(h->verdict.code, "policy_limit");
}

/* The next question has its own verdict. */
static void
still_answers(struct house *h, enum door d)
{
	begin(h, d);
	wait_for_it(h);
	assert_true(is_right(h));
}

/*
 * Lets each allocation fail in turn, from the beginning of the question, or from its wait on. Returns their number.
 */
static unsigned long
starve(struct house *h, enum door d, bool behind)
{
	for (unsigned long n = 1; n < 5000; n++) {
		if (!behind)
			budget_fail_at(policy_lua(h->policy), n);
		begin(h, d);
		if (behind) {
			assert_int_equal(waits_count(h->world.waits), 1);
			budget_fail_at(policy_lua(h->policy), n);
		}
		wait_for_it(h);
		budget_fail_at(policy_lua(h->policy), 0);
		if (is_right(h))
			return n - 1;
		is_refused(h);
		still_answers(h, d);
	}
	fail_msg("still starved");
	return 0;
}

static void
without_memory_a_door_that_waits_stays_shut(void **state)
{
	for (enum door d = DOOR_ADMIT; d <= DOOR_INSTALL; d += DOOR_INSTALL - DOOR_ADMIT) {
		assert_true(starve(*state, d, false) > 8);
		assert_true(starve(*state, d, true) > 4);
	}
}

static void
without_memory_a_program_that_waits_fails(void **state)
{
	assert_true(starve(*state, DOOR_COUNT, false) > 8);
	assert_true(starve(*state, DOOR_COUNT, true) > 4);
}

/* The end of a script that has waited too long needs no memory. */
static void
without_memory_a_wait_ends_by_its_limit(void **state)
{
	struct house *h = *state;

	policy_use_waits(h->policy, &(struct wait_limits){ .seconds = 0.001, .all = 10, .prefix = 10, .hosts = "" });
	for (unsigned long n = 1; n < 30; n++) {
		begin(h, DOOR_BIND);
		assert_int_equal(waits_count(h->world.waits), 1);
		budget_fail_at(policy_lua(h->policy), n);
		wait_for_it(h);
		budget_fail_at(policy_lua(h->policy), 0);
		is_refused(h);
		assert_non_null(strstr(h->verdict.text, "waited longer than wait_milliseconds"));
	}
}

static void
without_memory_a_wait_can_be_cancelled(void **state)
{
	struct house *h = *state;

	for (unsigned long n = 1; n < 30; n++) {
		begin(h, DOOR_BIND);
		budget_fail_at(policy_lua(h->policy), n);
		policy_cancel(&h->ask, "the peer closed");
		budget_fail_at(policy_lua(h->policy), 0);
		assert_null(h->ask.asking);
		begin(h, DOOR_COUNT);
		budget_fail_at(policy_lua(h->policy), n);
		policy_run_cancel(&h->run);
		assert_null(h->run.running);
		budget_fail_at(policy_lua(h->policy), 0);
		assert_false(h->answered);
		assert_int_equal(waits_count(h->world.waits), 0);
		still_answers(h, DOOR_ADMIT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_memory_a_door_that_waits_stays_shut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_memory_a_program_that_waits_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_memory_a_wait_ends_by_its_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_memory_a_wait_can_be_cancelled, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
