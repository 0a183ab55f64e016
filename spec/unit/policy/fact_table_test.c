/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/fact_table.h"

#include "config/resource.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
why_a_fact_is_absent(void **state)
{
	static const struct { enum fact fact; enum door door; enum way way; const char *text; } rows[] = {
		{ FACT_facts_ipconn, DOOR_BIND, WAY_IN, "facts.ipconn is not known at bind; the first door that has it is attach" },
		{ FACT_facts_certificate, DOOR_ADMIT, WAY_IN, "facts.certificate is not known at admit; the first door that has it is certify" },
		{ FACT_facts_certificate, DOOR_BIND, WAY_IN, "facts.certificate is absent here: certify has it when one was presented" },
		{ FACT_facts_capex, DOOR_CERTIFY, WAY_IN, "facts.capex is not known at certify; the first door that has it is bind" },
		{ FACT_facts_capex, DOOR_CERTIFY, WAY_OUT, "facts.capex is not known at certify; the first door that has it is attach" },
		{ FACT_peer_host, DOOR_BIND, WAY_IN, "facts.peer.host is known way out only" },
		{ FACT_certificate_names_host, DOOR_CERTIFY, WAY_IN, "facts.certificate.names_host is known way out only" },
		{ FACT_facts_request, DOOR_DELETE, WAY_IN, "facts.request is not known at delete; the first door that has it is attach" },
		{ FACT_facts_tls, DOOR_BIND, WAY_IN, "facts.tls is absent here: certify has it with TLS" },
		{ FACT_saf_decision_profile, DOOR_BIND, WAY_IN, "'profile' of the second answer of saf.check is absent: it is there when a profile decided" },
		{ FACT_program_linkuser, DOOR_COUNT, WAY_IN,
			"'linkuser' of a program's request is absent: it is there when it is not the region's own user" },
	};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(fact_absent(fact_row(rows[i].fact), rows[i].door, rows[i].way, text, sizeof text), rows[i].text);
}

static void
each_shape_says_what_it_lacks(void **state)
{
	const char *names[SHAPE_NAMES];
	char text[300];

	(void)state;
	for (int s = 0; s < SHAPE_COUNT; s++) {
		size_t n = fact_shape_names((enum shape)s, names);

		assert_true(n > 0 || fact_shape_element((enum shape)s)->kind != FACT_NOTHING);
		assert_null(names[n]);
		assert_non_null(strstr(fact_shape_unknown((enum shape)s, "qqqqqq", 6, text, sizeof text), "has no 'qqqqqq'"));
	}
	for (const struct attribute *a = resource_ipconn; a->name != NULL; a++) {
		bool found = false;

		for (size_t i = fact_shape_names(SHAPE_ipconn, names); i-- > 0;)
			found |= strcmp(names[i], a->name) == 0;
		assert_true(found);
	}
	assert_string_equal(fact_shape_unknown(SHAPE_texts, "a\0b", 3, text, sizeof text), "a list of a certificate's names has no 'a\\x00b'; it is a list");
}

static void
a_fact_of_another_table_is_found(void **state)
{
	char text[300];

	(void)state;
	assert_string_equal(fact_shape_unknown(SHAPE_facts, "applid", 6, text, sizeof text), "facts has no 'applid'; is facts.capex.applid meant?");
	assert_string_equal(fact_shape_unknown(SHAPE_certificate, "dns", 3, text, sizeof text), "facts.certificate has no 'dns'; is facts.certificate.san.dns meant?");
	assert_null(strstr(fact_shape_unknown(SHAPE_saf_user, "dns", 3, text, sizeof text), "meant"));
}

/* A door that has a fact has the table of the fact. */
static void
no_member_is_known_before_its_table(void **state)
{
	(void)state;
	for (int f = 0; f < FACT_COUNT; f++) {
		const struct fact_row *table = fact_row((enum fact)f);

		for (int m = 0; m < FACT_COUNT && table->type.kind == FACT_TABLE; m++) {
			const struct fact_row *member = fact_row((enum fact)m);

			if (member->shape != table->type.of)
				continue;
			for (int way = WAY_IN; way <= WAY_OUT; way++)
				assert_int_equal(member->doors[way] & ~table->doors[way], 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(why_a_fact_is_absent),
		cmocka_unit_test(each_shape_says_what_it_lacks),
		cmocka_unit_test(a_fact_of_another_table_is_found),
		cmocka_unit_test(no_member_is_known_before_its_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
