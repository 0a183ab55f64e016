/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_codec.h"

static bool
read_above(const char *text, struct rules_above *out)
{
	struct store_reply r = { .kind = STORE_TEXT, .text = strdup(text), .len = strlen(text) };
	bool read = rules_read_above(&r, out);

	free(r.text);
	return read;
}

static void
a_serial_that_is_published_is_read(void **state)
{
	struct rules_above a;

	(void)state;
	assert_true(read_above("all 8", &a));
	assert_int_equal(a.serial, 8);
	assert_false(a.canary);
	assert_true(read_above("canary 12", &a));
	assert_int_equal(a.serial, 12);
	assert_true(a.canary);
}

/* The bytes of a text that has no serial are not read beyond its end. */
static void
another_text_of_the_store_is_no_serial(void **state)
{
	static const char *const texts[] = { "", "all", "all ", "all x", "all -1", "some 8", "published", "all 8 more" };
	struct store_reply list = { .kind = STORE_LIST };
	struct rules_above a;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(read_above(texts[i], &a));
	assert_false(rules_read_above(&list, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_serial_that_is_published_is_read),
		cmocka_unit_test(another_text_of_the_store_is_no_serial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
