/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the engine as values: each refuses with its code and reason, and has no effect on its arguments. */
#include "conn/rules.h"

#include "config/definition_load.h"
#include "tls/cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct house {
	struct generation *generation;
	struct worker worker;
	struct entrance entrance, specific;
	struct ipconn ipconn;
	struct ipconn_def def;
	struct engagement engagement;
	struct facts facts;
	struct conn conn;
	struct ruling r;
};

static struct entrance *
entrance_of(struct worker *w, const char *tcpipservice)
{
	struct house *h = w->region;

	return strcmp(tcpipservice, "SPEC") == 0 ? &h->specific : &h->entrance;
}

static void
load(struct house *h)
{
	static const char text[] = "region { applid = 'CICSA', networkid = 'NETA', maxsockets = 3, halfopen = 5, halfopen_peer = 2 }\n"
		"tcpipservice 'IN' { portnumber = 0, applid_change = 'blank_only' }\n"
		"tcpipservice 'GEN' { portnumber = 0, speciftcps = 'SPEC' }\n"
		"tcpipservice 'SPEC' { portnumber = 0 }\n";
	struct generation_options o = { .number = 1, .library_dir = "lua" };
	struct faults faults = { .n = 0 };
	struct definition *d = definition_load_bytes("test.lua", text, sizeof text - 1, &faults);

	assert_non_null(d);
	h->generation = generation_load(d, &o, &faults);
	assert_non_null(h->generation);
	faults_free(&faults);
}

static int
set_up(void **state)
{
	struct house *h = calloc(1, sizeof *h);

	load(h);
	h->worker = (struct worker){ .generation = h->generation, .registry = registry_new(), .entrance = entrance_of, .region = h };
	h->entrance.open = h->specific.open = true;
	h->def = (struct ipconn_def){ .ipconn = "PART", .applid = "X", .networkid = "NETX", .receivecount = 4, .sendcount = 2, .port = 7 };
	h->ipconn = (struct ipconn){ .worker = &h->worker, .def = &h->def, .engaged = &h->engagement, .inservice = true };
	h->conn = (struct conn){ .worker = &h->worker, .generation = h->generation, .entrance = &h->entrance,
		.service = generation_service(h->generation, "IN"), .facts = &h->facts };
	h->facts = (struct facts){ .tcpipservice = "IN",
		.capex = { .applid = "X", .networkid = "NETX", .sendcount = 9, .sockets = 2, .port = -1 } };
	*state = h;
	return 0;
}

static int
tear_down(void **state)
{
	struct house *h = *state;

	registry_free(h->worker.registry);
	generation_unref(h->generation);
	free(h);
	return 0;
}

static void
assert_refused(const struct house *h, bool refused, const char *code, enum reason reason)
{
	assert_true(refused);
	assert_string_equal(h->r.code, code);
	assert_int_equal(h->r.reason, reason);
	assert_true(h->r.text[0] != '\0');
}

static void
limits_count_the_others(void **state)
{
	struct house *h = *state;

	assert_false(rules_sockets(&h->conn, 2, &h->r));
	assert_refused(h, rules_sockets(&h->conn, 3, &h->r), "limit", REASON_OK);
	assert_false(rules_halfopen(&h->conn, 1, &h->r));
	assert_refused(h, rules_halfopen(&h->conn, 2, &h->r), "limit", REASON_OK);
	h->facts.load.halfopen = 5;
	assert_refused(h, rules_halfopen(&h->conn, 0, &h->r), "limit", REASON_OK);
	h->facts.way = WAY_OUT;
	assert_false(rules_halfopen(&h->conn, 9, &h->r));
}

static void
the_first_byte_shows_a_wrong_port(void **state)
{
	struct house *h = *state;

	assert_false(rules_first_byte(&h->conn, 'P', &h->r));
	assert_refused(h, rules_first_byte(&h->conn, RULES_TLS_RECORD, &h->r), "tls_on_plain", REASON_ISCE_ERROR);
}

