/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/wire_data.h"

#include "ipic/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOKEN "abcdefghijklmnopqrst-_"
#define TOKEN2 "AAAAAAAAAAAAAAAAAAAAAA"
#define LOG "0123456789abcdef"
#define LOG2 "fedcba9876543210"

static struct request
head(const char *body)
{
	struct fault f = { "" };
	struct request r;

	if (wire_head(&r, body, strlen(body), &f) < 0)
		fail_msg("%s: %s", body, f.text);
	return r;
}

static void
reads_a_head(void **state)
{
	struct request r = head("{\"tran\":\"PAY1\",\"program\":\"ECHO\",\"userid\":\"FRED\",\"password\":\" p\\u00e4ss \",\"hops\":8,\"extra\":{}}");

	(void)state;
	assert_string_equal(r.tran, "PAY1");
	assert_string_equal(r.program, "ECHO");
	assert_string_equal(r.userid, "FRED");
	assert_string_equal(r.password, " p\xc3\xa4ss ");
	assert_true(r.has_password);
	assert_int_equal(r.hops, 8);
}

static void
every_member_of_a_head_may_be_absent(void **state)
{
	struct request r = head("{\"program\":\"ECHO    \",\"tran\":null,\"userid\":\"\"}");

	(void)state;
	assert_string_equal(r.tran, "CPMI");
	assert_string_equal(head("{}").program, "");
	assert_string_equal(head("{}").tran, "CPMI");
	assert_string_equal(r.program, "ECHO");
	assert_string_equal(r.userid, "");
	assert_false(r.has_password);
	assert_int_equal(r.hops, 0);
	assert_true(head("{\"program\":\"P\",\"password\":\"\"}").has_password);
	assert_false(head("{\"program\":\"P\",\"password\":null}").has_password);
}

static void
refuses_a_head_by_the_members_name(void **state)
{
	static const struct {
		const char *body, *why;
	} row[] = {
		{ "", "no body" },
		{ "{\"program\":1}", "program: not a string" },
		{ "{\"program\":\"echo\"}", "program: not 1-8" },
		{ "{\"program\":\"P\",\"program\":\"P\"}", "twice" },
		{ "{\"program\":\"P\",\"tran\":\"FIVES\"}", "tran: not 1-4" },
		{ "{\"program\":\"P\",\"tran\":\"cpmi\"}", "tran: not 1-4" },
		{ "{\"program\":\"P\",\"userid\":\"NINECHARS\"}", "userid: not 1-8" },
		{ "{\"program\":\"P\",\"userid\":7}", "userid: not a string" },
		{ "{\"program\":\"P\",\"hops\":9}", "hops: 9 is not 0-8" },
		{ "{\"program\":\"P\",\"hops\":-1}", "hops: -1" },
		{ "{\"program\":\"P\",\"password\":1}", "password: not a string" },
		{ "{\"program\":\"P\",\"password\":\"SECRET\\n\"}", "password: a control" },
		{ "{\"program\":\"P\",\"password\":\"SECRET\\u007f\"}", "password: a control" },
		{ "{\"program\":\"P\",\"password\":\"SECRET\\u009f\"}", "password: a control" },
		{ "{\"program\":\"P\",\"password\":\"SECRET\\u0000\"}", "not JSON" },
	};
	struct request r;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		if (wire_head(&r, row[i].body, strlen(row[i].body), &f) == 0 || strstr(f.text, row[i].why) == NULL)
			fail_msg("%s: %s", row[i].body, f.text);
		assert_null(strstr(f.text, "SECRET"));
		assert_string_equal(r.password, "");
	}
}

/* Usual heads are read without the JSON reader. A member that a head does not have makes the JSON reader read it. */
static void
a_usual_head_is_read_as_json_is(void **state)
{
	static const char *const usual[] = {
		"{\"tran\":\"CPMI\",\"program\":\"ECHO\"",
		" { \"program\" : \"ECHO  \" ,\n\t\"userid\":\"FRED\" , \"hops\" : 8 ",
		"{\"password\":\" a b~ \",\"userid\":\"\",\"tran\":\"   \"",
		"{\"hops\":0,\"password\":\"\"",
	};
	struct head_members m;
	char plain[200], other[200];
	struct request a, b;

	(void)state;
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
		snprintf(plain, sizeof plain, "%s}", usual[i]);
		snprintf(other, sizeof other, "%s,\"x\":[]} ", usual[i]);
		assert_true(head_plain(&m, plain, strlen(plain)));
		assert_false(head_plain(&m, other, strlen(other)));
		a = head(plain);
		b = head(other);
		assert_memory_equal(&a, &b, sizeof a);
	}
}

