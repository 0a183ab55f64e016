/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload asks about an installed socket at each door of the table. For each door and each way, a generation is loaded
 * whose script refuses at that door alone: the socket must be refused at that door, or the door's row must give the
 * reason why a reload does not ask it.
 */
#include "conn/recheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/support/rule.h"

struct house {
	struct rule rule;
	struct worker worker;
	struct certificate certificate;
	struct ipconn ipconn;
	struct ipconn_def def;
	struct engagement engagement;
	struct facts facts;
	struct conn conn;
};

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	/* never the last reference: the certificate is a member of struct house */
	h->certificate = (struct certificate){ .refs = 1, .chain = { .ok = true, .complete = true } };
	rule_begin(&h->rule);
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	rule_end(&h->rule);
	free(h);
	return 0;
}

static void
load(struct house *h)
{
	rule_load(&h->rule, "applid = 'X', tcpipservice = 'IN', host = 'x', port = 1, sendcount = 1, ssl = 'yes'");
}

/* The first socket of an autoinstalled ipconn, with the certificate of a partner whose chain verified. */
static void
install(struct house *h, enum way way)
{
	h->def = (struct ipconn_def){ .ipconn = "A" };
	h->ipconn = (struct ipconn){ .worker = &h->worker, .def = &h->def, .engaged = &h->engagement, .autoinstalled = true, .ruled = "A" };
	h->conn = (struct conn){
		.worker = &h->worker,
		.generation = h->rule.generation,
		.service = way == WAY_IN ? generation_service(h->rule.generation, "IN") : generation_outbound(h->rule.generation, "A"),
		.stage = CONN_INSTALLED,
		.facts = &h->facts,
	};
	h->facts = (struct facts){ .way = way, .stage = STAGE_CAPEX, .tcpipservice = "IN", .socket = 1, .names_host = true, .has_capex = true,
		.tls = { .version = "TLSv1.3" }, .certificate = &h->certificate };
	addr_parse(&h->facts.peer.addr, "192.0.2.1", 1);
	addr_parse(&h->facts.own.addr, "192.0.2.2", 2);
}

static void
assert_door(struct house *h, enum door d, enum way way)
{
	bool asked = door_row(d)->reask != REASK_NEVER && (door_row(d)->ways >> way & 1) != 0;
	struct recheck_result r;

	install(h, way);
	recheck_socket(&h->conn, h->rule.generation, &h->ipconn, true, false, &r);
	if (r.refused != asked || (asked && r.door != d))
		fail_msg("door %s, way %s: %s at %s", door_name(d), way == WAY_IN ? "in" : "out", r.refused ? "refused" : "let in",
			r.refused ? door_name(r.door) : "every door");
	if (asked)
		assert_string_equal(r.verdict.code, "shut");
	assert_true(asked || (door_row(d)->ways >> way & 1) == 0 || door_row(d)->why_not[0] != '\0');
	recheck_forget(&r);
}

static void
each_door_is_asked_again_or_its_row_says_why_not(void **state)
{
	struct house *h = *state;

	for (enum door d = 0; d < DOOR_COUNT; d++) {
		rule_write(&h->rule, d, "A");
		load(h);
		assert_door(h, d, WAY_IN);
		assert_door(h, d, WAY_OUT);
	}
}

static void
a_socket_that_every_door_lets_in_stays(void **state)
{
	struct house *h = *state;
	struct recheck_result r;

	rule_write(&h->rule, DOOR_COUNT, "A");
	load(h);
	for (enum way way = WAY_IN; way <= WAY_OUT; way++) {
		install(h, way);
		recheck_socket(&h->conn, h->rule.generation, &h->ipconn, true, false, &r);
		assert_false(r.refused);
		assert_int_equal(r.door, DOOR_COUNT);
		recheck_forget(&r);
	}
}

/* The facts of each door are those of its stage: a script that reads a fact of a later stage finds none. */
static void
each_door_sees_the_facts_of_its_stage(void **state)
{
	static const char rule[] = "local policy = require 'policy'\n"
		"local function door(name, stage, tls, capex)\n"
		"  return function(facts)\n"
		"    local ok = facts.recheck and facts.generation == 2 and facts.stage == stage and (facts.tls ~= nil) == tls\n"
		"      and (facts.certificate ~= nil) == tls and (facts.capex ~= nil) == capex and facts.ipconn == nil\n"
		"    if not ok then return policy.refuse('wrong_facts') end\n"
		"    return name == 'install' and policy.install { ipconn = 'A' } or policy.accept()\n"
		"  end\n"
		"end\n"
		"return {\n"
		"  admit = door('admit', 'tcp', false, false), certify = door('certify', 'tls', true, false),\n"
		"  bind = door('bind', 'capex', true, true), install = door('install', 'capex', true, true),\n"
		"  attach = door('attach', 'request', true, true),\n"
		"}\n";
	struct house *h = *state;
	struct recheck_result r;
	FILE *f = fopen(h->rule.path, "w");

	assert_non_null(f);
	fputs(rule, f);
	fclose(f);
	load(h);
	install(h, WAY_IN);
	recheck_socket(&h->conn, h->rule.generation, &h->ipconn, true, false, &r);
	assert_string_equal(r.verdict.code, "");
	assert_false(r.refused);
	recheck_forget(&r);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(each_door_is_asked_again_or_its_row_says_why_not),
		T(a_socket_that_every_door_lets_in_stays),
		T(each_door_sees_the_facts_of_its_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
