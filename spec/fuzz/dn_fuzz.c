/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is read as a name has parts with a type and a value without NUL, ends itself, and ends in each of its own ends.
 */
#include "tls/dn.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault f = { "" };
	struct dn d;

	if (dn_parse(&d, (const char *)data, size, &f) < 0) {
		assert(f.text[0] != '\0' && d.n == 0 && d.item == NULL);
		return 0;
	}
	assert(d.n >= 1 && d.n <= DN_PARTS_MAX && dn_same(&d, &d));
	for (size_t i = 0; i < d.n; i++) {
		struct dn end = { .item = d.item, .n = i + 1 };

		assert(d.item[i].type[0] != '\0' && d.item[i].value.len > 0 && strlen(d.item[i].value.bytes) == d.item[i].value.len);
		assert(dn_ends(&d, &end) && dn_ends(&end, &d) == (end.n == d.n));
	}
	dn_free(&d);
	return 0;
}
