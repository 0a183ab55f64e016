/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/generation.h"

#include "config/definition_load.h"
#include "base/log.h"
#include "policy/policy_specs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/support/scratch.h"

struct house {
	char dir[100];
	struct generation *generation;
	struct faults faults;
	struct log *log;
	const char *policies; /* NULL: dir */
	bool all_scripts;
};

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	scratch_open(h->dir, "generation");
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	generation_unref(h->generation);
	faults_free(&h->faults);
	scratch_close(h->dir);
	free(h);
	return 0;
}

static void
script(struct house *h, const char *name, const char *text)
{
	char file[100];

	snprintf(file, sizeof file, "%s.lua", name);
	scratch_write(h->dir, file, text);
}

static void
print_faults(const struct faults *l)
{
	char text[900];

	for (size_t i = 0; i < l->n; i++)
		print_message("%s\n", faults_print(l, i, text, sizeof text));
}

/* Reads `region { <keys> policies = DIR }` on line 1 and the rest after it, and loads a generation. */
static struct generation *
load(struct house *h, const char *keys, const char *rest)
{
	char text[4000];
	struct generation_options o = { .number = 7, .library_dir = "lua", .log = h->log, .now = 1000, .all_scripts = h->all_scripts };
	struct definition *d;

	snprintf(text, sizeof text, "region { applid = 'CICSA', networkid = 'NETA', policies = '%s', %s }\n%s",
		h->policies != NULL ? h->policies : h->dir, keys, rest);
	d = definition_load_bytes("test.lua", text, strlen(text), &h->faults);
	if (d == NULL) {
		print_faults(&h->faults);
		fail_msg("the definition is not read");
	}
	h->generation = generation_load(d, &o, &h->faults);
	if (h->generation == NULL)
		definition_free(d);
	return h->generation;
}

static void
must_load(struct house *h, const char *keys, const char *rest)
{
	if (load(h, keys, rest) != NULL)
		return;
	print_faults(&h->faults);
	fail_msg("does not load");
}

static void
has_fault(const struct house *h, const char *place, const char *words)
{
	char text[900];

	for (size_t i = 0; i < h->faults.n; i++) {
		faults_print(&h->faults, i, text, sizeof text);
		if (strstr(text, place) != NULL && strstr(text, words) != NULL)
			return;
	}
	print_faults(&h->faults);
	fail_msg("no fault with \"%s\" and \"%s\"", place, words);
}

#define OPEN "local p = require 'policy' local function f() return p.accept() end "
#define RING "ring = 'certs/rings/CICSA'"

static void
a_generation_has_everything_its_definition_names(void **state)
{
	struct house *h = *state;
	const struct service *s;

	script(h, "open", OPEN "return { admit = f, certify = f, bind = f }");
	script(h, "urm", OPEN "return { install = f, delete = f }");
	script(h, "urm2", OPEN "return { install = f }");
	must_load(h, RING, "tcpipservice 'PLAIN' { portnumber = 0, admit = 'open', urm = 'urm' }\n"
		"tcpipservice 'SECURE' { portnumber = 0, ssl = 'clientauth', certificate = 'CICSA', certify = 'open', bind = 'open', urm = 'urm2' }\n");
	s = generation_service(h->generation, "PLAIN");
	assert_non_null(s);
	assert_null(s->tls);
	assert_string_equal(s->script[DOOR_ADMIT], "open");
	assert_null(s->script[DOOR_CERTIFY]);
	assert_string_equal(s->script[DOOR_INSTALL], "urm");
	assert_string_equal(s->script[DOOR_DELETE], "urm");
	s = generation_service(h->generation, "SECURE");
	assert_non_null(s->tls);
	assert_string_equal(s->script[DOOR_CERTIFY], "open");
	assert_string_equal(s->script[DOOR_BIND], "open");
	assert_null(s->script[DOOR_DELETE]);
	assert_null(generation_service(h->generation, "NEITHER"));
	assert_true(policy_has(h->generation->policy, "open", DOOR_BIND));
	assert_int_equal(h->generation->number, 7);
}

