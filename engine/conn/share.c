/* SPDX-License-Identifier: Apache-2.0 */
#include "conn/share.h"

#include "base/sum.h"

#include <string.h>
#include <sys/random.h>

int
share_draw(struct share *s)
{
	if (getrandom(&s->key, sizeof s->key, 0) != sizeof s->key)
		return -1;
	s->key |= s->key == 0;
	return 0;
}

/* Whether the hash of name and bytes lies in the percentage. */
static bool
in_percent(const struct share *s, const char *name, const void *bytes, size_t n)
{
	uint64_t h = sum_add(SUM_BEGIN, &s->key, sizeof s->key);

	h = sum_add(h, name, strlen(name));
	h = sum_add(h, bytes, n);
	h = sum_add(h, &s->key, sizeof s->key);
	h = (h ^ h >> 32) * 0x9E3779B97F4A7C15u;
	return (double)(h >> 11) / 9007199254740992.0 * 100 < s->percent; /* 2^53 */
}

bool
share_has_accepted(const struct share *s, const char *tcpipservice, const struct addr *peer)
{
	struct addr_prefix partner;

	if (s->tcpipservice[0] != '\0' && strcmp(s->tcpipservice, tcpipservice) != 0)
		return false;
	partner = addr_subnet(peer);
	if (s->by_peer && !addr_prefix_holds(&s->peer, peer))
		return false;
	return in_percent(s, tcpipservice, partner.bytes, sizeof partner.bytes);
}

bool
share_has_dialled(const struct share *s, const char *ipconn, const char *host)
{
	struct addr a;

	if (s->tcpipservice[0] != '\0')
		return false;
	if (s->by_peer && (addr_parse(&a, host, 0) < 0 || !addr_prefix_holds(&s->peer, &a)))
		return false;
	return in_percent(s, ipconn, "", 0);
}
