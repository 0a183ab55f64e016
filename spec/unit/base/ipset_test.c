/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ipset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct addr_prefix
prefix(const char *text)
{
	struct addr_prefix p;

	assert_int_equal(addr_prefix_parse(&p, text, strlen(text), NULL), 0);
	return p;
}

static void
add(struct ipset *s, const char *text, long value)
{
	struct addr_prefix p = prefix(text);

	assert_int_equal(ipset_add(s, &p, value), 0);
}

/* Returns the value found for an address, -1 none. */
static long
find(const struct ipset *s, const char *ip)
{
	struct addr a;
	long value = -1;

	assert_int_equal(addr_parse(&a, ip, 0), 0);
	return ipset_find(s, &a, NULL, &value) ? value : -1;
}

static void
the_longest_prefix_answers(void **state)
{
	struct ipset *s = ipset_new();

	(void)state;
	add(s, "10.1.2.0/24", 3);
	add(s, "10.0.0.0/8", 1);
	add(s, "10.1.0.0/16", 2);
	add(s, "10.1.2.3", 4);
	add(s, "10.2.0.0/16", 5);
	assert_int_equal(ipset_seal(s), 0);
	assert_int_equal(find(s, "10.1.2.3"), 4);
	assert_int_equal(find(s, "10.1.2.4"), 3);
	assert_int_equal(find(s, "10.1.2.255"), 3);
	assert_int_equal(find(s, "10.1.3.0"), 2);
	assert_int_equal(find(s, "10.2.255.255"), 5);
	assert_int_equal(find(s, "10.3.0.0"), 1);
	assert_int_equal(find(s, "10.0.0.0"), 1);
	assert_int_equal(find(s, "9.255.255.255"), -1);
	assert_int_equal(find(s, "11.0.0.0"), -1);
	ipset_free(s);
}

static void
the_families_do_not_mix(void **state)
{
	struct ipset *s = ipset_new();
	struct addr_prefix longest;
	struct addr a;
	char out[ADDR_TEXT];

	(void)state;
	add(s, "::/0", 6);
	add(s, "2001:db8::/32", 7);
	add(s, "192.0.2.0/24", 4);
	assert_int_equal(ipset_seal(s), 0);
	assert_int_equal(find(s, "192.0.3.1"), -1);
	assert_int_equal(find(s, "::ffff:192.0.2.1"), 4);
	assert_int_equal(find(s, "::"), 6);
	assert_int_equal(find(s, "2001:db8:ffff::1"), 7);
	assert_int_equal(find(s, "2001:db9::1"), 6);
	assert_int_equal(addr_parse(&a, "2001:db8::9", 0), 0);
	assert_true(ipset_find(s, &a, &longest, NULL));
	assert_string_equal(addr_prefix_print(&longest, out, sizeof out), "2001:db8::/32");
	ipset_free(s);
}

static void
of_a_prefix_added_twice_the_later_value_stays(void **state)
{
	struct ipset *s = ipset_new();

	(void)state;
	for (long i = 0; i < 100; i++) {
		add(s, "10.0.0.0/8", i);
		add(s, "::/0", 1000 + i);
	}
	assert_int_equal(ipset_seal(s), 0);
	assert_int_equal(ipset_count(s), 2);
	assert_int_equal(find(s, "10.0.0.1"), 99);
	assert_int_equal(find(s, "::1"), 1099);
	ipset_free(s);
}

static void
an_empty_set_holds_nothing(void **state)
{
	struct ipset *s = ipset_new();

	(void)state;
	assert_int_equal(ipset_seal(s), 0);
	assert_int_equal(ipset_count(s), 0);
	assert_int_equal(find(s, "10.0.0.1"), -1);
	assert_int_equal(find(s, "::1"), -1);
	ipset_free(s);
}

static uint32_t
next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct addr
random_addr(uint32_t *seed)
{
	struct addr a = { .family = 4 };

	/* few values, so that prefixes nest and addresses hit */
	for (int i = 0; i < 4; i++)
		a.bytes[i] = (uint8_t)(next(seed) % 4 * 85);
	return a;
}

static struct addr_prefix
random_prefix(uint32_t *seed)
{
	struct addr a = random_addr(seed);
	char text[ADDR_TEXT], ip[ADDR_TEXT];
	struct addr_prefix p;
	struct fault f;

	/* host bits are usually set: the parser's fault names the network meant */
	snprintf(text, sizeof text, "%s/%u", addr_ip(&a, ip, sizeof ip), (unsigned)(next(seed) % 33));
	if (addr_prefix_parse(&p, text, strlen(text), &f) < 0)
		p = prefix(strrchr(f.text, ' ') + 1);
	return p;
}

