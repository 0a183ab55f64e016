/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct addr
addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(&a, text, 1491), 0);
	return a;
}

static struct addr_prefix
prefix(const char *text)
{
	struct addr_prefix p;
	struct fault f = { "" };

	if (addr_prefix_parse(&p, text, strlen(text), &f) < 0)
		fail_msg("%s", f.text);
	return p;
}

static void
prints_every_number_as_the_system_does(void **state)
{
	char out[ADDR_TEXT], expected[INET_ADDRSTRLEN];

	(void)state;
	for (unsigned n = 0; n < 256; n++) {
		struct addr a = { .family = 4, .bytes = { (uint8_t)n, (uint8_t)(255 - n), (uint8_t)(n ^ 0x55), (uint8_t)n } };

		assert_non_null(inet_ntop(AF_INET, a.bytes, expected, sizeof expected));
		assert_string_equal(addr_ip(&a, out, sizeof out), expected);
		assert_string_equal(addr_ip(&a, out, 4), (expected[3] = '\0', expected)); /* cut off when there is no room */
	}
}

static void
prints_addresses_as_they_are_written(void **state)
{
	static const char *const same[] = { "127.0.0.1", "0.0.0.0", "255.255.255.255", "::1", "::", "2001:db8::a" };
	char out[ADDR_TEXT];
	struct addr a;

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		a = addr(same[i]);
		assert_string_equal(addr_ip(&a, out, sizeof out), same[i]);
	}
	a = addr("127.0.0.1");
	assert_string_equal(addr_print(&a, out, sizeof out), "127.0.0.1:1491");
	a = addr("::1");
	assert_string_equal(addr_print(&a, out, sizeof out), "[::1]:1491");
}

static void
a_mapped_address_is_ipv4(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(7) };
	struct addr a = addr("::ffff:10.1.2.3"), b = addr("10.1.2.3"), c;

	(void)state;
	assert_int_equal(a.family, 4);
	assert_true(addr_same_ip(&a, &b));
	memcpy(&in6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16);
	assert_int_equal(addr_from_sockaddr(&c, (const struct sockaddr *)&in6), 0);
	assert_true(addr_same_ip(&c, &b));
	assert_int_equal(c.port, 7);
}

static void
refuses_what_is_not_a_numeric_address(void **state)
{
	static const char *const wrong[] = { "", "1", "1.2.3", "010.0.0.1", "1.2.3.256", "1.2.3.4 ", "0x7f.0.0.1", "localhost", "fe80::1%eth0",
		"[::1]", ":::", "1.2.3.4.5", "::ffff:1.2.3" };
	struct addr a;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (addr_parse(&a, wrong[i], 0) == 0)
			fail_msg("accepted: %s", wrong[i]);
	assert_int_equal(addr_parse(&a, "1.2.3.4", 65536), -1);
	assert_int_equal(addr_parse(&a, "1.2.3.4", -1), -1);
}

static void
survives_the_way_through_a_sockaddr(void **state)
{
	static const char *const each[] = { "192.0.2.7", "2001:db8::7" };
	struct sockaddr_storage sa;
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct addr back;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct addr a = addr(each[i]);

		assert_int_equal(addr_to_sockaddr(&a, &sa), i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		assert_int_equal(addr_from_sockaddr(&back, (const struct sockaddr *)&sa), 0);
		assert_memory_equal(&a, &back, sizeof a);
	}
	assert_int_equal(addr_from_sockaddr(&back, &other), -1);
}

static void
splits_host_and_port(void **state)
{
	static const struct {
		const char *text, *host;
		int port;
	} row[] = {
		{ "localhost:1491", "localhost", 1491 },
		{ "127.0.0.1:0", "127.0.0.1", 0 },
		{ "[::1]:65535", "::1", 65535 },
	};
	char host[64];
	int port;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		assert_int_equal(addr_split(row[i].text, host, sizeof host, &port, NULL), 0);
		assert_string_equal(host, row[i].host);
		assert_int_equal(port, row[i].port);
	}
}

