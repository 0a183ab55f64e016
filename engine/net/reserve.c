/* SPDX-License-Identifier: Apache-2.0 */
#include "net/reserve.h"

#define RESERVED 64

rlim_t
reserve_begins(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0 || most.rlim_cur == RLIM_INFINITY)
		return RLIM_INFINITY;
	return most.rlim_cur - (most.rlim_cur / 4 < RESERVED ? most.rlim_cur / 4 : RESERVED);
}
