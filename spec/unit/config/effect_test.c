/* SPDX-License-Identifier: Apache-2.0 */
#include "config/definition_load.h"
#include "config/effect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PROGRAM " program 'ECHO' {}"
#define REGION "region { applid = 'A', networkid = 'N', ring = 'r', saf = 's' } program 'ECHO' {} tcpipservice 'TLS' { portnumber = 0, ssl = 'clientauth' }\n"
#define TLS " tcpipservice 'TLS' { portnumber = 0, ssl = 'clientauth' }"
#define PLEX "store = 'redis://127.0.0.1:6379', sysplex = 'PLEX', claim_down = 'local', claim_lost = 'keep'"
#define OWN(given) "region { applid = 'A', networkid = 'N', " given " }\n"

/*
 * For each row of effect_rows, in order: a definition with only this fault or warning; and one in which the attribute
 * has an effect.
 */
static const struct example {
	const char *resource, *attribute, *idle, *acts;
} examples[] = {
	{ "region", "sec", OWN("saf = 's', sec = 'yes'"), OWN("saf = 's', sec = 'yes'") "tcpipservice 'T' { portnumber = 0 }" PROGRAM },
	{ "region", "sec", OWN("saf = 's', sec = 'yes'") "tcpipservice 'T' { portnumber = 0, attach = 'a' }" PROGRAM,
		OWN("saf = 's', sec = 'yes'") "tcpipservice 'T' { portnumber = 0, attach = 'a' } tcpipservice 'U' { portnumber = 0 }" PROGRAM },
	{ "region", "handshake_timeout", OWN("handshake_timeout = 3"), OWN("ring = 'r', handshake_timeout = 3") TLS },
	{ "region", "x509strict", OWN("x509strict = 'yes'"), OWN("ring = 'r', x509strict = 'yes'") "tcpipservice 'A' { portnumber = 0, ssl = 'clientauth' }" },
	{ "region", "verify_cache", OWN("verify_cache = 5"), OWN("ring = 'r', verify_cache = 5") "tcpipservice 'A' { portnumber = 0, ssl = 'clientauth' }" },
	{ "region", "heartbeat_timeout", OWN("heartbeat = 0, heartbeat_timeout = 3"), OWN("heartbeat = 0, heartbeat_timeout = 3")
		"tcpipservice 'T' { portnumber = 0, heartbeat = 5 }" },
	{ "region", "halfopen", OWN("halfopen = 3"), OWN("halfopen = 3") "tcpipservice 'T' { portnumber = 0 }" },
	{ "region", "halfopen_peer", OWN("halfopen_peer = 3"), OWN("halfopen_peer = 3") "tcpipservice 'T' { portnumber = 0 }" },
	{ "region", "instructions", OWN("instructions = 300"), OWN("instructions = 300") "program 'P' { script = 'p' }" },
	{ "region", "milliseconds", OWN("milliseconds = 3"), OWN("milliseconds = 3") "tcpipservice 'T' { portnumber = 0, urm = 'u' }" },
	{ "region", "kilobytes", OWN("kilobytes = 300"), OWN("kilobytes = 300") "ipconn 'C' { port = 1, host = 'h', sendcount = 1, admit = 'a' }" },
	{ "region", "policy_http", OWN("policy_http = { '127.0.0.1:80' }"),
		OWN("policy_http = { '127.0.0.1:80' }") "tcpipservice 'T' { portnumber = 0, bind = 'b' }" },
	{ "region", "store", OWN("store = 'redis://127.0.0.1:6379'"),
		OWN("store = 'redis://127.0.0.1:6379'") "tcpipservice 'T' { portnumber = 0, bind = 'b' }" },
	{ "region", "store_user", OWN("store_user = 'u'"), OWN("store = 'redis://127.0.0.1:6379', store_user = 'u', store_password_file = 'p'")
		"tcpipservice 'T' { portnumber = 0, bind = 'b' }" },
	{ "region", "store_password_file", OWN("store_password_file = 'p'"), OWN("store = 'redis://127.0.0.1:6379', store_password_file = 'p'")
		"tcpipservice 'T' { portnumber = 0, bind = 'b' }" },
	{ "region", "store_sentinel_user", OWN("store = 'redis://127.0.0.1:6379', store_sentinel_user = 'u'")
		"tcpipservice 'T' { portnumber = 0, bind = 'b' }",
		OWN("store = 'sentinel://127.0.0.1:6379/m', store_sentinel_user = 'u', store_sentinel_password_file = 'p'") "tcpipservice 'T' { portnumber = 0, bind = 'b' }" },
	{ "region", "store_sentinel_password_file", OWN("store = 'redis://127.0.0.1:6379', store_sentinel_password_file = 'p'") "tcpipservice 'T' { portnumber = 0, bind = 'b' }",
		OWN("store = 'sentinel://127.0.0.1:6379/m', store_sentinel_password_file = 'p'") "tcpipservice 'T' { portnumber = 0, bind = 'b' }" },
	{ "region", "store_ring", OWN("store_ring = 'r'"), OWN("store = 'rediss://127.0.0.1:6379', store_ring = 'r'")
		"tcpipservice 'T' { portnumber = 0, bind = 'b' }" },
	{ "region", "store_ring", OWN("store = 'redis://127.0.0.1:6379', store_ring = 'r'") "tcpipservice 'T' { portnumber = 0, bind = 'b' }",
		OWN("store = 'sentinel://127.0.0.1:6379/m', store_ring = 'r'") "tcpipservice 'T' { portnumber = 0, bind = 'b' }" },
	{ "region", "sysplex", OWN("sysplex = 'PLEX', claim_down = 'local', claim_lost = 'keep'"), OWN(PLEX) },
	{ "region", "follow_keys", OWN("follow_keys = 'k'"), OWN(PLEX ", follow = 'yes', follow_keys = 'k', follow_file = 'f'") },
	{ "region", "follow_file", OWN("follow_file = 'f'"), OWN(PLEX ", follow = 'yes', follow_keys = 'k', follow_file = 'f'") },
	{ "region", "follow_decrypt_key", OWN("follow_decrypt_key = 'd'"),
		OWN(PLEX ", follow = 'yes', follow_keys = 'k', follow_file = 'f', follow_decrypt_key = 'd'") },
	{ "region", "lease", OWN("lease = 3"), OWN(PLEX ", lease = 3") },
	{ "region", "claim_down", OWN("claim_down = 'local'"), OWN(PLEX) },
	{ "region", "claim_lost", OWN("claim_lost = 'keep'"), OWN(PLEX) },
	{ "region", "store_replicas", OWN("store_replicas = 1"), OWN(PLEX ", store_replicas = 1") },
	{ "region", "wait_milliseconds", OWN("wait_milliseconds = 3"), OWN("wait_milliseconds = 3") "tcpipservice 'T' { portnumber = 0, bind = 'b' }" },
	{ "region", "waiting", OWN("waiting = 3"), OWN("waiting = 3") "tcpipservice 'T' { portnumber = 0, admit = 'a' }" },
	{ "region", "waiting_peer", OWN("waiting_peer = 3"), OWN("waiting_peer = 3") "tcpipservice 'T' { portnumber = 0, urm = 'u' }" },
	{ "region", "record_full", OWN("record_full = 'hold'"), OWN("record_full = 'hold', record = 'r.db'") },
	{ "region", "record_requests", OWN("record_requests = 'all'"), OWN("record_requests = 'all', record = 'r.db'") },
	{ "region", "record_days", OWN("record_days = 3"), OWN("record_days = 3, record = 'r.db'") },
	{ "region", "record_megabytes", OWN("record_megabytes = 3"), OWN("record_megabytes = 3, record = 'r.db'") },
	{ "region", "record_mask", OWN("record_mask = { 'check.detail' }"), OWN("record_mask = { 'check.detail' }, record = 'r.db'") },
	{ "region", "keep_caps", OWN("keep_caps = 'bind'"), OWN("keep_caps = 'bind', user = 'u'") },
	{ "region", "retry", OWN("retry = 3"), OWN("retry = 3") "ipconn 'C' { port = 1, host = 'h', sendcount = 1, autoconnect = 'yes' }" },
	{ "region", "retry_max", OWN("retry_max = 3"), OWN("retry_max = 3") "ipconn 'C' { port = 1, host = 'h', sendcount = 1, autoconnect = 'yes' }" },

	{ "tcpipservice", "certificate", OWN("") "tcpipservice 'T' { portnumber = 0, certificate = 'X' }",
		REGION "tcpipservice 'T' { portnumber = 0, certificate = 'X', ssl = 'yes' }" },
	{ "tcpipservice", "ciphers", OWN("") "tcpipservice 'T' { portnumber = 0, ciphers = '1301' }",
		REGION "tcpipservice 'T' { portnumber = 0, ciphers = '1301', ssl = 'yes' }" },
	{ "tcpipservice", "certify", OWN("") "tcpipservice 'T' { portnumber = 0, certify = 'never' }",
		REGION "tcpipservice 'T' { portnumber = 0, certify = 'never', ssl = 'yes' }" },
	{ "tcpipservice", "attach", OWN("") "tcpipservice 'T' { portnumber = 0, attach = 'a' }",
		OWN("") "tcpipservice 'T' { portnumber = 0, attach = 'a' }" PROGRAM },
	{ "tcpipservice", "advertise", OWN("") "tcpipservice 'S' { portnumber = 0 } tcpipservice 'G' { portnumber = 0, speciftcps = 'S', advertise = { A = 'a:1' } }",
		OWN("store = 'unix:/s', sysplex = 'P', claim_down = 'refuse', claim_lost = 'keep'")
		"tcpipservice 'S' { portnumber = 0 } tcpipservice 'G' { portnumber = 0, speciftcps = 'S', advertise = { A = 'a:1' } }" },
	{ "tcpipservice", "urm", OWN("") "tcpipservice 'S' { portnumber = 0 } tcpipservice 'G' { portnumber = 0, speciftcps = 'S', urm = 'u' }",
		OWN("") "tcpipservice 'S' { portnumber = 0, urm = 'u' } tcpipservice 'G' { portnumber = 0, speciftcps = 'S' }" },
	{ "tcpipservice", "applid_change", OWN("") "tcpipservice 'T' { portnumber = 0, applid_change = 'blank_only' }",
		OWN("") "tcpipservice 'T' { portnumber = 0, applid_change = 'blank_only', urm = 'u' }" },
	{ "tcpipservice", "heartbeat", OWN("") "tcpipservice 'S' { portnumber = 0 } tcpipservice 'G' { portnumber = 0, speciftcps = 'S', heartbeat = 3 }",
		OWN("") "tcpipservice 'S' { portnumber = 0, heartbeat = 3 } tcpipservice 'G' { portnumber = 0, speciftcps = 'S' }" },
	{ "tcpipservice", "heartbeat_timeout",
		OWN("") "tcpipservice 'S' { portnumber = 0 } tcpipservice 'G' { portnumber = 0, speciftcps = 'S', heartbeat_timeout = 3 }",
		OWN("") "tcpipservice 'S' { portnumber = 0, heartbeat_timeout = 3 } tcpipservice 'G' { portnumber = 0, speciftcps = 'S' }" },
	{ "tcpipservice", "heartbeat_timeout", OWN("heartbeat = 0") "tcpipservice 'T' { portnumber = 0, heartbeat_timeout = 3 }",
		OWN("heartbeat = 0") "tcpipservice 'T' { portnumber = 0, heartbeat_timeout = 3, heartbeat = 1 }" },

	{ "ipconn", "admit", OWN("") "ipconn 'C' { admit = 'a' }", OWN("") "ipconn 'C' { admit = 'a', port = 1, sendcount = 1 }" },
	{ "ipconn", "certify", REGION "ipconn 'C' { certify = 'a' }",
		REGION "ipconn 'C' { certify = 'a', ssl = 'yes', port = 1, host = 'h', tcpipservice = 'TLS' }" },
	{ "ipconn", "certify", OWN("") "ipconn 'C' { certify = 'a', port = 1, sendcount = 1 }",
		REGION "ipconn 'C' { certify = 'a', ssl = 'yes', port = 1, sendcount = 1 }" },
	{ "ipconn", "ssl", REGION "ipconn 'C' { ssl = 'yes' }", REGION "ipconn 'C' { ssl = 'yes', template = 'only', sendcount = 1 }" },
	{ "ipconn", "certificate", REGION "ipconn 'C' { certificate = 'X' }", REGION "ipconn 'C' { certificate = 'X', ssl = 'yes', port = 1, sendcount = 1 }" },
	{ "ipconn", "certificate", OWN("") "ipconn 'C' { certificate = 'X', port = 1, sendcount = 1 }",
		REGION "ipconn 'C' { certificate = 'X', ssl = 'yes', port = 1, sendcount = 1 }" },
	{ "ipconn", "ciphers", OWN("") "ipconn 'C' { ciphers = '1301' }", REGION "ipconn 'C' { ciphers = '1301', ssl = 'yes', port = 1, sendcount = 1 }" },
	{ "ipconn", "ciphers", OWN("") "ipconn 'C' { ciphers = '1301', port = 1, sendcount = 1 }",
		REGION "ipconn 'C' { ciphers = '1301', ssl = 'yes', port = 1, sendcount = 1 }" },
	{ "ipconn", "tcpipservice", REGION "ipconn 'C' { tcpipservice = 'TLS', template = 'only' }", REGION "ipconn 'C' { tcpipservice = 'TLS' }" },
	{ "ipconn", "linkauth", OWN("") "tcpipservice 'T' { portnumber = 0 } ipconn 'C' { linkauth = 'certuser' }" PROGRAM,
		REGION "ipconn 'C' { linkauth = 'certuser' }" },
	{ "ipconn", "linkauth", OWN("ring = 'r'") TLS "ipconn 'C' { linkauth = 'certuser' }", REGION "ipconn 'C' { linkauth = 'certuser' }" },
	{ "ipconn", "securityname", REGION "ipconn 'C' { securityname = 'FRED', linkauth = 'certuser' }", REGION "ipconn 'C' { securityname = 'FRED' }" },
	{ "ipconn", "securityname", OWN("") "ipconn 'C' { securityname = 'FRED' }", REGION "ipconn 'C' { securityname = 'FRED' }" },
	{ "ipconn", "host", REGION "ipconn 'C' { host = 'h', template = 'only' }", REGION "ipconn 'C' { host = 'h', port = 1, sendcount = 1 }" },
	{ "ipconn", "host", REGION "ipconn 'C' { host = 'h' }", REGION "ipconn 'C' { host = 'h', port = 1, sendcount = 1 }" },
	{ "ipconn", "port", REGION "ipconn 'C' { port = 1, template = 'only', sendcount = 1 }", REGION "ipconn 'C' { port = 1, sendcount = 1 }" },
	{ "ipconn", "port", REGION "ipconn 'C' { port = 1 }", REGION "ipconn 'C' { port = 1, host = 'h', tcpipservice = 'TLS' }" },
	{ "ipconn", "receivecount", OWN("") "ipconn 'C' { receivecount = 3 }", REGION "ipconn 'C' { receivecount = 3 }" },
	{ "ipconn", "sendcount", REGION "ipconn 'C' { sendcount = 3 }", REGION "ipconn 'C' { sendcount = 3, port = 1 }" },
	{ "ipconn", "queuelimit", REGION "ipconn 'C' { queuelimit = 3 }", REGION "ipconn 'C' { queuelimit = 3, sendcount = 1, port = 1 }" },
	{ "ipconn", "maxqtime", REGION "ipconn 'C' { maxqtime = 3 }", REGION "ipconn 'C' { maxqtime = 3, queuelimit = 3, sendcount = 1, port = 1 }" },
	{ "ipconn", "maxqtime", REGION "ipconn 'C' { maxqtime = 3, sendcount = 1, port = 1 }",
		REGION "ipconn 'C' { maxqtime = 3, queuelimit = 3, sendcount = 1, port = 1 }" },
	{ "ipconn", "mirrorlife", OWN("") "ipconn 'C' { mirrorlife = 'uow' }", REGION "ipconn 'C' { mirrorlife = 'uow' }" },
	{ "ipconn", "autoconnect", REGION "ipconn 'C' { autoconnect = 'yes', template = 'only', sendcount = 1 }",
		REGION "ipconn 'C' { autoconnect = 'yes', host = 'h', port = 1, sendcount = 1 }" },
	{ "ipconn", "autoconnect", REGION "ipconn 'C' { autoconnect = 'yes' }",
		REGION "ipconn 'C' { autoconnect = 'yes', host = 'h', port = 1, sendcount = 1 }" },
	{ "ipconn", "ha", REGION "ipconn 'C' { ha = 'yes' }", REGION "ipconn 'C' { ha = 'yes', port = 1, sendcount = 1 }" },

	{ "program", "remotename", OWN("") "program 'P' { remotename = 'X', url = 'http://127.0.0.1/' }",
		OWN("") "program 'P' { remotename = 'X', ipconn = 'C' } ipconn 'C' { sendcount = 1, port = 1 }" },
	{ "program", "ccsid", OWN("") "program 'P' { ccsid = 37, builtin = 'echo' }", OWN("") "program 'P' { ccsid = 37, script = 'p' }" },
	{ "program", "instructions", OWN("") "program 'P' { instructions = 300, builtin = 'echo' }",
		OWN("") "program 'P' { instructions = 300, script = 'p' }" },
	{ "program", "milliseconds", OWN("") "program 'P' { milliseconds = 0, url = 'http://127.0.0.1/' }",
		OWN("") "program 'P' { milliseconds = 0, script = 'p' }" },
	{ "program", "kilobytes", OWN("") "program 'P' { kilobytes = 300, ipconn = 'C' } ipconn 'C' { sendcount = 1, port = 1 }",
		OWN("") "program 'P' { kilobytes = 300, script = 'p' }" },
	{ "program", "timeout", OWN("") "program 'P' { timeout = 3, script = 'p' }", OWN("") "program 'P' { timeout = 3, url = 'http://127.0.0.1/' }" },
	{ NULL, NULL, NULL, NULL },
};