static void
names_what_is_wrong_with_host_and_port(void **state)
{
	static const struct {
		const char *text, *why;
	} row[] = {
		{ "localhost", "no port" },
		{ "localhost:", "port" },
		{ "localhost:65536", "port" },
		{ "localhost:+1", "port" },
		{ "localhost:01", "port" },
		{ ":1491", "no host" },
		{ "::1:1491", "brackets" },
		{ "[::1:1491", "]" },
		{ "[::1]", "no port" },
		{ "[::1]1491", "no port" },
		{ "[localhost]:1491", "not an IPv6" },
		{ "a b:1", "blank" },
		{ "a-name-of-more-than-fifteen:1", "longer than 15" },
	};
	char host[16];
	struct fault f;
	int port;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		f.text[0] = '\0';
		if (addr_split(row[i].text, host, sizeof host, &port, &f) == 0 || strstr(f.text, row[i].why) == NULL)
			fail_msg("%s: %s", row[i].text, f.text);
	}
}

static void
a_prefix_holds_its_addresses_and_no_other(void **state)
{
	static const struct {
		const char *net, *inside, *outside;
	} row[] = {
		{ "10.0.0.0/8", "10.255.255.255", "11.0.0.0" },
		{ "10.1.2.3", "10.1.2.3", "10.1.2.2" },
		{ "192.0.2.128/25", "192.0.2.129", "192.0.2.127" },
		{ "0.0.0.0/0", "255.255.255.255", "::1" },
		{ "::/0", "2001:db8::1", "10.0.0.1" },
		{ "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1" },
		{ "::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0" },
		{ "::1", "::1", "::2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct addr_prefix p = prefix(row[i].net);
		struct addr in = addr(row[i].inside), out = addr(row[i].outside);

		if (!addr_prefix_holds(&p, &in) || addr_prefix_holds(&p, &out))
			fail_msg("%s", row[i].net);
	}
}

static void
names_the_network_when_host_bits_are_set(void **state)
{
	struct fault f;
	struct addr_prefix p;

	(void)state;
	assert_int_equal(addr_prefix_parse(&p, "10.1.2.3/8", 10, &f), -1);
	assert_non_null(strstr(f.text, "10.1.2.3/8"));
	assert_non_null(strstr(f.text, "10.0.0.0/8"));
	assert_int_equal(addr_prefix_parse(&p, "2001:db8::1/32", 14, &f), -1);
	assert_non_null(strstr(f.text, "2001:db8::/32"));
}

static void
refuses_what_is_not_a_prefix(void **state)
{
	static const char *const wrong[] = { "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "10/8",
		"::/129", "10.0.0.0/8 ", "lan" };
	struct addr_prefix p;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (addr_prefix_parse(&p, wrong[i], strlen(wrong[i]), &f) == 0)
			fail_msg("accepted: %s", wrong[i]);
	assert_int_equal(addr_prefix_parse(&p, "10.0.0.0\0/8", 11, &f), -1);
	assert_int_equal(addr_prefix_parse(&p, "\x1b[31m", 5, &f), -1);
	assert_null(strchr(f.text, '\x1b'));
}

static void
neighbourhoods_are_24_and_48_bits(void **state)
{
	struct addr v4 = addr("192.0.2.77"), v6 = addr("2001:db8:1:2::3");
	struct addr_prefix p4 = addr_neighbourhood(&v4), p6 = addr_neighbourhood(&v6);
	char out[ADDR_TEXT];

	(void)state;
	assert_string_equal(addr_prefix_print(&p4, out, sizeof out), "192.0.2.0/24");
	assert_string_equal(addr_prefix_print(&p6, out, sizeof out), "2001:db8:1::/48");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_every_number_as_the_system_does),
		cmocka_unit_test(prints_addresses_as_they_are_written),
		cmocka_unit_test(a_mapped_address_is_ipv4),
		cmocka_unit_test(refuses_what_is_not_a_numeric_address),
		cmocka_unit_test(survives_the_way_through_a_sockaddr),
		cmocka_unit_test(splits_host_and_port),
		cmocka_unit_test(names_what_is_wrong_with_host_and_port),
		cmocka_unit_test(a_prefix_holds_its_addresses_and_no_other),
		cmocka_unit_test(names_the_network_when_host_bits_are_set),
		cmocka_unit_test(refuses_what_is_not_a_prefix),
		cmocka_unit_test(neighbourhoods_are_24_and_48_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