static void
the_json_reader_decides_on_other_heads(void **state)
{
	static const char *const other[] = {
		"", "{", "{}", "{\"tran\"}", "{\"tran\":\"CPMI\"", "{\"tran\":\"CPMI\",}", "{\"tran\":\"CPMI\"}x", "{\"tran\":null}",
		"{\"hops\":9}", "{\"hops\":08}", "{\"hops\":1.0}", "{\"hops\":-0}", "{\"hops\":\"1\"}", "{\"program\":\"P\",\"program\":\"P\"}",
		"{\"program\":\"\\u0050\"}", "{\"pro\\u0067ram\":\"P\"}", "{\"password\":\"\xc3\xa4\"}", "{\"password\":\"\x7f\"}", "{\"password\":\"\t\"}",
		"{\"x\":\"P\"}", "[\"tran\",\"CPMI\"]", "{'tran':'CPMI'}", "{\"tran\":CPMI}",
	};
	struct head_members m;

	(void)state;
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
		if (head_plain(&m, other[i], strlen(other[i])))
			fail_msg("%s", other[i]);
	assert_false(head_plain(&m, "{\"tran\":\"CPMI\"}\0", 17)); /* a NUL behind it */
}

static void
a_password_has_at_most_100_bytes(void **state)
{
	struct request r;
	struct fault f;
	char body[200];

	(void)state;
	for (int n = 100; n <= 101; n++) {
		int len = snprintf(body, sizeof body, "{\"program\":\"P\",\"password\":\"%0*d\"}", n, 0);

		assert_int_equal(wire_head(&r, body, (size_t)len, &f), n == 100 ? 0 : -1);
	}
	assert_non_null(strstr(f.text, "password: longer than 100 bytes"));
}

static void
a_written_head_is_read_as_the_same(void **state)
{
	struct request full = { .tran = "PAY1", .program = "ECHO", .userid = "FRED", .password = "a \"quoted\" one", .has_password = true, .hops = 3 };
	struct request plain = { .tran = "CPMI", .program = "ECHO" }, got;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(wire_put_head(&b, &full), 0);
	assert_int_equal(wire_head(&got, buf_bytes(&b), buf_len(&b), NULL), 0);
	assert_string_equal(got.tran, "PAY1");
	assert_string_equal(got.userid, "FRED");
	assert_string_equal(got.password, full.password);
	assert_true(got.has_password);
	assert_int_equal(got.hops, 3);
	buf_consume(&b, buf_len(&b));
	assert_int_equal(wire_put_head(&b, &plain), 0);
	assert_memory_equal(buf_bytes(&b), "{\"tran\":\"CPMI\",\"program\":\"ECHO\"}", buf_len(&b));
	buf_free(&b);
}

static void
an_is7_carries_its_message(void **state)
{
	char message[MESSAGE_SIZE];
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(wire_put_is7(&b, 0x080f6051, "DFHIS1027"), 0);
	assert_memory_equal(buf_bytes(&b), "{\"sense\":\"080F6051\",\"message\":\"DFHIS1027\"}", buf_len(&b));
	wire_is7(message, buf_bytes(&b), buf_len(&b));
	assert_string_equal(message, "DFHIS1027");
	buf_consume(&b, buf_len(&b));
	assert_int_equal(wire_put_is7(&b, 0x10086021, NULL), 0);
	wire_is7(message, buf_bytes(&b), buf_len(&b));
	assert_string_equal(message, "");
	buf_free(&b);
}

static void
a_bad_is7_body_has_no_message(void **state)
{
	static const char *const body[] = { "", "x", "[]", "{}", "{\"message\":1}", "{\"message\":\"DFHIS102\"}", "{\"message\":\"dfhis1025\"}",
		"{\"message\":\"DFHIS10\\n5\"}", "{\"message\":\"DFHIS10256\"}" };
	char message[MESSAGE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof body / sizeof body[0]; i++) {
		wire_is7(message, body[i], strlen(body[i]));
		assert_string_equal(message, "");
	}
}

