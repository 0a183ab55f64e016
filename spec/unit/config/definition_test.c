/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define REGION "region { applid = 'A', networkid = 'N', ring = 'r' }\n"
#define PLEX "region { applid = 'A', networkid = 'N', store = 'unix:/s', sysplex = 'P', claim_down = 'refuse', claim_lost = 'keep' }\n" \
	"tcpipservice 'S' { portnumber = 0 }\n"
#define GENERIC(list) PLEX "tcpipservice 'G' { portnumber = 0, speciftcps = 'S',\n advertise = " list " }"
#define BARE "region { applid = 'A', networkid = 'N' }\n"

static struct definition *
read_text(const char *text, struct faults *faults)
{
	return definition_load_bytes("r.lua", text, strlen(text), faults);
}

static struct definition *
must_read(const char *text)
{
	struct faults faults = { 0 };
	struct definition *d = read_text(text, &faults);

	if (d == NULL)
		fail_msg("line %d: %s", faults.entry[0].line, faults.entry[0].text);
	assert_int_equal(faults.n, 0);
	faults_free(&faults);
	return d;
}

static void
reads_the_addresses_of_regions_in_the_order_of_their_names(void **state)
{
	struct definition *d = must_read(GENERIC("{ ['n2.c'] = '[::1]:3', b = 'Host.b:2', A = '10.0.0.1:1' }"));

	(void)state;
	assert_string_equal(d->tcpipservice[1].advertise, "A=10.0.0.1:1 B=Host.b:2 N2.C=[::1]:3");
	definition_free(d);
}

static void
reads_the_example_of_the_design(void **state)
{
	struct definition *d = must_read(
		"region { applid = \"CICSA\", networkid = \"NETA\", ring = \"certs/rings/CICSA\", dfltuser = \"CICSUSER\", control = \"run/C.sock\" }\n"
		"tcpipservice \"IPICSEC\" {\n"
		"  host = \"127.0.0.1\", portnumber = 1491, -- port 0: the system picks\n"
		"  ssl = \"clientauth\", certificate = \"CICSA\",\n"
		"  admit = \"lan\", certify = \"pinned\", bind = \"partners\", urm = \"DFH$ISAI\",\n"
		"}\n"
		"ipconn \"netx\" { applid = \"ctgapp\", template = \"only\", receivecount = 10, userauth = \"verify\" }\n");

	(void)state;
	assert_string_equal(d->region.control, "run/C.sock");
	assert_int_equal(d->region.line, 1);
	assert_int_equal(d->ntcpipservices, 1);
	assert_int_equal(d->tcpipservice[0].portnumber, 1491);
	assert_int_equal(d->tcpipservice[0].ssl, SSL_CLIENTAUTH);
	assert_string_equal(d->tcpipservice[0].urm, "dfh_isai");
	assert_int_equal(d->tcpipservice[0].line, 2);
	assert_string_equal(d->ipconn[0].ipconn, "NETX");
	assert_string_equal(d->ipconn[0].applid, "CTGAPP");
	assert_string_equal(d->ipconn[0].networkid, "NETA");
	assert_int_equal(d->ipconn[0].template_, TEMPLATE_ONLY);
	assert_int_equal(d->ipconn[0].line, 7);
	definition_free(d);
}

static void
fills_in_what_depends_on_the_region(void **state)
{
	struct definition *d = must_read("ipconn 'C' {}\n" BARE);

	(void)state;
	assert_string_equal(d->region.control, "run/A.sock");
	assert_string_equal(d->ipconn[0].applid, "C");
	assert_string_equal(d->ipconn[0].networkid, "N");
	definition_free(d);
}