static void
every_fault_is_told_not_only_the_first(void **state)
{
	struct house *h = *state;

	script(h, "broken", "return {\n  admit = = }");
	script(h, "half", OPEN "return { admit = f }");
	assert_null(load(h, RING, "tcpipservice 'A' { portnumber = 0, admit = 'broken', bind = 'half', urm = 'half' }\n"
		"tcpipservice 'B' { portnumber = 0, ssl = 'yes', admit = 'absent', certify = 'half', urm = 'policy' }\n"
		"tcpipservice 'C' { portnumber = 0, ssl = 'yes', certificate = 'NOLABEL' }\n"
		"ipconn 'P' { port = 1, sendcount = 1, ssl = 'yes', certificate = 'NONE' }\n"));
	has_fault(h, "broken.lua:2: fault", "");
	has_fault(h, "test.lua:2: fault: tcpipservice A: bind", "has no function bind");
	has_fault(h, "test.lua:2: fault: tcpipservice A: urm", "has no function install");
	has_fault(h, "test.lua:3: fault: tcpipservice B: admit", "absent.lua");
	has_fault(h, "test.lua:3: fault: tcpipservice B: certify", "has no function certify");
	has_fault(h, "test.lua:3: fault: tcpipservice B: urm", "library");
	has_fault(h, "test.lua:4: fault: tcpipservice C", "NOLABEL");
	has_fault(h, "test.lua:5: fault: ipconn P", "NONE");
	assert_int_equal(h->faults.errors, 8);
}

static void
a_ring_that_does_not_load_is_told_once(void **state)
{
	struct house *h = *state;

	assert_null(load(h, "ring = 'certs/rings/nosuch'", "tcpipservice 'A' { portnumber = 0, ssl = 'yes' }\n"
		"tcpipservice 'B' { portnumber = 0, ssl = 'yes' }\n"));
	has_fault(h, "test.lua:1: fault: region: ring", "nosuch");
	assert_int_equal(h->faults.errors, 1);
}

static void
other_scripts_are_compiled_when_asked_for(void **state)
{
	struct house *h = *state;

	script(h, "unnamed", "return {\n\n  x x }");
	script(h, "region", "not Lua");
	script(h, "a_spec", "not Lua");
	script(h, "helper", "error 'compiled, not run'");
	must_load(h, "", "tcpipservice 'A' { portnumber = 0 }\n");
	generation_unref(h->generation);
	h->all_scripts = true;
	assert_null(load(h, "", "tcpipservice 'A' { portnumber = 0 }\n"));
	has_fault(h, "unnamed.lua:3: fault", "");
	assert_int_equal(h->faults.errors, 1);
}

static void
limits_are_the_regions(void **state)
{
	struct house *h = *state;

	script(h, "slow", "for i = 1, 100000 do end " OPEN "return { admit = f }");
	must_load(h, "", "tcpipservice 'A' { portnumber = 0, admit = 'slow' }\n");
	generation_unref(h->generation);
	assert_null(load(h, "instructions = 10000", "tcpipservice 'A' { portnumber = 0, admit = 'slow' }\n"));
	has_fault(h, "slow.lua", "100000 instructions");
}

static void
the_last_reference_ends_it_with_a_message(void **state)
{
	struct house *h = *state;
	char path[128], line[1000] = "";
	struct fault f;
	FILE *file;

	snprintf(path, sizeof path, "%s/log", h->dir);
	h->log = log_open(path, LOG_TEXT, &f);
	must_load(h, "", "tcpipservice 'A' { portnumber = 0 }\n");
	assert_ptr_equal(generation_ref(h->generation), h->generation);
	generation_unref(h->generation);
	assert_int_equal(h->generation->refs, 1);
	generation_unref(h->generation);
	h->generation = NULL;
	log_close(h->log);
	file = fopen(path, "r");
	assert_non_null(fgets(line, sizeof line, file));
	fclose(file);
	assert_non_null(strstr(line, "SP0013"));
	assert_non_null(strstr(line, "generation=7"));
	generation_unref(NULL);
}

/* ---- specs */

