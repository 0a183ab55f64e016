/* SPDX-License-Identifier: Apache-2.0 */
/* What a recovery file's reader takes is in range; what it refuses has a sentence that names a line. */
#include "conn/recovery.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fault f = { "" };
	struct recovery *r = recovery_open("", NULL, &f);
	const struct recovery_partner *p;

	if (r == NULL)
		return 0;
	if (recovery_read(r, (const char *)data, n, &f) < 0) {
		assert(strstr(f.text, "line ") != NULL);
		for (const char *at = f.text; *at != '\0'; at++)
			assert(*at >= ' ' && *at <= '~');
	} else {
		assert(strlen(recovery_logname(r)) == LOGNAME_SIZE - 1);
		p = recovery_partner(r, "NETB", "CICSB");
		assert(p == NULL || p->indoubt <= 999999999);
		assert((recovery_forget(r, "NETB", "CICSB"), recovery_partner(r, "NETB", "CICSB")) == NULL);
	}
	recovery_close(r);
	return 0;
}
