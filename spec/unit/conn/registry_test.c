/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/near.h"
#include "conn/ipconn.h"

static struct ipconn *
claim(struct registry *r, const char *name, const char *networkid, const char *applid, enum template_ template)
{
	struct ipconn *i = calloc(1, sizeof *i);
	struct ipconn_def *own = calloc(1, sizeof *own);

	i->engaged = calloc(1, sizeof *i->engaged);
	i->engaged->ipconn = i;
	i->def = own;
	i->owns = true;
	snprintf(own->ipconn, sizeof own->ipconn, "%s", name);
	snprintf(own->networkid, sizeof own->networkid, "%s", networkid);
	snprintf(own->applid, sizeof own->applid, "%s", applid);
	own->template_ = template;
	assert_int_equal(registry_claim(r, i), CLAIM_OK);
	return i;
}

static void
an_ipconn_has_its_name_and_its_pair(void **state)
{
	struct registry *r = registry_new();
	struct ipconn *a = claim(r, "A", "NETA", "X", TEMPLATE_UNSAID), *b = claim(r, "B", "NETB", "X", TEMPLATE_UNSAID);

	(void)state;
	claim(r, "ONLY", "NETC", "X", TEMPLATE_ONLY);
	assert_ptr_equal(registry_name(r, "A"), a);
	assert_ptr_equal(registry_pair(r, "NETB", "X"), b);
	assert_null(registry_name(r, "A name that no ipconn can have"));
	assert_null(registry_pair(r, "NET", "AX"));
	assert_null(registry_pair(r, "NETC", "X"));
	registry_drop(r, a);
	assert_null(registry_name(r, "A"));
	assert_null(registry_pair(r, "NETA", "X"));
	assert_int_equal(registry_count(r), 2);
	registry_free(r);
}

static void
a_token_counts_until_it_is_used_or_replaced(void **state)
{
	struct registry *r = registry_new();
	struct ipconn *a = claim(r, "A", "NETA", "X", TEMPLATE_UNSAID), *b = claim(r, "B", "NETA", "Y", TEMPLATE_UNSAID);
	double now = clock_span();

	(void)state;
	registry_expect(r, a, "one");
	registry_expect(r, b, "two");
	assert_ptr_equal(registry_token(r, "one", now), a);
	assert_ptr_equal(registry_token(r, "two", now), b);
	assert_null(registry_token(r, "", now));
	assert_null(registry_token(r, "on", now));
	assert_null(registry_callback(r, "one"));
	assert_null(registry_token(r, "one", a->engaged->token_until));
	registry_expect(r, a, "three");
	assert_null(registry_token(r, "one", now));
	assert_ptr_equal(registry_token(r, "three", now), a);
	registry_expect(r, a, "");
	assert_null(registry_token(r, "three", now));
	assert_string_equal(a->engaged->token, "");
	registry_drop(r, b);
	assert_null(registry_token(r, "two", now));
	registry_free(r);
}

static void
a_call_back_finds_its_ipconn(void **state)
{
	struct registry *r = registry_new();
	struct ipconn *a = claim(r, "A", "NETA", "X", TEMPLATE_UNSAID);

	(void)state;
	registry_expect_callback(r, a, "back");
	assert_ptr_equal(registry_callback(r, "back"), a);
	assert_null(registry_token(r, "back", clock_span()));
	registry_expect_callback(r, a, "");
	assert_null(registry_callback(r, "back"));
	assert_null(registry_callback(r, ""));
	registry_free(r);
}

static void
the_nearest_name_is_looked_for_among_a_limited_number(void **state)
{
	struct registry *r = registry_new();
	struct near near = { .far = 0 }, none = { .far = 0 };
	char name[NAME_SIZE];

	(void)state;
	for (int i = 0; i < REGISTRY_NEAR; i++) {
		snprintf(name, sizeof name, i == 7 ? "PARTNER" : "%07d", i);
		claim(r, name, "NETA", name, TEMPLATE_UNSAID);
	}
	claim(r, "WAREHOUS", "NETA", "WAREHOUS", TEMPLATE_UNSAID);
	registry_near(r, "PARTNR", &near);
	assert_string_equal(near.name, "PARTNER");
	registry_near(r, "WAREHOUZ", &none);
	assert_string_equal(none.name, "");
	registry_free(r);
}

static void
the_engaged_ones_are_walked_in_the_order_of_their_last_socket(void **state)
{
	struct registry *r = registry_new();
	struct ipconn *a = claim(r, "A", "NETA", "A", TEMPLATE_UNSAID), *b = claim(r, "B", "NETA", "B", TEMPLATE_UNSAID);
	struct ipconn *c = claim(r, "C", "NETA", "C", TEMPLATE_UNSAID);
	struct cursor at;

	(void)state;
	assert_null(registry_engaged(r));
	registry_engage(r, a);
	registry_engage(r, b);
	registry_engage(r, c);
	cursor_open(registry_engaged_walks(r), &at, b, true);
	registry_engage(r, b); /* goes to the end: the cursor, on the last visited one, goes back, and the walk comes to b again */
	assert_ptr_equal(at.at, a);
	assert_ptr_equal(a->engaged->next, c);
	assert_ptr_equal(c->engaged->next, b);
	registry_rest(r, a);
	assert_null(at.at);
	assert_ptr_equal(registry_engaged(r), c);
	registry_rest(r, a);
	registry_drop(r, c);
	assert_ptr_equal(registry_engaged(r), b);
	assert_int_equal(registry_removals(r), 1);
	cursor_close(registry_engaged_walks(r), &at);
	registry_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ipconn_has_its_name_and_its_pair),
		cmocka_unit_test(a_token_counts_until_it_is_used_or_replaced),
		cmocka_unit_test(a_call_back_finds_its_ipconn),
		cmocka_unit_test(the_nearest_name_is_looked_for_among_a_limited_number),
		cmocka_unit_test(the_engaged_ones_are_walked_in_the_order_of_their_last_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
