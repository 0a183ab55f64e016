/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/dataset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dataset *
parse(const char *text, enum dataset_form form, const char *key, struct fault *f)
{
	return dataset_parse(strdup(text), strlen(text), form, key, f);
}

/* All rows, "line:name=value,name=value;" each. */
static const char *
show(const struct dataset *d, char out[400])
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < d->rows; i++) {
		at += (size_t)snprintf(out + at, 400 - at, "%u:", d->row[i].line);
		for (uint32_t n = 0; n < d->row[i].n; n++) {
			const struct cell *c = &d->cell[d->row[i].first + n];

			at += (size_t)snprintf(out + at, 400 - at, "%s%s=", n > 0 ? "," : "", d->column[c->column]);
			if (c->kind == CELL_TEXT)
				at += (size_t)snprintf(out + at, 400 - at, "%.*s", (int)c->len, c->text);
			else if (c->kind == CELL_INTEGER)
				at += (size_t)snprintf(out + at, 400 - at, "%lldi", (long long)c->integer);
			else if (c->kind == CELL_NUMBER)
				at += (size_t)snprintf(out + at, 400 - at, "%gn", c->number);
			else
				at += (size_t)snprintf(out + at, 400 - at, "%s", c->flag ? "yes" : "no");
		}
		at += (size_t)snprintf(out + at, 400 - at, ";");
	}
	return out;
}

static void
assert_read(const char *text, enum dataset_form form, const char *expected)
{
	struct fault f = { "" };
	struct dataset *d = parse(text, form, NULL, &f);
	char out[400];

	if (d == NULL)
		fail_msg("%s", f.text);
	assert_string_equal(show(d, out), expected);
	dataset_free(d);
}

static void
assert_fault(const char *text, enum dataset_form form, const char *key, const char *expected)
{
	struct fault f = { "" };

	assert_null(parse(text, form, key, &f));
	assert_string_equal(f.text, expected);
}

static void
csv_is_as_rfc_4180_says(void **state)
{
	(void)state;
	assert_read("a,b\n1,2\n3,4\n", DATASET_CSV, "2:a=1,b=2;3:a=3,b=4;");
	assert_read("a,b\r\n1,2\r\n3,4", DATASET_CSV, "2:a=1,b=2;3:a=3,b=4;");
	assert_read("\xef\xbb\xbf" "a\n1\n", DATASET_CSV, "2:a=1;");
	assert_read("a,b\n\"x, \"\"y\"\"\",\n", DATASET_CSV, "2:a=x, \"y\",b=;");
	assert_read("a,b\n\"x\ny\",1\n2,3\n", DATASET_CSV, "2:a=x\ny,b=1;4:a=2,b=3;");
	assert_read("\"a b\",c\n 1 ,2\n", DATASET_CSV, "2:a b= 1 ,c=2;");
	assert_read("a\n", DATASET_CSV, "");
	assert_read("a", DATASET_CSV, "");
	assert_read("a\n\n1\n", DATASET_CSV, "2:a=;3:a=1;");
}

static void
faults_of_csv_name_the_line(void **state)
{
	(void)state;
	assert_fault("", DATASET_CSV, NULL, "1: the file is empty; its first line has the names of the columns");
	assert_fault("a,a\n", DATASET_CSV, NULL, "1: the header has the column 'a' twice");
	assert_fault("a,\n", DATASET_CSV, NULL, "1: the name of a column has 1 to 64 bytes without NUL");
	assert_fault("a,b\n1,2\n3\n", DATASET_CSV, NULL, "3: the row has 1 value, and the header has 2 names");
	assert_fault("a,b\n1,2,3\n", DATASET_CSV, NULL, "2: the row has 3 values, and the header has 2 names");
	assert_fault("a\n1\"2\n", DATASET_CSV, NULL, "2: a quote stands in a value without quotes; write \"a \"\"b\"\" c\"");
	assert_fault("a\n1\n\"2\n3\n", DATASET_CSV, NULL, "3: a value that begins with a quote has no closing one");
	assert_fault("k,v\ra,1\rb,2\r", DATASET_CSV, "k", "1: a line ends with CR alone; end it with LF or CR LF");
	assert_fault("k,v\na,1\rb,2\n", DATASET_CSV, "k", "2: a line ends with CR alone; end it with LF or CR LF");
	assert_fault("a\n\"1\"2\n", DATASET_CSV, NULL, "2: there is text behind the closing quote of a value");
}

static void
json_is_a_list_of_flat_objects(void **state)
{
	(void)state;
	assert_read("[]", DATASET_JSON, "");
	assert_read(" [ {} , {\"a\" : \"x\"} ]\n", DATASET_JSON, "1:;1:a=x;");
	assert_read("[\n{\"a\":1,\"b\":-2.5,\"c\":true,\"d\":null},\n{\"d\":false,\"a\":1e3}]", DATASET_JSON, "2:a=1i,b=-2.5n,c=yes;3:d=no,a=1000n;");
	assert_read("[{\"a\":9223372036854775807,\"b\":9223372036854775808}]", DATASET_JSON, "1:a=9223372036854775807i,b=9.22337e+18n;");
	assert_read("[{\"a\":\"\\u0041\\u00e4\\u20ac\\ud83d\\ude00\\n\\/\\\"\"}]", DATASET_JSON, "1:a=A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n/\";");
}