static void
agrees_with_looking_at_every_prefix(void **state)
{
	enum { PREFIXES = 500 };
	struct addr_prefix p[PREFIXES];
	struct ipset *s = ipset_new();
	uint32_t seed = 1491;

	(void)state;
	for (int i = 0; i < PREFIXES; i++) {
		p[i] = random_prefix(&seed);
		assert_int_equal(ipset_add(s, &p[i], i), 0);
	}
	assert_int_equal(ipset_seal(s), 0);
	for (int round = 0; round < 5000; round++) {
		struct addr a = random_addr(&seed);
		long best = -1, value = -1;

		for (int i = 0; i < PREFIXES; i++)
			if (addr_prefix_holds(&p[i], &a) && (best < 0 || p[i].bits >= p[best].bits))
				best = i;
		assert_int_equal(ipset_find(s, &a, NULL, &value), best >= 0);
		assert_int_equal(value, best);
	}
	ipset_free(s);
}

/* An address of the family, of which the first `common` bytes are always the same. */
static struct addr
near_addr(uint32_t *seed, int family, int common)
{
	struct addr a = { .family = family };

	for (int i = 0; i < (family == 4 ? 4 : 16); i++)
		a.bytes[i] = i < common ? 0x20 : (uint8_t)next(seed);
	return a;
}

/* A large set is parted by the bits behind those that all prefixes have in common. */
static void
a_large_set_agrees_with_looking_at_every_prefix(int family, int common)
{
	enum { PREFIXES = 6000 };
	struct addr_prefix *p = calloc(PREFIXES, sizeof *p);
	struct ipset *s = ipset_new();
	uint32_t seed = 4711;

	for (int i = 0; i < PREFIXES; i++) {
		struct addr a = near_addr(&seed, family, common);

		p[i].family = family;
		p[i].bits = (uint8_t)(8 * common + next(&seed) % (family == 4 ? 33 - 8 * common : 20));
		for (unsigned b = 0; b < p[i].bits; b++)
			p[i].bytes[b / 8] |= (uint8_t)(a.bytes[b / 8] & 0x80 >> b % 8);
		assert_int_equal(ipset_add(s, &p[i], i), 0);
	}
	assert_int_equal(ipset_seal(s), 0);
	for (int round = 0; round < 2000; round++) {
		struct addr a = near_addr(&seed, family, round % 8 == 0 ? 0 : common);
		long best = -1, value = -1;

		for (int i = 0; i < PREFIXES; i++)
			if (addr_prefix_holds(&p[i], &a) && (best < 0 || p[i].bits >= p[best].bits))
				best = i;
		assert_int_equal(ipset_find(s, &a, NULL, &value), best >= 0);
		assert_int_equal(value, best);
	}
	ipset_free(s);
	free(p);
}

static void
large_sets_agree_with_looking_at_every_prefix(void **state)
{
	(void)state;
	a_large_set_agrees_with_looking_at_every_prefix(4, 0);
	a_large_set_agrees_with_looking_at_every_prefix(4, 1);
	a_large_set_agrees_with_looking_at_every_prefix(6, 0);
	a_large_set_agrees_with_looking_at_every_prefix(6, 4);
}

static void
a_value_is_an_index(void **state)
{
	struct ipset *s = ipset_new();
	struct addr_prefix p = prefix("10.0.0.0/8");

	(void)state;
	assert_int_equal(ipset_add(s, &p, -1), -1);
	assert_int_equal(ipset_add(s, &p, UINT32_MAX + 1l), -1);
	assert_int_equal(ipset_add(s, &p, UINT32_MAX), 0);
	assert_int_equal(ipset_seal(s), 0);
	assert_int_equal(find(s, "10.1.1.1"), UINT32_MAX);
	ipset_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_answers),
		cmocka_unit_test(the_families_do_not_mix),
		cmocka_unit_test(of_a_prefix_added_twice_the_later_value_stays),
		cmocka_unit_test(an_empty_set_holds_nothing),
		cmocka_unit_test(agrees_with_looking_at_every_prefix),
		cmocka_unit_test(large_sets_agree_with_looking_at_every_prefix),
		cmocka_unit_test(a_value_is_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
