/* SPDX-License-Identifier: Apache-2.0 */
/* cores: the CPUs that this process may use, for the number of its workers. */
#ifndef SALLYPORT_CORES_H
#define SALLYPORT_CORES_H

#include <stddef.h>

struct cores {
	unsigned affinity; /* CPUs that the calling thread may run on; at least 1 */
	double quota;      /* CPUs' time that the control group may use (cgroup.h); 0: no limit */
};

#define CORES_WHY 120

/* Asks the kernel. root: as of cgroup_cpus. */
void cores_read(struct cores *c, const char *root);
/*
 * The number of threads that can be busy at a time: the CPUs of the affinity, the whole CPUs of the quota, and `most`,
 * the least of them; at least 1. Writes the reason to why: "the process may run on 4 CPUs".
 */
unsigned cores_count(const struct cores *c, unsigned most, char why[CORES_WHY]);

#endif
