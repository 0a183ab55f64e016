/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup: the limit of CPU time that a control group of the kernel sets to this process, for both versions of cgroups.
 */
#ifndef SALLYPORT_CGROUP_H
#define SALLYPORT_CGROUP_H

/*
 * How many CPUs' time the control group of the process may use: the smallest limit of the group and of the groups above
 * it (version 2: cpu.max; version 1: cpu.cfs_quota_us by cpu.cfs_period_us). 0: there is no limit, or none can be read.
 * root: put before each path that is read; "" except in tests.
 */
double cgroup_cpus(const char *root);

#endif
