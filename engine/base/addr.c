/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"

#include "base/digits.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_head[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool
is_mapped(const uint8_t bytes[16])
{
	return memcmp(bytes, mapped_head, sizeof mapped_head) == 0;
}

/* Every struct addr is made here, so that one peer has one address, whatever kind of socket accepted it. */
static void
take(struct addr *a, uint8_t family, const uint8_t *bytes, uint16_t port)
{
	memset(a, 0, sizeof *a);
	a->family = family;
	a->port = port;
	if (family == 6 && is_mapped(bytes)) {
		a->family = 4;
		bytes += sizeof mapped_head;
	}
	memcpy(a->bytes, bytes, a->family == 4 ? 4 : 16);
}

int
addr_from_sockaddr(struct addr *a, const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof in);
		take(a, 4, (const uint8_t *)&in.sin_addr, ntohs(in.sin_port));
		return 0;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof in6);
		take(a, 6, in6.sin6_addr.s6_addr, ntohs(in6.sin6_port));
		return 0;
	}
	memset(a, 0, sizeof *a);
	return -1;
}

socklen_t
addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof *out);
	if (a->family == 4) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(a->port) };

		memcpy(&in.sin_addr, a->bytes, 4);
		memcpy(out, &in, sizeof in);
		return sizeof in;
	}
	if (a->family == 6) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };

		memcpy(&in6.sin6_addr, a->bytes, 16);
		memcpy(out, &in6, sizeof in6);
		return sizeof in6;
	}
	return 0;
}

/* inet_pton is as strict as needed: four decimal numbers without leading zeros, and no zone after an IPv6 address. */
static uint8_t
numeric(const char *text, uint8_t bytes[16])
{
	memset(bytes, 0, 16);
	if (inet_pton(AF_INET, text, bytes) == 1)
		return 4;
	return inet_pton(AF_INET6, text, bytes) == 1 ? 6 : 0;
}

int
addr_parse(struct addr *a, const char *text, int port)
{
	uint8_t bytes[16];
	uint8_t family = numeric(text, bytes);

	memset(a, 0, sizeof *a);
	if (family == 0 || port < 0 || port > UINT16_MAX)
		return -1;
	take(a, family, bytes, (uint16_t)port);
	return 0;
}

/*
 * Reads a decimal number without sign, blanks or leading zeros; -1 when the text is not one, or when it is above max.
 */
static int
number(const char *text, size_t len, int max)
{
	int n = 0;

	if (len == 0 || len > 5 || (len > 1 && text[0] == '0'))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		n = n * 10 + (text[i] - '0');
	}
	return n <= max ? n : -1;
}

static int
check_host(const char *host, size_t len, bool bracketed, struct fault *f)
{
	uint8_t bytes[16];
	char v6[INET6_ADDRSTRLEN];

	if (len == 0)
		return fault_set(f, "no host before the port; write HOST:PORT");
	for (size_t i = 0; i < len; i++)
		if (host[i] <= ' ' || host[i] > '~')
			return fault_set(f, "the host holds a blank or an unprintable character");
	if (!bracketed)
		return memchr(host, ':', len) == NULL ? 0 : fault_set(f, "an IPv6 address needs brackets: [ADDRESS]:PORT");
	if (len >= sizeof v6)
		return fault_set(f, "the text in brackets is not an IPv6 address");
	memcpy(v6, host, len);
	v6[len] = '\0';
	return inet_pton(AF_INET6, v6, bytes) == 1 ? 0 : fault_set(f, "the text in brackets is not an IPv6 address");
}

int
addr_split(const char *text, char *host, size_t size, int *port, struct fault *f)
{
	bool bracketed = text[0] == '[';
	const char *colon = strrchr(text, ':'), *close = strrchr(text, ']');
	size_t len;

	if (bracketed && close == NULL)
		return fault_set(f, "'[' without ']'; write [ADDRESS]:PORT");
	if (colon == NULL || (bracketed && colon != close + 1))
		return fault_set(f, "no port; write HOST:PORT");
	*port = number(colon + 1, strlen(colon + 1), UINT16_MAX);
	if (*port < 0)
		return fault_set(f, "the port is not a number from 0 to 65535");
	len = bracketed ? (size_t)(close - text - 1) : (size_t)(colon - text);
	if (check_host(text + bracketed, len, bracketed, f) < 0)
		return -1;
	if (len >= size)
		return fault_set(f, "the host is longer than %zu characters", size - 1);
	memcpy(host, text + bracketed, len);
	host[len] = '\0';
	return 0;
}

/*
 * Without printf: each call of a policy has two addresses among its facts, and printf took a quarter of the time of an
 * attach.
 */
static void
ipv4_text(const uint8_t *bytes, char *out)
{
	for (size_t i = 0; i < 4; i++) {
		uint8_t n = bytes[i];

		if (i > 0)
			*out++ = '.';
		if (n >= 100)
			*out++ = (char)('0' + n / 100);
		if (n >= 10)
			*out++ = (char)('0' + n / 10 % 10);
		*out++ = (char)('0' + n % 10);
	}
	*out = '\0';
}

static void
ip_text(uint8_t family, const uint8_t *bytes, char out[INET6_ADDRSTRLEN])
{
	if (family == 4)
		ipv4_text(bytes, out);
	else if (family == 0 || inet_ntop(AF_INET6, bytes, out, INET6_ADDRSTRLEN) == NULL)
		strcpy(out, "-");
}

