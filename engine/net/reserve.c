/* SPDX-License-Identifier: Apache-2.0 */
#include "net/reserve.h"

#include <fcntl.h>
#include <unistd.h>

#define RESERVED 64

rlim_t
reserve_begins(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most) < 0 || most.rlim_cur == RLIM_INFINITY)
		return RLIM_INFINITY;
	return most.rlim_cur - (most.rlim_cur / 4 < RESERVED ? most.rlim_cur / 4 : RESERVED);
}

void
reserve_widen(void)
{
	struct rlimit most;
	int last, fd = getrlimit(RLIMIT_NOFILE, &most) == 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	last = fcntl(fd, F_DUPFD_CLOEXEC, (int)(most.rlim_cur < RESERVE_TABLE ? most.rlim_cur : RESERVE_TABLE) - 1);
	if (last >= 0)
		close(last);
	close(fd);
}
