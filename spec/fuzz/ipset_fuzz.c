/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of prefixes of both families finds for each address the same prefix as a look at all of them. An item is the
 * family and length in one byte each, then the address: a prefix of the set, or with a length beyond 128 an address to
 * look up.
 */
#include "base/ipset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ITEMS 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct item {
	struct addr_prefix p;
	bool look;
};

/* Takes an item of the bytes; returns how many it took, 0 at their end. */
static size_t
take(struct item *out, const uint8_t *data, size_t size)
{
	size_t width = size > 2 && data[0] & 1 ? 16 : 4;

	if (size < 2 + width)
		return 0;
	*out = (struct item){ .p = { .family = width == 4 ? 4 : 6, .bits = (uint8_t)(data[1] % (8 * width + 1)) }, .look = data[1] > 128 };
	for (size_t b = 0; b < (out->look ? 8 * width : out->p.bits); b++)
		out->p.bytes[b / 8] |= (uint8_t)(data[2 + b / 8] & 0x80 >> b % 8);
	return 2 + width;
}

static void
look(const struct ipset *s, const struct item *item, size_t n, const struct addr_prefix *at)
{
	struct addr a = { .family = at->family };
	struct addr_prefix longest;
	long best = -1, value;

	memcpy(a.bytes, at->bytes, sizeof a.bytes);
	for (size_t i = 0; i < n; i++)
		if (!item[i].look && addr_prefix_holds(&item[i].p, &a) && (best < 0 || item[i].p.bits >= item[best].p.bits))
			best = (long)i;
	assert(ipset_find(s, &a, &longest, &value) == (best >= 0));
	assert(best < 0 || (value == best && longest.bits == item[best].p.bits && memcmp(longest.bytes, item[best].p.bytes, 16) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct item item[ITEMS];
	struct ipset *s = ipset_new();
	size_t n = 0, took;

	assert(s != NULL);
	while (n < ITEMS && (took = take(&item[n], data, size)) > 0) {
		assert(item[n].look || ipset_add(s, &item[n].p, (long)n) == 0);
		n++;
		data += took;
		size -= took;
	}
	assert(ipset_seal(s) == 0);
	for (size_t i = 0; i < n; i++)
		look(s, item, n, &item[i].p);
	ipset_free(s);
	return 0;
}
