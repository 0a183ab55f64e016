/* SPDX-License-Identifier: Apache-2.0 */
#include "config/resource.h"

#include "config/definition.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

union object {
	struct region_def region;
	struct tcpipservice_def tcpipservice;
	struct ipconn_def ipconn;
	struct program_def program;
	struct transaction_def transaction;
};

static const struct attribute *
row(const struct attribute *table, const char *name)
{
	const struct attribute *a = attribute_find(table, name);

	if (a == NULL)
		fail_msg("no attribute %s", name);
	return a;
}

static int
set(const struct attribute *a, union object *o, const char *value)
{
	struct fault f = { "" };
	int rc = attribute_set_text(a, o, value, strlen(value), &f);

	if (rc < 0 && strncmp(f.text, a->name, strlen(a->name)) != 0)
		fail_msg("%s: the sentence does not begin with the attribute: %s", a->name, f.text);
	return rc;
}

struct numbers {
	const struct attribute *table;
	const char *name;
	double low, high; /* both are allowed; one step outside is not */
	double step;
};

static const struct numbers numbers[] = {
	{ resource_tcpipservice, "portnumber", 0, 65535, 1 },
	{ resource_tcpipservice, "backlog", 0, 32767, 1 },
	{ resource_tcpipservice, "heartbeat", 0, 1000000, 0.5 },
	{ resource_tcpipservice, "heartbeat_timeout", 0.001, 1000000, 0.001 },
	{ resource_ipconn, "port", 1, 65535, 1 },
	{ resource_ipconn, "receivecount", 1, 999, 1 },
	{ resource_ipconn, "sendcount", 0, 999, 1 },
	{ resource_ipconn, "queuelimit", 0, 9999, 1 },
	{ resource_ipconn, "maxqtime", 0, 9999, 1 },
	{ resource_region, "tcp_timeout", 0.001, 1000000, 0.001 },
	{ resource_region, "handshake_timeout", 0.001, 1000000, 0.001 },
	{ resource_region, "capex_timeout", 0.001, 1000000, 0.001 },
	{ resource_region, "heartbeat", 0, 1000000, 0.5 },
	{ resource_region, "heartbeat_timeout", 0.001, 1000000, 0.001 },
	{ resource_region, "drain", 0, 1000000, 0.5 },
	{ resource_region, "store_replicas", 0, 16, 1 },
	{ resource_region, "lease", 1, 1000000, 0.5 },
	{ resource_region, "maxsockets", 1, 65535, 1 },
	{ resource_region, "halfopen", 1, 65535, 1 },
	{ resource_region, "halfopen_peer", 1, 65535, 1 },
	{ resource_region, "instructions", 1, 1000000000, 1 },
	{ resource_region, "milliseconds", 1, 60000, 1 },
	{ resource_region, "kilobytes", 1, 1048576, 1 },
	{ resource_region, "wait_milliseconds", 1, 60000, 1 },
	{ resource_region, "waiting", 1, 65535, 1 },
	{ resource_region, "waiting_peer", 1, 65535, 1 },
	{ resource_region, "records", 1, 1000000, 1 },
	{ resource_region, "record_days", 0, 36500, 1 },
	{ resource_region, "record_megabytes", 0, 1048576, 1 },
	{ resource_region, "generations", 1, 100, 1 },
	{ resource_region, "generation_days", 1, 36500, 1 },
	{ resource_region, "verify_cache", 0, 100000, 1 },
	{ resource_region, "workers", 1, 64, 1 },
	{ resource_region, "retry", 0.001, 1000000, 0.001 },
	{ resource_region, "retry_max", 0.001, 1000000, 0.001 },
	{ resource_region, "conversation_kilobytes", 64, 16777216, 1 },
	{ resource_program, "ccsid", 0, 65535, 1 },
	{ resource_program, "instructions", 0, 1000000000, 1 },
	{ resource_program, "milliseconds", 0, 60000, 1 },
	{ resource_program, "kilobytes", 0, 1048576, 1 },
	{ resource_program, "timeout", 0.001, 1000000, 0.001 },
};

