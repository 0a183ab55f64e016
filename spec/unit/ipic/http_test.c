/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define START "POST /ipic HTTP/1.1\r\n"
#define BOTH (HTTP_REQUEST | HTTP_ANSWER)

/* The same bytes in one call have the same result. */
static void
agrees_at_once(const struct http_reader *bytewise, enum http_result result, const char *text, size_t n)
{
	struct http_reader r;

	http_begin(&r, bytewise->allowed, bytewise->body_max);
	assert_int_equal(http_read(&r, text, n), result);
	assert_memory_equal(&r.is, &bytewise->is, sizeof r.is);
	assert_memory_equal(&r.type, &bytewise->type, sizeof r.type);
	assert_int_equal(r.at, bytewise->at);
	assert_int_equal(r.status, bytewise->status);
	assert_ptr_equal(r.why, bytewise->why);
}

/* The result of reading `text` byte by byte, and after how many bytes it was known. */
static enum http_result
feed(struct http_reader *r, unsigned allowed, size_t body_max, const char *text, size_t len, size_t *known)
{
	enum http_result result = HTTP_MORE;

	http_begin(r, allowed, body_max);
	for (*known = 0; *known <= len; ++*known) {
		result = http_read(r, text, *known);
		if (result != HTTP_MORE)
			break;
	}
	agrees_at_once(r, result, text, *known <= len ? *known : len);
	return result;
}

static void
assert_part(const char *text, const struct http_part *part, const char *expected)
{
	assert_int_equal(part->len, strlen(expected));
	assert_memory_equal(text + part->at, expected, part->len);
}

static void
reads_a_capex_as_curl_sends_it(void **state)
{
	const char *text = START "Host: 127.0.0.1:1491\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n"
				 "is:  1 cmd; name=capex \t\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}POST /ip";
	struct http_reader r;

	(void)state;
	http_begin(&r, HTTP_REQUEST, 100);
	assert_int_equal(http_read(&r, text, strlen(text)), HTTP_DONE);
	assert_int_equal(r.kind, HTTP_REQUEST);
	assert_part(text, &r.is, "1 cmd; name=capex");
	assert_part(text, &r.type, "application/json");
	assert_part(text, &r.body, "{}");
	assert_int_equal(r.size, strlen(text) - strlen("POST /ip"));
}

static void
a_message_is_known_with_its_last_byte(void **state)
{
	static const char *const whole[] = {
		START "\r\n",
		START "IS: 1 cmd; name=heartbeat\r\nContent-Length: 0\r\n\r\n",
		START "Content-Length: 3\r\n\r\nabc",
		"HTTP/1.1 200 OK\r\nIS: 1 cmd; name=heartbeat\r\n\r\n",
		"HTTP/1.1 403 \r\nContent-Length: 2 \r\n\r\n{}",
		"HTTP/1.1 503\r\n\r\n",
	};
	struct http_reader r;
	size_t known;

	(void)state;
	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
		if (feed(&r, BOTH, 100, whole[i], strlen(whole[i]), &known) != HTTP_DONE)
			fail_msg("%zu: %s", i, r.why);
		assert_int_equal(known, strlen(whole[i]));
		assert_int_equal(r.size, strlen(whole[i]));
	}
	assert_int_equal(r.kind, HTTP_ANSWER);
	assert_int_equal(r.status, 503);
}

