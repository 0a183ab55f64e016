/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_limits: a Certificate message as it came. It is read without leaving it, and is refused with words or let
 * through.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tls/chain_limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int tls13 = 0; tls13 <= 1; tls13++) {
		struct cert_fault why = { .text = "" };
		int rc = chain_limits_message(data, size, tls13, &why);

		if ((rc < 0) != (why.text[0] != '\0')) {
			fprintf(stderr, "chain_limits_fuzz: broken promise: a refusal has words, and nothing else has\n");
			abort();
		}
	}
	return 0;
}
