/* SPDX-License-Identifier: Apache-2.0 */
#include "config/resource.h"

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
	double low, high; /* both allowed; one step outside is not */
	double step;
};

static const struct numbers numbers[] = {
	{ tcpipservice_attributes, "portnumber", 0, 65535, 1 },
	{ tcpipservice_attributes, "backlog", 0, 32767, 1 },
	{ tcpipservice_attributes, "heartbeat", 0, 1000000, 0.5 },
	{ tcpipservice_attributes, "heartbeat_timeout", 0.001, 1000000, 0.001 },
	{ ipconn_attributes, "port", 1, 65535, 1 },
	{ ipconn_attributes, "receivecount", 1, 999, 1 },
	{ ipconn_attributes, "sendcount", 0, 999, 1 },
	{ ipconn_attributes, "queuelimit", 0, 9999, 1 },
	{ ipconn_attributes, "maxqtime", 0, 9999, 1 },
	{ region_attributes, "tcp_timeout", 0.001, 1000000, 0.001 },
	{ region_attributes, "handshake_timeout", 0.001, 1000000, 0.001 },
	{ region_attributes, "capex_timeout", 0.001, 1000000, 0.001 },
	{ region_attributes, "heartbeat", 0, 1000000, 0.5 },
	{ region_attributes, "heartbeat_timeout", 0.001, 1000000, 0.001 },
	{ region_attributes, "drain", 0, 1000000, 0.5 },
	{ region_attributes, "maxsockets", 1, 65535, 1 },
	{ region_attributes, "halfopen", 1, 65535, 1 },
	{ region_attributes, "halfopen_peer", 1, 65535, 1 },
	{ region_attributes, "instructions", 1, 1000000000, 1 },
	{ region_attributes, "milliseconds", 1, 60000, 1 },
	{ region_attributes, "kilobytes", 1, 1048576, 1 },
	{ region_attributes, "records", 1, 1000000, 1 },
	{ region_attributes, "workers", 1, 256, 1 },
	{ region_attributes, "retry", 0.001, 1000000, 0.001 },
	{ region_attributes, "retry_max", 0.001, 1000000, 0.001 },
	{ region_attributes, "conversation_kilobytes", 64, 16777216, 1 },
	{ program_attributes, "ccsid", 0, 65535, 1 },
	{ program_attributes, "instructions", 0, 1000000000, 1 },
	{ program_attributes, "milliseconds", 0, 60000, 1 },
	{ program_attributes, "kilobytes", 0, 1048576, 1 },
	{ program_attributes, "timeout", 0.001, 1000000, 0.001 },
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
	static const struct attribute *const tables[] = { region_attributes, tcpipservice_attributes, ipconn_attributes, program_attributes,
		transaction_attributes };

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
	assert_int_equal(attribute_set_number(row(ipconn_attributes, "receivecount"), &o, 1.5, NULL), -1);
	assert_int_equal(attribute_set_number(row(region_attributes, "heartbeat"), &o, 0.2, NULL), 0);
	assert_true(o.region.heartbeat == 0.2);
	assert_int_equal(attribute_set_number(row(region_attributes, "applid"), &o, 3, NULL), -1);
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
		{ region_attributes, "applid", "cicsa", "CICSA" },
		{ region_attributes, "applid", "9$@#AZ09", "9$@#AZ09" },
		{ region_attributes, "applid", "ABCDEFGHI", NULL },
		{ region_attributes, "applid", "", NULL },
		{ region_attributes, "applid", "A B", NULL },
		{ region_attributes, "applid", "A-B", NULL },
		{ region_attributes, "control", "", NULL },
		{ region_attributes, "control", "run/x.sock", "run/x.sock" },
		{ region_attributes, "control", "run/\nx", NULL },
		{ region_attributes, "recheck", "report", "REPORT" },
		{ region_attributes, "recheck", "off", "OFF" },
		{ tcpipservice_attributes, "ssl", "no", "NO" },
		{ tcpipservice_attributes, "ssl", "yes", "YES" },
		{ tcpipservice_attributes, "ssl", "ClientAuth", "CLIENTAUTH" },
		{ tcpipservice_attributes, "ssl", "client", NULL },
		{ tcpipservice_attributes, "ssl", "", NULL },
		{ tcpipservice_attributes, "protocol", "IPIC", "IPIC" },
		{ tcpipservice_attributes, "protocol", "http", NULL },
		{ tcpipservice_attributes, "socketclose", "no", "NO" },
		{ tcpipservice_attributes, "socketclose", "000010", NULL },
		{ tcpipservice_attributes, "status", "closed", "CLOSED" },
		{ tcpipservice_attributes, "applid_change", "blank_only", "BLANK_ONLY" },
		{ tcpipservice_attributes, "transaction", "ciss", "CISS" },
		{ tcpipservice_attributes, "transaction", "TOOLG", NULL },
		{ tcpipservice_attributes, "transaction", "CWXN", NULL },
		{ tcpipservice_attributes, "transaction", "ciep", NULL },
		{ tcpipservice_attributes, "transaction", "CWXU", NULL },
		{ tcpipservice_attributes, "host", "any", "any" },
		{ tcpipservice_attributes, "host", "mvs1.example", "mvs1.example" },
		{ tcpipservice_attributes, "host", "::1", "::1" },
		{ tcpipservice_attributes, "host", "10.0.0", NULL },
		{ tcpipservice_attributes, "host", "10.0.0.256", NULL },
		{ tcpipservice_attributes, "host", "a b", NULL },
		{ tcpipservice_attributes, "host", ":::", NULL },
		{ tcpipservice_attributes, "ipaddress", "INADDR_ANY", "INADDR_ANY" },
		{ tcpipservice_attributes, "ipaddress", "mvs1.example", NULL },
		{ tcpipservice_attributes, "certificate", label32, label32 },
		{ tcpipservice_attributes, "certificate", label33, NULL },
		{ tcpipservice_attributes, "certificate", "../CICSB", NULL },
		{ tcpipservice_attributes, "certificate", "a/b", NULL },
		{ tcpipservice_attributes, "ciphers", suites28, suites28 },
		{ tcpipservice_attributes, "ciphers", "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789", NULL },
		{ tcpipservice_attributes, "ciphers", "009", NULL },
		{ tcpipservice_attributes, "ciphers", "1301 C02B", "1301 C02B" },
		{ tcpipservice_attributes, "ciphers", "1301 C02", NULL },
		{ tcpipservice_attributes, "ciphers", "1301  C02B", NULL },
		{ tcpipservice_attributes, "ciphers", "1301 ", NULL },
		{ tcpipservice_attributes, "ciphers", "TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256",
			"TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256" },
		{ tcpipservice_attributes, "ciphers", "A::B", NULL },
		{ tcpipservice_attributes, "ciphers", "defaultciphers.xml", NULL },
		{ tcpipservice_attributes, "ciphers", "!aNULL", NULL },
		{ tcpipservice_attributes, "urm", "DFH$ISAI", "dfh_isai" },
		{ tcpipservice_attributes, "urm", "team/Lan", "team/lan" },
		{ tcpipservice_attributes, "urm", "NO", "NO" },
		{ tcpipservice_attributes, "urm", "nO", "NO" },
		{ tcpipservice_attributes, "urm", "a/b/c", NULL },
		{ tcpipservice_attributes, "urm", "/a", NULL },
		{ tcpipservice_attributes, "urm", "a/", NULL },
		{ tcpipservice_attributes, "urm", "lan.lua", NULL },
		{ tcpipservice_attributes, "urm", "../lan", NULL },
		{ tcpipservice_attributes, "urm", "", NULL },
		{ ipconn_attributes, "port", "NO", "NO" },
		{ ipconn_attributes, "port", "none", NULL },
		{ ipconn_attributes, "port", "1435", "1435" },
		{ ipconn_attributes, "queuelimit", "no", "NO" },
		{ ipconn_attributes, "receivecount", "no", NULL },
		{ ipconn_attributes, "receivecount", "1x", NULL },
		{ ipconn_attributes, "receivecount", ".", NULL },
		{ ipconn_attributes, "ssl", "yes", "YES" },
		{ ipconn_attributes, "ssl", "clientauth", NULL },
		{ ipconn_attributes, "template", "only", "ONLY" },
		{ ipconn_attributes, "template", "yes", "YES" },
		{ ipconn_attributes, "template", "no", NULL },
		{ ipconn_attributes, "template", "", NULL },
		{ ipconn_attributes, "userauth", "identify", "IDENTIFY" },
		{ ipconn_attributes, "userauth", "none", NULL },
		{ ipconn_attributes, "mirrorlife", "uow", "UOW" },
		{ ipconn_attributes, "xlnaction", "force", "FORCE" },
		{ ipconn_attributes, "idprop", "required", "REQUIRED" },
		{ ipconn_attributes, "linkauth", "certuser", "CERTUSER" },
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
	const struct attribute *a = row(tcpipservice_attributes, "description");
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
		{ region_attributes, "dfltuser", "CICSUSER" }, { region_attributes, "tcp_timeout", "10" },
		{ region_attributes, "handshake_timeout", "10" }, { region_attributes, "capex_timeout", "10" },
		{ region_attributes, "heartbeat", "60" }, { region_attributes, "heartbeat_timeout", "10" },
		{ region_attributes, "drain", "5" }, { region_attributes, "maxsockets", "65535" },
		{ region_attributes, "halfopen", "10000" }, { region_attributes, "halfopen_peer", "1000" },
		{ region_attributes, "instructions", "1000000" }, { region_attributes, "milliseconds", "50" },
		{ region_attributes, "kilobytes", "4096" }, { region_attributes, "recheck", "RELEASE" },
		{ region_attributes, "policies", "" }, { region_attributes, "records", "10000" },
		{ tcpipservice_attributes, "urm", "NO" }, { tcpipservice_attributes, "admit", "NO" },
		{ tcpipservice_attributes, "ssl", "NO" }, { tcpipservice_attributes, "host", "any" },
		{ tcpipservice_attributes, "backlog", "0" }, { tcpipservice_attributes, "status", "OPEN" },
		{ tcpipservice_attributes, "transaction", "CISS" }, { tcpipservice_attributes, "socketclose", "NO" },
		{ tcpipservice_attributes, "protocol", "IPIC" }, { tcpipservice_attributes, "applid_change", "ALWAYS" },
		{ tcpipservice_attributes, "heartbeat", "" }, { tcpipservice_attributes, "certificate", "" },
		{ ipconn_attributes, "port", "NO" }, { ipconn_attributes, "receivecount", "1" },
		{ ipconn_attributes, "sendcount", "0" }, { ipconn_attributes, "queuelimit", "NO" },
		{ ipconn_attributes, "maxqtime", "NO" }, { ipconn_attributes, "mirrorlife", "REQUEST" },
		{ ipconn_attributes, "autoconnect", "NO" }, { ipconn_attributes, "inservice", "YES" },
		{ ipconn_attributes, "ha", "NO" }, { ipconn_attributes, "ssl", "NO" },
		{ ipconn_attributes, "linkauth", "SECUSER" }, { ipconn_attributes, "userauth", "LOCAL" },
		{ ipconn_attributes, "idprop", "NOTALLOWED" }, { ipconn_attributes, "xlnaction", "KEEP" },
		{ ipconn_attributes, "template", "" },
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
	attribute_defaults(ipconn_attributes, &o);
	assert_false(attribute_number(row(ipconn_attributes, "port"), &o, &n));
	assert_false(attribute_number(row(ipconn_attributes, "userauth"), &o, &n));
	attribute_defaults(tcpipservice_attributes, &o);
	assert_false(attribute_number(row(tcpipservice_attributes, "heartbeat"), &o, &n));
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
		ciphers_spell(ciphers);
		assert_string_equal(ciphers, rows[i][1]);
	}
}

