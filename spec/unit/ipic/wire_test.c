/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/reason.h"
#include "ipic/wire.h"
#include "ipic/wire_is.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOKEN "abcdefghijklmnopqrst-_"

static struct capex
capex(const char *body)
{
	struct fault f = { "" };
	struct capex c;

	if (wire_capex(&c, body, strlen(body), &f) < 0)
		fail_msg("%s: %s", body, f.text);
	return c;
}

static void
refused(const char *body, size_t len, const char *why)
{
	struct fault f = { "" };
	struct capex c;

	if (wire_capex(&c, body, len, &f) == 0)
		fail_msg("accepted: %.100s", body);
	if (strstr(f.text, why) == NULL)
		fail_msg("%.100s: said \"%s\", not \"%s\"", body, f.text, why);
}

static void
reads_the_is_header(void **state)
{
	static const struct {
		const char *value;
		enum is_type type;
		enum is_name name;
	} row[] = {
		{ "1 cmd; name=capex", IS_CMD, IS_CAPEX },
		{ "1 cmd;name=heartbeat", IS_CMD, IS_HEARTBEAT },
		{ "1  cmd ;\tname=release; x=1 ", IS_CMD, IS_RELEASE },
		{ "1 cmd; name=CAPEX", IS_CMD, IS_UNKNOWN },
		{ "1 cmd; name=reboot", IS_CMD, IS_UNKNOWN },
		{ "1 cmd", IS_CMD, IS_NONE },
		{ "1 cmd; name=resync; conv=x", IS_CMD, IS_RESYNC },
		{ "1 cmd; name=purge", IS_CMD, IS_UNKNOWN },
		{ "1 data; conv=00000001; msg=1; chain=1; last=yes; state=end; name=capex", IS_DATA, IS_NONE },
		{ "1 expd; conv=00000001; state=end; name=purge", IS_EXPD, IS_PURGE },
		{ "1 expd; name=forcepurge; msg=x; state=end; conv=00000001", IS_EXPD, IS_FORCEPURGE },
		{ "1 expd; conv=00000001; state=end; name=cancel", IS_EXPD, IS_CANCEL },
		{ "1 expd; conv=00000001; state=end; name=forcecancel", IS_EXPD, IS_FORCECANCEL },
		{ "1 expd; conv=00000001; state=end; name=kill", IS_EXPD, IS_KILL },
		{ "1 expd; conv=00000001; state=end; name=capex", IS_EXPD, IS_UNKNOWN },
	};
	struct is_header h;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		assert_int_equal(wire_is(&h, row[i].value, strlen(row[i].value), NULL), 0);
		assert_int_equal(h.type, row[i].type);
		assert_int_equal(h.name, row[i].name);
	}
}