#define DOORS_FOR_SPECS "local p = require 'policy'\n" \
	"return { admit = function(f) if f.peer.ip == '192.0.2.1' then return p.accept() end return p.refuse('far', 'too far') end,\n" \
	"  bind = function(f) return f.no.such end,\n" \
	"  install = function(f) return p.install { ipconn = 'A' .. p.counter('N'):next(), port = -1 } end }\n"

static void
ask_rows(struct house *h, double seconds, struct policy_specs_result *r)
{
	struct policy_specs_order o = { .region = &h->generation->definition->region, .library_dir = "lua", .level = FAULT_ERROR, .seconds = seconds };

	policy_specs_run(&o, r, &h->faults);
}

static struct policy_specs_result
run_specs(struct house *h, const char *rows)
{
	struct policy_specs_result r;

	script(h, "s", DOORS_FOR_SPECS);
	script(h, "s_spec", rows);
	must_load(h, "", "tcpipservice 'A' { portnumber = 0 }\n");
	ask_rows(h, 0, &r);
	return r;
}

static void
rows_that_hold_are_counted(void **state)
{
	struct house *h = *state;
	struct policy_specs_result r = run_specs(h, "local function from(ip) return { peer = { ip = ip } } end\n"
		"return {\n"
		"{ name = 'near', door = 'admit', facts = from '192.0.2.1', expect = { verdict = 'accept' } },\n"
		"{ door = 'admit', facts = from '192.0.2.2', expect = { verdict = 'refuse', code = 'far', text = 'too far' } },\n"
		"{ door = 'bind', facts = {}, expect = { verdict = 'refuse', code = 'policy_error' } },\n"
		"{ door = 'install', facts = {}, mock = { counters = { N = 4 } }, expect = { verdict = 'install', ipconn = 'A5', port = -1 } },\n"
		"{ door = 'install', facts = {}, mock = {}, expect = { verdict = 'install', ipconn = 'A1' } } }");

	print_faults(&h->faults);
	assert_int_equal(h->faults.n, 0);
	assert_int_equal(r.rows, 5);
	assert_int_equal(r.failed, 0);
}

static void
rows_that_do_not_hold_are_faults(void **state)
{
	struct house *h = *state;
	struct policy_specs_result r = run_specs(h, "local near, far = { peer = { ip = '192.0.2.1' } }, { peer = { ip = '192.0.2.2' } }\n"
		"return {\n"
		"{ name = 'first', door = 'admit', facts = near, expect = { verdict = 'refuse' } },\n"
		"{ door = 'admit', facts = far, expect = { verdict = 'refuse', code = 'other' } },\n"
		"{ name = 'third', door = 'bind', facts = {}, expect = { verdict = 'refuse' } },\n"
		"{ door = 'certify', facts = {}, expect = { verdict = 'accept' } },\n"
		"{ door = 'dmit', facts = {}, expect = { verdict = 'accept' } },\n"
		"{ door = 'admit', facts = near, expect = {} },\n"
		"{ door = 'admit', facts = near, expect = { verdict = 'accept', cod = 'x' } },\n"
		"{ door = 'admit', fact = near, expect = { verdict = 'accept' } },\n"
		"{ door = 'admit', facts = near, mock = { counter = {} }, expect = { verdict = 'accept' } },\n"
		"{ door = 'admit', facts = near, expect = { verdict = 'accept', ipconn = 'A' } },\n"
		"5,\n"
		"{ door = 'admit', facts = { peer = { ip = '192.0.2.1', prot = 1 } }, expect = { verdict = 'accept' } },\n"
		"{ door = 'bind',\n  facts = { capex = { applid = 'ABCDEFGHI' } },\n  expect = { verdict = 'refuse', code = 'policy_error' } } }");

	assert_int_equal(r.rows, 13);
	assert_int_equal(r.failed, 13);
	has_fault(h, "s_spec.lua:3: fault: row 1 \"first\"", "verdict: expected refuse, got accept");
	has_fault(h, "row 2", "code: expected other, got far");
	has_fault(h, "row 2", "s.lua:2");
	has_fault(h, "row 3 \"third\"", "the script failed: refuse policy_error");
	has_fault(h, "row 4", "no function certify");
	has_fault(h, "row 5", "door is dmit; it must be");
	has_fault(h, "row 6", "expect has no verdict");
	has_fault(h, "row 7", "expect has no key \"cod\"");
	has_fault(h, "row 8", "a row has no key \"fact\"");
	has_fault(h, "row 8", "facts must be a table");
	has_fault(h, "s_spec.lua:11: fault: row 9", "mock: no key 'counter'");
	has_fault(h, "row 10", "ipconn: expected A, got nothing");
	has_fault(h, "s_spec.lua:13: fault: row 11", "is a number, not a table");
	has_fault(h, "s_spec.lua:14: fault: row 12", "facts.peer has no 'prot'; is 'port' meant?");
	has_fault(h, "s_spec.lua:15: fault: row 13", "facts.capex.applid: 'ABCDEFGHI' is not 1 to 8 of");
}