static void
takes_numbers_up_to_both_edges_and_none_beyond(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const struct numbers *n = &numbers[i];
		const struct attribute *a = row(n->table, n->name);
		union object o = { 0 };
		double got = -7;

		assert_int_equal(attribute_set_number(a, &o, n->low, NULL), 0);
		assert_true(attribute_number(a, &o, &got) && got == n->low);
		assert_int_equal(attribute_set_number(a, &o, n->high, NULL), 0);
		assert_true(attribute_number(a, &o, &got) && got == n->high);
		assert_int_equal(attribute_set_number(a, &o, n->low - n->step, NULL), -1);
		assert_int_equal(attribute_set_number(a, &o, n->high + n->step, NULL), -1);
		assert_int_equal(attribute_set_number(a, &o, (double)NAN, NULL), -1);
		assert_int_equal(attribute_set_number(a, &o, (double)INFINITY, NULL), -1);
		assert_true(attribute_number(a, &o, &got) && got == n->high);
	}
}

static void
has_every_number_in_the_table_above(void **state)
{
	static const struct attribute *const tables[] = { resource_region, resource_tcpipservice, resource_ipconn, resource_program,
		resource_transaction };

	(void)state;
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (const struct attribute *a = tables[t]; a->name != NULL; a++) {
			bool seen = a->kind != ATTR_INT && a->kind != ATTR_SECONDS;

			for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
				seen |= numbers[i].table == tables[t] && strcmp(numbers[i].name, a->name) == 0;
			if (!seen)
				fail_msg("the range of %s is not tested", a->name);
		}
}

static void
wants_whole_numbers_where_things_are_counted(void **state)
{
	union object o = { 0 };

	(void)state;
	assert_int_equal(attribute_set_number(row(resource_ipconn, "receivecount"), &o, 1.5, NULL), -1);
	assert_int_equal(attribute_set_number(row(resource_region, "heartbeat"), &o, 0.2, NULL), 0);
	assert_true(o.region.heartbeat == 0.2);
	assert_int_equal(attribute_set_number(row(resource_region, "applid"), &o, 3, NULL), -1);
}

struct words {
	const struct attribute *table;
	const char *name;
	const char *given;
	const char *shown; /* NULL: refused */
};

