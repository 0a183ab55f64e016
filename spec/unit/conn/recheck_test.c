/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload asks about an installed socket at each door of the table. For each door and each way, a generation is loaded
 * whose script refuses at that door alone: the socket must be refused at that door, or the door's row must give the
 * reason why a reload does not ask it.
 */
#include "conn/recheck.h"

#include "config/definition_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct house {
	char dir[64], path[128];
	struct generation *generation;
	struct worker worker;
	struct certificate certificate;
	struct ipconn ipconn;
	struct conn conn;
};

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	/* never the last reference: the certificate is a member of struct house */
	h->certificate = (struct certificate){ .refs = 1, .chain = { .ok = true, .complete = true } };
	strcpy(h->dir, "/tmp/sallyport-recheck-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	snprintf(h->path, sizeof h->path, "%s/rule.lua", h->dir);
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	generation_unref(h->generation);
	unlink(h->path);
	rmdir(h->dir);
	free(h);
	return 0;
}

/* A script whose functions open each door, except `shut`; DOOR_COUNT: it opens all. */
static void
write_rule(const struct house *h, enum door shut)
{
	FILE *f = fopen(h->path, "w");

	assert_non_null(f);
	fputs("local policy = require 'policy'\nreturn {\n", f);
	for (enum door d = 0; d < DOOR_COUNT; d++)
		if (d == shut)
			fprintf(f, "%s = function() return policy.refuse('shut') end,\n", door_name(d));
		else if (door_row(d)->yes == VERDICT_INSTALL)
			fprintf(f, "%s = function() return policy.install { ipconn = 'A' } end,\n", door_name(d));
		else
			fprintf(f, "%s = function() return policy.accept() end,\n", door_name(d));
	fputs("}\n", f);
	fclose(f);
}

/* Appends ", ATTRIBUTE = 'rule'" for each attribute of the table that names a script. */
static void
name_rule(char *text, size_t size, const struct attribute *table)
{
	for (; table->name != NULL; table++) {
		size_t n = strlen(text);

		if (table->kind == ATTR_SCRIPT)
			snprintf(text + n, size - n, ", %s = 'rule'", table->name);
	}
}

/* Loads a generation in which every attribute that names a script names rule.lua. */
static void
load(struct house *h)
{
	char in[200] = "", out[200] = "", text[1000];
	struct generation_options o = { .number = 2, .library_dir = "lua" };
	struct faults faults = { .n = 0 };
	struct definition *d;

	name_rule(in, sizeof in, resource_tcpipservice);
	name_rule(out, sizeof out, resource_ipconn);
	snprintf(text, sizeof text,
		"region { applid = 'CICSA', networkid = 'NETA', policies = '%s', ring = 'certs/rings/CICSA' }\n"
		"tcpipservice 'IN' { portnumber = 0, ssl = 'clientauth', certificate = 'CICSA'%s }\n"
		"ipconn 'A' { applid = 'X', tcpipservice = 'IN', host = 'x', port = 1, sendcount = 1, ssl = 'yes'%s }\n"
		"program 'P' { builtin = 'ECHO' }\n", h->dir, in, out);
	d = definition_load_bytes("test.lua", text, strlen(text), &faults);
	generation_unref(h->generation);
	h->generation = d != NULL ? generation_load(d, &o, &faults) : NULL;
	for (size_t i = 0; h->generation == NULL && i < faults.n; i++)
		print_message("%s\n", faults_print(&faults, i, text, sizeof text));
	assert_non_null(h->generation);
	faults_free(&faults);
}

/* The first socket of an autoinstalled ipconn, with the certificate of a partner whose chain verified. */
static void
install(struct house *h, enum way way)
{
	h->ipconn = (struct ipconn){ .worker = &h->worker, .autoinstalled = true, .ruled = "A", .def = { .ipconn = "A" } };
	h->conn = (struct conn){
		.worker = &h->worker,
		.generation = h->generation,
		.service = way == WAY_IN ? generation_service(h->generation, "IN") : generation_outbound(h->generation, "A"),
		.stage = CONN_INSTALLED,
		.facts = { .way = way, .stage = STAGE_CAPEX, .tcpipservice = "IN", .socket = 1, .names_host = true, .has_capex = true,
			.tls = { .version = "TLSv1.3" }, .certificate = &h->certificate },
	};
	addr_parse(&h->conn.facts.peer.addr, "192.0.2.1", 1);
	addr_parse(&h->conn.facts.own.addr, "192.0.2.2", 2);
}

static void
assert_door(struct house *h, enum door d, enum way way)
{
	bool asked = door_row(d)->reask != REASK_NEVER && (door_row(d)->ways >> way & 1) != 0;
	struct recheck_result r;

	install(h, way);
	recheck_socket(&h->conn, h->generation, &h->ipconn, true, false, &r);
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
		write_rule(h, d);
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

	write_rule(h, DOOR_COUNT);
	load(h);
	for (enum way way = WAY_IN; way <= WAY_OUT; way++) {
		install(h, way);
		recheck_socket(&h->conn, h->generation, &h->ipconn, true, false, &r);
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
	FILE *f = fopen(h->path, "w");

	assert_non_null(f);
	fputs(rule, f);
	fclose(f);
	load(h);
	install(h, WAY_IN);
	recheck_socket(&h->conn, h->generation, &h->ipconn, true, false, &r);
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