static void
a_spec_is_plain_data(void **state)
{
	static const struct { const char *text, *words; } bad[] = {
		{ "return 5", "returns a number" },
		{ "return {}", "has no rows" },
		{ "local p = require 'policy' return {}", "requires nothing" },
		{ "return { = }", "unexpected symbol" },
		{ "while true do end", "limit" },
		{ "os.exit()", "os" },
	};
	struct house *h = *state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		run_specs(h, bad[i].text);
		has_fault(h, "s_spec.lua", bad[i].words);
		faults_free(&h->faults);
		generation_unref(h->generation);
		h->generation = NULL;
	}
}

static void
a_spec_without_its_script_is_a_fault(void **state)
{
	struct house *h = *state;
	struct policy_specs_result r;

	script(h, "lost_spec", "return {}");
	must_load(h, "", "tcpipservice 'A' { portnumber = 0 }\n");
	ask_rows(h, 0, &r);
	assert_int_equal(r.unread, 1);
	has_fault(h, "", "lost.lua");
}

static void
rows_that_are_not_asked_in_time_do_not_hold(void **state)
{
	struct house *h = *state;
	struct policy_specs_result r;

	script(h, "s", DOORS_FOR_SPECS);
	script(h, "s_spec", "return { { door = 'bind', facts = {}, expect = { verdict = 'refuse' } } }");
	script(h, "t", DOORS_FOR_SPECS);
	script(h, "t_spec", "return {}");
	must_load(h, "", "tcpipservice 'A' { portnumber = 0 }\n");
	ask_rows(h, 1e-9, &r);
	assert_int_equal(r.rows, 0);
	assert_int_equal(r.failed, 1);
	assert_int_equal(h->faults.errors, 1);
	has_fault(h, "s_spec.lua", "row 1 and those after it were not asked");
}

static void
the_shipped_policies_hold_their_specs_in_the_engine(void **state)
{
	struct house *h = *state;
	struct policy_specs_result r;

	h->policies = "policies";
	must_load(h, "", "tcpipservice 'A' { portnumber = 0 }\n");
	ask_rows(h, 0, &r);
	print_faults(&h->faults);
	assert_int_equal(h->faults.errors, 0);
	assert_true(r.rows > 20);
	assert_int_equal(r.failed, 0);
}

static void
each_ipconn_has_its_own_outbound_service(void **state)
{
	struct house *h = *state;
	const struct service *s;

	script(h, "open", OPEN "return { admit = f, certify = f, bind = f }");
	must_load(h, RING, "tcpipservice 'IN' { portnumber = 0, ssl = 'yes', admit = 'open', certify = 'open', bind = 'open' }\n"
		"ipconn 'PLAIN' { tcpipservice = 'IN' }\nipconn 'SECURE' { applid = 'X', port = 1, sendcount = 1, ssl = 'yes', certificate = 'CICSA', admit = 'open', certify = 'open' }\n");
	s = generation_outbound(h->generation, "PLAIN");
	assert_int_equal(s->way, WAY_OUT);
	assert_int_equal(s->ssl, SSL_NO);
	assert_null(s->tls);
	assert_null(s->script[DOOR_ADMIT]); /* not the script of its tcpipservice */
	assert_null(s->script[DOOR_CERTIFY]);
	s = generation_outbound(h->generation, "SECURE");
	assert_int_equal(s->ssl, SSL_YES_);
	assert_non_null(s->tls);
	assert_string_equal(s->script[DOOR_ADMIT], "open");
	assert_string_equal(s->script[DOOR_CERTIFY], "open");
	assert_null(s->script[DOOR_BIND]);
	s = generation_outbound(h->generation, "");
	assert_ptr_equal(s, generation_outbound(h->generation, "NEITHER"));
	assert_int_equal(s->way, WAY_OUT);
	assert_null(s->tls);
	assert_null(s->script[DOOR_ADMIT]);
}