static void
faults_of_json_name_the_line(void **state)
{
	static const char list[] = "1: a data file is a list of objects: [ { \"name\": \"value\" }, ... ]";
	static const char value[] = "2: a value is a string, a number, true, false or null";

	(void)state;
	assert_fault("", DATASET_JSON, NULL, list);
	assert_fault("{}", DATASET_JSON, NULL, list);
	assert_fault("[1]", DATASET_JSON, NULL, list);
	assert_fault("[{}", DATASET_JSON, NULL, "1: an object is followed by \",\" or \"]\"");
	assert_fault("[{}]x", DATASET_JSON, NULL, "1: there is text behind the list");
	assert_fault("[\n{\"a\":{}}]", DATASET_JSON, NULL, "2: a value is a list or an object; the objects of a data file are flat");
	assert_fault("[\n{\"a\":01}]", DATASET_JSON, NULL, value);
	assert_fault("[\n{\"a\":+1}]", DATASET_JSON, NULL, value);
	assert_fault("[\n{\"a\":1.}]", DATASET_JSON, NULL, value);
	assert_fault("[\n{\"a\":nul}]", DATASET_JSON, NULL, value);
	assert_fault("[\n{\"a\":1e999}]", DATASET_JSON, NULL, "2: a number is too large");
	assert_fault("[\n{\"a\":1,\"a\":2}]", DATASET_JSON, NULL, "2: 'a' is there twice in one row");
	assert_fault("[\n{\"a\":\"x]", DATASET_JSON, NULL, "2: a string has no closing quote");
	assert_fault("[\n{\"a\":\"\\x\"}]", DATASET_JSON, NULL, "2: a string has an escape that JSON does not have, or \\u0000");
	assert_fault("[\n{\"a\":\"\\u0000\"}]", DATASET_JSON, NULL, "2: a string has an escape that JSON does not have, or \\u0000");
	assert_fault("[\n{\"a\":\"\\ud83d\"}]", DATASET_JSON, NULL, "2: a string has an escape that JSON does not have, or \\u0000");
	assert_fault("[\n{\"a\":\"x\ny\"}]", DATASET_JSON, NULL, "2: a string holds a control character; write it as an escape");
	assert_fault("[\n{a:1}]", DATASET_JSON, NULL, "2: the name of a member is a string");
}

static void
rows_are_found_by_their_key(void **state)
{
	struct dataset *d = parse("k,v\nb,1\na,2\nab,4\n", DATASET_CSV, "k", NULL);

	(void)state;
	assert_non_null(d);
	assert_int_equal(dataset_find(d, "b", 1)->line, 2);
	assert_int_equal(dataset_find(d, "a", 1)->line, 3);
	assert_null(dataset_find(d, "", 0));
	assert_int_equal(dataset_find(d, "ab", 2)->line, 4);
	assert_null(dataset_find(d, "abc", 3));
	assert_null(dataset_find(d, "B", 1));
	dataset_free(d);
}

static void
a_list_without_rows_may_have_a_key(void **state)
{
	struct dataset *d = parse("[]", DATASET_JSON, "k", NULL);

	(void)state;
	assert_non_null(d);
	assert_null(dataset_find(d, "a", 1));
	dataset_free(d);
}

static void
keys_are_strings_of_each_row_and_no_two_are_equal(void **state)
{
	(void)state;
	assert_fault("k,v\na,1\nb,2\nc,3\nb,4\na,5\n", DATASET_CSV, "k", "5: k b is there twice; the first is at line 3");
	assert_fault("k\nb\n\n", DATASET_CSV, "k", "3: k, the key, is empty");
	assert_fault("[{\"k\":\"\"}]", DATASET_JSON, "k", "1: k, the key, is empty");
	assert_fault("appl,v\n", DATASET_CSV, "applid", "there is no column 'applid' for the key; is 'appl' meant?");
	assert_fault("x,v\n", DATASET_CSV, "applid", "there is no column 'applid' for the key; there are x and v");
	assert_fault("[{\"k\":\"a\"},\n{\"v\":1}]", DATASET_JSON, "k", "2: the row has no k, which is the key");
	assert_fault("[{\"k\":\"a\"},\n{\"k\":1}]", DATASET_JSON, "k", "2: k, the key, is no string");
}

static void
there_are_at_most_64_columns(void **state)
{
	char text[400] = "";
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 65; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%sc%d", i > 0 ? "," : "", i);
	assert_fault(text, DATASET_CSV, NULL, "1: there are more than 64 columns");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_is_as_rfc_4180_says),
		cmocka_unit_test(faults_of_csv_name_the_line),
		cmocka_unit_test(json_is_a_list_of_flat_objects),
		cmocka_unit_test(faults_of_json_name_the_line),
		cmocka_unit_test(rows_are_found_by_their_key),
		cmocka_unit_test(a_list_without_rows_may_have_a_key),
		cmocka_unit_test(keys_are_strings_of_each_row_and_no_two_are_equal),
		cmocka_unit_test(there_are_at_most_64_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
