/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cores.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "base/cgroup.h"

#define CPUS_MAX 65536 /* more than a kernel counts */

/* A mask that is smaller than the kernel's gives EINVAL. */
static unsigned
count_affinity(void)
{
	for (int n = CPU_SETSIZE; n <= CPUS_MAX; n *= 2) {
		cpu_set_t *set = CPU_ALLOC(n);
		size_t size = CPU_ALLOC_SIZE(n);
		int rc = set != NULL ? sched_getaffinity(0, size, set) : -1, error = errno;
		int count = rc == 0 ? CPU_COUNT_S(size, set) : 0;

		CPU_FREE(set);
		if (count > 0)
			return (unsigned)count;
		if (error != EINVAL)
			break;
	}
	return 1;
}

void
cores_read(struct cores *c, const char *root)
{
	c->affinity = count_affinity();
	c->quota = cgroup_cpus(root);
}

unsigned
cores_count(const struct cores *c, unsigned most, char why[CORES_WHY])
{
	unsigned n = c->affinity;

	snprintf(why, CORES_WHY, "the process may run on %u CPU%s", n, n == 1 ? "" : "s");
	if (c->quota > 0 && c->quota < n) {
		n = c->quota < 1 ? 1 : (unsigned)c->quota;
		snprintf(why, CORES_WHY, "the control group has the time of %g of %u CPUs", c->quota, c->affinity);
	}
	if (n <= most)
		return n;
	snprintf(why, CORES_WHY, "at most %u of the %u CPUs that the process may run on", most, c->affinity);
	return most;
}
