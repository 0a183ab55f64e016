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

/* How the prefixes of a set lie. */
struct shape {
	int family;
	int common; /* bytes that all have in common */
	int values; /* that each further byte has; few: prefixes nest, and addresses hit */
	unsigned shortest, longest; /* bits of a prefix */
	int prefixes;
};

static struct addr
random_addr(uint32_t *seed, const struct shape *of)
{
	struct addr a = { .family = (uint8_t)of->family };

	for (int i = 0; i < (of->family == 4 ? 4 : 16); i++)
		a.bytes[i] = i < of->common ? 0x20 : (uint8_t)(next(seed) % (unsigned)of->values * 255u / (unsigned)(of->values - 1));
	return a;
}

static struct addr_prefix
random_prefix(uint32_t *seed, const struct shape *of)
{
	struct addr a = random_addr(seed, of);
	struct addr_prefix p = { .family = a.family, .bits = (uint8_t)(of->shortest + next(seed) % (of->longest - of->shortest + 1)) };

	for (unsigned b = 0; b < p.bits; b++)
		p.bytes[b / 8] |= (uint8_t)(a.bytes[b / 8] & 0x80 >> b % 8);
	return p;
}

/* An address at an edge of a prefix: its first or last one, or the one before or behind it. */
static struct addr
edge_of(const struct addr_prefix *p, uint32_t which)
{
	struct addr a = { .family = p->family };
	int step = (int)(which % 3) - 1, last = p->family == 4 ? 3 : 15;

	memcpy(a.bytes, p->bytes, sizeof a.bytes);
	for (int b = p->bits; which % 2 == 0 && b < 8 * (last + 1); b++)
		a.bytes[b / 8] |= (uint8_t)(0x80 >> b % 8);
	for (int i = last, carry = step; i >= 0 && carry != 0; i--) {
		int sum = a.bytes[i] + carry;

		a.bytes[i] = (uint8_t)sum;
		carry = sum < 0 ? -1 : sum > 255;
	}
	return a;
}

static void
check_address(const struct ipset *s, const struct addr_prefix *p, int n, const struct addr *a)
{
	struct addr_prefix longest = { .bits = 0 };
	long best = -1, value = -1;

	for (int i = 0; i < n; i++)
		if (addr_prefix_holds(&p[i], a) && (best < 0 || p[i].bits >= p[best].bits))
			best = i;
	assert_int_equal(ipset_find(s, a, &longest, &value), best >= 0);
	assert_int_equal(value, best);
	if (best >= 0)
		assert_memory_equal(&longest, &p[best], sizeof longest);
}

static void
check_shape(const struct shape *of, uint32_t seed, int addresses)
{
	struct addr_prefix *p = calloc((size_t)of->prefixes, sizeof *p);
	struct shape anywhere = { of->family, 0, 256, 0, 0, 0 };
	struct ipset *s = ipset_new();

	for (int i = 0; i < of->prefixes; i++) {
		p[i] = random_prefix(&seed, of);
		assert_int_equal(ipset_add(s, &p[i], i), 0);
	}
	assert_int_equal(ipset_seal(s), 0);
	for (int i = 0; i < addresses; i++) {
		struct addr inside = random_addr(&seed, of), outside = random_addr(&seed, &anywhere);
		struct addr edge = edge_of(&p[next(&seed) % (unsigned)of->prefixes], (uint32_t)i);

		check_address(s, p, of->prefixes, &inside);
		check_address(s, p, of->prefixes, &outside);
		check_address(s, p, of->prefixes, &edge);
	}
	ipset_free(s);
	free(p);
}

static void
agrees_with_looking_at_every_prefix(void **state)
{
	static const struct shape shapes[] = {
		{ 4, 0, 4, 0, 32, 500 }, { 4, 0, 256, 0, 32, 6000 }, { 4, 1, 256, 8, 32, 6000 }, { 4, 0, 256, 24, 24, 6000 },
		{ 4, 2, 256, 24, 32, 6000 }, /* more in a part than a line has places */
		{ 4, 3, 256, 32, 32, 200 }, { 4, 0, 2, 0, 32, 60 }, { 4, 4, 2, 0, 32, 20 }, /* prefixes that lie in each other */
		{ 6, 0, 256, 0, 19, 6000 }, { 6, 4, 256, 32, 51, 6000 }, { 6, 0, 256, 48, 48, 6000 }, { 6, 0, 4, 0, 128, 500 },
		{ 6, 14, 16, 112, 128, 2000 }, { 6, 0, 2, 96, 128, 2000 }, { 6, 6, 3, 40, 64, 3000 }, { 6, 16, 2, 0, 128, 100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		check_shape(&shapes[i], 1491 + (uint32_t)i, 1000);
}

static void
small_sets_agree_with_looking_at_every_prefix(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 400; seed++) {
		struct shape of4 = { 4, (int)(seed % 4), 2 + (int)(seed % 5), 0, 32, 1 + (int)(seed % 37) };
		struct shape of6 = { 6, (int)(seed % 16), 2 + (int)(seed % 3), 0, 128, 1 + (int)(seed % 41) };

		check_shape(&of4, seed, 60);
		check_shape(&of6, seed, 60);
	}
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
		cmocka_unit_test(small_sets_agree_with_looking_at_every_prefix),
		cmocka_unit_test(a_value_is_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
