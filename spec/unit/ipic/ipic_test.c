/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of message is put, read back byte by byte, and is the same; bytes that are no message get a sentence. */
#include "ipic/ipic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct is_header element = { .type = IS_DATA, .conv = 0x1f, .msg = 3, .chain = 2, .last = true };

/* Reads b, one byte more at a time; the message must be whole with the last byte and not before. */
static struct ipic_message
read_back(const struct buf *b, void (*expect)(struct ipic_reader *r))
{
	struct ipic_reader r;
	struct ipic_message m;
	struct fault f;

	expect(&r);
	for (size_t n = 1; n < buf_len(b); n++)
		assert_int_equal(ipic_next(&r, buf_bytes(b), n, &m, &f), IPIC_MORE);
	assert_int_equal(ipic_next(&r, buf_bytes(b), buf_len(b), &m, &f), IPIC_MESSAGE);
	assert_int_equal(m.size, buf_len(b));
	return m;
}

static void
a_capex_is_read_as_it_was_put(void **state)
{
	struct capex sent = { .applid = "CICSA", .networkid = "NETA", .host = "h", .port = 4711, .sendcount = 7, .receivecount = 9, .sockets = 2, .socket = 1 };
	struct capex read;
	struct ipic_message m;
	struct fault f;
	struct buf b;

	(void)state;
	buf_init(&b, IPIC_PUT_MAX);
	assert_int_equal(ipic_put_capex(&b, "partner.example", &sent), 0);
	m = read_back(&b, ipic_expect_capex);
	assert_int_equal(m.kind, IPIC_REQUEST);
	assert_true(ipic_is_command(&m, IS_CAPEX));
	assert_int_equal(ipic_capex(&m, &read, &f), 0);
	assert_memory_equal(&read, &sent, sizeof read);
	buf_free(&b);
}

static void
an_answer_to_capex_has_its_outcome(void **state)
{
	struct capex_answer a = { .response = "OK", .ipconn = "PARTNER", .sendcount = 3, .receivecount = 4, .sockets = 1, .connection = "1-2" }, read;
	struct ipic_message m;
	struct fault f;
	struct buf b;

	(void)state;
	for (int redirected = 0; redirected < 2; redirected++) {
		buf_init(&b, IPIC_PUT_MAX);
		assert_int_equal((redirected ? ipic_put_redirected : ipic_put_accepted)(&b, &a), 0);
		m = read_back(&b, ipic_expect_answer);
		assert_int_equal(m.kind, IPIC_ANSWER);
		assert_int_equal(m.outcome, redirected ? IPIC_REDIRECTED : IPIC_OK);
		assert_int_equal(m.status, ipic_status(m.outcome));
		assert_int_equal(ipic_capex_answer(&m, &read, &f), 0);
		assert_string_equal(read.ipconn, "PARTNER");
		assert_int_equal(read.receivecount, 4);
		buf_free(&b);
	}
}

/* Each reason of the table, in its status and its response class. */
static void
a_refusal_says_its_reason(void **state)
{
	(void)state;
	for (enum reason reason = REASON_OK + 1; reason <= REASON_TCPIPSERVICE_NOT_OPEN; reason++) {
		struct capex_answer a = { .sendcount = -1, .receivecount = -1, .sockets = -1, .connection = "1-2" }, read;
		struct ipic_message m;
		struct fault f;
		struct buf b;

		buf_init(&b, IPIC_PUT_MAX);
		assert_int_equal(ipic_put_refused(&b, reason, NULL, &a), 0);
		m = read_back(&b, ipic_expect_answer);
		assert_int_equal(m.outcome, IPIC_REFUSED);
		assert_int_equal(m.status, ipic_refused_status(reason, NULL));
		assert_int_equal(ipic_capex_answer(&m, &read, &f), 0);
		assert_string_equal(read.reason, reason_name(reason));
		assert_string_equal(read.response, reason_response(reason));
		buf_free(&b);
	}
}

static void
commands_and_their_answers_bear_the_same_name(void **state)
{
	static const enum is_name names[] = { IS_HEARTBEAT, IS_RELEASE };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		enum is_name name = names[i % 2];
		struct ipic_message m;
		struct buf b;

		buf_init(&b, IPIC_PUT_MAX);
		assert_int_equal(i < 2 ? ipic_put_command(&b, "CICSA", name) : ipic_put_command_answer(&b, name), 0);
		m = read_back(&b, ipic_expect_any);
		assert_int_equal(m.kind, i < 2 ? IPIC_REQUEST : IPIC_ANSWER);
		assert_true(ipic_is_command(&m, name));
		assert_int_equal(m.len, 0);
		assert_int_equal(m.outcome, IPIC_OK);
		buf_free(&b);
	}
}

