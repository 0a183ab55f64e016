/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int
put(struct notes **n, enum door door, const char *key, const char *text, struct fault *f)
{
	struct note note = { .door = door, .kind = NOTE_TEXT, .text = (char *)text, .len = strlen(text) };

	snprintf(note.key, sizeof note.key, "%s", key);
	return notes_put(n, &note, f);
}

/* The notes that a door sees, "key=text " each. */
static const char *
seen(const struct notes *n, enum door door, char out[200])
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; n != NULL && i < n->n; i++)
		if (notes_seen(&n->item[i], door))
			at += (size_t)snprintf(out + at, 200 - at, "%s=%.*s ", n->item[i].key, (int)n->item[i].len, n->item[i].text);
	return out;
}

static void
later_doors_see_a_note_and_others_do_not(void **state)
{
	struct notes *n = NULL;
	char out[200];

	(void)state;
	assert_int_equal(put(&n, DOOR_ADMIT, "a", "1", NULL), 0);
	assert_int_equal(put(&n, DOOR_BIND, "b", "2", NULL), 0);
	assert_string_equal(seen(n, DOOR_ADMIT, out), "");
	assert_string_equal(seen(n, DOOR_CERTIFY, out), "a=1 ");
	assert_string_equal(seen(n, DOOR_BIND, out), "a=1 ");
	assert_string_equal(seen(n, DOOR_ATTACH, out), "a=1 b=2 ");
	assert_int_equal(put(&n, DOOR_INSTALL, "a", "3", NULL), 0);
	assert_string_equal(seen(n, DOOR_ATTACH, out), "b=2 a=3 ");
	notes_unref(n);
}

static void
another_holder_keeps_its_set(void **state)
{
	struct notes *n = NULL, *record;
	char out[200];

	(void)state;
	put(&n, DOOR_ADMIT, "a", "1", NULL);
	put(&n, DOOR_BIND, "b", "2", NULL);
	record = notes_ref(n);
	notes_drop(&n, DOOR_ADMIT);
	put(&n, DOOR_ADMIT, "c", "3", NULL);
	assert_string_equal(seen(record, DOOR_COUNT, out), "a=1 b=2 ");
	assert_string_equal(seen(n, DOOR_COUNT, out), "b=2 c=3 ");
	notes_unref(record);
	notes_unref(n);
}

static void
one_more_than_16_is_a_fault_and_changes_nothing(void **state)
{
	struct notes *n = NULL;
	struct fault f = { "" };
	char key[16];

	(void)state;
	for (int i = 0; i < NOTES_MAX; i++) {
		snprintf(key, sizeof key, "k%d", i);
		assert_int_equal(put(&n, DOOR_ADMIT, key, "x", &f), 0);
	}
	assert_int_equal(put(&n, DOOR_ADMIT, "more", "x", &f), -1);
	assert_string_equal(f.text, "a connection has at most 16 notes, and 'more' would be one more");
	assert_int_equal(n->n, NOTES_MAX);
	assert_int_equal(put(&n, DOOR_ADMIT, "k3", "y", &f), 0);
	notes_drop(&n, DOOR_ADMIT);
	assert_int_equal(put(&n, DOOR_ADMIT, "more", "x", &f), 0);
	notes_unref(n);
}

static void
keys_are_names_of_lua(void **state)
{
	static const char *const good[] = { "a", "_", "Net_1" }, *const bad[] = { "", "1a", "a-b", "a b", "\xc3\xa4" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(notes_key_fits(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(notes_key_fits(bad[i], strlen(bad[i])));
	assert_false(notes_key_fits("a\0b", 3));
}

static void
doors_that_a_later_one_follows_make_notes(void **state)
{
	(void)state;
	assert_true(notes_made_at(DOOR_ADMIT) && notes_made_at(DOOR_CERTIFY) && notes_made_at(DOOR_BIND) && notes_made_at(DOOR_INSTALL));
	assert_false(notes_made_at(DOOR_ATTACH));
	assert_false(notes_made_at(DOOR_DELETE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_doors_see_a_note_and_others_do_not),
		cmocka_unit_test(another_holder_keeps_its_set),
		cmocka_unit_test(one_more_than_16_is_a_fault_and_changes_nothing),
		cmocka_unit_test(keys_are_names_of_lua),
		cmocka_unit_test(doors_that_a_later_one_follows_make_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
