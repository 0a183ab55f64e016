/* SPDX-License-Identifier: Apache-2.0 */
/* A file with a fault is no permit: no user may use the ring. A file without one gives a remedy with each refusal. */
#include "tls/permit.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults faults = { 0 };
	struct permit *p = permit_parse((const char *)data, size, "permit", &faults);
	struct fault f = { "" };

	assert((p != NULL) == (faults.errors == 0));
	for (size_t i = 0; i < faults.n; i++)
		assert(faults.entry[i].line > 0 && *fault_entry_text(&faults.entry[i]) != '\0');
	if (p != NULL) {
		bool reads = permit_check(p, "CICSA", "ring", false, &f) == 0, uses = permit_check(p, "CICSA", "ring", true, &f) == 0;

		assert(reads || !uses);
		assert(uses || strstr(f.text, "its file permit: CICSA ") != NULL);
	}
	permit_free(p);
	faults_free(&faults);
	return 0;
}