/* Each row is refused with its last byte, not before and not later. */
static void
refuses_at_the_first_byte_that_cannot_belong(void **state)
{
	static const char *const row[] = {
		"G", "PU", "p", " ", "\r", "\n", "\x16", "POST /x", "POST /ipic?", "POST /ipic/", "POST  ", "POST h", "POST /ipic HTTP/1.0",
		"POST /ipic HTTP/2", "POST /ipic HTTP/1.1\n", "POST /ipic HTTP/1.1 ", "POST /ipic HTTP/1.1\rX",
		START "\n", START " ", START "\t", START ":", START "A\n", START "A ", START "A\t", START "A: b\n",
		START "A: b\rc", START "A: \x01", START "A: \x7f", START "\rX", START "A: b\r\n ", START "Transfer-Encoding:",
		START "transfer-encoding:", START "Expect:", START "UPGRADE:", START "Content-Length: +", START "Content-Length: -",
		START "Content-Length: x", START "Content-Length: 0x", START "Content-Length: 1,", START "Content-Length: 1 1",
		START "Content-Length:\r", START "Content-Length: \r", START "Content-Length: 1\r\nContent-length:",
		START "Content-Length: 18446744073709551616", START "IS: 1\r\nis:", START "Content-Type: a\r\nContent-Type:",
		START "Content-Type: application/json\r\n\r\n",
		"HTTP/1.0", "HTTP/1.1  ", "HTTP/1.1 1", "HTTP/1.1 6", "HTTP/1.1 20x", "HTTP/1.1 2000", "HTTP/1.1 200 O\n",
	};
	struct http_reader r;
	size_t known;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		size_t len = strcspn(row[i], "") ;

		if (strcmp(row[i], START "Host :") == 0 || strcmp(row[i], START "A: b\r\n ") == 0)
			len = strlen(START) + (row[i][strlen(START)] == 'H' ? 5 : 7);
		if (feed(&r, BOTH, 100, row[i], len, &known) != HTTP_BAD || known != len || r.status != 400 || r.why == NULL)
			fail_msg("%s: known after %zu of %zu", row[i], known, len);
	}
}

static void
refuses_a_nul_wherever_it_stands(void **state)
{
	static const char text[] = START "IS: 1 cmd\r\nContent-Length: 1\r\nX: y\r\n\r\n";
	struct http_reader r;
	char copy[sizeof text];
	size_t known;

	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++) {
		memcpy(copy, text, sizeof text);
		copy[i] = '\0';
		assert_int_equal(feed(&r, HTTP_REQUEST, 100, copy, sizeof text - 1, &known), HTTP_BAD);
		assert_int_equal(known, i + 1);
		assert_int_equal(r.status, 400);
	}
}

static void
takes_only_the_kinds_that_may_come(void **state)
{
	struct http_reader r;
	size_t known;

	(void)state;
	assert_int_equal(feed(&r, HTTP_REQUEST, 0, "HTTP", 4, &known), HTTP_BAD);
	assert_int_equal(known, 1);
	assert_int_equal(feed(&r, HTTP_ANSWER, 0, "POST", 4, &known), HTTP_BAD);
	assert_int_equal(known, 1);
}

static void
a_body_above_the_bound_is_413(void **state)
{
	struct http_reader r;
	size_t known;

	(void)state;
	assert_int_equal(feed(&r, BOTH, 5, START "Content-Length: 6\r\n", strlen(START) + 19, &known), HTTP_BAD);
	assert_int_equal(r.status, 413);
	assert_int_equal(known, strlen(START) + 18);
	assert_int_equal(feed(&r, BOTH, 5, START "Content-Length: 5\r\n\r\n12345", strlen(START) + 26, &known), HTTP_DONE);
}

static enum http_result
with_header_line(size_t len)
{
	char text[4096];
	struct http_reader r;

	snprintf(text, sizeof text, START "%0*d:\r\n\r\n", (int)len - 1, 0);
	http_begin(&r, BOTH, 0);
	return http_read(&r, text, strlen(text));
}

static enum http_result
with_headers(size_t n, size_t each)
{
	char text[64 * 1024];
	struct http_reader r;
	size_t len = (size_t)sprintf(text, START);

	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(text + len, "A: %0*d\r\n", (int)each - 5, 0);
	len += (size_t)sprintf(text + len, "\r\n");
	http_begin(&r, BOTH, 0);
	return http_read(&r, text, len);
}

