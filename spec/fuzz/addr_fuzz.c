/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted as an address or a prefix prints to something that means the same. */
#include "base/addr.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static void
run_addr(const char *text)
{
	struct addr a, again;
	struct sockaddr_storage sa;
	struct addr_prefix p;
	char ip[ADDR_TEXT];

	if (addr_parse(&a, text, 1491) < 0)
		return;
	assert(addr_parse(&again, addr_ip(&a, ip, sizeof ip), 1491) == 0);
	assert(memcmp(&a, &again, sizeof a) == 0);
	assert(addr_to_sockaddr(&a, &sa) > 0);
	assert(addr_from_sockaddr(&again, (const struct sockaddr *)&sa) == 0);
	assert(memcmp(&a, &again, sizeof a) == 0);
	p = addr_neighbourhood(&a);
	assert(addr_prefix_holds(&p, &a));
}

static void
run_split(const char *text)
{
	char host[40];
	struct fault f = { "" };
	int port = -1;

	if (addr_split(text, host, sizeof host, &port, &f) < 0) {
		assert(f.text[0] != '\0');
		return;
	}
	assert(port >= 0 && port <= 65535 && host[0] != '\0' && strlen(host) < sizeof host);
}

static void
run_prefix(const char *text, size_t n)
{
	struct addr_prefix p, again;
	struct addr first = { 0 };
	struct fault f = { "" };
	char printed[ADDR_TEXT];

	if (addr_prefix_parse(&p, text, n, &f) < 0) {
		assert(f.text[0] != '\0');
		return;
	}
	assert(p.bits <= (p.family == 4 ? 32 : 128));
	addr_prefix_print(&p, printed, sizeof printed);
	assert(addr_prefix_parse(&again, printed, strlen(printed), &f) == 0);
	assert(again.family == p.family && again.bits == p.bits && memcmp(again.bytes, p.bytes, sizeof p.bytes) == 0);
	first.family = p.family;
	memcpy(first.bytes, p.bytes, sizeof p.bytes);
	assert(addr_prefix_holds(&p, &first));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[256];

	run_prefix((const char *)data, n);
	if (n >= sizeof text)
		n = sizeof text - 1;
	memcpy(text, data, n);
	text[n] = '\0';
	run_addr(text);
	run_split(text);
	return 0;
}