static const struct {
	const char *name;
	const struct attribute *table;
} resources[] = {
	{ "region", resource_region }, { "tcpipservice", resource_tcpipservice }, { "ipconn", resource_ipconn },
	{ "program", resource_program }, { "transaction", resource_transaction },
};

static const char *
resource_of(const struct attribute *table)
{
	for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
		if (resources[i].table == table)
			return resources[i].name;
	return "none";
}

static struct faults
read_text(const char *text)
{
	struct faults faults = { 0 };

	definition_free(definition_load_bytes("r.lua", text, strlen(text), &faults));
	return faults;
}

static const char *
said(const struct faults *f, size_t i)
{
	return i < f->n && f->entry[i].text != NULL ? f->entry[i].text : "nothing";
}

/* When other rows have the same attribute, the reason of this row is reported. */
static void
each_row_fires_alone_and_only_where_it_should(void **state)
{
	const struct example *x = examples;

	(void)state;
	for (const struct effect *e = effect_rows; e->attribute != NULL; e++, x++) {
		struct faults idle, acts;

		if (x->attribute == NULL || strcmp(x->attribute, e->attribute) != 0 || strcmp(x->resource, resource_of(e->table)) != 0)
			fail_msg("there is no example for %s %s in its place", resource_of(e->table), e->attribute);
		idle = read_text(x->idle);
		acts = read_text(x->acts);
		if (idle.n != 1 || idle.entry[0].level != e->level || strcmp(idle.entry[0].rule, "no_effect") != 0 ||
			strstr(said(&idle, 0), e->because) == NULL || strstr(said(&idle, 0), e->attribute) == NULL)
			fail_msg("%s: %zu: %s; %s", x->idle, idle.n, said(&idle, 0), said(&idle, 1));
		if (acts.n != 0)
			fail_msg("%s: %s", x->acts, said(&acts, 0));
		faults_free(&idle);
		faults_free(&acts);
	}
	assert_null(x->attribute);
}

