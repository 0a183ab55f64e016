/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/heap.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCKS 3000
#define ROUNDS 60

struct block {
	unsigned char *at;
	size_t size;
	unsigned char value;
};

static void
assert_whole(const struct block *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(b->at[i], b->value);
}

/* Sizes near the steps and near the largest small block, and large ones. */
static size_t
next_size(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	switch (*seed >> 16 & 7) {
	case 0:
		return 0;
	case 1:
		return HEAP_SMALL - 2 + (*seed >> 20) % 5;
	case 2:
		return (*seed >> 20) % 40000;
	default:
		return 1 + (*seed >> 20) % 200;
	}
}

static void
resize(struct heap *h, struct block *b, size_t size, unsigned char value)
{
	size_t kept = b->size < size ? b->size : size;

	b->at = heap_resize(h, b->at, b->size, size);
	assert_true((b->at == NULL) == (size == 0));
	assert_int_equal((uintptr_t)b->at % alignof(max_align_t), 0);
	assert_whole(b, kept);
	b->size = size;
	b->value = value;
	if (size > 0)
		memset(b->at, value, size);
}

static void
each_block_keeps_its_bytes_while_others_grow_and_shrink(void **state)
{
	struct heap h = { .piece = NULL };
	struct block *all = calloc(BLOCKS, sizeof *all);
	unsigned seed = 7;

	(void)state;
	for (int r = 0; r < ROUNDS; r++)
		for (int i = 0; i < BLOCKS; i++)
			if ((i + r) % 3 == 0)
				resize(&h, &all[i], next_size(&seed), (unsigned char)(i + r));
	for (int i = 0; i < BLOCKS; i++) {
		assert_whole(&all[i], all[i].size);
		resize(&h, &all[i], 0, 0);
	}
	heap_close(&h);
	free(all);
}

static void
a_block_without_memory_is_refused_and_the_old_one_stays(void **state)
{
	struct heap h = { .piece = NULL };
	struct block b = { .at = NULL };

	(void)state;
	resize(&h, &b, 100, 'a');
	assert_null(heap_resize(&h, b.at, b.size, PTRDIFF_MAX));
	assert_whole(&b, b.size);
	resize(&h, &b, 5000, 'b');
	assert_null(heap_resize(&h, b.at, b.size, PTRDIFF_MAX));
	assert_whole(&b, b.size);
	resize(&h, &b, 0, 0);
	heap_close(&h);
}

/* One size after another: without a bound each size would keep its blocks. */
static void
sizes_that_come_and_go_keep_a_bounded_memory(void **state)
{
	enum { N = 8192 };
	struct heap h = { .piece = NULL };
	void **all = calloc(N, sizeof *all);
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, after;

	(void)state;
	for (size_t size = HEAP_STEP; size <= HEAP_SMALL; size += HEAP_STEP) {
		for (int i = 0; i < N; i++)
			assert_non_null(all[i] = heap_resize(&h, NULL, 0, size));
		for (int i = 0; i < N; i++)
			heap_resize(&h, all[i], size, 0);
	}
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	assert_true(after <= before + HEAP_BYTES + (size_t)64 * 1024);
	heap_close(&h);
	free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_block_keeps_its_bytes_while_others_grow_and_shrink),
		cmocka_unit_test(a_block_without_memory_is_refused_and_the_old_one_stays),
		cmocka_unit_test(sizes_that_come_and_go_keep_a_bounded_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