/* Adds the sign and the number to the text, which has room for them. */
static void
add_number(char *text, char sign, unsigned number)
{
	size_t n = strlen(text);

	text[n] = sign;
	text[n + 1 + digits_decimal(text + n + 1, number)] = '\0';
}

const char *
addr_ip(const struct addr *a, char *out, size_t size)
{
	char ip[INET6_ADDRSTRLEN];
	size_t n;

	ip_text(a->family, a->bytes, ip);
	n = strnlen(ip, size - 1);
	memcpy(out, ip, n);
	out[n] = '\0';
	return out;
}

const char *
addr_print(const struct addr *a, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN + 8 + DIGITS_MAX];
	size_t n = a->family == 6;

	text[0] = '[';
	ip_text(a->family, a->bytes, text + n);
	if (a->family == 6)
		strcat(text, "]");
	if (a->family != 0)
		add_number(text, ':', a->port);
	text_copy(out, size, text);
	return out;
}

bool
addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->bytes, zero, sizeof zero) == 0;
}

bool
addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return a->family == 4 ? a->bytes[0] == 127 : memcmp(a->bytes, one, sizeof one) == 0;
}

bool
addr_host_is_loopback(const char *host)
{
	struct addr a;

	return addr_parse(&a, host, 0) == 0 ? addr_is_loopback(&a) : strcasecmp(host, "localhost") == 0;
}

bool
addr_same_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static void
mask(uint8_t bytes[16], unsigned bits)
{
	if (bits % 8 != 0)
		bytes[bits / 8] &= (uint8_t)(0xff << (8 - bits % 8));
	for (size_t i = (bits + 7) / 8; i < 16; i++)
		bytes[i] = 0;
}

/* A fault repeats only the printable part of the text: a prefix may come from a script. */
static int
prefix_fault(struct fault *f, const char *text, size_t len, const char *why)
{
	char shown[64];
	size_t n = len < sizeof shown ? len : sizeof shown - 1;

	for (size_t i = 0; i < n; i++)
		shown[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	shown[n] = '\0';
	return fault_set(f, "%s%s: %s", shown, n < len ? "..." : "", why);
}

/* Reads the address and the number of bits; -1 when either is malformed. */
static int
addr_prefix_parts(struct addr_prefix *p, const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	size_t n = slash != NULL ? (size_t)(slash - text) : len;
	char ip[INET6_ADDRSTRLEN];
	int bits;

	if (n >= sizeof ip || memchr(text, '\0', len) != NULL)
		return -1;
	memcpy(ip, text, n);
	ip[n] = '\0';
	p->family = numeric(ip, p->bytes);
	bits = p->family == 4 ? 32 : 128;
	if (slash != NULL)
		bits = number(slash + 1, len - n - 1, bits);
	if (p->family == 0 || bits < 0)
		return -1;
	p->bits = (uint8_t)bits;
	return 0;
}

int
addr_prefix_parse(struct addr_prefix *p, const char *text, size_t len, struct fault *f)
{
	struct addr_prefix net = { 0 };
	char why[ADDR_TEXT + 40], printed[ADDR_TEXT];

	if (addr_prefix_parts(&net, text, len) < 0)
		return prefix_fault(f, text, len, "not a prefix such as 10.0.0.0/8 or 2001:db8::/32");
	if (net.family == 6 && net.bits >= 96 && is_mapped(net.bytes)) {
		net.family = 4;
		net.bits = (uint8_t)(net.bits - 96);
		memmove(net.bytes, net.bytes + sizeof mapped_head, 4);
		memset(net.bytes + 4, 0, sizeof net.bytes - 4);
	}
	*p = net;
	mask(p->bytes, p->bits);
	if (memcmp(p->bytes, net.bytes, sizeof net.bytes) == 0)
		return 0;
	snprintf(why, sizeof why, "host bits are set; the network is %s", addr_prefix_print(p, printed, sizeof printed));
	return prefix_fault(f, text, len, why);
}

bool
addr_prefix_holds(const struct addr_prefix *p, const struct addr *a)
{
	uint8_t net[16];

	if (p->family == 0 || p->family != a->family)
		return false;
	memcpy(net, a->bytes, sizeof net);
	mask(net, p->bits);
	return memcmp(net, p->bytes, sizeof net) == 0;
}

static struct addr_prefix
shorten(const struct addr *a, uint8_t bits4, uint8_t bits6)
{
	struct addr_prefix p = { .family = a->family, .bits = a->family == 4 ? bits4 : a->family == 6 ? bits6 : 0 };

	memcpy(p.bytes, a->bytes, sizeof p.bytes);
	mask(p.bytes, p.bits);
	return p;
}

struct addr_prefix
addr_neighbourhood(const struct addr *a)
{
	return shorten(a, 24, 48);
}

struct addr_prefix
addr_subnet(const struct addr *a)
{
	return shorten(a, 32, 64);
}

const char *
addr_prefix_print(const struct addr_prefix *p, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN + 8 + DIGITS_MAX];

	ip_text(p->family, p->bytes, text);
	add_number(text, '/', p->bits);
	text_copy(out, size, text);
	return out;
}
