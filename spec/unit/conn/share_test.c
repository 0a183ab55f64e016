/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static bool
has(const struct share *s, const char *ip)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, ip, 0), 0);
	return share_has_accepted(s, "GATE", &a);
}

static struct share
half(void)
{
	struct share s = { .percent = 50 };

	assert_int_equal(share_draw(&s), 0);
	return s;
}

/* The addresses that a share has, of 200 with a number between the two texts. */
static unsigned
count(const struct share *s, const char *before, const char *after)
{
	unsigned n = 0;
	char ip[64];

	for (unsigned i = 1; i <= 200; i++) {
		snprintf(ip, sizeof ip, "%s%u%s", before, i, after);
		n += has(s, ip);
	}
	return n;
}

static void
a_partner_with_a_64_has_one_side(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		struct share s = half();
		unsigned n = count(&s, "2001:db8:0:7::", "");

		assert_true(n == 0 || n == 200);
	}
}

static void
other_networks_and_ipv4_addresses_have_sides_of_their_own(void **state)
{
	struct share s = half();
	unsigned six = count(&s, "2001:db8:0:", "::1"), four = count(&s, "192.0.2.", "");

	(void)state;
	assert_in_range(six, 50, 150);
	assert_in_range(four, 50, 150);
}

static void
an_ipv4_address_has_the_same_side_in_ipv6_form(void **state)
{
	struct share s = half();
	char four[64], six[64];

	(void)state;
	s.by_peer = true;
	assert_int_equal(addr_prefix_parse(&s.peer, "192.0.2.0/24", 12, NULL), 0);
	for (unsigned i = 1; i < 100; i++) {
		snprintf(four, sizeof four, "192.0.2.%u", i);
		snprintf(six, sizeof six, "::ffff:192.0.2.%u", i);
		assert_int_equal(has(&s, four), has(&s, six));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_partner_with_a_64_has_one_side),
		cmocka_unit_test(other_networks_and_ipv4_addresses_have_sides_of_their_own),
		cmocka_unit_test(an_ipv4_address_has_the_same_side_in_ipv6_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