#define DIALLED "port = 1, sendcount = 1"

static void
ipconns_with_equal_scripts_and_tls_share_a_service(void **state)
{
	struct house *h = *state;
	struct generation *g;

	script(h, "open", OPEN "return { admit = f, certify = f }");
	script(h, "other", OPEN "return { admit = f }");
	must_load(h, RING, "ipconn 'A' { applid = 'A1', " DIALLED ", admit = 'open' }\n"
		"ipconn 'B' { applid = 'B1', " DIALLED ", admit = 'open' }\n"
		"ipconn 'C' { applid = 'C1', " DIALLED ", admit = 'other' }\n"
		"ipconn 'D' { applid = 'D1', " DIALLED ", admit = 'other', ssl = 'yes' }\n"
		"ipconn 'E' { applid = 'E1', " DIALLED ", admit = 'other', ssl = 'yes' }\n"
		"ipconn 'F' { applid = 'F1', " DIALLED ", ssl = 'yes' }\n");
	g = h->generation;
	assert_ptr_equal(generation_outbound(g, "A"), generation_outbound(g, "B"));
	assert_ptr_not_equal(generation_outbound(g, "B"), generation_outbound(g, "C"));
	assert_string_equal(generation_outbound(g, "C")->script[DOOR_ADMIT], "other");
	assert_ptr_not_equal(generation_outbound(g, "C"), generation_outbound(g, "D"));
	assert_ptr_equal(generation_outbound(g, "D"), generation_outbound(g, "E"));
	assert_string_equal(generation_outbound(g, "E")->script[DOOR_ADMIT], "other");
	assert_null(generation_outbound(g, "F")->script[DOOR_ADMIT]);
	assert_non_null(generation_outbound(g, "F")->tls);
}

static void
an_ipconns_scripts_ring_and_label_must_be_there(void **state)
{
	struct house *h = *state;

	script(h, "open", OPEN "return { admit = f }");
	assert_null(load(h, RING, "ipconn 'A' { applid = 'A1', " DIALLED ", admit = 'nowhere' }\n"
		"ipconn 'B' { applid = 'B1', " DIALLED ", ssl = 'yes', certify = 'open' }\n"
		"ipconn 'C' { applid = 'C1', " DIALLED ", ssl = 'yes', certificate = 'NOBODY' }\n"
		"ipconn 'D' { applid = 'D1', " DIALLED ", ssl = 'yes', ciphers = 'ZZZZ:NOSUCH' }\n"));
	has_fault(h, "test.lua:2", "ipconn A: admit: ");
	has_fault(h, "test.lua:3", "ipconn B: certify: ");
	has_fault(h, "test.lua:3", "has no function certify");
	has_fault(h, "test.lua:4", "has no certificate labelled NOBODY");
	has_fault(h, "test.lua:5", "ipconn D: ciphers");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_generation_has_everything_its_definition_names),
		T(every_fault_is_told_not_only_the_first),
		T(each_ipconn_has_its_own_outbound_service),
		T(ipconns_with_equal_scripts_and_tls_share_a_service),
		T(an_ipconns_scripts_ring_and_label_must_be_there),
		T(a_ring_that_does_not_load_is_told_once),
		T(other_scripts_are_compiled_when_asked_for),
		T(limits_are_the_regions),
		T(the_last_reference_ends_it_with_a_message),
		T(rows_that_hold_are_counted),
		T(rows_that_do_not_hold_are_faults),
		T(a_spec_is_plain_data),
		T(a_spec_without_its_script_is_a_fault),
		T(rows_that_are_not_asked_in_time_do_not_hold),
		T(the_shipped_policies_hold_their_specs_in_the_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
