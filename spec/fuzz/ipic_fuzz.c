/* SPDX-License-Identifier: Apache-2.0 */
/* ipic_next on any bytes, in two pieces: it stays within them, and gives the same message whole or in pieces. */
#include "ipic/ipic.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void (*const expect[])(struct ipic_reader *r) = { ipic_expect_capex, ipic_expect_answer, ipic_expect_any };

static void
judge(const struct ipic_message *m, enum ipic_result r, const char *bytes, size_t n)
{
	struct capex capex;
	struct capex_answer answer;
	struct resync resync;
	struct fault f;

	assert(m->size <= n && m->body >= bytes && m->body + m->len <= bytes + n);
	assert(r == IPIC_MESSAGE || (m->is.conv == 0 && !ipic_is_command(m, IS_CAPEX)));
	if (ipic_capex(m, &capex, &f) == 0)
		assert(capex.sockets >= 1 && capex.sockets <= 2);
	if (ipic_capex_answer(m, &answer, &f) < 0)
		assert(f.text[0] != '\0');
	if (ipic_resync(m, &resync, &f) == 0)
		assert(resync.indoubt >= 0 && resync.indoubt <= INDOUBT_MAX);
	(void)ipic_resync_answer(m, &resync, &f);
	(void)ipic_element_fault(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipic_reader whole, pieces;
	struct ipic_message a, b;
	enum ipic_result r, again;
	struct fault f = { .text = "" };
	size_t n, first;
	char *bytes;

	if (size < 2)
		return 0;
	n = size - 2;
	bytes = malloc(n + 1); /* exactly as long, for the sanitizer */
	memcpy(bytes, data + 2, n);
	first = n > 0 ? data[1] * n / 256 : 0;
	expect[data[0] % 3](&whole);
	expect[data[0] % 3](&pieces);
	r = ipic_next(&whole, bytes, n, &a, &f);
	again = ipic_next(&pieces, bytes, first, &b, &f);
	if (again == IPIC_MORE)
		again = ipic_next(&pieces, bytes, n, &b, &f);
	assert(again == r || (again == IPIC_BAD && r == IPIC_BAD));
	if (r == IPIC_MESSAGE || r == IPIC_UNTYPED) {
		assert(a.size == b.size && a.kind == b.kind && a.status == b.status);
		judge(&a, r, bytes, n);
	}
	if (r == IPIC_BAD || r == IPIC_UNTYPED)
		assert(f.text[0] != '\0');
	free(bytes);
	return 0;
}