static void
makes_one_host_of_host_and_ipaddress(void **state)
{
	static const char *const rows[][2] = {
		{ "", "any" }, { "host = 'ANY'", "any" }, { "host = ''", "any" }, { "host = 'Default'", "default" },
		{ "ipaddress = '10.0.0.1'", "10.0.0.1" }, { "ipaddress = 'INADDR_ANY'", "any" },
		{ "host = '10.0.0.1', ipaddress = '10.0.0.1'", "10.0.0.1" }, { "host = 'any', ipaddress = 'INADDR_ANY'", "any" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[200];
		struct definition *d;

		snprintf(text, sizeof text, BARE "tcpipservice 'T' { portnumber = 0, %s }", rows[i][0]);
		d = must_read(text);
		assert_string_equal(d->tcpipservice[0].host, rows[i][1]);
		definition_free(d);
	}
}

/* Look-ups by the index find each object, and a copy finds its own. */
static void
finds_each_object_by_its_name(void **state)
{
	struct definition *d = must_read(BARE "for i = 1, 300 do ipconn('P' .. i) {} program('P' .. i) { builtin = 'ECHO' } end\n");
	struct definition *copy = definition_copy(d);
	char name[NAME_SIZE];

	(void)state;
	assert_true(d->indexed && copy->indexed);
	for (int i = 1; i <= 300; i++) {
		snprintf(name, sizeof name, "P%d", i);
		assert_ptr_equal(definition_ipconn(d, name), &d->ipconn[i - 1]);
		assert_ptr_equal(definition_ipconn(copy, name), &copy->ipconn[i - 1]);
		assert_ptr_equal(definition_program(d, name), &d->program[i - 1]);
	}
	assert_null(definition_ipconn(d, "P301"));
	assert_null(definition_tcpipservice(d, "P1"));
	definition_free(copy);
	definition_free(d);
}

static void
lets_helpers_and_loops_make_data(void **state)
{
	struct definition *d = must_read(BARE
		"local common = { networkid = 'M' }\n"
		"for i = 1, 3 do ipconn('P' .. i) { networkid = common.networkid } end\n");

	(void)state;
	assert_int_equal(d->nipconns, 3);
	assert_string_equal(d->ipconn[2].ipconn, "P3");
	assert_string_equal(d->ipconn[2].networkid, "M");
	definition_free(d);
}

static void
a_program_of_a_builtins_name_is_that_builtin(void **state)
{
	struct definition *d = must_read(BARE "program 'ECHO' {}\nprogram 'MIRROR' { builtin = 'echo' }\n"
		"program 'WHOAMI' { script = 'who', instructions = 7 }\ntransaction 'PAY1' { program = 'MIRROR', status = 'disabled' }");

	(void)state;
	assert_string_equal(definition_program(d, "ECHO")->builtin, "ECHO");
	assert_string_equal(definition_program(d, "MIRROR")->builtin, "ECHO");
	assert_string_equal(definition_program(d, "WHOAMI")->builtin, "");
	assert_int_equal(definition_program(d, "WHOAMI")->instructions, 7);
	assert_string_equal(definition_transaction(d, "PAY1")->program, "MIRROR");
	assert_int_equal(definition_transaction(d, "PAY1")->status, PROGRAM_DISABLED);
	assert_null(definition_transaction(d, "CPMI"));
	definition_free(d);
}

struct row {
	const char *text;
	int line;
	const char *says;
};

static const struct row rows[] = {
	{ "", 1, "there is no region" },
	{ BARE BARE, 2, "a second region; the first is at line 1" },
	{ "region { applid = 'A' }", 1, "region lacks networkid" },
	{ "region { networkid = 'A' }", 1, "region lacks applid" },
	{ "region 'X'\n" BARE, 1, "region takes one table" },
	{ BARE "tcpipservice 'T' { }", 2, "tcpipservice T lacks portnumber; it must be 0 to 65535" },
	{ BARE "tcpipservice 'T' {\n portnumber = 0,\n portnumbr = 1 }", 4,
		"unknown key 'portnumbr' in tcpipservice T; did you mean 'portnumber'?" },
	{ BARE "ipconn 'C' { wallpaper = 1 }", 2, "unknown key 'wallpaper' in ipconn C" },
	{ BARE "ipconn 'C' { ['a\\0b'] = 1 }", 2, "unknown key 'a\\x00b' in ipconn C" },
	{ BARE "tcpipservice 'T' { portnumber = 0, maxpersist = 3 }", 2, "'maxpersist' in tcpipservice T does not apply to IPIC" },
	{ BARE "tcpipservice 'T' { portnumber = 0, Authenticate = 'x' }", 2, "does not apply to IPIC" },
	{ BARE "tcpipservice 'T' {\n portnumber = 65536 }", 3, "tcpipservice T: portnumber is 65536; it must be 0 to 65535" },
	{ BARE "tcpipservice 'T' {\n portnumber = '1491' }", 3, "portnumber is the string \"1491\"; it must be a number, 0 to 65535" },
	{ BARE "ipconn 'C' {\n receivecount = {} }", 3, "receivecount is a table" },
	{ BARE "ipconn 'C' {\n inservice = false }", 3, "inservice is a boolean; it must be a string: no or yes" },
	{ BARE "ipconn 'C' { applid = function() end }", 2, "applid is a function" },
	{ BARE "ipconn 'C' { applid = 3 }", 2, "applid is a number" },
	{ BARE "ipconn 'C' { 'x' }", 2, "ipconn C holds a value without a name" },
	{ BARE "ipconn 'C' { [true] = 1 }", 2, "ipconn C holds a value without a name" },
	{ BARE "ipconn 'TOO LONG' {}", 2, "the name of this ipconn is \"TOO LONG\"" },
	{ BARE "ipconn ''  {}", 2, "the name of this ipconn is \"\"" },
	{ BARE "ipconn { }", 2, "ipconn takes a name and then a table" },
	{ BARE "ipconn('C', { })", 2, "ipconn takes a name and then a table" },
	{ BARE "ipconn 'C' 'D'", 2, "ipconn C takes one table after its name" },
	{ BARE "\nipconn 'C'", 3, "ipconn \"C\" has no table" },
	{ BARE "ipcon 'C' { }", 2, "there is no 'ipcon' here, only region, tcpipservice, ipconn, program, transaction, include and env; did you mean 'ipconn'?" },
	{ BARE "print 'x'", 2, "there is no 'print' here" },
	{ BARE "\nregion = { }", 3, "region is not a variable; remove the =" },
	{ BARE "ipconn 'C' {} ipconn 'D' {}\nipconn 'C' { applid = 'X' }", 3, "ipconn C was already defined at line 2" },
	{ BARE "ipconn 'C' {}\nipconn 'c' {}", 3, "ipconn C was already defined at line 2" },
	{ BARE "tcpipservice 'T' { portnumber = 0 }\ntcpipservice 'T' { portnumber = 0 }", 3,
		"tcpipservice T was already defined at line 2" },
	{ BARE "ipconn 'C' {}\nipconn 'D' { applid = 'C', networkid = 'n' }", 3,
		"ipconn D has the networkid and applid (N.C) of ipconn C at line 2" },
	{ BARE "tcpipservice 'IPICSEC' { portnumber = 0 }\nipconn 'C' {\n tcpipservice = 'IPICSEK' }", 4,
		"ipconn C names tcpipservice IPICSEK, which is not defined; did you mean IPICSEC?" },
	{ BARE "tcpipservice 'GEN' { portnumber = 0,\n speciftcps = 'SPECK' } tcpipservice 'SPEC' { portnumber = 0 }", 3,
		"tcpipservice GEN names speciftcps SPECK, which is not defined; did you mean SPEC?" },
	{ BARE "tcpipservice 'GEN' { portnumber = 0, speciftcps = 'GEN' }", 2, "speciftcps names GEN, which is generic too" },
	{ BARE "tcpipservice 'A' { portnumber = 0 }\ntcpipservice 'B' { portnumber = 0, speciftcps = 'A' }\n"
		"tcpipservice 'C' { portnumber = 0, speciftcps = 'B' }", 4, "speciftcps names B, which is generic too" },
	{ BARE "tcpipservice 'S' { portnumber = 0, bind = 'who' }\ntcpipservice 'G' { portnumber = 0, speciftcps = 'S' }", 3,
		"tcpipservice G: its bind differs from that of its specific tcpipservice S" },
	{ BARE "tcpipservice 'S' { portnumber = 0, admit = 'a' }\ntcpipservice 'G' { portnumber = 0, admit = 'b', speciftcps = 'S' }", 3,
		"tcpipservice G: its admit differs from that of its specific tcpipservice S" },
	{ BARE "tcpipservice 'S' { portnumber = 0 } tcpipservice 'G' { portnumber = 0, speciftcps = 'S' }\nipconn 'C' { tcpipservice = 'G' }", 3,
		"ipconn C names tcpipservice G, which is generic and accepts no partner; name its specific tcpipservice, S" },
	{ GENERIC("{ B = 'b:1' }"), 4, "tcpipservice G: advertise lacks N.A, this region; add A = \"HOST:PORT\"" },
	{ GENERIC("{ A = 'a:1', B = 'b:1', ['N.B'] = 'c:1' }"), 4, "tcpipservice G: advertise has region N.B twice" },
	{ GENERIC("{ A = 'a:1', B = 'A:1' }"), 4, "advertise gives regions N.A and N.B the same address, A port 1" },
	{ GENERIC("{ A = 'a:1',\n B = 'b:2', B = 'c:3' }"), 5, "B occurs twice in one table; remove one" },
	{ GENERIC("{ A = 'a:1', B = 'b' }"), 4, "advertise is \"A=a:1 B=b\"; it must be a table { REGION = \"HOST:PORT\" }" },
	{ GENERIC("{ A = 'a:0' }"), 4, "advertise is \"A=a:0\"; it must be" },
	{ GENERIC("{ A = 'any:1' }"), 4, "advertise is \"A=any:1\"; it must be" },
	{ GENERIC("{ A = '10.0.0:1' }"), 4, "advertise is \"A=10.0.0:1\"; it must be" },
	{ GENERIC("{ TOOLONGNAME = 'a:1' }"), 4, "advertise is \"TOOLONGNAME=a:1\"; it must be" },
	{ GENERIC("{ ['N.'] = 'a:1' }"), 4, "advertise is \"N.=a:1\"; it must be" },
	{ GENERIC("{ 'a:1' }"), 4, "advertise is not understood; it must be a table" },
	{ GENERIC("{ A = 1 }"), 4, "advertise is not understood; it must be a table" },
	{ GENERIC("3"), 4, "advertise is a number; it must be a string: a table" },
	{ PLEX "tcpipservice 'T' { portnumber = 0,\n advertise = { A = 'a:1' } }", 4, "goes with speciftcps, in a region with a sysplex, so it has no effect" },
	{ BARE "tcpipservice 'S' { portnumber = 0 }\ntcpipservice 'G' { portnumber = 0, speciftcps = 'S',\n advertise = { A = 'a:1' } }", 4,
		"goes with speciftcps, in a region with a sysplex, so it has no effect" },
	{ BARE "tcpipservice 'T' { portnumber = 0,\n ssl = 'yes' }", 3, "tcpipservice T has ssl = \"yes\", but the region names no key ring" },
	{ BARE "ipconn 'C' { port = 1, sendcount = 1,\n ssl = 'yes' }", 3, "ipconn C has ssl = \"yes\", but the region names no key ring" },
	{ BARE "tcpipservice 'T' { portnumber = 0,\n certificate = 'X' }", 3,
		"tcpipservice T: certificate is X and ssl is no, so it has no effect" },
	{ BARE "ipconn 'C' { port = 1, sendcount = 1,\n certificate = 'X' }", 3, "ipconn C: certificate is X and ssl is no, so it has no effect" },
	{ BARE "tcpipservice 'T' { portnumber = 0, host = '10.0.0.1',\n ipaddress = '10.0.0.2' }", 3, "give one of the two" },
	{ BARE "tcpipservice 'T' { portnumber = 7, host = '::1' }\ntcpipservice 'U' {\n host = '0:0::1', portnumber = 7 }", 4,
		"tcpipservice U has portnumber 7 on host 0:0::1; tcpipservice T at line 2" },
	{ BARE "tcpipservice 'T' { portnumber = 7 }\ntcpipservice 'U' { host = '127.0.0.1', portnumber = 7 }", 3, "tcpipservice U has portnumber 7" },
	{ BARE "\nipconn 'C' { applid = = }", 3, "applid = has no value" },
	{ BARE "\nlocal x = nil; x.y = 3", 3, "attempt to index a nil value" },
	{ BARE "local x = ('a'):rep(3)", 2, "attempt to index a string value" },
	{ BARE "\nwhile true do end", 3, "stopped at its limit of 10000000 instructions" },
	{ BARE "for i = 1, 100001 do ipconn('P' .. i) {} end", 2, "at most 100000 ipconns" },
	{ BARE "for i = 1, 20000 do tcpipservice('P' .. i) { portnumber = 0 } end", 2, "at most 1000 tcpipservices" },
	{ BARE "for i = 1, 100000 do x = 1 end", 2, "'x' is assigned to" },
	{ BARE "program 'PAY' { }", 2, "program PAY has nothing to run; give it one of builtin, script, url and ipconn" },
	{ BARE "program 'PAY' { script = 'pay',\n url = 'http://127.0.0.1/' }", 2, "program PAY gives more than one of builtin, script, url and ipconn" },
	{ BARE "program 'ECHO' {\n instructions = 5 }", 3,
		"program ECHO: instructions is 5 and goes with script only, so it has no effect; give script, or leave instructions out" },
	{ BARE "program 'PAY' { url = 'http://127.0.0.1/',\n remotename = 'X' }", 3, "program PAY: remotename is X and goes with ipconn only" },
	{ BARE "program 'PAY' { script = 'pay',\n timeout = 3 }", 3, "program PAY: timeout is 3 and goes with url or ipconn only" },
	{ BARE "program 'PAY' { builtin = 'echo',\n ccsid = 37 }", 3, "program PAY: ccsid is 37 and goes with script, url or ipconn only" },
	{ BARE "program 'PAY' {\n builtin = 'WHO' }", 3, "program PAY: builtin is \"WHO\"; it must be ECHO or WHOAMI" },
	{ BARE "program 'PAY' {\n url = 'ftp://127.0.0.1/' }", 3, "url is \"ftp://127.0.0.1/\"" },
	{ BARE "program 'PAY' {\n url = 'http://fred:secret@127.0.0.1/' }", 3, "without user and password" },
	{ BARE "program 'PAY' {\n ipconn = 'CICSX' } ipconn 'CICSB' {}", 3,
		"program PAY names ipconn CICSX, which is not defined; did you mean CICSB?" },
	{ BARE "ipconn 'ABLE' { template = 'only' }\nprogram 'PAY' {\n ipconn = 'ABLE' }", 4, "program PAY names ipconn ABLE, a template" },
	{ BARE "program 'ECHO' {}\nprogram 'echo' {}", 3, "program ECHO was already defined at line 2" },
	{ BARE "transaction 'PAY1' {\n program = 'PAY' }", 3, "transaction PAY1 names program PAY, which is not defined" },
	{ BARE "transaction 'PAYME' {}", 2, "the name of this transaction is \"PAYME\"" },
	{ BARE "transaction 'PAY1' {}\ntransaction 'PAY1' {}", 3, "transaction PAY1 was already defined at line 2" },
	{ "\x1bLua", 0, "" },
};

static void
says_each_fault_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct faults faults = { 0 };

		if (read_text(rows[i].text, &faults) != NULL)
			fail_msg("row %zu was read: %s", i, rows[i].text);
		if (faults.n != 1)
			fail_msg("row %zu: %zu faults: %s; %s", i, faults.n, faults.entry[0].text, faults.entry[1].text);
		if (faults.entry[0].line != rows[i].line || strstr(faults.entry[0].text, rows[i].says) == NULL)
			fail_msg("row %zu: line %d: %s", i, faults.entry[0].line, faults.entry[0].text);
		assert_string_equal(faults.entry[0].file, "r.lua");
		assert_int_equal(faults.entry[0].level, FAULT_ERROR);
		faults_free(&faults);
	}
}