static void
resync_and_its_answer_are_read_as_they_were_put(void **state)
{
	struct resync sent = { .logname = "0123456789abcdef", .next = "AAAAAAAAAAAAAAAAAAAAAA", .indoubt = 3 }, read;
	struct ipic_message m;
	struct fault f;
	struct buf b;

	(void)state;
	buf_init(&b, IPIC_PUT_MAX);
	assert_int_equal(ipic_put_resync(&b, "CICSA", &sent), 0);
	m = read_back(&b, ipic_expect_any);
	assert_true(m.kind == IPIC_REQUEST && ipic_is_command(&m, IS_RESYNC));
	assert_int_equal(ipic_resync(&m, &read, &f), 0);
	assert_int_equal(read.indoubt, 3);
	assert_string_equal(read.next, sent.next);
	buf_free(&b);
	buf_init(&b, IPIC_PUT_MAX);
	sent = (struct resync){ .logname = "0123456789abcdef" };
	assert_int_equal(ipic_put_resync_answer(&b, REASON_ISCE_BAD_RECOV, &sent), 0);
	m = read_back(&b, ipic_expect_any);
	assert_int_equal(m.outcome, IPIC_REFUSED);
	assert_int_equal(ipic_resync_answer(&m, &read, &f), 0);
	assert_string_equal(read.reason, "ISCE_BAD_RECOV");
	buf_free(&b);
}

static void
an_element_keeps_its_place_and_its_body(void **state)
{
	struct ipic_message m;
	struct buf b;

	(void)state;
	buf_init(&b, IPIC_PUT_AROUND + 5);
	assert_int_equal(ipic_put_element(&b, IPIC_REQUEST, "CICSA", &element, "a\0b\xff\n", 5), 0);
	m = read_back(&b, ipic_expect_any);
	assert_memory_equal(m.body, "a\0b\xff\n", 5);
	assert_int_equal(m.is.conv, 0x1f);
	assert_int_equal(m.is.msg, 3);
	assert_int_equal(m.is.chain, 2);
	assert_null(ipic_element_fault(&m));
	buf_free(&b);
}

/* An answer whose number and IS header contradict each other. */
static void
an_element_with_the_wrong_outcome_is_a_fault(void **state)
{
	static const char *const wrong[] = {
		"HTTP/1.1 200 OK\r\nIS: 1 data; conv=0000001f; msg=1; chain=1; last=yes; state=end; is7=1008600B\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 500 x\r\nIS: 1 data; conv=0000001f; msg=1; chain=1; last=yes; state=end\r\nContent-Length: 0\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ipic_reader r;
		struct ipic_message m;
		struct fault f;

		ipic_expect_any(&r);
		assert_int_equal(ipic_next(&r, wrong[i], strlen(wrong[i]), &m, &f), IPIC_MESSAGE);
		assert_string_equal(ipic_element_fault(&m), "a conversation's answer is 200, and 500 with is7");
	}
}

static enum ipic_result
judge(const char *bytes, struct ipic_message *m, struct fault *f)
{
	struct ipic_reader r;

	ipic_expect_any(&r);
	return ipic_next(&r, bytes, strlen(bytes), m, f);
}

static void
a_message_without_a_valid_is_header_says_so(void **state)
{
	struct ipic_message m;
	struct fault f;

	(void)state;
	assert_int_equal(judge("HTTP/1.1 403 x\r\nContent-Length: 2\r\n\r\n{}", &m, &f), IPIC_UNTYPED);
	assert_string_equal(f.text, "the IS header is missing");
	assert_int_equal(m.outcome, IPIC_REFUSED);
	assert_int_equal(m.len, 2);
	assert_int_equal(judge("POST /ipic HTTP/1.1\r\nIS: 2 cmd\r\nContent-Length: 0\r\n\r\n", &m, &f), IPIC_UNTYPED);
	assert_false(ipic_is_command(&m, IS_CAPEX));
}

