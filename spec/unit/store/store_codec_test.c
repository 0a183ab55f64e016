/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The first reply of the bytes, fed `step` bytes at a time; NULL: they are not whole, or (f has a sentence) no reply. */
static struct store_reply *
read_by(const char *bytes, size_t n, size_t step, struct fault *f)
{
	struct store_reader *r = store_reader_new();
	struct store_reply *out = NULL;
	int rc = 0;

	f->text[0] = '\0';
	for (size_t at = 0; at < n && out == NULL && rc == 0; at += step) {
		rc = store_reader_feed(r, bytes + at, n - at < step ? n - at : step, f);
		if (rc == 0)
			rc = store_reader_next(r, &out, f);
	}
	assert_int_equal(rc < 0, f->text[0] != '\0');
	store_reader_free(r);
	return out;
}

static struct store_reply *
read_all(const char *text)
{
	struct fault f;
	struct store_reply *whole = read_by(text, strlen(text), strlen(text), &f), *slow = read_by(text, strlen(text), 1, &f);

	assert_non_null(whole);
	assert_non_null(slow);
	assert_int_equal(whole->kind, slow->kind);
	store_reply_free(slow);
	return whole;
}

static void
test_kinds(void **state)
{
	struct store_reply *r = read_all("*4\r\n+OK\r\n:-7\r\n$2\r\nab\r\n$-1\r\n");

	(void)state;
	assert_int_equal(r->kind, STORE_LIST);
	assert_int_equal(r->n, 4);
	assert_int_equal(r->item[0]->kind, STORE_STATUS);
	assert_string_equal(r->item[0]->text, "OK");
	assert_int_equal(r->item[1]->kind, STORE_INTEGER);
	assert_true(r->item[1]->integer == -7);
	assert_int_equal(r->item[2]->kind, STORE_TEXT);
	assert_int_equal(r->item[2]->len, 2);
	assert_int_equal(r->item[3]->kind, STORE_NIL);
	store_reply_free(r);
}

static void
test_errors_are_replies(void **state)
{
	struct store_reply *r = read_all("-NOSCRIPT No matching script.\r\n");

	(void)state;
	assert_int_equal(r->kind, STORE_ERROR);
	assert_true(store_reply_is_error(r, "NOSCRIPT"));
	assert_false(store_reply_is_error(r, "NO"));
	assert_false(store_reply_is_error(r, "NOSCRIPT No matching script. At all"));
	store_reply_free(r);
}

static void
test_two_replies_of_one_read(void **state)
{
	struct store_reader *r = store_reader_new();
	struct store_reply *one, *two, *none;
	struct fault f;

	(void)state;
	assert_int_equal(store_reader_feed(r, "+A\r\n+B\r\n+", 9, &f), 0);
	assert_int_equal(store_reader_next(r, &one, &f), 0);
	assert_int_equal(store_reader_next(r, &two, &f), 0);
	assert_int_equal(store_reader_next(r, &none, &f), 0);
	assert_string_equal(one->text, "A");
	assert_string_equal(two->text, "B");
	assert_null(none);
	store_reply_free(one);
	store_reply_free(two);
	store_reader_free(r);
}

static void
test_limits(void **state)
{
	char list[32];
	struct fault f;
	struct store_reader *r = store_reader_new();
	struct store_reply *none = NULL;
	char *much = calloc(1, STORE_REPLY_BYTES);
	int rc;

	(void)state;
	snprintf(list, sizeof list, "*%d\r\n", STORE_REPLY_ITEMS + 1);
	assert_null(read_by(list, strlen(list), 64, &f));
	assert_non_null(strstr(f.text, "1024 items"));
	assert_null(read_by("*2147483647\r\n", 13, 64, &f));
	assert_non_null(strstr(f.text, "1024 items"));
	assert_int_equal(store_reader_feed(r, "$9000000\r\n", 10, &f), 0);
	assert_int_equal(store_reader_next(r, &none, &f), 0);
	assert_int_equal(store_reader_feed(r, much, STORE_REPLY_BYTES, &f), 0);
	rc = store_reader_next(r, &none, &f);
	assert_int_equal(rc, -1);
	assert_non_null(strstr(f.text, "1048576 bytes"));
	store_reader_free(r);
	free(much);
}

/* A long connection has many replies; only those of one reply count. */
static void
test_the_bytes_of_earlier_replies_do_not_count(void **state)
{
	enum { SIZE = 300000 };
	struct store_reader *r = store_reader_new();
	struct store_reply *one;
	struct fault f;
	char *bytes = malloc(SIZE + 32);
	int head = snprintf(bytes, 32, "$%d\r\n", SIZE);

	(void)state;
	memset(bytes + head, 'x', SIZE);
	memcpy(bytes + head + SIZE, "\r\n", 2);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(store_reader_feed(r, bytes, (size_t)head + SIZE + 2, &f), 0);
		assert_int_equal(store_reader_next(r, &one, &f), 0);
		assert_int_equal(one->len, SIZE);
		store_reply_free(one);
	}
	store_reader_free(r);
	free(bytes);
}

/* Each change of one byte of good replies gives replies, or a sentence. */
static void
test_changed_bytes(void **state)
{
	static const char good[] = "*3\r\n$6\r\nmaster\r\n:42\r\n*1\r\n+OK\r\n";
	char bytes[sizeof good];
	struct fault f;

	(void)state;
	for (size_t at = 0; at < sizeof good - 1; at++)
		for (int value = 0; value < 256; value++) {
			memcpy(bytes, good, sizeof good);
			bytes[at] = (char)value;
			store_reply_free(read_by(bytes, sizeof good - 1, 5, &f));
		}
}

static void
test_commands(void **state)
{
	static const char both[] = "*3\r\n$7\r\nEVALSHA\r\n$3\r\na\r\n\r\n$0\r\n\r\n*1\r\n$7\r\nEVALSHA\r\n";
	struct store_words head = { .n = 0 }, words = { .n = 0 };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	store_word_text(&head, "EVALSHA");
	store_word(&words, "a\r\n", 3);
	store_word_text(&words, "");
	assert_int_equal(store_words_write(&words, &head, &b), 0);
	assert_int_equal(store_words_write(&head, NULL, &b), 0);
	assert_int_equal(buf_len(&b), strlen(both));
	assert_memory_equal(buf_bytes(&b), both, strlen(both));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_errors_are_replies),
		cmocka_unit_test(test_two_replies_of_one_read),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_the_bytes_of_earlier_replies_do_not_count),
		cmocka_unit_test(test_changed_bytes),
		cmocka_unit_test(test_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