static void
says_all_faults_in_the_order_of_their_lines(void **state)
{
	static const int lines[] = { 1, 2, 5, 6, 7 };
	struct faults faults = { 0 };

	(void)state;
	assert_null(read_text("region { applid = 'A', networkid = 'N', ring = 'r', rign = 'x' }\n"
		"tcpipservice 'T' { host = 'a b', portnumber = 0 }\n"
		"tcpipservice 'U' {\n"
		"  -- portnumber = 3\n"
		"  portnumber = -1 } --[[ ssl = \n"
		"  ]] ipconn 'C' { ssl = 'on', description = [[ userauth = ]] }\n"
		"ipconn 'D' { userauth = 'x' }\n", &faults));
	assert_int_equal(faults.n, sizeof lines / sizeof *lines);
	for (size_t i = 0; i < faults.n; i++)
		assert_int_equal(faults.entry[i].line, lines[i]);
	faults_free(&faults);
}

static void
finds_the_line_of_a_key_behind_comments_and_strings(void **state)
{
	static const char text[] = BARE
		"ipconn 'C' { -- userauth = 1\n"
		"  --[[ userauth = \n ]] --[==[ userauth = ]] \n ]==]\n"
		"  description = 'userauth = \\' x', group = \"\\\n userauth = \",\n"
		"  host = [[\n]] .. 'h',\n"
		"  ['userauth'] = 'x' }";
	struct faults faults = { 0 };

	(void)state;
	assert_null(read_text(text, &faults));
	for (size_t i = 0; i < faults.n; i++)
		if (strstr(faults.entry[i].text, "userauth is") != NULL)
			assert_int_equal(faults.entry[i].line, 10);
	assert_non_null(strstr(faults.entry[faults.n - 1].text, "userauth is \"x\""));
	faults_free(&faults);
}