static void
refuses_a_broken_is_header(void **state)
{
	static const struct {
		const char *value, *why;
	} row[] = {
		{ "", "no IS header" },
		{ "2 cmd; name=capex", "version" },
		{ "cmd; name=capex", "version" },
		{ "1", "type" },
		{ "1cmd", "version" },
		{ "1;cmd", "type" },
		{ "1 CMD", "type" },
		{ "1 cmd name=capex", "';' expected" },
		{ "1 cmd;", "key=value" },
		{ "1 cmd; name", "key=value" },
		{ "1 cmd; =capex", "key=value" },
		{ "1 cmd; name=", "without a value" },
		{ "1 cmd; name=capex=1", "';' expected" },
		{ "1 cmd; name=capex; name=capex", "twice" },
		{ "1 cmd; x=1; name=capex; x=2", "twice" },
		{ "1 cmd; \xc3\xa4=1", "key=value" },
		{ "1 data", "conv is missing" },
		{ "1 data; conv=1", "conv is not 8 hex digits" },
		{ "1 data; conv=0000000g", "conv is not" },
		{ "1 data; conv=000000001", "conv is not" },
		{ "1 data; conv=00000000", "conv is not" },
		{ "1 data; conv=00000001; prev=00000000", "prev is not" },
		{ "1 data; conv=00000001; msg=0", "msg is not 1 to 999999" },
		{ "1 data; conv=00000001; msg=1000000", "msg is not" },
		{ "1 data; conv=00000001; msg=01", "msg is not" },
		{ "1 data; conv=00000001; msg=-1", "msg is not" },
		{ "1 data; conv=00000001; msg=1x", "msg is not" },
		{ "1 data; conv=00000001; chain=0", "chain is not" },
		{ "1 data; conv=00000001; chain=1000000", "chain is not" },
		{ "1 data; conv=00000001; last=maybe", "last is not yes or no" },
		{ "1 data; conv=00000001; state=shut", "state is not open or end" },
		{ "1 data; conv=00000001; head=0", "head is not 1 to 4096" },
		{ "1 data; conv=00000001; head=4097", "head is not" },
		{ "1 data; conv=00000001; ccsid=0", "ccsid is not 1 to 65535" },
		{ "1 data; conv=00000001; ccsid=65536", "ccsid is not" },
		{ "1 data; conv=00000001; ccsid=000037", "ccsid is not" },
		{ "1 data; conv=00000001; pacing=1", "pacing is not yes or no" },
		{ "1 data; conv=00000001; is7=08240000; is7=08240000", "twice" },
		{ "1 data; conv=00000001; is7=0824", "is7 is not" },
		{ "1 data; msg=1; chain=1; last=no; state=end", "conv is missing" },
		{ "1 data; conv=00000001; chain=1; last=no; state=end", "msg is missing" },
		{ "1 data; conv=00000001; msg=1; last=no; state=end", "chain is missing" },
		{ "1 data; conv=00000001; msg=1; chain=1; state=end", "last is missing" },
		{ "1 data; conv=00000001; msg=1; chain=1; last=no", "state is missing" },
		{ "1 data; conv=00000001; msg=1; chain=1; pacing=no", "last is missing" },
		{ "1 data; conv=00000001; chain=1; pacing=yes", "msg is missing" },
		{ "1 expd; conv=00000001; state=end", "name is missing" },
		{ "1 expd; conv=00000001; name=purge", "state is missing" },
		{ "1 expd; state=end; name=purge", "conv is missing" },
		{ "1 expd; conv=00000001; state=open; name=purge", "state is not" },
		{ "1 cmd;a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1;i=1;j=1;k=1;l=1;m=1;n=1;o=1;p=1;q=1", "more than 16" },
	};
	struct is_header h;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		if (wire_is(&h, row[i].value, strlen(row[i].value), &f) == 0 || strstr(f.text, row[i].why) == NULL)
			fail_msg("%s: %s", row[i].value, f.text);
}

static struct is_header
header(const char *value)
{
	struct fault f = { "" };
	struct is_header h;

	if (wire_is(&h, value, strlen(value), &f) < 0)
		fail_msg("%s: %s", value, f.text);
	return h;
}

static void
reads_the_keys_of_data(void **state)
{
	struct is_header h = header("1 data; is7=080F6051; ccsid=037; head=4096; state=open; last=yes; chain=7; msg=999999; prev=ffffffff; conv=0000001F");

	(void)state;
	assert_int_equal(h.conv, 0x1f);
	assert_int_equal(h.prev, 0xffffffff);
	assert_int_equal(h.msg, 999999);
	assert_int_equal(h.chain, 7);
	assert_true(h.last && h.open && !h.pacing);
	assert_int_equal(h.head, 4096);
	assert_int_equal(h.ccsid, 37);
	assert_int_equal(h.is7, 0x080f6051);
	h = header("1 data; conv=00000001; msg=1; chain=4; pacing=yes");
	assert_true(h.pacing && !h.last && !h.open);
	assert_true(header("1 data; conv=00000001; msg=1; chain=4; last=no; state=end; pacing=no").chain == 4);
}

static void
a_written_is_header_is_read_as_the_same(void **state)
{
	static const char *const value[] = {
		"1 cmd; name=capex", "1 cmd; name=heartbeat", "1 cmd; name=release", "1 cmd; name=resync",
		"1 data; conv=0000001f; msg=1; chain=1; last=yes; state=end; head=48; ccsid=1208",
		"1 data; conv=0000001f; prev=0000001e; msg=1; chain=1; last=no; state=open; head=48; ccsid=037",
		"1 data; conv=ffffffff; msg=999999; chain=999999; last=yes; state=end",
		"1 data; conv=0000001f; msg=7; chain=1; last=yes; state=end; is7=080F6051",
		"1 data; conv=0000001f; msg=1; chain=4; pacing=yes",
		"1 expd; conv=0000001f; state=end; name=forcecancel",
	};
	char out[IS_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof value / sizeof value[0]; i++) {
		struct is_header h = header(value[i]);
		int len = (int)strlen(value[i]);

		assert_int_equal(wire_put_is(out, sizeof out, &h), len);
		assert_string_equal(out, value[i]);
		assert_int_equal(wire_put_is(out, (size_t)len, &h), -1);
	}
}