static void
bytes_that_are_no_message_are_refused_with_a_sentence(void **state)
{
	struct capex_answer a = { .sendcount = -1, .receivecount = -1, .sockets = -1 };
	struct ipic_reader r;
	struct ipic_message m;
	struct fault f;
	struct buf b;

	(void)state;
	ipic_expect_capex(&r);
	assert_int_equal(ipic_next(&r, "GET / HTTP/1.1\r\n\r\n", 18, &m, &f), IPIC_BAD);
	assert_true(strlen(f.text) > 0);
	buf_init(&b, IPIC_PUT_MAX);
	assert_int_equal(ipic_put_refused(&b, REASON_ISCE_ERROR, &r, &a), 0);
	assert_memory_equal(buf_bytes(&b), "HTTP/1.1 400 ", 13);
	buf_free(&b);
	ipic_expect_capex(&r);
	assert_int_equal(ipic_next(&r, "POST /ipic HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 49, &m, &f), IPIC_BAD);
	assert_int_equal(ipic_refused_status(REASON_ISCE_ERROR, &r), 413);
}

static void
other_numbers_have_an_outcome_too(void **state)
{
	struct ipic_message m;
	struct fault f;

	(void)state;
	judge("HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", &m, &f);
	assert_int_equal(m.outcome, IPIC_ERROR);
	judge("HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n", &m, &f);
	assert_int_equal(m.outcome, IPIC_OTHER);
}

#define FULL(text, c) memset(text, c, sizeof text - 1)

static void
the_largest_capex_and_answer_fit_their_buffer(void **state)
{
	struct capex sent = { .port = 65535, .sendcount = 999, .receivecount = 999, .sockets = 2, .socket = 1, .ha = true }, read;
	struct capex_answer a = { .response = "EXCEPTION", .reason = "INVALID_HA_TCPIPSERVICE", .sendcount = 999, .receivecount = 999, .sockets = 2,
		.userauth = "DEFAULTUSER", .port = 65535 }, got;
	char to[HOST_SIZE] = "";
	struct ipic_message m;
	struct fault f;
	struct buf b;

	(void)state;
	FULL(sent.applid, 'A'), FULL(sent.networkid, 'N'), FULL(sent.server_applid, 'S'), FULL(sent.server_networkid, 'T');
	FULL(sent.callback, 'c'), FULL(sent.answering, 'd');
	FULL(sent.host, '"'), FULL(to, 'h'); /* JSON needs two bytes for each quotation mark */
	buf_init(&b, IPIC_PUT_MAX);
	assert_int_equal(ipic_put_capex(&b, to, &sent), 0);
	m = read_back(&b, ipic_expect_capex);
	assert_int_equal(ipic_capex(&m, &read, &f), 0);
	assert_memory_equal(&read, &sent, sizeof read);
	buf_free(&b);
	FULL(a.ipconn, 'I'), FULL(a.applid, 'A'), FULL(a.networkid, 'N'), FULL(a.token, 't'), FULL(a.connection, '1'), FULL(a.host, '"');
	buf_init(&b, IPIC_PUT_MAX);
	assert_int_equal(ipic_put_redirected(&b, &a), 0);
	m = read_back(&b, ipic_expect_answer);
	assert_int_equal(ipic_capex_answer(&m, &got, &f), 0);
	assert_string_equal(got.host, a.host);
	assert_string_equal(got.connection, a.connection);
	buf_free(&b);
}

static void
the_largest_element_fits_what_is_kept_for_it(void **state)
{
	static char body[HTTP_BODY_ELEMENT];
	struct is_header is = { .type = IS_DATA, .conv = UINT32_MAX, .prev = UINT32_MAX, .msg = IS_MESSAGE_MAX, .chain = IS_CHAIN_MAX, .head = IS_HEAD_MAX,
		.ccsid = 65535, .is7 = UINT32_MAX };
	char to[HOST_SIZE] = "";
	struct ipic_message m;
	struct buf b;

	(void)state;
	FULL(to, 'h');
	for (int answer = 0; answer < 2; answer++) {
		buf_init(&b, IPIC_PUT_AROUND + sizeof body);
		assert_int_equal(ipic_put_element(&b, answer ? IPIC_ANSWER : IPIC_REQUEST, to, &is, body, sizeof body), 0);
		assert_true(buf_len(&b) < IPIC_READ_ELEMENT);
		m = read_back(&b, ipic_expect_any);
		assert_int_equal(m.len, sizeof body);
		assert_memory_equal(&m.is, &is, sizeof is);
		buf_free(&b);
	}
}

static void
a_full_buffer_takes_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 64);
	assert_int_equal(ipic_put_element(&b, IPIC_REQUEST, "CICSA", &element, "body", 4), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capex_is_read_as_it_was_put),
		cmocka_unit_test(an_answer_to_capex_has_its_outcome),
		cmocka_unit_test(a_refusal_says_its_reason),
		cmocka_unit_test(commands_and_their_answers_bear_the_same_name),
		cmocka_unit_test(resync_and_its_answer_are_read_as_they_were_put),
		cmocka_unit_test(an_element_keeps_its_place_and_its_body),
		cmocka_unit_test(an_element_with_the_wrong_outcome_is_a_fault),
		cmocka_unit_test(a_message_without_a_valid_is_header_says_so),
		cmocka_unit_test(bytes_that_are_no_message_are_refused_with_a_sentence),
		cmocka_unit_test(other_numbers_have_an_outcome_too),
		cmocka_unit_test(the_largest_capex_and_answer_fit_their_buffer),
		cmocka_unit_test(the_largest_element_fits_what_is_kept_for_it),
		cmocka_unit_test(a_full_buffer_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