static void
leaves_a_path_no_socket_can_have(void **state)
{
	char text[300], path[120];
	struct faults faults = { 0 };
	struct definition *d;

	(void)state;
	memset(path, 'p', sizeof path);
	path[90] = '\0';
	snprintf(text, sizeof text, "region { applid = 'A', networkid = 'N',\n control = '%s' }", path);
	d = must_read(text);
	assert_int_equal(strlen(d->region.control), 90);
	definition_free(d);
	path[90] = 'p';
	path[91] = '\0';
	snprintf(text, sizeof text, "region { applid = 'A', networkid = 'N',\n control = '%s' }", path);
	assert_null(read_text(text, &faults));
	assert_int_equal(faults.entry[0].line, 2);
	assert_non_null(strstr(faults.entry[0].text, "91 bytes"));
	faults_free(&faults);
}

static void
allows_what_only_looks_like_a_clash(void **state)
{
	static const char *const texts[] = {
		BARE "tcpipservice 'T' { portnumber = 0 } tcpipservice 'U' { portnumber = 0 }",
		BARE "tcpipservice 'T' { portnumber = 7, host = '127.0.0.1' } tcpipservice 'U' { portnumber = 7, host = '127.0.0.2' }",
		BARE "ipconn 'C' {} ipconn 'D' { applid = 'C', template = 'only' }",
		BARE "ipconn 'C' {} ipconn 'D' { applid = 'C', networkid = 'M' }",
		BARE "tcpipservice 'X' { portnumber = 0 } ipconn 'X' {}",
		REGION "tcpipservice 'T' { portnumber = 0, ssl = 'yes', certificate = '' }",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		definition_free(must_read(texts[i]));
}

static void
stops_a_definition_that_eats_memory(void **state)
{
	struct faults faults = { 0 };

	(void)state;
	assert_null(read_text("local s = 'x' while true do s = s .. s end", &faults));
	assert_int_equal(faults.n, 1);
	assert_non_null(strstr(faults.entry[0].text, "limit of 81920 KiB"));
	faults_free(&faults);
}

static void
shows_at_most_a_thousand_faults(void **state)
{
	struct faults faults = { 0 };

	(void)state;
	assert_null(read_text("for i = 1, 5000 do ipconn('c ' .. i) {} end", &faults));
	assert_int_equal(faults.errors, 1001);
	faults_free(&faults);
}

static struct definition *
draft(const char *text, struct faults *faults)
{
	char file[] = "/tmp/definitionXXXXXX";
	int fd = mkstemp(file);
	struct definition *d;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	d = definition_load_draft(file, faults);
	unlink(file);
	return d;
}

static void
hands_out_a_draft_in_spite_of_faults_but_no_half_of_one(void **state)
{
	struct faults faults = { 0 };
	struct definition *d = draft(BARE "tcpipservice 'T' { portnumber = 0, urm = 'lan', ssl = 'x' } ipconn 'C' { x = 1 }", &faults);

	(void)state;
	assert_non_null(d);
	assert_int_equal(faults.errors, 2);
	assert_string_equal(definition_tcpipservice(d, "T")->urm, "lan");
	assert_int_equal(definition_tcpipservice(d, "T")->ssl, SSL_NO);
	definition_free(d);
	assert_null(draft(BARE "tcpipservice 'T' { portnumber = }", &faults));
	assert_int_equal(faults.errors, 3);
	faults_free(&faults);
}

static void
says_which_file_it_could_not_read(void **state)
{
	struct faults faults = { 0 };

	(void)state;
	assert_null(definition_load("/nowhere/region.lua", &faults));
	assert_null(definition_load("/", &faults));
	assert_int_equal(faults.errors, 2);
	assert_string_equal(faults.entry[0].file, "/nowhere/region.lua");
	assert_non_null(strstr(faults.entry[0].text, "No such file"));
	faults_free(&faults);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_example_of_the_design),
		cmocka_unit_test(reads_the_addresses_of_regions_in_the_order_of_their_names),
		cmocka_unit_test(fills_in_what_depends_on_the_region),
		cmocka_unit_test(makes_one_host_of_host_and_ipaddress),
		cmocka_unit_test(finds_each_object_by_its_name),
		cmocka_unit_test(lets_helpers_and_loops_make_data),
		cmocka_unit_test(a_program_of_a_builtins_name_is_that_builtin),
		cmocka_unit_test(says_each_fault_with_its_line),
		cmocka_unit_test(says_all_faults_in_the_order_of_their_lines),
		cmocka_unit_test(finds_the_line_of_a_key_behind_comments_and_strings),
		cmocka_unit_test(leaves_a_path_no_socket_can_have),
		cmocka_unit_test(allows_what_only_looks_like_a_clash),
		cmocka_unit_test(stops_a_definition_that_eats_memory),
		cmocka_unit_test(shows_at_most_a_thousand_faults),
		cmocka_unit_test(hands_out_a_draft_in_spite_of_faults_but_no_half_of_one),
		cmocka_unit_test(says_which_file_it_could_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