static void
a_resync_survives_the_wire(void **state)
{
	struct resync first = { .logname = LOG, .next = TOKEN }, later = { .logname = LOG, .partner = LOG2, .token = TOKEN2, .next = TOKEN, .indoubt = 3 };
	struct resync yes = { .response = "OK", .logname = LOG, .partner = LOG2, .token = TOKEN, .indoubt = 1 };
	struct resync no = { .response = "EXCEPTION", .reason = "ISCE_BAD_RECOV" }, got;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(wire_put_resync(&b, &first), 0);
	assert_memory_equal(buf_bytes(&b), "{\"logname\":\"" LOG "\",\"next\":\"" TOKEN "\",\"indoubt\":0}", buf_len(&b));
	assert_int_equal(wire_resync(&got, buf_bytes(&b), buf_len(&b), NULL), 0);
	assert_memory_equal(&got, &first, sizeof got);
	buf_consume(&b, buf_len(&b));
	assert_int_equal(wire_put_resync(&b, &later), 0);
	assert_int_equal(wire_resync(&got, buf_bytes(&b), buf_len(&b), NULL), 0);
	assert_memory_equal(&got, &later, sizeof got);
	buf_consume(&b, buf_len(&b));
	assert_int_equal(wire_put_resync(&b, &yes), 0);
	assert_int_equal(wire_resync_answer(&got, buf_bytes(&b), buf_len(&b), NULL), 0);
	assert_memory_equal(&got, &yes, sizeof got);
	buf_consume(&b, buf_len(&b));
	assert_int_equal(wire_put_resync(&b, &no), 0);
	assert_int_equal(wire_resync_answer(&got, buf_bytes(&b), buf_len(&b), NULL), 0);
	assert_memory_equal(&got, &no, sizeof got);
	buf_free(&b);
}

static void
refuses_a_resync_by_the_members_name(void **state)
{
	static const struct {
		bool answer;
		const char *body, *why;
	} row[] = {
		{ false, "{}", "next" },
		{ false, "{\"next\":\"" TOKEN "\"}", "logname: missing" },
		{ false, "{\"next\":\"" TOKEN "\",\"logname\":\"0123\"}", "logname: not 16" },
		{ false, "{\"next\":\"" TOKEN "\",\"logname\":\"0123456789ABCDEF\"}", "logname: not 16" },
		{ false, "{\"next\":\"short\",\"logname\":\"" LOG "\"}", "next: not a string of 22" },
		{ false, "{\"next\":\"" TOKEN "\",\"logname\":\"" LOG "\",\"partner\":\"" LOG2 "\"}", "partner and token" },
		{ false, "{\"next\":\"" TOKEN "\",\"logname\":\"" LOG "\",\"token\":\"" TOKEN2 "\"}", "partner and token" },
		{ false, "{\"next\":\"" TOKEN "\",\"logname\":\"" LOG "\",\"indoubt\":-1}", "indoubt: -1" },
		{ false, "{\"next\":\"" TOKEN "\",\"logname\":\"" LOG "\",\"indoubt\":1000000}", "indoubt: 1000000" },
		{ true, "{}", "response" },
		{ true, "{\"response\":\"OK\"}", "logname: missing" },
		{ true, "{\"response\":\"EXCEPTION\"}", "reason" },
		{ true, "{\"response\":\"OK\",\"logname\":\"" LOG "\",\"partner\":\"" LOG2 "\"}", "partner and token" },
	};
	struct resync r;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		if ((row[i].answer ? wire_resync_answer : wire_resync)(&r, row[i].body, strlen(row[i].body), &f) == 0 || strstr(f.text, row[i].why) == NULL)
			fail_msg("%s: %s", row[i].body, f.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_head),
		cmocka_unit_test(every_member_of_a_head_may_be_absent),
		cmocka_unit_test(refuses_a_head_by_the_members_name),
		cmocka_unit_test(a_usual_head_is_read_as_json_is),
		cmocka_unit_test(the_json_reader_decides_on_other_heads),
		cmocka_unit_test(a_password_has_at_most_100_bytes),
		cmocka_unit_test(a_written_head_is_read_as_the_same),
		cmocka_unit_test(an_is7_carries_its_message),
		cmocka_unit_test(a_bad_is7_body_has_no_message),
		cmocka_unit_test(a_resync_survives_the_wire),
		cmocka_unit_test(refuses_a_resync_by_the_members_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
