/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/networks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The set of a JSON or CSV text; NULL with a fault. */
static struct networks *
make(const char *text, const char *prefix, const char *value, struct fault *f)
{
	struct dataset *d = dataset_parse(strdup(text), strlen(text), text[0] == '[' ? DATASET_JSON : DATASET_CSV, NULL, f);
	struct networks *n;

	assert_non_null(d);
	n = networks_make(d, prefix, value, f);
	dataset_free(d);
	return n;
}

static struct networks *
must_make(const char *text, const char *prefix, const char *value)
{
	struct fault f = { "" };
	struct networks *n = make(text, prefix, value, &f);

	if (n == NULL)
		fail_msg("%s", f.text);
	return n;
}

/* Prints "PREFIX VALUE" of an address into out; "no" when no prefix holds it, "-" for no value. */
static const char *
found(const struct networks *n, const char *ip, char out[200])
{
	char prefix[ADDR_TEXT], value[100] = "-";
	const struct cell *c = NULL;
	struct addr_prefix p;
	struct addr a;

	assert_int_equal(addr_parse(&a, ip, 0), 0);
	if (!networks_find(n, &a, &p, &c))
		return "no";
	if (c != NULL && c->kind == CELL_TEXT)
		snprintf(value, sizeof value, "'%.*s'", (int)c->len, c->text);
	else if (c != NULL && c->kind == CELL_INTEGER)
		snprintf(value, sizeof value, "%lld", (long long)c->integer);
	else if (c != NULL && c->kind == CELL_NUMBER)
		snprintf(value, sizeof value, "%g", c->number);
	else if (c != NULL)
		snprintf(value, sizeof value, "%s", c->flag ? "yes" : "no");
	snprintf(out, 200, "%s %s", addr_prefix_print(&p, prefix, sizeof prefix), value);
	return out;
}

static void
a_prefix_has_the_value_of_its_row(void **state)
{
	struct networks *n = must_make("label,network\nlab,10.0.0.0/8\nguests,10.66.0.0/16\n,2001:db8::/32\nlab,192.0.2.7\n", "network", "label");
	char out[200];

	(void)state;
	assert_string_equal(found(n, "10.1.2.3", out), "10.0.0.0/8 'lab'");
	assert_string_equal(found(n, "10.66.2.3", out), "10.66.0.0/16 'guests'");
	assert_string_equal(found(n, "2001:db8::1", out), "2001:db8::/32 ''");
	assert_string_equal(found(n, "192.0.2.7", out), "192.0.2.7/32 'lab'");
	assert_string_equal(found(n, "192.0.2.8", out), "no");
	networks_free(n);
	n = must_make("network\n10.0.0.0/8\n", "network", NULL);
	assert_string_equal(found(n, "10.1.2.3", out), "10.0.0.0/8 -");
	networks_free(n);
}

static void
values_keep_their_types(void **state)
{
	struct networks *n = must_make("[{\"n\":\"10.0.0.0/8\",\"v\":1},{\"n\":\"11.0.0.0/8\",\"v\":\"1\"},{\"n\":\"12.0.0.0/8\",\"v\":true},"
		"{\"n\":\"13.0.0.0/8\",\"v\":false},{\"n\":\"14.0.0.0/8\",\"v\":null},{\"n\":\"15.0.0.0/8\",\"v\":0.5},{\"n\":\"16.0.0.0/8\",\"v\":1}]", "n", "v");
	char out[200];

	(void)state;
	assert_string_equal(found(n, "10.0.0.1", out), "10.0.0.0/8 1");
	assert_string_equal(found(n, "11.0.0.1", out), "11.0.0.0/8 '1'");
	assert_string_equal(found(n, "12.0.0.1", out), "12.0.0.0/8 yes");
	assert_string_equal(found(n, "13.0.0.1", out), "13.0.0.0/8 no");
	assert_string_equal(found(n, "14.0.0.1", out), "14.0.0.0/8 -");
	assert_string_equal(found(n, "15.0.0.1", out), "15.0.0.0/8 0.5");
	assert_string_equal(found(n, "16.0.0.1", out), "16.0.0.0/8 1");
	networks_free(n);
}

static void
of_a_prefix_that_is_there_twice_the_last_row_counts(void **state)
{
	struct networks *n = must_make("n,v\n10.0.0.0/8,a\n11.0.0.0/8,b\n10.0.0.0/8,c\n", "n", "v");
	char out[200];

	(void)state;
	assert_string_equal(found(n, "10.0.0.1", out), "10.0.0.0/8 'c'");
	networks_free(n);
}

static void
each_value_of_many_is_found(void **state)
{
	enum { MANY = 5000 };
	char *text = malloc(MANY * 32), out[200], ip[32], expected[80];
	struct networks *n;
	size_t at = (size_t)sprintf(text, "n,v\n");

	(void)state;
	for (int i = 0; i < MANY; i++)
		at += (size_t)sprintf(text + at, "10.%d.%d.0/24,v%d\n", i / 256, i % 256, i % 1000);
	n = must_make(text, "n", "v");
	for (int i = 0; i < MANY; i += 7) {
		snprintf(ip, sizeof ip, "10.%d.%d.9", i / 256, i % 256);
		snprintf(expected, sizeof expected, "10.%d.%d.0/24 'v%d'", i / 256, i % 256, i % 1000);
		assert_string_equal(found(n, ip, out), expected);
	}
	networks_free(n);
	free(text);
}

static void
a_list_without_rows_holds_no_address(void **state)
{
	struct networks *n = must_make("[]", "n", "v");
	char out[200];

	(void)state;
	assert_string_equal(found(n, "10.0.0.1", out), "no");
	networks_free(n);
}

static void
assert_fault(const char *text, const char *prefix, const char *value, const char *sentence)
{
	struct fault f = { "" };

	assert_null(make(text, prefix, value, &f));
	assert_string_equal(f.text, sentence);
}

static void
a_fault_names_the_line_and_the_column(void **state)
{
	(void)state;
	assert_fault("network\n10.0.0.0/8\n10.0.0.1/8\n", "network", NULL, "3: network: 10.0.0.1/8: host bits are set; the network is 10.0.0.0/8");
	assert_fault("[{\"n\":\"10.0.0.0/8\"},\n{\"v\":1}]", "n", NULL, "2: the row has no n");
	assert_fault("[{\"n\":5}]", "n", NULL, "1: n is no string");
	assert_fault("network,v\n", "netwrok", NULL, "there is no column 'netwrok' for the prefixes; is 'network' meant?");
	assert_fault("network,label\n", "network", "lable", "there is no column 'lable' for the values; is 'label' meant?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_has_the_value_of_its_row),
		cmocka_unit_test(values_keep_their_types),
		cmocka_unit_test(of_a_prefix_that_is_there_twice_the_last_row_counts),
		cmocka_unit_test(each_value_of_many_is_found),
		cmocka_unit_test(a_list_without_rows_holds_no_address),
		cmocka_unit_test(a_fault_names_the_line_and_the_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
