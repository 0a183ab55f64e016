/* SPDX-License-Identifier: Apache-2.0 */
/* What is read as a hash has bounded cost; the same fields written out again are the same text. */
#include "security/scrypt.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Bit by bit: no cleverness to share a fault with. */
static void
spell(const unsigned char *bytes, size_t n, char *out)
{
	for (size_t bit = 0; bit < 8 * n; bit += 6) {
		unsigned six = 0;

		for (size_t i = bit; i < bit + 6; i++)
			six = six << 1 | (i < 8 * n ? bytes[i / 8] >> (7 - i % 8) & 1u : 0);
		*out++ = alphabet[six];
	}
	*out = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), salt[32], hash[64], again[SAF_HASH_SIZE];
	struct fault f = { "" };
	struct scrypt s;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (scrypt_parse(&s, text, &f) < 0) {
		assert(f.text[0] != '\0');
	} else {
		assert(s.ln >= SCRYPT_LN_MIN && s.ln <= SCRYPT_LN_MAX && s.r > 0 && s.p > 0);
		assert(((uint64_t)s.r * s.p << s.ln) <= (uint64_t)8 << SCRYPT_LN_MAX);
		spell(s.salt, sizeof s.salt, salt);
		spell(s.hash, sizeof s.hash, hash);
		snprintf(again, sizeof again, "scrypt:%u:%u:%u:%s:%s", s.ln, s.r, s.p, salt, hash);
		assert(strcmp(text, again) == 0);
	}
	free(text);
	return 0;
}
