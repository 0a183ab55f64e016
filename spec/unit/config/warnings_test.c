/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_load.h"
#include "config/warnings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REGION "region { applid = 'A', networkid = 'N' }\n"
#define RING "region { applid = 'A', networkid = 'N', ring = 'r' }\n"
#define SAF "region { applid = 'A', networkid = 'N', ring = 'r', saf = 's' }\n"
#define SAF_ALONE "region { applid = 'A', networkid = 'N', saf = 's' }\n"
#define PROGRAM " program 'ECHO' {}"
#define TLS "ssl = 'clientauth'"

struct row {
	const char *text;     /* the definition */
	int line;             /* of the only warning; 0: none is expected */
	const char *words[3]; /* parts of its text */
};

static const struct row rows[] = {
	{ REGION "tcpipservice 'T' { portnumber = 0 }", 0, { NULL } },
	{ RING "tcpipservice 'T' { portnumber = 0, " TLS ", urm = 'lan' }", 0, { NULL } },
	{ RING "tcpipservice 'T' { portnumber = 0, " TLS ", urm = 'DFHISAIP' }", 2, { "tcpipservice T", "dfhisaip" } },
	{ RING "tcpipservice 'T' { portnumber = 0, " TLS ", urm = 'dfhiscip' }", 2, { "dfhiscip" } },
	{ REGION "tcpipservice 'T' { portnumber = 0, urm = 'lan' }", 2, { "tcpipservice T", "urm is lan", "ssl is no" } },
	{ RING "tcpipservice 'T' { portnumber = 0, ssl = 'yes', urm = 'lan' }", 0, { NULL } },
	{ "region { applid = 'A', networkid = 'N', heartbeat = 0 }", 1, { "region", "heartbeat is 0" } },
	{ REGION "\ntcpipservice 'T' { portnumber = 0, heartbeat = 0 }", 3, { "tcpipservice T", "heartbeat is 0" } },
	{ REGION "tcpipservice 'T' { portnumber = 0, heartbeat = 0.1 }", 0, { NULL } },
	{ REGION "tcpipservice 'T' { portnumber = 0, speciftcps = 'U' } tcpipservice 'U' { portnumber = 0 }", 0, { NULL } },
	/* identify: by the service that it names, or by any when it names none */
	{ REGION "tcpipservice 'T' { portnumber = 0 }\nipconn 'C' { userauth = 'identify', tcpipservice = 'T' }", 3,
		{ "ipconn C", "identify", "tcpipservice T" } },
	{ RING "tcpipservice 'T' { portnumber = 0, ssl = 'yes' }\nipconn 'C' { userauth = 'identify' }", 3, { "identify" } },
	{ RING "tcpipservice 'T' { portnumber = 0, " TLS " }\nipconn 'C' { userauth = 'identify' }", 0, { NULL } },
	{ RING "tcpipservice 'T' { portnumber = 0, " TLS " } tcpipservice 'U' { portnumber = 0 }\n"
		"ipconn 'C' { userauth = 'identify', tcpipservice = 'T' }", 0, { NULL } },
	{ REGION "tcpipservice 'T' { portnumber = 0, admit = 'lan' }\nipconn 'C' { userauth = 'identify' }", 3, { "sysplex", "lan" } },
	/* the copy of a template comes from a urm */
	{ RING "tcpipservice 'T' { portnumber = 0, ssl = 'yes', urm = 'u' }\nipconn 'C' { userauth = 'identify', template = 'only' }", 3,
		{ "identify" } },
	{ RING "tcpipservice 'T' { portnumber = 0, " TLS ", urm = 'u' } tcpipservice 'U' { portnumber = 0 }\n"
		"ipconn 'C' { userauth = 'identify', template = 'only' }", 0, { NULL } },
	{ RING "tcpipservice 'T' { portnumber = 0 } tcpipservice 'U' { portnumber = 0, " TLS " }\nipconn 'C' { linkauth = 'certuser' }" PROGRAM, 3, { "ipconn C", "certuser" } },
	{ RING "tcpipservice 'T' { portnumber = 0, " TLS " }\nipconn 'C' { linkauth = 'certuser' }" PROGRAM, 0, { NULL } },
	/* passwords: they need a saf and an encrypted connection */
	{ SAF_ALONE "tcpipservice 'T' { portnumber = 0 }\nipconn 'C' { userauth = 'verify' }", 3,
		{ "ipconn C", "tcpipservice T", "clear text" } },
	{ SAF "tcpipservice 'T' { portnumber = 0, ssl = 'yes' }\nipconn 'C' { userauth = 'verify' }", 0, { NULL } },
	{ SAF "tcpipservice 'T' { portnumber = 0, " TLS " } tcpipservice 'U' { portnumber = 0 }\n"
		"ipconn 'C' { userauth = 'verify', tcpipservice = 'T' }", 0, { NULL } },
	{ SAF "tcpipservice 'T' { portnumber = 0, " TLS ", urm = 'u' } tcpipservice 'U' { portnumber = 0 }\n"
		"ipconn 'C' { userauth = 'verify', template = 'only' }", 0, { NULL } },
	{ SAF "tcpipservice 'T' { portnumber = 0, " TLS ", urm = 'u' }\ntcpipservice 'U' { portnumber = 0, ssl = 'yes', urm = 'dfhisaip' }\n"
		"ipconn 'C' { userauth = 'identify', template = 'only' }", 3, { "dfhisaip" } },
	{ SAF_ALONE "tcpipservice 'T' { portnumber = 0 }\nipconn 'C' { userauth = 'local' }", 0, { NULL } },
	{ REGION "ipconn 'C' { userauth = 'verify' }", 2, { "ipconn C", "no saf" } },
	/* a program's url on another machine */
	{ REGION "program 'P' { url = 'http://pay.example.com:8080/x' }", 2, { "program P", "pay.example.com,", "https" } },
	{ REGION "program 'P' { url = 'HTTP://10.0.0.1' }", 2, { "10.0.0.1," } },
	{ REGION "program 'P' { url = 'http://[2001:db8::1]:80/' }", 2, { "2001:db8::1," } },
	{ REGION "program 'P' { url = 'http://127.0.0.1.example.com/' }", 2, { "127.0.0.1.example.com," } },
	{ REGION "program 'P' { url = 'https://pay.example.com/x' }", 0, { NULL } },
	{ REGION "program 'P' { url = 'http://127.0.0.1:8080/x' }", 0, { NULL } },
	{ REGION "program 'P' { url = 'http://LocalHost/x' }", 0, { NULL } },
	{ REGION "program 'P' { url = 'http://[::1]:8080/x' }", 0, { NULL } },
	{ REGION "program 'P' { script = 'p' }", 0, { NULL } },
	{ REGION "ipconn 'C' {}\nprogram 'P' { ipconn = 'C' }", 3, { "program P", "ipconn C", "sendcount of 0" } },
	{ REGION "ipconn 'C' { host = 'h', port = 1, sendcount = 1 } program 'P' { ipconn = 'C' }", 0, { NULL } },
	{ REGION "ipconn 'C' { template = 'yes' }", 2, { "ipconn C", "N.C", "template = \"only\"" } },
	{ REGION "ipconn 'C' { template = 'only' }", 2, { "ipconn C", "urm" } },
	{ REGION "ipconn 'C' { }", 0, { NULL } },
	{ REGION "tcpipservice 'T' { portnumber = 0 }\n"
		"ipconn 'C' { host = 'h', port = 1, sendcount = 1, autoconnect = 'yes', ha = 'yes', tcpipservice = 'T' }", 0, { NULL } },
	{ REGION "ipconn 'C' { host = 'h', port = 1, sendcount = 1 }", 0, { NULL } },
	{ RING "tcpipservice 'T' { portnumber = 0, ssl = 'yes', urm = 'u' } ipconn 'C' { sendcount = 3, template = 'only' }", 0, { NULL } },
	{ REGION "ipconn 'C' { port = 1, sendcount = 1, autoconnect = 'yes' }", 2, { "ipconn C", "no host" } },};

static void
must_hold(const char *text, const char *const *words)
{
	for (size_t i = 0; i < 3 && words[i] != NULL; i++)
		if (strstr(text, words[i]) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", text, words[i]);
}

static void
warns_of_what_is_legal_and_unwise(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct faults faults = { 0 };
		struct definition *d = definition_load_bytes("h.lua", rows[i].text, strlen(rows[i].text), &faults);

		if (d == NULL)
			fail_msg("row %zu does not load: %s", i, faults.entry[0].text);
		warnings_check(d, &faults);
		assert_int_equal(faults.errors, 0);
		if (faults.n != (rows[i].line != 0))
			fail_msg("row %zu: %zu warnings: %s", i, faults.n, faults.n ? faults.entry[0].text : rows[i].text);
		if (faults.n == 1) {
			assert_int_equal(faults.entry[0].level, FAULT_WARNING);
			assert_int_equal(faults.entry[0].line, rows[i].line);
			assert_string_equal(faults.entry[0].file, "h.lua");
			must_hold(faults.entry[0].text, rows[i].words);
		}
		definition_free(d);
		faults_free(&faults);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warns_of_what_is_legal_and_unwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