static void
the_longest_is_header_has_room(void **state)
{
	struct is_header h = { .type = IS_DATA, .conv = UINT32_MAX, .prev = UINT32_MAX, .msg = 999999, .chain = 999999, .open = true,
		.head = IS_HEAD_MAX, .ccsid = 65535, .is7 = UINT32_MAX };
	char out[IS_SIZE];

	(void)state;
	assert_true(wire_put_is(out, sizeof out, &h) > 0);
}

static void
knows_json_by_its_content_type(void **state)
{
	static const char *const yes[] = { "application/json", "Application/JSON", "application/json;charset=utf-8", "application/json ; x" };
	static const char *const no[] = { "", "application/jsonp", "application/json5", "text/json", "application/json, text/html", "json" };

	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		assert_true(wire_is_json(yes[i], strlen(yes[i])));
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		assert_false(wire_is_json(no[i], strlen(no[i])));
}

static void
reads_every_member_of_a_capex(void **state)
{
	struct capex c = capex("{\"applid\":\"MYAPPL\",\"networkid\":\"9UNKNOWN\",\"host\":\"client.example\",\"port\":1435,\"sendcount\":7,"
			       "\"receivecount\":999,\"sockets\":2,\"server_applid\":\"CICSA\",\"server_networkid\":\"NETA\",\"extra\":[{}]}");

	(void)state;
	assert_string_equal(c.applid, "MYAPPL");
	assert_string_equal(c.networkid, "9UNKNOWN");
	assert_string_equal(c.host, "client.example");
	assert_string_equal(c.server_applid, "CICSA");
	assert_string_equal(c.server_networkid, "NETA");
	assert_int_equal(c.port, 1435);
	assert_int_equal(c.sendcount, 7);
	assert_int_equal(c.receivecount, 999);
	assert_int_equal(c.sockets, 2);
	assert_int_equal(c.socket, 1);
	assert_string_equal(c.token, "");
}

static void
reads_what_two_way_and_ha_add(void **state)
{
	struct capex c = capex("{\"callback\":\"" TOKEN "\",\"answering\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"ha\":true}");

	(void)state;
	assert_string_equal(c.callback, TOKEN);
	assert_string_equal(c.answering, "AAAAAAAAAAAAAAAAAAAAAA");
	assert_true(c.ha);
	c = capex("{\"callback\":null,\"ha\":false}");
	assert_string_equal(c.callback, "");
	assert_false(c.ha);
	refused("{\"callback\":\"short\"}", 20, "callback: not a string of 22");
	refused("{\"answering\":1}", 15, "answering: not a string of 22");
	refused("{\"ha\":1}", 8, "ha: not true or false");
}

static void
absent_members_have_their_defaults(void **state)
{
	struct capex c = capex("{}");

	(void)state;
	assert_string_equal(c.applid, "");
	assert_string_equal(c.networkid, "");
	assert_string_equal(c.host, "");
	assert_string_equal(c.server_applid, "");
	assert_string_equal(c.server_networkid, "");
	assert_int_equal(c.port, -1);
	assert_int_equal(c.sendcount, 100);
	assert_int_equal(c.receivecount, 0);
	assert_int_equal(c.sockets, 1);
	assert_int_equal(c.socket, 1);
}