static void
holds_texts_against_their_form(void **state)
{
	static const char label32[] = "12345678901234567890123456789012", label33[] = "123456789012345678901234567890123";
	static const char suites28[] = "0123456789abcdef0123456789ABCDEF0123456789abcdef01234567";
	static const struct words rows[] = {
		{ resource_region, "applid", "cicsa", "CICSA" },
		{ resource_region, "applid", "9$@#AZ09", "9$@#AZ09" },
		{ resource_region, "applid", "ABCDEFGHI", NULL },
		{ resource_region, "applid", "", NULL },
		{ resource_region, "applid", "A B", NULL },
		{ resource_region, "applid", "A-B", NULL },
		{ resource_region, "control", "", NULL },
		{ resource_region, "control", "run/x.sock", "run/x.sock" },
		{ resource_region, "control", "run/\nx", NULL },
		{ resource_region, "recheck", "report", "REPORT" },
		{ resource_region, "recheck", "off", "OFF" },
		{ resource_tcpipservice, "ssl", "no", "NO" },
		{ resource_tcpipservice, "ssl", "yes", "YES" },
		{ resource_tcpipservice, "ssl", "ClientAuth", "CLIENTAUTH" },
		{ resource_tcpipservice, "ssl", "client", NULL },
		{ resource_tcpipservice, "ssl", "", NULL },
		{ resource_tcpipservice, "protocol", "IPIC", "IPIC" },
		{ resource_tcpipservice, "protocol", "http", NULL },
		{ resource_tcpipservice, "socketclose", "no", "NO" },
		{ resource_tcpipservice, "socketclose", "000010", NULL },
		{ resource_tcpipservice, "status", "closed", "CLOSED" },
		{ resource_tcpipservice, "applid_change", "blank_only", "BLANK_ONLY" },
		{ resource_tcpipservice, "transaction", "ciss", "CISS" },
		{ resource_tcpipservice, "transaction", "TOOLG", NULL },
		{ resource_tcpipservice, "transaction", "CWXN", NULL },
		{ resource_tcpipservice, "transaction", "ciep", NULL },
		{ resource_tcpipservice, "transaction", "CWXU", NULL },
		{ resource_tcpipservice, "host", "any", "any" },
		{ resource_tcpipservice, "host", "mvs1.example", "mvs1.example" },
		{ resource_tcpipservice, "host", "::1", "::1" },
		{ resource_tcpipservice, "host", "10.0.0", NULL },
		{ resource_tcpipservice, "host", "10.0.0.256", NULL },
		{ resource_tcpipservice, "host", "a b", NULL },
		{ resource_tcpipservice, "host", ":::", NULL },
		{ resource_tcpipservice, "ipaddress", "INADDR_ANY", "INADDR_ANY" },
		{ resource_tcpipservice, "ipaddress", "mvs1.example", NULL },
		{ resource_tcpipservice, "certificate", label32, label32 },
		{ resource_tcpipservice, "certificate", label33, NULL },
		{ resource_tcpipservice, "certificate", "../CICSB", NULL },
		{ resource_tcpipservice, "certificate", "a/b", NULL },
		{ resource_tcpipservice, "ciphers", suites28, suites28 },
		{ resource_tcpipservice, "ciphers", "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789", NULL },
		{ resource_tcpipservice, "ciphers", "009", NULL },
		{ resource_tcpipservice, "ciphers", "1301 C02B", "1301 C02B" },
		{ resource_tcpipservice, "ciphers", "1301 C02", NULL },
		{ resource_tcpipservice, "ciphers", "1301  C02B", NULL },
		{ resource_tcpipservice, "ciphers", "1301 ", NULL },
		{ resource_tcpipservice, "ciphers", "TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256",
			"TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256" },
		{ resource_tcpipservice, "ciphers", "A::B", NULL },
		{ resource_tcpipservice, "ciphers", "defaultciphers.xml", NULL },
		{ resource_tcpipservice, "ciphers", "!aNULL", NULL },
		{ resource_tcpipservice, "urm", "DFH$ISAI", "dfh_isai" },
		{ resource_tcpipservice, "urm", "team/Lan", "team/lan" },
		{ resource_tcpipservice, "urm", "NO", "NO" },
		{ resource_tcpipservice, "urm", "nO", "NO" },
		{ resource_tcpipservice, "urm", "a/b/c", NULL },
		{ resource_tcpipservice, "urm", "/a", NULL },
		{ resource_tcpipservice, "urm", "a/", NULL },
		{ resource_tcpipservice, "urm", "lan.lua", NULL },
		{ resource_tcpipservice, "urm", "../lan", NULL },
		{ resource_tcpipservice, "urm", "", NULL },
		{ resource_ipconn, "port", "NO", "NO" },
		{ resource_ipconn, "port", "none", NULL },
		{ resource_ipconn, "port", "1435", "1435" },
		{ resource_ipconn, "queuelimit", "no", "NO" },
		{ resource_ipconn, "receivecount", "no", NULL },
		{ resource_ipconn, "receivecount", "1x", NULL },
		{ resource_ipconn, "receivecount", ".", NULL },
		{ resource_ipconn, "ssl", "yes", "YES" },
		{ resource_ipconn, "ssl", "clientauth", NULL },
		{ resource_ipconn, "template", "only", "ONLY" },
		{ resource_ipconn, "template", "yes", "YES" },
		{ resource_ipconn, "template", "no", NULL },
		{ resource_ipconn, "template", "", NULL },
		{ resource_ipconn, "userauth", "identify", "IDENTIFY" },
		{ resource_ipconn, "userauth", "none", NULL },
		{ resource_ipconn, "mirrorlife", "uow", "UOW" },
		{ resource_ipconn, "xlnaction", "force", "FORCE" },
		{ resource_ipconn, "idprop", "required", "REQUIRED" },
		{ resource_ipconn, "linkauth", "certuser", "CERTUSER" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct attribute *a = row(rows[i].table, rows[i].name);
		union object o;
		char out[PATH_SIZE];

		memset(&o, 0, sizeof o);
		if ((set(a, &o, rows[i].given) == 0) != (rows[i].shown != NULL))
			fail_msg("%s = \"%s\" was %s", a->name, rows[i].given, rows[i].shown ? "refused" : "taken");
		if (rows[i].shown != NULL)
			assert_string_equal(attribute_print(a, &o, out, sizeof out), rows[i].shown);
	}
}

static void
refuses_a_nul_and_leaves_the_old_value(void **state)
{
	const struct attribute *a = row(resource_tcpipservice, "description");
	union object o = { 0 };

	(void)state;
	assert_int_equal(set(a, &o, "old"), 0);
	assert_int_equal(attribute_set_text(a, &o, "a\0b", 3, NULL), -1);
	assert_string_equal(o.tcpipservice.description, "old");
}

struct dflt {
	const struct attribute *table;
	const char *name, *value;
};

static void
has_the_defaults_of_the_books(void **state)
{
	static const struct dflt rows[] = {
		{ resource_region, "dfltuser", "CICSUSER" }, { resource_region, "tcp_timeout", "10" },
		{ resource_region, "handshake_timeout", "10" }, { resource_region, "capex_timeout", "10" },
		{ resource_region, "heartbeat", "60" }, { resource_region, "heartbeat_timeout", "10" },
		{ resource_region, "drain", "5" }, { resource_region, "maxsockets", "65535" },
		{ resource_region, "halfopen", "10000" }, { resource_region, "halfopen_peer", "1000" },
		{ resource_region, "instructions", "1000000" }, { resource_region, "milliseconds", "50" },
		{ resource_region, "kilobytes", "4096" }, { resource_region, "recheck", "RELEASE" },
		{ resource_region, "wait_milliseconds", "2000" }, { resource_region, "waiting", "2000" }, { resource_region, "waiting_peer", "200" },
		{ resource_region, "generations", "10" }, { resource_region, "generation_days", "NO" }, { resource_region, "policies", "" }, { resource_region, "records", "10000" },
		{ resource_tcpipservice, "urm", "NO" }, { resource_tcpipservice, "admit", "NO" },
		{ resource_tcpipservice, "ssl", "NO" }, { resource_tcpipservice, "host", "any" },
		{ resource_tcpipservice, "backlog", "0" }, { resource_tcpipservice, "status", "OPEN" },
		{ resource_tcpipservice, "transaction", "CISS" }, { resource_tcpipservice, "socketclose", "NO" },
		{ resource_tcpipservice, "protocol", "IPIC" }, { resource_tcpipservice, "applid_change", "ALWAYS" },
		{ resource_tcpipservice, "heartbeat", "" }, { resource_tcpipservice, "certificate", "" },
		{ resource_ipconn, "port", "NO" }, { resource_ipconn, "receivecount", "1" },
		{ resource_ipconn, "sendcount", "0" }, { resource_ipconn, "queuelimit", "NO" },
		{ resource_ipconn, "maxqtime", "NO" }, { resource_ipconn, "mirrorlife", "REQUEST" },
		{ resource_ipconn, "autoconnect", "NO" }, { resource_ipconn, "inservice", "YES" },
		{ resource_ipconn, "ha", "NO" }, { resource_ipconn, "ssl", "NO" },
		{ resource_ipconn, "linkauth", "SECUSER" }, { resource_ipconn, "userauth", "LOCAL" },
		{ resource_ipconn, "idprop", "NOTALLOWED" }, { resource_ipconn, "xlnaction", "KEEP" },
		{ resource_ipconn, "template", "" },
	};
	char out[PATH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		union object o;

		memset(&o, 0x55, sizeof o);
		attribute_defaults(rows[i].table, &o);
		attribute_print(row(rows[i].table, rows[i].name), &o, out, sizeof out);
		if (strcmp(out, rows[i].value) != 0)
			fail_msg("%s is \"%s\" by default, not \"%s\"", rows[i].name, out, rows[i].value);
	}
}

static void
says_what_is_no_number(void **state)
{
	union object o;
	double n = -7;

	(void)state;
	attribute_defaults(resource_ipconn, &o);
	assert_false(attribute_number(row(resource_ipconn, "port"), &o, &n));
	assert_false(attribute_number(row(resource_ipconn, "userauth"), &o, &n));
	attribute_defaults(resource_tcpipservice, &o);
	assert_false(attribute_number(row(resource_tcpipservice, "heartbeat"), &o, &n));
	assert_true(n == -7);
}

static void
spells_two_digit_suites_with_four(void **state)
{
	static const char *const rows[][2] = { { "", "" }, { "9C", "009C" }, { "9C9D35", "009C 009D 0035" }, { "C02B", "C02B" },
		{ "1301 C02B", "1301 C02B" }, { "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256" } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char ciphers[VALUE_SIZE];

		snprintf(ciphers, sizeof ciphers, "%s", rows[i][0]);
		resource_spell_ciphers(ciphers);
		assert_string_equal(ciphers, rows[i][1]);
	}
}

static void
names_what_was_meant(void **state)
{
	(void)state;
	assert_string_equal(attribute_nearest(resource_tcpipservice, "portnumbr"), "portnumber");
	assert_string_equal(attribute_nearest(resource_tcpipservice, "PortNumber"), "portnumber");
	assert_string_equal(attribute_nearest(resource_tcpipservice, "port"), "portnumber");
	assert_string_equal(attribute_nearest(resource_tcpipservice, "specifytcps"), "speciftcps");
	assert_string_equal(attribute_nearest(resource_tcpipservice, "admti"), "admit");
	assert_string_equal(attribute_nearest(resource_ipconn, "receive_count"), "receivecount");
	assert_null(attribute_nearest(resource_ipconn, "wallpaper"));
	assert_null(attribute_nearest(resource_ipconn, ""));
	assert_null(attribute_nearest(resource_ipconn, "a very long key that nobody could have meant to be any of these"));
}

static void
says_the_value_and_what_is_allowed(void **state)
{
	union object o = { 0 };
	struct fault f;

	(void)state;
	attribute_set_number(row(resource_tcpipservice, "portnumber"), &o, 70000, &f);
	assert_string_equal(f.text, "portnumber is 70000; it must be 0 to 65535");
	attribute_set_text(row(resource_tcpipservice, "ssl"), &o, "maybe\n", 6, &f);
	assert_string_equal(f.text, "ssl is \"maybe\\x0a\"; it must be no, yes or clientauth");
	attribute_set_number(row(resource_region, "capex_timeout"), &o, 0, &f);
	assert_string_equal(f.text, "capex_timeout is 0; it must be more than 0 and at most 1000000 seconds");
}

static void
copies_a_definition_whole(void **state)
{
	struct tcpipservice_def t = { .tcpipservice = "T" };
	struct ipconn_def c = { .ipconn = "C", .receivecount = 7 };
	struct definition d = { .tcpipservice = &t, .ntcpipservices = 1, .ipconn = &c, .nipconns = 1 }, *copy;

	(void)state;
	copy = definition_copy(&d);
	c.receivecount = 8;
	assert_int_equal(definition_ipconn(copy, "C")->receivecount, 7);
	assert_non_null(definition_tcpipservice(copy, "T"));
	assert_null(definition_tcpipservice(copy, "C"));
	assert_null(definition_ipconn(copy, "T"));
	definition_free(copy);
	definition_free(NULL);
}

/* A definition keeps in 64 bits which attributes of an object are given. */
static void
an_object_has_at_most_64_attributes(void **state)
{
	static const struct attribute *const tables[] = { resource_region, resource_tcpipservice, resource_ipconn, resource_program, resource_transaction };

	(void)state;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		size_t n = 0;

		while (tables[i][n].name != NULL)
			n++;
		assert_in_range(n, 1, 64);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_has_at_most_64_attributes),
		cmocka_unit_test(takes_numbers_up_to_both_edges_and_none_beyond),
		cmocka_unit_test(has_every_number_in_the_table_above),
		cmocka_unit_test(wants_whole_numbers_where_things_are_counted),
		cmocka_unit_test(holds_texts_against_their_form),
		cmocka_unit_test(refuses_a_nul_and_leaves_the_old_value),
		cmocka_unit_test(has_the_defaults_of_the_books),
		cmocka_unit_test(says_what_is_no_number),
		cmocka_unit_test(spells_two_digit_suites_with_four),
		cmocka_unit_test(names_what_was_meant),
		cmocka_unit_test(says_the_value_and_what_is_allowed),
		cmocka_unit_test(copies_a_definition_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
