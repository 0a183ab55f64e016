/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversions in turns of a loop: their number, their order, and cancelling one at any time.
 * spec/request/conversion_spec.lua tests the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "net/loop.h"
#include "request/program.h"

#define LARGE ((size_t)1024 * 1024) /* four slices, when one byte becomes one byte */

struct job {
	struct task task;
	unsigned done;
	char why[80];
	size_t held_most; /* 0: no limit */
	unsigned *order, place; /* the order in which conversions ended */
};

struct bench {
	struct worker worker;
	struct job job[3];
	unsigned order;
	char *text;
};

static bool
holds(struct task *t)
{
	const struct job *j = (const struct job *)t;

	return j->held_most == 0 || buf_len(&t->converted) <= j->held_most;
}

static void
done(struct task *t, const char *why)
{
	struct job *j = (struct job *)t;

	assert_null(t->stop);
	assert_null(t->running);
	j->done++;
	j->place = ++*j->order;
	strncpy(j->why, why != NULL ? why : "", sizeof j->why - 1);
}

static int
set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	b->worker.loop = loop_new();
	b->text = malloc(LARGE);
	memset(b->text, 'a', LARGE);
	for (unsigned n = 0; n < 3; n++) {
		b->job[n].task.worker = &b->worker;
		b->job[n].task.holds = holds;
		b->job[n].order = &b->order;
		buf_init(&b->job[n].task.converted, PAYLOAD_MAX);
	}
	*state = b;
	return 0;
}

static int
tear_down(void **state)
{
	struct bench *b = *state;

	assert_null(b->worker.converting);
	for (unsigned n = 0; n < 3; n++)
		buf_free(&b->job[n].task.converted);
	loop_free(b->worker.loop);
	free(b->text);
	free(b);
	return 0;
}

/* Data in EBCDIC, where each byte is a character; the byte of 'a' is a slash there. */
static void
begin(struct bench *b, unsigned n, size_t len)
{
	program_convert_begin(&b->job[n].task, 37, 819, b->text, len, done);
}

/* Runs turns until the line is empty. Returns their number. */
static unsigned
turns(struct bench *b)
{
	unsigned n = 0;

	while (b->worker.converting != NULL) {
		ev_run(b->worker.loop, EVRUN_ONCE);
		n++;
		assert_true(n < 1000);
	}
	return n;
}

static void
what_is_short_needs_no_turn(void **state)
{
	struct bench *b = *state;

	begin(b, 0, 100000);
	assert_int_equal(b->job[0].done, 1);
	assert_int_equal(buf_len(&b->job[0].task.converted), 100000);
	begin(b, 1, 0);
	assert_int_equal(b->job[1].done, 1);
	assert_null(b->worker.converting);
}

static void
what_is_large_goes_on_in_other_turns(void **state)
{
	struct bench *b = *state;
	struct buf *out = &b->job[0].task.converted;

	begin(b, 0, LARGE);
	assert_int_equal(b->job[0].done, 0);
	assert_int_equal(buf_len(out), LARGE / 4);
	assert_int_equal(turns(b), 3);
	assert_int_equal(b->job[0].done, 1);
	assert_string_equal(b->job[0].why, "");
	assert_int_equal(buf_len(out), LARGE);
	for (size_t n = 0; n < LARGE; n++)
		assert_int_equal(buf_bytes(out)[n], '/');
}

/* A turn does one slice of one conversion, whatever the length of the line. */
static void
several_take_turns(void **state)
{
	struct bench *b = *state;

	for (unsigned n = 0; n < 3; n++)
		begin(b, n, n == 1 ? LARGE / 2 : LARGE);
	ev_run(b->worker.loop, EVRUN_ONCE);
	assert_int_equal(buf_len(&b->job[0].task.converted) + buf_len(&b->job[1].task.converted) + buf_len(&b->job[2].task.converted), LARGE);
	assert_int_equal(turns(b), 6); /* of three, one and three */
	assert_int_equal(b->job[1].place, 1);
	assert_int_equal(b->job[0].place, 2);
	assert_int_equal(b->job[2].place, 3);
}

static void
one_that_is_stopped_is_gone_and_the_others_go_on(void **state)
{
	struct bench *b = *state;

	for (unsigned stopped = 0; stopped < 3; stopped++) {
		for (unsigned n = 0; n < 3; n++) {
			buf_free(&b->job[n].task.converted);
			b->job[n].done = 0;
			begin(b, n, LARGE);
		}
		ev_run(b->worker.loop, EVRUN_ONCE);
		b->job[stopped].task.stop(&b->job[stopped].task);
		assert_null(b->job[stopped].task.running);
		turns(b);
		for (unsigned n = 0; n < 3; n++)
			assert_int_equal(b->job[n].done, n != stopped);
	}
	buf_free(&b->job[0].task.converted);
	begin(b, 0, LARGE);
	b->job[0].task.stop(&b->job[0].task);
	assert_null(b->worker.converting);
}

static void
what_cannot_be_held_ends_where_that_shows(void **state)
{
	struct bench *b = *state;

	b->job[0].held_most = 10;
	begin(b, 0, 11);
	b->job[1].held_most = LARGE / 4;
	begin(b, 1, LARGE);
	assert_int_equal(b->job[1].done, 0);
	assert_int_equal(turns(b), 1);
	for (unsigned n = 0; n < 2; n++) {
		assert_int_equal(b->job[n].done, 1);
		assert_string_equal(b->job[n].why, "the region holds too much data of conversations");
	}
}

static void
what_is_no_character_is_found_in_its_turn(void **state)
{
	struct bench *b = *state;

	b->text[LARGE - 1] = '\xff';
	program_convert_begin(&b->job[0].task, 1208, 37, b->text, LARGE, done);
	assert_int_equal(b->job[0].done, 0);
	turns(b);
	assert_int_equal(b->job[0].done, 1);
	assert_non_null(strstr(b->job[0].why, "a character that is not valid"));
	assert_int_equal(buf_len(&b->job[0].task.converted), 0);
}

/* Euro signs in UTF-8: the border of a slice is inside a character. */
static void
characters_may_lie_across_the_border(void **state)
{
	struct bench *b = *state;
	struct task *t = &b->job[0].task;
	size_t len = LARGE / 3 * 3;

	for (size_t n = 0; n < len; n += 3)
		memcpy(b->text + n, "\xe2\x82\xac", 3);
	program_convert_begin(t, 1208, 1208, b->text, len, done);
	assert_int_equal(b->job[0].done, 0);
	turns(b);
	assert_string_equal(b->job[0].why, "");
	assert_int_equal(buf_len(&t->converted), len);
	assert_memory_equal(buf_bytes(&t->converted), b->text, len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_short_needs_no_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_large_goes_on_in_other_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(several_take_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_is_stopped_is_gone_and_the_others_go_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_held_ends_where_that_shows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_character_is_found_in_its_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(characters_may_lie_across_the_border, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