static void
names_what_was_meant(void **state)
{
	(void)state;
	assert_string_equal(attribute_nearest(tcpipservice_attributes, "portnumbr"), "portnumber");
	assert_string_equal(attribute_nearest(tcpipservice_attributes, "PortNumber"), "portnumber");
	assert_string_equal(attribute_nearest(tcpipservice_attributes, "port"), "portnumber");
	assert_string_equal(attribute_nearest(tcpipservice_attributes, "specifytcps"), "speciftcps");
	assert_string_equal(attribute_nearest(tcpipservice_attributes, "admti"), "admit");
	assert_string_equal(attribute_nearest(ipconn_attributes, "receive_count"), "receivecount");
	assert_null(attribute_nearest(ipconn_attributes, "wallpaper"));
	assert_null(attribute_nearest(ipconn_attributes, ""));
	assert_null(attribute_nearest(ipconn_attributes, "a very long key that nobody could have meant to be any of these"));
}

static void
says_the_value_and_what_is_allowed(void **state)
{
	union object o = { 0 };
	struct fault f;

	(void)state;
	attribute_set_number(row(tcpipservice_attributes, "portnumber"), &o, 70000, &f);
	assert_string_equal(f.text, "portnumber is 70000; it must be 0 to 65535");
	attribute_set_text(row(tcpipservice_attributes, "ssl"), &o, "maybe\n", 6, &f);
	assert_string_equal(f.text, "ssl is \"maybe\\x0a\"; it must be no, yes or clientauth");
	attribute_set_number(row(region_attributes, "capex_timeout"), &o, 0, &f);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