static void
an_undescribed_certificate_has_the_code_of_its_fault(void **state)
{
	static const char *const code[] = { [CERT_MEMORY] = "limit", [CERT_LIMIT] = "certificate_limit", [CERT_BROKEN] = "chain" };
	struct certificate unfit = { .unfit = true, .chain = { .n = 1, .error = { { 1, 0, "key not used" } } } };
	struct house *h = *state;

	for (enum cert_trouble t = CERT_MEMORY; t <= CERT_BROKEN; t++) {
		struct cert_fault why = { .trouble = t, .text = "why" };

		assert_refused(h, rules_undescribed(&why, &h->r), code[t], REASON_OK);
	}
	assert_false(rules_certificate(NULL, &h->r));
	assert_refused(h, rules_certificate(&unfit, &h->r), "chain", REASON_OK);
}

static void
a_capex_is_for_this_region_while_it_is_open(void **state)
{
	struct house *h = *state;
	struct capex *x = &h->facts.capex;

	assert_false(rules_capex(&h->conn, &h->r));
	strcpy(x->server_applid, "CICSA");
	strcpy(x->server_networkid, "NETB");
	assert_refused(h, rules_capex(&h->conn, &h->r), "server_applid", REASON_ISCE_INVALID_APPLID);
	h->entrance.open = false;
	assert_refused(h, rules_capex(&h->conn, &h->r), "not_open", REASON_TCPIPSERVICE_NOT_OPEN);
	h->worker.draining = true;
	assert_refused(h, rules_capex(&h->conn, &h->r), "shutdown", REASON_SHUTDOWN);
}

static void
ha_redirects_or_refuses(void **state)
{
	struct house *h = *state;
	const struct entrance *to;

	assert_false(rules_ha(&h->conn, &to, &h->r));
	assert_null(to);
	h->facts.capex.ha = true;
	assert_refused(h, rules_ha(&h->conn, &to, &h->r), "ha", REASON_HA_RESOURCE_MISMATCH);
	h->conn.service = generation_service(h->generation, "SPEC");
	assert_false(rules_ha(&h->conn, &to, &h->r));
	assert_null(to);
	h->conn.service = generation_service(h->generation, "GEN");
	assert_false(rules_ha(&h->conn, &to, &h->r));
	assert_ptr_equal(to, &h->specific);
	h->specific.open = false;
	assert_refused(h, rules_ha(&h->conn, &to, &h->r), "ha", REASON_INVALID_HA_TCPIPSERVICE);
	h->facts.capex.ha = false;
	assert_refused(h, rules_ha(&h->conn, &to, &h->r), "ha", REASON_HA_RESOURCE_MISMATCH);
}

static void
a_match_needs_a_free_ipconn_of_this_listener(void **state)
{
	struct house *h = *state;
	struct ipconn *i = &h->ipconn;

	assert_false(rules_match(&h->conn, i, &h->r));
	strcpy(h->def.tcpipservice, "SPEC");
	assert_refused(h, rules_match(&h->conn, i, &h->r), "mismatch", REASON_TCPIPSERVICE_MISMATCH);
	assert_null(h->r.holder);
	i->status = CONN_ACQUIRED;
	assert_refused(h, rules_match(&h->conn, i, &h->r), "pair_taken", REASON_INVALID_PARTNER_STATE);
	assert_ptr_equal(h->r.holder, i);
	i->inservice = false;
	assert_refused(h, rules_match(&h->conn, i, &h->r), "outservice", REASON_INVALID_PARTNER_STATE);
}

static void
of_a_race_the_lower_names_win(void **state)
{
	struct house *h = *state;
	struct ipconn *i = &h->ipconn;

	i->status = CONN_OBTAINING;
	i->engaged->acquiring = true;
	assert_true(rules_race(i));
	assert_refused(h, rules_match(&h->conn, i, &h->r), "race", REASON_CAPEX_RACE);
	strcpy(h->facts.capex.networkid, "AAAA");
	assert_false(rules_match(&h->conn, i, &h->r));
	i->engaged->answered = true;
	assert_false(rules_race(i));
	assert_refused(h, rules_match(&h->conn, i, &h->r), "pair_taken", REASON_INVALID_PARTNER_STATE);
}

