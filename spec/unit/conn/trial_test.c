/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trial asks each door of the table. For each door and each way, a generation is loaded whose script refuses at that
 * door alone: the trial must end there, or the door must be one of a request or a notice, which the trial of a
 * connection does not put as a question.
 */
#include "conn/trial.h"

#include "conn/peers.h"

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
	struct totals totals;
	struct entrance entrance;
	struct certificate certificate;
	struct presented none;
	struct trial_question q;
};

static struct entrance *
entrance_of(struct worker *w, const char *tcpipservice)
{
	struct house *h = w->region;

	(void)tcpipservice;
	return &h->entrance;
}

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);
	struct ipconn *i = calloc(1, sizeof *i);
	struct ipconn_def *d = calloc(1, sizeof *d);

	/* never the last reference: the certificate is a member of struct house */
	h->certificate = (struct certificate){ .refs = 1, .chain = { .ok = true, .complete = true } };
	rule_begin(&h->rule);
	h->entrance = (struct entrance){ .tcpipservice = "IN", .open = true };
	h->worker = (struct worker){ .totals = &h->totals, .registry = registry_new(), .peers = peers_new(), .entrance = entrance_of, .region = h };
	*d = (struct ipconn_def){ .ipconn = "A", .applid = "X", .networkid = "NETX", .host = "192.0.2.9", .port = 1, .sendcount = 1, .ssl = YES };
	*i = (struct ipconn){ .worker = &h->worker, .def = d, .owns = true, .inservice = true, .ruled = "A" };
	assert_int_equal(registry_claim(h->worker.registry, i), CLAIM_OK);
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	registry_free(h->worker.registry);
	peers_free(h->worker.peers);
	rule_end(&h->rule);
	free(h);
	return 0;
}

static void
load(struct house *h)
{
	rule_load(&h->rule, "applid = 'X', networkid = 'NETX', host = '192.0.2.9', port = 1, sendcount = 1, ssl = 'yes'");
	h->worker.generation = h->rule.generation;
}

/* A partner with a certificate whose chain verified, or the dial of ipconn A. */
static struct trial *
try_way(struct house *h, enum way way)
{
	struct fault f = { "" };
	struct trial *t;

	h->q = (struct trial_question){ .worker = &h->worker, .generation = h->rule.generation, .tls = -1, .sni = "", .presented = &h->none,
		.certificate = &h->certificate, .capex = "{\"applid\":\"Y\",\"networkid\":\"NETX\"}", .now = 1e9, .load = { -1, -1, -1, -1, -1 } };
	h->q.capex_len = strlen(h->q.capex);
	h->q.tcpipservice = way == WAY_IN ? "IN" : NULL;
	h->q.ipconn = way == WAY_OUT ? "A" : NULL;
	addr_parse(&h->q.peer, "192.0.2.1", 1);
	t = trial_run(&h->q, &f);
	if (t == NULL)
		fail_msg("%s", f.text);
	return t;
}

static void
assert_door(struct house *h, enum door d, enum way way)
{
	const struct door_row *row = door_row(d);
	bool asked = (row->ways >> way & 1) != 0 && row->kind == DOOR_QUESTION && row->stage != STAGE_REQUEST;
	struct trial *t = try_way(h, way);

	if (t->refused != asked || trial_accepted(t) == asked)
		fail_msg("door %s, way %s: %s", door_name(d), way == WAY_IN ? "in" : "out", t->refused ? "refused" : "not asked");
	if (asked) {
		assert_int_equal(t->conn->ask->door, d);
		assert_string_equal(t->conn->ask->verdict.code, "shut");
	}
	trial_free(t);
}

static void
each_door_is_asked(void **state)
{
	struct house *h = *state;

	for (enum door d = 0; d < DOOR_COUNT; d++) {
		rule_write(&h->rule, d, "B");
		load(h);
		assert_door(h, d, WAY_IN);
		assert_door(h, d, WAY_OUT);
	}
}

static void
nothing_is_installed_or_counted(void **state)
{
	struct house *h = *state;
	struct peers_counts counts;
	struct trial *t;

	rule_write(&h->rule, DOOR_COUNT, "B");
	load(h);
	for (enum way way = WAY_IN; way <= WAY_OUT; way++) {
		t = try_way(h, way);
		assert_true(trial_accepted(t));
		assert_string_equal(t->partner.def->ipconn, way == WAY_IN ? "B" : "A");
		trial_free(t);
	}
	counts = peers_look(h->worker.peers, &h->q.peer, 0);
	assert_int_equal(counts.from_peer + counts.refused_from_peer, 0);
	assert_int_equal(registry_count(h->worker.registry), 1);
	assert_null(registry_name(h->worker.registry, "B"));
	assert_null(h->worker.conns);
	assert_int_equal(h->totals.sockets, 0);
	assert_int_equal(h->entrance.connections + h->entrance.halfopen, 0);
	assert_int_equal(registry_first(h->worker.registry)->status, CONN_RELEASED);
	assert_int_equal(h->rule.generation->refs, 1);
	generation_unref(h->rule.generation); /* its Lua state may hold the facts of the last questions */
	h->rule.generation = NULL;
	assert_int_equal(h->certificate.refs, 1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(each_door_is_asked),
		T(nothing_is_installed_or_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
