/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARENAS 500
#define PARTS 40

/* Parts of many sizes: small ones, ones that fill a block, and larger ones. */
static size_t
size_of(int arena, int part)
{
	return (size_t)(arena * 7 + part * 131) % (part % 10 == 9 ? 5000 : 300);
}

static void
fill(struct arena *a, int number, char *part[PARTS])
{
	for (int i = 0; i < PARTS; i++) {
		part[i] = arena_take(a, size_of(number, i));
		assert_non_null(part[i]);
		assert_int_equal((uintptr_t)part[i] % alignof(max_align_t), 0);
		memset(part[i], number % 251, size_of(number, i));
	}
}

static void
assert_filled(int number, char *part[PARTS])
{
	for (int i = 0; i < PARTS; i++)
		for (size_t k = 0; k < size_of(number, i); k++)
			assert_int_equal((unsigned char)part[i][k], number % 251);
}

static void
parts_do_not_touch_each_other_while_other_arenas_come_and_go(void **state)
{
	struct arena_store *s = arena_store_new();
	struct arena all[ARENAS];
	char *(*part)[PARTS] = calloc(ARENAS, sizeof *part);

	(void)state;
	for (int i = 0; i < ARENAS; i++) {
		all[i] = arena_make(i % 5 == 0 ? NULL : s);
		fill(&all[i], i, part[i]);
	}
	for (int i = 0; i < ARENAS; i += 2)
		arena_free(&all[i]);
	for (int i = 0; i < ARENAS; i += 4)
		fill(&all[i], i, part[i]);
	for (int i = 1; i < ARENAS; i += 2)
		assert_filled(i, part[i]);
	for (int i = 0; i < ARENAS; i += 4)
		assert_filled(i, part[i]);
	for (int i = 0; i < ARENAS; i++)
		arena_free(&all[i]);
	free(part);
	arena_store_free(s);
}

static void
a_part_is_zero_also_in_memory_that_was_used(void **state)
{
	struct arena a = arena_make(NULL);
	static const char zero[200];

	(void)state;
	for (int i = 0; i < 10; i++) {
		char *p = arena_take(&a, sizeof zero);

		assert_memory_equal(p, zero, sizeof zero);
		memset(p, 'x', sizeof zero);
		arena_empty(&a);
	}
	arena_free(&a);
	assert_int_equal(a.bytes, 0);
}

static void
texts_are_copied_and_lists_grow(void **state)
{
	struct arena a = arena_make(NULL);
	char text[] = "abc";
	const char *copy = arena_text(&a, text), *part = arena_copy(&a, "a\0b", 3);
	int numbers[2] = { 4, 5 };
	const int *grown = arena_grow(&a, numbers, sizeof numbers, 4 * sizeof(int));

	(void)state;
	text[0] = 'x';
	assert_string_equal(copy, "abc");
	assert_memory_equal(part, "a\0b", 4);
	assert_null(arena_text(&a, NULL));
	assert_int_equal(grown[0] + grown[1], 9);
	assert_int_equal(grown[2] + grown[3], 0);
	arena_free(&a);
}

static void
a_part_without_memory_is_refused_and_the_others_stay(void **state)
{
	struct arena a = arena_make(NULL);
	const char *before = arena_text(&a, "before");
	size_t bytes = a.bytes;

	(void)state;
	assert_null(arena_take(&a, SIZE_MAX - 4));
	assert_null(arena_take(&a, PTRDIFF_MAX));
	assert_int_equal(a.bytes, bytes);
	assert_string_equal(before, "before");
	assert_non_null(arena_text(&a, "behind"));
	arena_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_do_not_touch_each_other_while_other_arenas_come_and_go),
		cmocka_unit_test(a_part_is_zero_also_in_memory_that_was_used),
		cmocka_unit_test(texts_are_copied_and_lists_grow),
		cmocka_unit_test(a_part_without_memory_is_refused_and_the_others_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