static unsigned
rows_of(const struct attribute *table, const char *attribute)
{
	unsigned n = 0;

	for (const struct effect *e = effect_rows; e->attribute != NULL; e++)
		n += e->table == table && strcmp(e->attribute, attribute) == 0;
	return n;
}

static unsigned
always(const struct attribute *table, const char *attribute)
{
	unsigned n = 0;

	for (const struct effect_always *e = effect_always; e->attribute != NULL; e++)
		n += e->table == table && strcmp(e->attribute, attribute) == 0;
	return n;
}

static void
no_attribute_is_forgotten(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
		for (const struct attribute *a = resources[i].table; a->name != NULL; a++) {
			unsigned rows = rows_of(resources[i].table, a->name), ever = always(resources[i].table, a->name);

			if (a->acted ? (rows > 0) == (ever > 0) || ever > 1 : rows + ever > 0)
				fail_msg("%s %s stands in %u rows, and %u times among those that always have an effect", resources[i].name, a->name, rows,
					ever);
		}
	for (const struct effect *e = effect_rows; e->attribute != NULL; e++)
		assert_non_null(attribute_find(e->table, e->attribute));
	for (const struct effect_always *e = effect_always; e->attribute != NULL; e++)
		assert_non_null(attribute_find(e->table, e->attribute));
}

