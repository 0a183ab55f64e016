/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A certificate with these names; len 0: strlen. The names are literals, which need no free. */
struct named {
	struct certificate c;
	struct text dns, ip;
};

static const struct certificate *
of(struct named *n, const char *dns, size_t len, const char *ip)
{
	memset(n, 0, sizeof *n);
	if (dns != NULL) {
		n->dns = (struct text){ (char *)(uintptr_t)dns, len > 0 ? len : strlen(dns) };
		n->c.dns = (struct texts){ &n->dns, 1 };
	}
	if (ip != NULL) {
		n->ip = (struct text){ (char *)(uintptr_t)ip, strlen(ip) };
		n->c.ip = (struct texts){ &n->ip, 1 };
	}
	return &n->c;
}

static bool
dns_names(const char *dns, const char *host)
{
	struct named n;

	return certificate_names(of(&n, dns, 0, NULL), host);
}

static bool
ip_names(const char *ip, const char *host)
{
	struct named n;

	return certificate_names(of(&n, NULL, 0, ip), host);
}

static void
a_name_is_compared_whole_and_without_regard_to_case(void **state)
{
	(void)state;
	assert_true(dns_names("cics.example.com", "cics.example.com"));
	assert_true(dns_names("CICS.Example.COM", "cics.eXAMPLE.com"));
	assert_true(dns_names("localhost", "localhost"));
	assert_true(dns_names("cics.example.com", "cics.example.com.")); /* absolute */
	assert_false(dns_names("cics.example.com", "cics.example.co"));
	assert_false(dns_names("cics.example.com", "cics.example.com.evil.org"));
	assert_false(dns_names("cics.example.com", "xcics.example.com"));
	assert_false(dns_names("example.com", "cics.example.com"));
	assert_false(dns_names(".example.com", "cics.example.com"));
	assert_false(dns_names("cics.example.com ", "cics.example.com"));
	assert_false(dns_names("", "cics.example.com"));
}

static void
a_wildcard_is_the_whole_left_most_label(void **state)
{
	(void)state;
	assert_true(dns_names("*.example.com", "cics.example.com"));
	assert_true(dns_names("*.EXAMPLE.com", "x.example.com"));
	assert_true(dns_names("*.example.com", "xn--bcher-kva.example.com"));
	assert_false(dns_names("*.example.com", "example.com"));
	assert_false(dns_names("*.example.com", "a.b.example.com"));
	assert_false(dns_names("*.example.com", ".example.com"));
	assert_false(dns_names("*.example.com", "cics.example.org"));
	assert_false(dns_names("*.example.com", "cicsexample.com"));
	assert_false(dns_names("c*.example.com", "cics.example.com"));
	assert_false(dns_names("*s.example.com", "cics.example.com"));
	assert_false(dns_names("cics.*.com", "cics.example.com"));
	assert_false(dns_names("*.*.com", "cics.example.com"));
	assert_false(dns_names("**.example.com", "cics.example.com"));
	assert_false(dns_names("*", "localhost"));
	assert_false(dns_names("*.", "localhost."));
	assert_false(dns_names("*.com", "example.com"));
	assert_false(dns_names("*.com.", "example.com."));
	assert_false(dns_names("*..com", "example..com"));
}

static void
a_host_that_holds_an_asterisk_is_named_by_nobody(void **state)
{
	(void)state;
	assert_false(dns_names("*.example.com", "*.example.com"));
	assert_false(dns_names("*", "*"));
	assert_false(dns_names("", ""));
	assert_false(dns_names(".", "."));
	assert_false(dns_names("", "."));
}

static void
bytes_with_a_nul_name_nobody(void **state)
{
	static const char evil[] = "cics.example.com\0.evil.org";
	static const char tail[] = "cics.example.com\0";
	struct named n;

	(void)state;
	assert_false(certificate_names(of(&n, evil, sizeof evil - 1, NULL), "cics.example.com"));
	assert_false(certificate_names(of(&n, tail, sizeof tail - 1, NULL), "cics.example.com"));
	assert_false(certificate_names(of(&n, "*.example\0com", 13, NULL), "cics.example.com"));
	assert_false(certificate_names(of(&n, "\0", 1, NULL), "x.example.com"));
}

static void
a_numeric_host_is_named_by_an_address_alone(void **state)
{
	struct named n;

	(void)state;
	assert_true(ip_names("127.0.0.1", "127.0.0.1"));
	assert_true(ip_names("::1", "::1"));
	assert_true(ip_names("2001:db8::a", "2001:DB8:0:0::A"));
	assert_true(ip_names("10.1.2.3", "::ffff:10.1.2.3"));
	assert_false(ip_names("127.0.0.1", "127.0.0.2"));
	assert_false(ip_names("127.0.0.1", "::1"));
	assert_false(ip_names("127.0.0.1", "localhost"));
	assert_false(dns_names("127.0.0.1", "127.0.0.1"));
	assert_false(dns_names("::1", "::1"));
	assert_false(dns_names("*.0.0.1", "127.0.0.1"));
	assert_false(certificate_names(of(&n, "cics.example.com", 0, "127.0.0.1"), "10.0.0.1"));
}

static void
what_some_would_read_as_a_number_is_no_name(void **state)
{
	(void)state;
	assert_false(dns_names("127.1", "127.1"));
	assert_false(dns_names("2130706433", "2130706433"));
	assert_false(dns_names("*.0.1", "127.0.1"));
	assert_true(dns_names("1.example.com", "1.example.com"));
	assert_true(dns_names("127.0.0.1a", "127.0.0.1a"));
}

static void
the_subject_is_not_looked_at(void **state)
{
	char cn[] = "cics.example.com", printed[] = "CN=cics.example.com";
	struct rdn rdn = { .type = "CN", .value = { cn, strlen(cn) } };
	struct certificate c = { .subject = { &rdn, 1, printed } };

	(void)state;
	assert_false(certificate_names(&c, "cics.example.com"));
}

static void
any_of_several_names_will_do(void **state)
{
	char one[] = "a.example.com", two[] = "*.example.org", three[] = "b.example.com";
	struct text item[] = { { one, strlen(one) }, { two, strlen(two) }, { three, strlen(three) } };
	struct certificate c = { .dns = { item, 3 } };

	(void)state;
	assert_true(certificate_names(&c, "b.example.com"));
	assert_true(certificate_names(&c, "x.example.org"));
	assert_false(certificate_names(&c, "c.example.com"));
}

static void
labels_have_their_bounds(void **state)
{
	char long_label[80], host[100];

	(void)state;
	memset(long_label, 'a', 63);
	strcpy(long_label + 63, ".example.com");
	assert_true(dns_names("*.example.com", long_label));
	memset(host, 'a', 64);
	strcpy(host + 64, ".example.com");
	assert_false(dns_names("*.example.com", host));
	assert_false(dns_names("a b.example.com", "a b.example.com"));
	assert_false(dns_names("b\xc3\xbc.example.com", "b\xc3\xbc.example.com"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_compared_whole_and_without_regard_to_case),
		cmocka_unit_test(a_wildcard_is_the_whole_left_most_label),
		cmocka_unit_test(a_host_that_holds_an_asterisk_is_named_by_nobody),
		cmocka_unit_test(bytes_with_a_nul_name_nobody),
		cmocka_unit_test(a_numeric_host_is_named_by_an_address_alone),
		cmocka_unit_test(what_some_would_read_as_a_number_is_no_name),
		cmocka_unit_test(the_subject_is_not_looked_at),
		cmocka_unit_test(any_of_several_names_will_do),
		cmocka_unit_test(labels_have_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
