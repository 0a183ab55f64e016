/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of doors, row by row: the conditions of its columns, and the agreement of the rows with the attributes of
 * region.lua.
 */
#include "policy/door.h"

#include "config/definition_load.h"
#include "config/resource.h"
#include "policy/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
a_door_is_found_by_its_name_alone(void **state)
{
	char list[80];

	(void)state;
	for (enum door d = 0; d < DOOR_COUNT; d++)
		assert_int_equal(door_of(door_name(d)), d);
	assert_int_equal(door_of("urm"), DOOR_COUNT);
	assert_int_equal(door_of(""), DOOR_COUNT);
	assert_string_equal(door_name(DOOR_COUNT), "?");
	assert_string_equal(door_list(list, sizeof list), "admit, certify, bind, install, attach or delete");
	assert_string_equal(door_list(list, 12), "admit, cert");
}

static void
each_row_says_why_a_reload_does_not_ask_the_door_again(void **state)
{
	(void)state;
	for (enum door d = 0; d < DOOR_COUNT; d++)
		assert_int_equal(door_row(d)->reask == REASK_NEVER, door_row(d)->why_not[0] != '\0');
}

static void
each_door_is_asked_on_a_way_and_in_the_order_of_the_stages(void **state)
{
	(void)state;
	for (enum door d = 0; d < DOOR_COUNT; d++) {
		assert_true((door_row(d)->ways & DOOR_WAY_BOTH) != 0);
		assert_true(door_row(d)->stage < STAGE_COUNT);
		if (d > 0 && door_row(d)->kind == DOOR_QUESTION)
			assert_true(door_row(d)->stage >= door_row((enum door)(d - 1))->stage);
	}
}

static void
each_door_is_opened_by_a_verdict_that_is_not_a_refusal(void **state)
{
	(void)state;
	for (enum door d = 0; d < DOOR_COUNT; d++) {
		assert_true(door_row(d)->yes == VERDICT_ACCEPT || door_row(d)->yes == VERDICT_INSTALL);
		assert_int_equal(door_row(d)->yes == VERDICT_INSTALL, door_row(d)->grants == GRANT_INSTALL);
	}
}

/* The script of a notice is loaded for an earlier question. */
static void
a_notice_shares_the_attribute_of_an_earlier_question(void **state)
{
	(void)state;
	for (enum door d = 0; d < DOOR_COUNT; d++) {
		bool shared = false;

		for (enum door q = 0; q < d; q++)
			shared |= door_row(q)->kind == DOOR_QUESTION && strcmp(door_row(q)->attribute, door_row(d)->attribute) == 0;
		assert_int_equal(shared, door_row(d)->kind == DOOR_NOTICE);
	}
}

static bool
is_attribute_of_a_door(const char *name, unsigned way)
{
	for (enum door d = 0; d < DOOR_COUNT; d++)
		if (strcmp(door_row(d)->attribute, name) == 0 && (door_row(d)->ways >> way & 1) != 0)
			return true;
	return false;
}

static void
each_attribute_that_names_a_script_has_a_door_and_each_door_an_attribute(void **state)
{
	(void)state;
	for (enum door d = 0; d < DOOR_COUNT; d++) {
		const struct attribute *a = attribute_find(resource_tcpipservice, door_row(d)->attribute);

		assert_non_null(a);
		assert_int_equal(a->kind, ATTR_SCRIPT);
	}
	for (const struct attribute *a = resource_tcpipservice; a->name != NULL; a++)
		assert_true(a->kind != ATTR_SCRIPT || is_attribute_of_a_door(a->name, WAY_IN));
	for (const struct attribute *a = resource_ipconn; a->name != NULL; a++)
		assert_true(a->kind != ATTR_SCRIPT || is_attribute_of_a_door(a->name, WAY_OUT));
}

static void
a_door_finds_its_script_in_the_objects_of_region_lua(void **state)
{
	struct tcpipservice_def t = { .line = 0 };
	struct ipconn_def i = { .line = 0 };

	(void)state;
	strcpy(t.admit, "lan");
	strcpy(t.urm, "shop");
	strcpy(i.certify, "pins");
	assert_string_equal(door_script(DOOR_ADMIT, resource_tcpipservice, &t), "lan");
	assert_string_equal(door_script(DOOR_CERTIFY, resource_tcpipservice, &t), "");
	assert_string_equal(door_script(DOOR_INSTALL, resource_tcpipservice, &t), "shop");
	assert_string_equal(door_script(DOOR_DELETE, resource_tcpipservice, &t), "shop");
	assert_string_equal(door_script(DOOR_CERTIFY, resource_ipconn, &i), "pins");
	assert_string_equal(door_script(DOOR_BIND, resource_ipconn, &i), "");
}

/* The name of a door in place of its attribute is a fault that names the attribute. */
static void
the_name_of_a_door_leads_to_its_attribute(void **state)
{
	(void)state;
	for (enum door d = 0; d < DOOR_COUNT; d++) {
		struct faults faults = { .n = 0 };
		char text[300], words[80], shown[900];

		if (strcmp(door_name(d), door_row(d)->attribute) == 0)
			continue;
		snprintf(text, sizeof text, "region { applid = 'A', networkid = 'N' }\ntcpipservice 'T' { portnumber = 0, %s = 'x' }\n", door_name(d));
		definition_free(definition_load_bytes("region.lua", text, strlen(text), &faults));
		assert_true(faults.errors > 0);
		snprintf(words, sizeof words, "'%s'", door_row(d)->attribute);
		assert_non_null(strstr(faults_print(&faults, 0, shown, sizeof shown), words));
		faults_free(&faults);
	}
}

static void
keep_answer(struct ask *a)
{
	*(struct verdict *)a->arg = a->verdict;
}

/* Each question without a script and without facts. */
static void
each_door_has_a_verdict_without_a_script(void **state)
{
	static const char *const code[] = { [DEFAULT_REFUSE] = "policy_error", [DEFAULT_ACCEPT] = "", [DEFAULT_CHAIN] = "no_certificate",
		[DEFAULT_URM_NO] = "urm_no" };

	(void)state;
	for (enum door d = 0; d < DOOR_COUNT; d++) {
		struct facts f = { .way = WAY_IN };
		struct verdict v = { .kind = VERDICT_PASS };
		struct ask a = { .door = d, .facts = &f, .done = keep_answer, .arg = &v };

		policy_ask(&a);
		assert_string_equal(v.code, code[door_row(d)->without_script]);
		assert_int_equal(v.kind, door_row(d)->without_script == DEFAULT_ACCEPT ? VERDICT_ACCEPT : VERDICT_REFUSE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_door_is_found_by_its_name_alone),
		cmocka_unit_test(each_row_says_why_a_reload_does_not_ask_the_door_again),
		cmocka_unit_test(each_door_is_asked_on_a_way_and_in_the_order_of_the_stages),
		cmocka_unit_test(each_door_is_opened_by_a_verdict_that_is_not_a_refusal),
		cmocka_unit_test(a_notice_shares_the_attribute_of_an_earlier_question),
		cmocka_unit_test(each_attribute_that_names_a_script_has_a_door_and_each_door_an_attribute),
		cmocka_unit_test(a_door_finds_its_script_in_the_objects_of_region_lua),
		cmocka_unit_test(the_name_of_a_door_leads_to_its_attribute),
		cmocka_unit_test(each_door_has_a_verdict_without_a_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
