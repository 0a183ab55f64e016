/* SPDX-License-Identifier: Apache-2.0 */
/* unified_diff: its hunks are those of diff -u, and applied to the old text they make the new one. */
#include "client/unified.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
difference(const char *was, const char *now)
{
	struct buf out;
	char *text;

	buf_init(&out, 0);
	assert_int_equal(unified_diff(&(struct unified_text){ "a", was, strlen(was) }, &(struct unified_text){ "b", now, strlen(now) }, &out), 0);
	text = strndup(buf_len(&out) > 0 ? (const char *)buf_bytes(&out) : "", buf_len(&out));
	buf_free(&out);
	return text;
}

static void
shows_the_changed_lines_with_three_around(void **state)
{
	char *text = difference("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n");

	(void)state;
	assert_string_equal(text, "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
	free(text);
}

static void
shows_two_hunks_when_the_changes_are_far_from_each_other(void **state)
{
	char *text = difference("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n");

	(void)state;
	assert_string_equal(text, "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
	free(text);
}

static void
says_that_the_last_line_has_no_newline(void **state)
{
	char *text = difference("a\n", "a");

	(void)state;
	assert_string_equal(text, "--- a\n+++ b\n@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n");
	free(text);
}

static void
says_nothing_of_equal_texts(void **state)
{
	char *text = difference("a\nb", "a\nb");

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

/* The length of the line at `at`, with its newline. */
static size_t
line_at(const char *at)
{
	size_t n = strcspn(at, "\n");

	return at[n] == '\n' ? n + 1 : n;
}

/* Copies lines of the old text until line `to` (from 1) comes next. */
static void
copy_lines(const char **old, unsigned *at, unsigned to, char *out)
{
	for (; *at < to && **old != '\0'; (*at)++) {
		size_t n = line_at(*old);

		strncat(out, *old, n);
		*old += n;
	}
}

/* Makes the new text of the old one, as patch(1) does; each line that goes or stays must be the old text's. */
static void
apply(const char *was, const char *diff, char *out)
{
	unsigned at = 1, from, count;
	size_t n;

	out[0] = '\0';
	diff += *diff != '\0' ? line_at(diff) : 0;
	diff += *diff != '\0' ? line_at(diff) : 0;
	for (; *diff != '\0'; diff += n) {
		size_t len;

		n = line_at(diff);
		len = strncmp(diff + n, "\\ No newline", 12) == 0 ? n - 2 : n - 1; /* without the newline that is not the text's */
		if (sscanf(diff, "@@ -%u,%u", &from, &count) == 2) {
			copy_lines(&was, &at, count > 0 ? from : from + 1, out);
			continue;
		}
		if (*diff == '+' || *diff == ' ')
			strncat(out, diff + 1, len);
		if (*diff == '+' || *diff == '\\')
			continue;
		assert_memory_equal(was, diff + 1, len);
		was += len;
		at++;
	}
	strcat(out, was);
}

/* Texts of a few words, so that many lines are equal. */
static void
make_text(char *out, unsigned *seed, unsigned lines)
{
	size_t at = 0;

	for (unsigned i = 0; i < lines; i++)
		at += (size_t)sprintf(out + at, "%u\n", rand_r(seed) % 7);
	if (lines > 0 && rand_r(seed) % 4 == 0)
		at--;
	out[at] = '\0';
}

static void
applied_to_the_old_text_it_makes_the_new_one(void **state)
{
	char was[200], now[200], made[500];
	unsigned seed = 7;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		char *text;

		make_text(was, &seed, rand_r(&seed) % 30);
		make_text(now, &seed, rand_r(&seed) % 30);
		text = difference(was, now);
		apply(was, text, made);
		assert_string_equal(made, now);
		free(text);
	}
}

static void
shows_texts_with_too_many_differences_as_one_change(void **state)
{
	size_t n = 5000;
	char *was = malloc(n * 8), *now = malloc(n * 8), *text, *at;
	size_t minus = 0, plus = 0;

	(void)state;
	was[0] = now[0] = '\0';
	for (size_t i = 0, w = 0, m = 0; i < n; i++) {
		w += (size_t)sprintf(was + w, "w%zu\n", i);
		m += (size_t)sprintf(now + m, "n%zu\n", i);
	}
	text = difference(was, now);
	for (at = text; (at = strstr(at, "\n-w")) != NULL; at++)
		minus++;
	for (at = text; (at = strstr(at, "\n+n")) != NULL; at++)
		plus++;
	assert_int_equal(minus, n);
	assert_int_equal(plus, n);
	free(was);
	free(now);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_the_changed_lines_with_three_around),
		cmocka_unit_test(shows_two_hunks_when_the_changes_are_far_from_each_other),
		cmocka_unit_test(says_that_the_last_line_has_no_newline),
		cmocka_unit_test(says_nothing_of_equal_texts),
		cmocka_unit_test(applied_to_the_old_text_it_makes_the_new_one),
		cmocka_unit_test(shows_texts_with_too_many_differences_as_one_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
