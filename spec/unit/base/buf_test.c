/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
gives_back_what_was_added_in_order(void **state)
{
	struct buf b;
	unsigned char in = 0, out = 0;

	(void)state;
	buf_init(&b, 0);
	for (int round = 0; round < 5000; round++) {
		for (int i = 0; i < round % 7; i++)
			assert_int_equal(buf_add(&b, &(unsigned char){ in++ }, 1), 0);
		for (int i = 0; i < round % 5 && buf_len(&b) > 0; i++) {
			assert_int_equal(*buf_bytes(&b), out++);
			buf_consume(&b, 1);
		}
	}
	for (; buf_len(&b) > 0; buf_consume(&b, 1))
		assert_int_equal(*buf_bytes(&b), out++);
	assert_int_equal(in, out);
	buf_free(&b);
}

static void
never_holds_more_than_its_bound(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(buf_add(&b, "12345678", 8), 0);
	assert_int_equal(buf_add(&b, "abc", 3), -1);
	assert_int_equal(buf_printf(&b, "%s", "abc"), -1);
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(buf_len(&b), 8);
	assert_int_equal(buf_printf(&b, "%s", "ab"), 0);
	assert_memory_equal(buf_bytes(&b), "12345678ab", 10);
	buf_consume(&b, 5);
	assert_int_equal(buf_add(&b, "vwxyz", 5), 0);
	assert_memory_equal(buf_bytes(&b), "678abvwxyz", 10);
	buf_free(&b);
}

static void
keeps_its_memory_small_however_much_passes_through(void **state)
{
	struct buf b;
	char piece[1000];

	(void)state;
	memset(piece, 'x', sizeof piece);
	buf_init(&b, 0);
	assert_int_equal(buf_add(&b, "-", 1), 0);
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(buf_add(&b, piece, sizeof piece), 0);
		buf_consume(&b, sizeof piece);
	}
	assert_true(b.cap < 16 * 1024);
	buf_free(&b);
}

static void
gives_memory_back_when_empty(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_non_null(buf_room(&b, 100000));
	buf_wrote(&b, 100000);
	buf_consume(&b, 100000);
	assert_int_equal(b.cap, 0);
	assert_null(buf_bytes(&b));
	assert_int_equal(buf_add(&b, "again", 5), 0);
	assert_memory_equal(buf_bytes(&b), "again", 5);
	buf_free(&b);
}

static void
moves_bytes_behind_others_and_memory_into_an_empty_one(void **state)
{
	struct buf to, from;
	const unsigned char *memory;

	(void)state;
	buf_init(&to, 10);
	buf_init(&from, 0);
	assert_int_equal(buf_add(&from, "-abc", 4), 0);
	buf_consume(&from, 1);
	memory = buf_bytes(&from);
	assert_int_equal(buf_move(&to, &from), 0);
	assert_ptr_equal(buf_bytes(&to), memory);
	assert_int_equal(buf_len(&from), 0);
	assert_int_equal(buf_add(&from, "def", 3), 0);
	assert_int_equal(buf_move(&to, &from), 0);
	assert_memory_equal(buf_bytes(&to), "abcdef", 6);
	assert_null(buf_bytes(&from));
	assert_int_equal(buf_add(&from, "ghijk", 5), 0);
	assert_int_equal(buf_move(&to, &from), -1); /* more than the bound */
	assert_int_equal(buf_len(&to), 6);
	assert_int_equal(buf_len(&from), 0);
	buf_free(&to);
}

static void
memory_of_secrets_stays_with_its_buffer(void **state)
{
	struct buf to, from;
	const unsigned char *memory;

	(void)state;
	buf_init(&to, 0);
	buf_init(&from, 0);
	to.secret = true;
	assert_int_equal(buf_add(&from, "abc", 3), 0);
	memory = buf_bytes(&from);
	assert_int_equal(buf_move(&to, &from), 0);
	assert_ptr_not_equal(buf_bytes(&to), memory);
	assert_memory_equal(buf_bytes(&to), "abc", 3);
	buf_free(&to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_what_was_added_in_order),
		cmocka_unit_test(never_holds_more_than_its_bound),
		cmocka_unit_test(keeps_its_memory_small_however_much_passes_through),
		cmocka_unit_test(gives_memory_back_when_empty),
		cmocka_unit_test(moves_bytes_behind_others_and_memory_into_an_empty_one),
		cmocka_unit_test(memory_of_secrets_stays_with_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