static void
holds_the_bounds_of_a_head(void **state)
{
	(void)state;
	assert_int_equal(with_header_line(HTTP_HEADER_MAX), HTTP_DONE);
	assert_int_equal(with_header_line(HTTP_HEADER_MAX + 1), HTTP_BAD);
	assert_int_equal(with_headers(HTTP_HEADERS_MAX, 10), HTTP_DONE);
	assert_int_equal(with_headers(HTTP_HEADERS_MAX + 1, 10), HTTP_BAD);
	assert_int_equal(with_headers((HTTP_HEAD_MAX - strlen(START) - 2) / 1000, 1000), HTTP_DONE);
	assert_int_equal(with_headers(9, 1000), HTTP_BAD);
}

static void
an_endless_header_is_refused_at_its_bound(void **state)
{
	static char text[HTTP_HEAD_MAX * 2];
	struct http_reader r;
	size_t known;

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text, START, strlen(START));
	assert_int_equal(feed(&r, BOTH, 0, text, sizeof text, &known), HTTP_BAD);
	assert_int_equal(known, strlen(START) + HTTP_HEADER_MAX + 1);
	memset(text, 'a', sizeof text);
	memcpy(text, "HTTP/1.1 200 ", strlen("HTTP/1.1 200 "));
	assert_int_equal(feed(&r, BOTH, 0, text, sizeof text, &known), HTTP_BAD);
	assert_int_equal(known, HTTP_LINE_MAX + 1);
}

static void
a_refusal_stays_one(void **state)
{
	struct http_reader r;

	(void)state;
	http_begin(&r, BOTH, 0);
	assert_int_equal(http_read(&r, "X", 1), HTTP_BAD);
	assert_int_equal(http_read(&r, START "\r\n", strlen(START) + 2), HTTP_BAD);
}

static void
writes_what_it_reads(void **state)
{
	struct http_reader r;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(http_request(&b, "127.0.0.1:1491", "1 cmd; name=capex", "application/json", "{}", 2), 0);
	http_begin(&r, HTTP_REQUEST, 10);
	assert_int_equal(http_read(&r, buf_bytes(&b), buf_len(&b)), HTTP_DONE);
	assert_int_equal(r.size, buf_len(&b));
	assert_part((const char *)buf_bytes(&b), &r.is, "1 cmd; name=capex");
	assert_part((const char *)buf_bytes(&b), &r.type, "application/json");
	assert_part((const char *)buf_bytes(&b), &r.body, "{}");
	buf_consume(&b, buf_len(&b));
	assert_int_equal(http_answer(&b, 200, "1 cmd; name=heartbeat", NULL, NULL, 0), 0);
	assert_int_equal(buf_printf(&b, "%c", 0), 0);
	assert_string_equal((const char *)buf_bytes(&b),
			    "HTTP/1.1 200 OK\r\nIS: 1 cmd; name=heartbeat\r\nContent-Length: 0\r\n\r\n");
	buf_free(&b);
}

static void
writes_a_whole_message_or_nothing(void **state)
{
	struct buf b;

	(void)state;
	for (size_t max = 1; max < 60; max++) {
		buf_init(&b, max);
		assert_int_equal(buf_add(&b, "x", 1), 0);
		if (http_answer(&b, 400, "1 cmd", NULL, "body", 4) < 0)
			assert_int_equal(buf_len(&b), 1);
		else
			assert_memory_equal(buf_bytes(&b) + buf_len(&b) - 4, "body", 4);
		buf_free(&b);
	}
	buf_init(&b, 0);
	assert_int_equal(http_request(&b, "host\r\nX: y", "1 cmd", NULL, NULL, 0), -1);
	assert_int_equal(buf_len(&b), 0);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_capex_as_curl_sends_it),
		cmocka_unit_test(a_message_is_known_with_its_last_byte),
		cmocka_unit_test(refuses_at_the_first_byte_that_cannot_belong),
		cmocka_unit_test(refuses_a_nul_wherever_it_stands),
		cmocka_unit_test(takes_only_the_kinds_that_may_come),
		cmocka_unit_test(a_body_above_the_bound_is_413),
		cmocka_unit_test(holds_the_bounds_of_a_head),
		cmocka_unit_test(an_endless_header_is_refused_at_its_bound),
		cmocka_unit_test(a_refusal_stays_one),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(writes_a_whole_message_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