static void
what_says_none_was_not_given(void **state)
{
	static const char *const texts[] = {
		OWN("") "tcpipservice 'T' { portnumber = 0, certify = 'no', ciphers = '', certificate = '', ssl = 'no', attach = 'NO', applid_change = 'always' }",
		OWN("") "ipconn 'C' { queuelimit = 'no', maxqtime = 'no', port = 'no', host = '', autoconnect = 'no', linkauth = 'secuser', mirrorlife = "
			"'request', ha = 'no', ssl = 'no' }",
		OWN("sec = 'no'"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct faults f = read_text(texts[i]);

		if (f.n != 0)
			fail_msg("%s: %s", texts[i], said(&f, 0));
		faults_free(&f);
	}
}

static void
another_fault_comes_first_and_alone(void **state)
{
	struct faults f = read_text(OWN("ring = 'r'") "tcpipservice 'T' { portnumber = 0, ssl = 'clientuth', certify = 'never' }");

	(void)state;
	assert_int_equal(f.n, 1);
	assert_non_null(strstr(said(&f, 0), "ssl is \"clientuth\""));
	faults_free(&f);
}

static void
the_line_is_the_key_s(void **state)
{
	struct faults f = read_text(OWN("") "tcpipservice 'T' {\n portnumber = 0,\n certify = 'never' }");

	(void)state;
	assert_int_equal(f.entry[0].line, 4);
	assert_string_equal(said(&f, 0), "tcpipservice T: certify is never and ssl is no, so it has no effect; give ssl = \"clientauth\", or leave certify out");
	faults_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_fires_alone_and_only_where_it_should),
		cmocka_unit_test(no_attribute_is_forgotten),
		cmocka_unit_test(what_says_none_was_not_given),
		cmocka_unit_test(another_fault_comes_first_and_alone),
		cmocka_unit_test(the_line_is_the_key_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
