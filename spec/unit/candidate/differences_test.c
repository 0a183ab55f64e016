/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/differences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct verdict accepted = { .kind = VERDICT_ACCEPT }, refused = { .kind = VERDICT_REFUSE, .code = "stranger" };

/* "class why" of two verdicts; "same". */
static const char *
compare(const struct verdict *was, const struct verdict *is, char out[80])
{
	enum replay_class class;
	const char *why;

	if (!differences_compare(was, is, &class, &why))
		return "same";
	snprintf(out, 80, "%s %s", differences_class(class), why);
	return out;
}

static void
verdicts_differ_by_their_kind_their_code_and_their_grants(void **state)
{
	struct verdict other = refused, install = { .kind = VERDICT_INSTALL, .install = { .ipconn = "A", .host = "h" } }, named = install;
	char out[80];

	(void)state;
	assert_string_equal(compare(&accepted, &accepted, out), "same");
	assert_string_equal(compare(&accepted, &refused, out), "newly_refused ");
	assert_string_equal(compare(&refused, &accepted, out), "newly_accepted ");
	snprintf(other.text, sizeof other.text, "another text");
	assert_string_equal(compare(&refused, &other, out), "same");
	snprintf(other.code, sizeof other.code, "full");
	assert_string_equal(compare(&refused, &other, out), "changed code");
	snprintf(named.install.host, sizeof named.install.host, "i");
	assert_string_equal(compare(&install, &named, out), "same");
	named.install.has_host = true;
	assert_string_equal(compare(&install, &named, out), "changed host");
	snprintf(named.install.template, sizeof named.install.template, "T");
	assert_string_equal(compare(&install, &named, out), "changed template");
	named = install;
	named.install.has_port = true;
	assert_string_equal(compare(&install, &named, out), "changed port");
}

/* Puts a refusal with that code in place of an accept. */
static bool
put(struct differences *d, const char *code)
{
	struct question q = { .door = DOOR_BIND, .verdict = accepted };
	struct verdict v = { .kind = VERDICT_REFUSE };
	struct difference one = { .question = &q, .verdict = &v, .class = REPLAY_NEWLY_REFUSED, .why = "" };

	snprintf(q.facts.connection, sizeof q.facts.connection, "%s", code);
	snprintf(v.code, sizeof v.code, "%s", code);
	return differences_put(d, &one, NULL);
}

static json_int_t
number(const json_t *row, const char *member)
{
	return json_integer_value(json_object_get(row, member));
}

static void
kinds_are_counted_and_the_last_ones_are_kept(void **state)
{
	struct differences *d = differences_new();
	json_t *row = json_object(), *last;
	char code[16];

	(void)state;
	assert_true(put(d, "a"));
	assert_false(put(d, "a"));
	for (int i = 0; i < DIFFERENCES_KINDS + 5; i++) {
		snprintf(code, sizeof code, "c%d", i);
		assert_int_equal(put(d, code), i < DIFFERENCES_KINDS - 1);
	}
	differences_show(d, row);
	assert_int_equal(number(row, "newly_refused"), DIFFERENCES_KINDS + 7);
	assert_int_equal(number(row, "others"), 6);
	assert_int_equal(json_array_size(json_object_get(row, "differences")), DIFFERENCES_KINDS);
	assert_int_equal(number(json_array_get(json_object_get(row, "differences"), 0), "count"), 2);
	last = json_object_get(row, "last");
	assert_int_equal(json_array_size(last), DIFFERENCES_LAST);
	assert_string_equal(json_string_value(json_object_get(json_array_get(last, DIFFERENCES_LAST - 1), "connection")), code);
	json_decref(row);
	differences_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_differ_by_their_kind_their_code_and_their_grants),
		cmocka_unit_test(kinds_are_counted_and_the_last_ones_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
