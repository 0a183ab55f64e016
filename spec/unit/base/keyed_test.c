/* SPDX-License-Identifier: Apache-2.0 */
#include "base/keyed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct thing {
	struct keyed_link link; /* first */
	char key[16];
};

static struct thing *
find(const struct keyed *t, const char *key)
{
	uint64_t hash = keyed_hash(t, key, strlen(key));
	struct keyed_link *l = keyed_next(t, NULL, hash);

	while (l != NULL && strcmp(((struct thing *)l)->key, key) != 0)
		l = keyed_next(t, l, hash);
	return (struct thing *)l;
}

static void
add(struct keyed *t, struct thing *one, int number)
{
	snprintf(one->key, sizeof one->key, "thing %d", number);
	keyed_add(t, &one->link, keyed_hash(t, one->key, strlen(one->key)));
}

static void
each_object_is_found_while_others_come_and_go(void **state)
{
	enum { THINGS = 5000 };
	struct thing *all = calloc(THINGS, sizeof *all);
	struct keyed t;

	(void)state;
	assert_int_equal(keyed_open(&t), 0);
	for (int i = 0; i < THINGS; i++)
		add(&t, &all[i], i);
	for (int i = 0; i < THINGS; i += 3)
		keyed_drop(&t, &all[i].link);
	for (int i = 0; i < THINGS; i++) {
		char key[16];

		snprintf(key, sizeof key, "thing %d", i);
		assert_ptr_equal(find(&t, key), i % 3 == 0 ? NULL : &all[i]);
	}
	keyed_close(&t);
	free(all);
}

static void
objects_of_one_hash_stay_apart(void **state)
{
	struct thing all[3] = { { .key = "a" }, { .key = "b" }, { .key = "c" } };
	struct keyed t;
	unsigned seen = 0;

	(void)state;
	assert_int_equal(keyed_open(&t), 0);
	for (int i = 0; i < 3; i++)
		keyed_add(&t, &all[i].link, 7);
	keyed_add(&t, &(struct thing){ .key = "d" }.link, 7 + (uint64_t)t.buckets); /* of the same bucket */
	for (struct keyed_link *l = keyed_next(&t, NULL, 7); l != NULL; l = keyed_next(&t, l, 7))
		seen |= 1u << (((struct thing *)l)->key[0] - 'a');
	assert_int_equal(seen, 7);
	keyed_close(&t);
}

static void
a_key_has_another_hash_in_another_table(void **state)
{
	struct keyed one, other;
	static const char *const keys[] = { "", "a", "1234567", "12345678", "123456789" };

	(void)state;
	assert_int_equal(keyed_open(&one), 0);
	assert_int_equal(keyed_open(&other), 0);
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		uint64_t hash = keyed_hash(&one, keys[i], strlen(keys[i]));

		assert_true(hash == keyed_hash(&one, keys[i], strlen(keys[i])));
		assert_true(hash != keyed_hash(&other, keys[i], strlen(keys[i])));
		for (size_t j = 0; j < i; j++)
			assert_true(hash != keyed_hash(&one, keys[j], strlen(keys[j])));
	}
	keyed_close(&one);
	keyed_close(&other);
}

static void
taking_empties_the_table(void **state)
{
	struct thing all[200] = { { .key = "" } };
	struct keyed t;
	size_t at = 0, n = 0;

	(void)state;
	assert_int_equal(keyed_open(&t), 0);
	for (int i = 0; i < 200; i++)
		add(&t, &all[i], i);
	while (keyed_take(&t, &at) != NULL)
		n++;
	assert_int_equal(n, 200);
	assert_int_equal(t.n, 0);
	assert_null(find(&t, "thing 5"));
	keyed_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_object_is_found_while_others_come_and_go),
		cmocka_unit_test(objects_of_one_hash_stay_apart),
		cmocka_unit_test(a_key_has_another_hash_in_another_table),
		cmocka_unit_test(taking_empties_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
