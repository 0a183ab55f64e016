/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ccsid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
converts(int from, int to, const char *in, size_t len, const char *out, size_t outlen)
{
	const char *why;
	struct buf b;

	buf_init(&b, 0);
	if (ccsid_convert(from, to, in, len, &b, &why) < 0)
		fail_msg("%d to %d: %s", from, to, why);
	assert_int_equal(buf_len(&b), outlen);
	assert_memory_equal(buf_bytes(&b), out, outlen);
	buf_free(&b);
}

static void
refused(int from, int to, const char *in, size_t len, const char *words)
{
	const char *why;
	struct buf b;

	buf_init(&b, 0);
	assert_int_equal(buf_add(&b, "kept", 4), 0);
	assert_int_equal(ccsid_convert(from, to, in, len, &b, &why), -1);
	if (strstr(why, words) == NULL)
		fail_msg("%d to %d: %s", from, to, why);
	assert_int_equal(buf_len(&b), 4);
	assert_memory_equal(buf_bytes(&b), "kept", 4);
	buf_free(&b);
}

static void
knows_five(void **state)
{
	static const int known[] = { 37, 500, 819, 1047, 1208 };
	static const int unknown[] = { 0, 1, 38, 367, 1140, 1200, 65535, -1 };

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_true(ccsid_known(known[i]));
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_false(ccsid_known(unknown[i]));
}

/* The three EBCDIC sets differ in the brackets. */
static void
converts_text(void **state)
{
	(void)state;
	converts(1208, 37, "Hello [1]!", 10, "\xc8\x85\x93\x93\x96\x40\xba\xf1\xbb\x5a", 10);
	converts(1208, 1047, "Hello [1]!", 10, "\xc8\x85\x93\x93\x96\x40\xad\xf1\xbd\x5a", 10);
	converts(1208, 500, "Hello [1]!", 10, "\xc8\x85\x93\x93\x96\x40\x4a\xf1\x5a\x4f", 10);
	converts(37, 1208, "\xc8\x85\x93\x93\x96\x40\xba\xf1\xbb\x5a", 10, "Hello [1]!", 10);
	converts(1208, 819, "gr\xc3\xbc\xc3\x9f", 6, "gr\xfc\xdf", 4);
	converts(819, 1208, "gr\xfc\xdf", 4, "gr\xc3\xbc\xc3\x9f", 6);
	converts(37, 500, "\xba", 1, "\x4a", 1);
	converts(1208, 1208, "gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f", 6);
	converts(1208, 37, "", 0, "", 0);
	converts(1208, 819, "a\0b", 3, "a\0b", 3);
}

static void
every_byte_of_the_single_byte_sets_survives(void **state)
{
	static const int sets[] = { 37, 500, 819, 1047 };
	char all[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	for (size_t from = 0; from < 4; from++) {
		for (size_t to = 0; to < 5; to++) {
			struct buf there, back;
			const char *why;

			buf_init(&there, 0);
			buf_init(&back, 0);
			assert_int_equal(ccsid_convert(sets[from], to < 4 ? sets[to] : CCSID_UTF8, all, sizeof all, &there, &why), 0);
			assert_int_equal(ccsid_convert(to < 4 ? sets[to] : CCSID_UTF8, sets[from], buf_bytes(&there), buf_len(&there), &back, &why), 0);
			assert_int_equal(buf_len(&back), sizeof all);
			assert_memory_equal(buf_bytes(&back), all, sizeof all);
			buf_free(&there);
			buf_free(&back);
		}
	}
}

static void
large_data_is_converted_across_the_pieces(void **state)
{
	size_t n = 100001;
	char *in = malloc(n * 2), *out = malloc(n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		memcpy(in + 2 * i, "\xc3\xbc", 2);
		out[i] = '\xfc';
	}
	converts(1208, 819, in, 2 * n, out, n);
	converts(819, 1208, out, n, in, 2 * n);
	free(in);
	free(out);
}

static void
refuses_what_has_no_counterpart(void **state)
{
	(void)state;
	refused(1208, 37, "\xe2\x82\xac", 3, "a character"); /* the euro sign */
	refused(1208, 819, "fine\xff", 5, "a character");
	refused(1208, 1208, "\xed\xa0\x80", 3, "a character"); /* half a surrogate */
	refused(1208, 1208, "\xc0\xaf", 2, "a character");
	refused(1208, 37, "a\xc3", 2, "ends inside a character");
	refused(1140, 37, "a", 1, "not known");
	refused(37, 1140, "a", 1, "not known");
}

static void
refuses_what_has_no_room(void **state)
{
	const char *why;
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_int_equal(ccsid_convert(819, 1208, "\xfc\xfc\xfc", 3, &b, &why), -1);
	assert_non_null(strstr(why, "no room"));
	assert_int_equal(buf_len(&b), 0);
	assert_int_equal(ccsid_convert(819, 1208, "\xfc\xfc", 2, &b, &why), 0);
	buf_free(&b);
}

/*
 * iconv drops U+E0000 to U+E007F without an error: "ad", one of them, "min" would differ from "admin" on one side of
 * the conversion only.
 */
static void
no_tag_character_vanishes(void **state)
{
	static const int pages[] = { 37, 500, 819, 1047 };

	(void)state;
	for (uint32_t c = 0xdffff; c < 0xe0081; c++) {
		struct buf b;
		const char *why;
		char text[] = { '<', (char)0xf3, (char)(0x80 | (c >> 12 & 0x3f)), (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f)) };

		buf_init(&b, 0);
		assert_int_equal(ccsid_convert(CCSID_UTF8, pages[c % 4], text, sizeof text, &b, &why), -1);
		buf_free(&b);
	}
	refused(CCSID_UTF8, 37, "ad\xf3\xa0\x80\x81min", 9, "not valid");
	converts(CCSID_UTF8, CCSID_UTF8, "\xf3\xa0\x80\x81", 4, "\xf3\xa0\x80\x81", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_five),
		cmocka_unit_test(converts_text),
		cmocka_unit_test(every_byte_of_the_single_byte_sets_survives),
		cmocka_unit_test(large_data_is_converted_across_the_pieces),
		cmocka_unit_test(refuses_what_has_no_counterpart),
		cmocka_unit_test(refuses_what_has_no_room),
		cmocka_unit_test(no_tag_character_vanishes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
