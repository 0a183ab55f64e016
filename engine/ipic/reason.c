/* SPDX-License-Identifier: Apache-2.0 */
#include "ipic/reason.h"

static const struct {
	const char *name, *response;
	int status;
} reasons[] = {
	[REASON_OK] = { "OK", "OK", 200 },
#define X(r, code, class) [REASON_##r] = { #r, class, code },
	REASONS(X)
#undef X
};

const char *
reason_name(enum reason r)
{
	return reasons[r].name;
}

int
reason_status(enum reason r)
{
	return reasons[r].status;
}

const char *
reason_response(enum reason r)
{
	return reasons[r].response;
}