static void
blank_names_are_blank_and_trailing_blanks_go(void **state)
{
	(void)state;
	assert_string_equal(capex("{\"applid\":null,\"networkid\":null}").applid, "");
	assert_string_equal(capex("{\"applid\":\"\"}").applid, "");
	assert_string_equal(capex("{\"applid\":\"        \"}").applid, "");
	assert_string_equal(capex("{\"applid\":\"APPL    \"}").applid, "APPL");
	assert_string_equal(capex("{\"applid\":\"MYAPPL12   \"}").applid, "MYAPPL12");
	assert_string_equal(capex("{\"server_applid\":null,\"server_networkid\":\"\"}").server_applid, "");
	assert_string_equal(capex("{\"applid\":\"$@#\"}").applid, "$@#");
}

static void
refuses_by_the_members_name(void **state)
{
	static const struct {
		const char *body, *why;
	} row[] = {
		{ "{\"applid\":\"myappl\"}", "applid: not 1-8" },
		{ "{\"applid\":\"NINECHARS\"}", "applid: not 1-8" },
		{ "{\"applid\":\" APPL\"}", "applid: not 1-8" },
		{ "{\"applid\":\"A B\"}", "applid: not 1-8" },
		{ "{\"applid\":7}", "applid: not a string" },
		{ "{\"networkid\":\"NET.A\"}", "networkid: not 1-8" },
		{ "{\"networkid\":[]}", "networkid: not a string" },
		{ "{\"server_applid\":\"\\u00c4\"}", "server_applid: not 1-8" },
		{ "{\"server_networkid\":true}", "server_networkid: not a string" },
		{ "{\"host\":\"a\\nb\"}", "host: not printable" },
		{ "{\"host\":\"\\u00e4\"}", "host: not printable" },
		{ "{\"host\":1}", "host: not a string" },
		{ "{\"port\":0}", "port: 0 is not -1 or 1-65535" },
		{ "{\"port\":-2}", "port: -2" },
		{ "{\"port\":65536}", "port: 65536" },
		{ "{\"port\":\"1491\"}", "port: not an integer" },
		{ "{\"sendcount\":1000}", "sendcount: 1000 is not 0-999" },
		{ "{\"sendcount\":-1}", "sendcount: -1" },
		{ "{\"sendcount\":1.0}", "sendcount: not an integer" },
		{ "{\"sendcount\":null}", "sendcount: not an integer" },
		{ "{\"sendcount\":4294967297}", "sendcount: 4294967297" },
		{ "{\"receivecount\":1000}", "receivecount: 1000" },
		{ "{\"sendcount\":0,\"receivecount\":0}", "sendcount and receivecount: both are 0" },
		{ "{\"sendcount\":0}", "sendcount and receivecount: both are 0" },
		{ "{\"sockets\":0}", "sockets: 0 is not 1-2" },
		{ "{\"sockets\":3}", "sockets: 3 is not 1-2" },
		{ "{\"socket\":3}", "socket: 3 is not 1-2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		refused(row[i].body, strlen(row[i].body), row[i].why);
}

static void
a_host_has_at_most_116_characters(void **state)
{
	char body[200];

	(void)state;
	for (int n = 116; n <= 117; n++) {
		int len = snprintf(body, sizeof body, "{\"host\":\"%0*d\"}", n, 0);

		if (n == 116)
			assert_int_equal(strlen(capex(body).host), 116);
		else
			refused(body, (size_t)len, "host: longer than 116");
	}
}

static void
a_further_socket_needs_a_token(void **state)
{
	static const char *const wrong[] = {
		"{\"socket\":2}",
		"{\"socket\":2,\"token\":null}",
		"{\"socket\":2,\"token\":\"SECRETSECRETSECRETSEC\"}",
		"{\"socket\":2,\"token\":\"SECRETSECRETSECRETSECRE\"}",
		"{\"socket\":2,\"token\":\"SECRETSECRETSECRETSE+/\"}",
	};
	struct fault f;
	struct capex c;

	(void)state;
	assert_string_equal(capex("{\"socket\":2,\"token\":\"" TOKEN "\"}").token, TOKEN);
	assert_string_equal(capex("{\"socket\":1,\"token\":\"" TOKEN "\"}").token, "");
	assert_string_equal(capex("{\"token\":17}").token, "");
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(wire_capex(&c, wrong[i], strlen(wrong[i]), &f), -1);
		assert_non_null(strstr(f.text, "token:"));
		assert_null(strstr(f.text, "SECRET"));
	}
}

static void
refuses_what_is_not_one_json_object(void **state)
{
	static const struct {
		const char *body;
		size_t len;
		const char *why;
	} row[] = {
		{ "", 0, "no body" },
		{ "[]", 2, "not a JSON object" },
		{ "\"applid\"", 8, "not JSON" },
		{ "{", 1, "not JSON" },
		{ "{}{}", 4, "not JSON" },
		{ "{} x", 4, "not JSON" },
		{ "\xef\xbb\xbf{}", 5, "not JSON" },
		{ "{\"applid\":\"\xff\"}", 14, "not JSON" },
		{ "{\"applid\":\"A\\u0000\"}", 20, "not JSON" },
		{ "{\"x\":\"\0\"}", 9, "NUL" },
		{ "{}\0", 3, "NUL" },
		{ "{\"applid\":\"A\",\"applid\":\"A\"}", 27, "twice" },
		{ "{\"applid\":\"A\",\"\\u0061pplid\":\"A\"}", 32, "twice" },
		{ "{\"x\":{\"y\":1,\"y\":1}}", 19, "twice" },
		{ "{\"sendcount\":99999999999999999999}", 34, "not JSON" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		refused(row[i].body, row[i].len, row[i].why);
}

static void
deep_bodies_are_refused_unread(void **state)
{
	size_t len = 32 * 1024;
	char *body = malloc(len);

	(void)state;
	memset(body, '[', len);
	refused(body, len, "nested more than");
	memcpy(body, "{\"\\\"x\":", 7);
	refused(body, len, "nested more than");
	free(body);
	assert_int_equal(capex("{\"x\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"{{{{{{\"}").port, -1);
}

static void
sentences_do_not_repeat_the_peers_strings(void **state)
{
	static const char *const body[] = { "{\"applid\":\"secret\"}", "{\"host\":\"secret\\n\"}", "{\"token\":secret}", "{\"secret\":1,\"secret\":1}", "secret" };
	struct fault f;
	struct capex c;

	(void)state;
	for (size_t i = 0; i < sizeof body / sizeof body[0]; i++) {
		assert_int_equal(wire_capex(&c, body[i], strlen(body[i]), &f), -1);
		assert_null(strstr(f.text, "secret"));
	}
}

static void
a_written_capex_leaves_out_what_was_not_given(void **state)
{
	struct capex c = { .applid = "APPL", .port = -1, .sendcount = 100, .sockets = 1, .socket = 1, .token = TOKEN };
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(wire_put_capex(&b, &c), 0);
	assert_int_equal(buf_add(&b, "", 1), 0);
	assert_string_equal((char *)buf_bytes(&b), "{\"applid\":\"APPL\",\"port\":-1,\"sendcount\":100,\"receivecount\":0,\"sockets\":1}");
	buf_free(&b);
	buf_init(&b, 20);
	assert_int_equal(wire_put_capex(&b, &c), -1);
	assert_int_equal(buf_len(&b), 0);
	buf_free(&b);
}

static void
an_answer_survives_the_wire(void **state)
{
	struct capex_answer a = { .response = "OK", .ipconn = "APPL", .applid = "CICSA", .networkid = "NETA", .sendcount = 0,
		.receivecount = 100, .sockets = 2, .token = TOKEN, .connection = "abc.1", .userauth = "IDENTIFY" };
	struct capex_answer there = { .response = "OK", .sendcount = -1, .receivecount = -1, .sockets = -1, .connection = "abc.3",
		.host = "10.1.2.3", .port = 1492 };
	struct capex_answer no = { .response = "EXCEPTION", .reason = "SHUTDOWN", .sendcount = -1, .receivecount = -1, .sockets = -1,
		.connection = "abc.2" };
	struct capex_answer got;
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(wire_put_answer(&b, &a), 0);
	assert_int_equal(wire_answer(&got, buf_bytes(&b), buf_len(&b), NULL), 0);
	assert_memory_equal(&got, &a, sizeof a);
	buf_consume(&b, buf_len(&b));
	assert_int_equal(wire_put_answer(&b, &there), 0);
	assert_memory_equal(buf_bytes(&b), "{\"response\":\"OK\",\"host\":\"10.1.2.3\",\"port\":1492,\"connection\":\"abc.3\"}", buf_len(&b));
	assert_int_equal(wire_answer(&got, buf_bytes(&b), buf_len(&b), NULL), 0);
	assert_memory_equal(&got, &there, sizeof there);
	buf_consume(&b, buf_len(&b));
	assert_int_equal(wire_put_answer(&b, &no), 0);
	assert_memory_equal(buf_bytes(&b), "{\"response\":\"EXCEPTION\",\"reason\":\"SHUTDOWN\",\"connection\":\"abc.2\"}", buf_len(&b));
	assert_int_equal(wire_answer(&got, buf_bytes(&b), buf_len(&b), NULL), 0);
	assert_memory_equal(&got, &no, sizeof no);
	buf_free(&b);
}

static void
refuses_an_answer_that_is_none(void **state)
{
	static const struct {
		const char *body, *why;
	} row[] = {
		{ "{}", "response" },
		{ "{\"response\":\"MAYBE\"}", "response" },
		{ "{\"response\":\"EXCEPTION\"}", "reason" },
		{ "{\"response\":\"EXCEPTION\",\"reason\":\"because\"}", "reason" },
		{ "{\"response\":\"OK\",\"sendcount\":1000}", "sendcount: 1000 is not 0-999" },
		{ "{\"response\":\"OK\",\"sockets\":0}", "sockets" },
		{ "{\"response\":\"OK\",\"token\":\"x\"}", "token" },
		{ "{\"response\":\"OK\",\"userauth\":\"NONE\"}", "userauth" },
		{ "{\"response\":\"OK\",\"port\":0}", "port: 0 is not 1-65535" },
		{ "{\"response\":\"OK\",\"host\":\"a\\nb\"}", "host: not printable" },
		{ "{\"response\":\"OK\",\"ipconn\":\"lower\"}", "ipconn" },
		{ "{\"response\":\"OK\",\"connection\":\"0123456789012345678901234\"}", "connection" },
	};
	struct capex_answer a;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		if (wire_answer(&a, row[i].body, strlen(row[i].body), &f) == 0 || strstr(f.text, row[i].why) == NULL)
			fail_msg("%s: %s", row[i].body, f.text);
}

static void
reasons_travel_with_their_status(void **state)
{
	(void)state;
	assert_string_equal(reason_name(REASON_ISCE_ERROR), "ISCE_ERROR");
	assert_int_equal(reason_status(REASON_ISCE_ERROR), 400);
	assert_string_equal(reason_response(REASON_ISCE_ERROR), "INVALID");
	assert_int_equal(reason_status(REASON_SHUTDOWN), 503);
	assert_string_equal(reason_name(REASON_TCPIPSERVICE_NOT_OPEN), "TCPIPSERVICE_NOT_OPEN");
	assert_int_equal(reason_status(REASON_TCPIPSERVICE_NOT_OPEN), 403);
	assert_int_equal(reason_status(REASON_OK), 200);
	assert_string_equal(reason_response(REASON_OK), "OK");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_is_header),
		cmocka_unit_test(refuses_a_broken_is_header),
		cmocka_unit_test(reads_the_keys_of_data),
		cmocka_unit_test(a_written_is_header_is_read_as_the_same),
		cmocka_unit_test(the_longest_is_header_has_room),
		cmocka_unit_test(knows_json_by_its_content_type),
		cmocka_unit_test(reads_every_member_of_a_capex),
		cmocka_unit_test(reads_what_two_way_and_ha_add),
		cmocka_unit_test(absent_members_have_their_defaults),
		cmocka_unit_test(blank_names_are_blank_and_trailing_blanks_go),
		cmocka_unit_test(refuses_by_the_members_name),
		cmocka_unit_test(a_host_has_at_most_116_characters),
		cmocka_unit_test(a_further_socket_needs_a_token),
		cmocka_unit_test(refuses_what_is_not_one_json_object),
		cmocka_unit_test(deep_bodies_are_refused_unread),
		cmocka_unit_test(sentences_do_not_repeat_the_peers_strings),
		cmocka_unit_test(a_written_capex_leaves_out_what_was_not_given),
		cmocka_unit_test(an_answer_survives_the_wire),
		cmocka_unit_test(refuses_an_answer_that_is_none),
		cmocka_unit_test(reasons_travel_with_their_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