static void
terms_are_the_lesser_counts(void **state)
{
	struct house *h = *state;
	struct capex *x = &h->facts.capex;
	struct terms t;

	assert_false(rules_terms(h->ipconn.def, x, &t, &h->r));
	assert_int_equal(t.receivecount, 4);
	assert_int_equal(t.sendcount, 0);
	assert_int_equal(t.sockets, 2);
	x->port = 1500;
	x->receivecount = 1;
	strcpy(x->callback, "AAAAAAAAAAAAAAAAAAAAAA");
	assert_false(rules_terms(h->ipconn.def, x, &t, &h->r));
	assert_int_equal(t.sendcount, 1);
	x->sendcount = x->receivecount = 0;
	assert_refused(h, rules_terms(h->ipconn.def, x, &t, &h->r), "one_way", REASON_ONE_WAY_IPCONN);
}

static void
identify_needs_trust(void **state)
{
	struct house *h = *state;

	assert_false(rules_trust(&h->conn, h->ipconn.def, &h->r));
	h->def.userauth = USERAUTH_IDENTIFY;
	assert_refused(h, rules_trust(&h->conn, h->ipconn.def, &h->r), "trust", REASON_SECURITY_VIOLATION);
	h->facts.peer.sysplex = true;
	assert_false(rules_trust(&h->conn, h->ipconn.def, &h->r));
}

static void
the_urm_may_not_change_everything(void **state)
{
	struct verdict v = { .kind = VERDICT_INSTALL };
	struct house *h = *state;
	const struct ipconn_def *d = h->ipconn.def;

	assert_false(rules_install(&h->conn, &v, d, NULL, &h->r));
	strcpy(v.install.template, "TEMPL");
	assert_refused(h, rules_install(&h->conn, &v, d, NULL, &h->r), "template_unknown", REASON_AUTOINSTALL_FAILED);
	assert_false(rules_install(&h->conn, &v, d, &h->ipconn, &h->r));
	h->ipconn.inservice = false;
	assert_refused(h, rules_install(&h->conn, &v, d, &h->ipconn, &h->r), "template_outservice", REASON_AUTOINSTALL_FAILED);
	v.install.has_port = true;
	v.install.port = 1500;
	assert_refused(h, rules_install(&h->conn, &v, d, &h->ipconn, &h->r), "port_changed", REASON_AUTOINSTALL_FAILED);
	strcpy(v.install.applid, "Y");
	assert_refused(h, rules_install(&h->conn, &v, d, &h->ipconn, &h->r), "applid_changed", REASON_AUTOINSTALL_FAILED);
}

static void
a_claim_leaves_out_one_ipconn_and_claims_nothing(void **state)
{
	struct house *h = *state;
	struct registry *r = h->worker.registry;
	struct ipconn *i = calloc(1, sizeof *i);
	struct ipconn_def other = { .ipconn = "PART", .applid = "Y", .networkid = "NETX" };

	*i = h->ipconn;
	i->engaged = NULL; /* the registry frees i with the parts that i owns */
	assert_int_equal(registry_claim(r, i), CLAIM_OK);
	assert_int_equal(registry_judge(r, i->def, NULL), CLAIM_PAIR_TAKEN);
	assert_int_equal(registry_judge(r, i->def, i), CLAIM_OK);
	assert_int_equal(registry_judge(r, &other, NULL), CLAIM_NAME_TAKEN);
	assert_int_equal(registry_count(r), 1);
	assert_refused(h, rules_claim(&h->conn, CLAIM_PAIR_TAKEN, i->def, &h->r), "pair_taken", REASON_INVALID_PARTNER_STATE);
	assert_ptr_equal(h->r.holder, i);
	assert_refused(h, rules_claim(&h->conn, CLAIM_NAME_TAKEN, &other, &h->r), "name_taken", REASON_AUTOINSTALL_FAILED);
	assert_refused(h, rules_claim(&h->conn, CLAIM_NO_MEMORY, &other, &h->r), "limit", REASON_AUTOINSTALL_FAILED);
	assert_false(rules_claim(&h->conn, CLAIM_OK, &other, &h->r));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(limits_count_the_others),
		T(the_first_byte_shows_a_wrong_port),
		T(an_undescribed_certificate_has_the_code_of_its_fault),
		T(a_capex_is_for_this_region_while_it_is_open),
		T(ha_redirects_or_refuses),
		T(a_match_needs_a_free_ipconn_of_this_listener),
		T(of_a_race_the_lower_names_win),
		T(terms_are_the_lesser_counts),
		T(identify_needs_trust),
		T(the_urm_may_not_change_everything),
		T(a_claim_leaves_out_one_ipconn_and_claims_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
