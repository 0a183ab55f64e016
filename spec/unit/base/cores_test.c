/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cgroup.h"
#include "base/cores.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "spec/support/scratch.h"

struct machine { /* the directory has the files of /proc and /sys that the kernel would show */
	char root[100];
};

static int
set_up(void **state)
{
	struct machine *m = calloc(1, sizeof *m);

	scratch_open(m->root, "cores");
	*state = m;
	return 0;
}

static int
tear_down(void **state)
{
	struct machine *m = *state;

	scratch_close(m->root);
	free(m);
	return 0;
}

#define SECOND "25 30 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define FIRST "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
#define OTHERS "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"

static void
without_control_groups_there_is_no_limit(void **state)
{
	const struct machine *m = *state;

	assert_true(cgroup_cpus(m->root) == 0);
	scratch_write(m->root, "proc/self/mountinfo", OTHERS);
	scratch_write(m->root, "proc/self/cgroup", "3:cpuset:/x\n0::/\n");
	scratch_write(m->root, "sys/fs/cgroup/cpuset/x/cpu.cfs_quota_us", "1000\n");
	scratch_write(m->root, "sys/fs/cgroup/cpuset/x/cpu.cfs_period_us", "1000\n");
	assert_true(cgroup_cpus(m->root) == 0);
}

static void
the_limit_of_version_2_is_cpu_max(void **state)
{
	const struct machine *m = *state;

	scratch_write(m->root, "proc/self/mountinfo", OTHERS SECOND);
	scratch_write(m->root, "proc/self/cgroup", "0::/system.slice/sallyport.service\n");
	assert_true(cgroup_cpus(m->root) == 0);
	scratch_write(m->root, "sys/fs/cgroup/system.slice/sallyport.service/cpu.max", "max 100000\n");
	assert_true(cgroup_cpus(m->root) == 0);
	scratch_write(m->root, "sys/fs/cgroup/system.slice/sallyport.service/cpu.max", "250000 100000\n");
	assert_true(cgroup_cpus(m->root) == 2.5);
}

static void
a_group_above_limits_too(void **state)
{
	const struct machine *m = *state;

	scratch_write(m->root, "proc/self/mountinfo", SECOND);
	scratch_write(m->root, "proc/self/cgroup", "0::/a.slice/b.slice/c.service\n");
	scratch_write(m->root, "sys/fs/cgroup/a.slice/b.slice/c.service/cpu.max", "400000 100000\n");
	scratch_write(m->root, "sys/fs/cgroup/a.slice/b.slice/cpu.max", "max 100000\n");
	scratch_write(m->root, "sys/fs/cgroup/a.slice/cpu.max", "30000 10000\n");
	assert_true(cgroup_cpus(m->root) == 3);
	scratch_write(m->root, "sys/fs/cgroup/cpu.max", "100000 50000\n"); /* of a container, which sees its group as the root */
	assert_true(cgroup_cpus(m->root) == 2);
}

static void
the_limit_of_version_1_is_a_quota_of_a_period(void **state)
{
	const struct machine *m = *state;

	scratch_write(m->root, "proc/self/mountinfo", OTHERS FIRST);
	scratch_write(m->root, "proc/self/cgroup", "4:cpuset:/other\n3:cpu,cpuacct:/docker/1f\n0::/docker/1f\n");
	scratch_write(m->root, "sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_period_us", "100000\n");
	scratch_write(m->root, "sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us", "-1\n");
	assert_true(cgroup_cpus(m->root) == 0);
	scratch_write(m->root, "sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us", "150000\n");
	assert_true(cgroup_cpus(m->root) == 1.5);
}

/* A container of version 1 sees the whole path of its group, of which only the end is mounted. */
static void
a_group_may_be_mounted_without_those_above_it(void **state)
{
	const struct machine *m = *state;

	scratch_write(m->root, "proc/self/mountinfo", "32 31 0:29 /docker/1f /sys/fs/cgroup/cpu ro - cgroup cpu rw,cpu\n");
	scratch_write(m->root, "proc/self/cgroup", "3:cpu:/docker/1f/inner\n");
	scratch_write(m->root, "sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n");
	scratch_write(m->root, "sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "700000\n");
	scratch_write(m->root, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	scratch_write(m->root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "600000\n");
	assert_true(cgroup_cpus(m->root) == 6);
	scratch_write(m->root, "proc/self/cgroup", "3:cpu:/elsewhere\n");
	assert_true(cgroup_cpus(m->root) == 6);
}

static void
the_least_limit_gives_the_number(void **state)
{
	static const struct { struct cores c; unsigned most, n; const char *why; } rows[] = {
		{ { 1, 0 }, 8, 1, "may run on 1 CPU" },
		{ { 4, 0 }, 8, 4, "may run on 4 CPUs" },
		{ { 4, 4 }, 8, 4, "may run on 4 CPUs" },
		{ { 4, 2.5 }, 8, 2, "the time of 2.5 of 4 CPUs" },
		{ { 4, 0.5 }, 8, 1, "the time of 0.5 of 4 CPUs" },
		{ { 32, 0 }, 8, 8, "at most 8 of the 32 CPUs" },
		{ { 32, 16 }, 8, 8, "at most 8 of the 32 CPUs" },
		{ { 32, 7 }, 8, 7, "the time of 7 of 32 CPUs" },
	};
	char why[CORES_WHY];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(cores_count(&rows[i].c, rows[i].most, why), rows[i].n);
		if (strstr(why, rows[i].why) == NULL)
			fail_msg("\"%s\" has not \"%s\"", why, rows[i].why);
	}
}

static void
the_affinity_counts(void **state)
{
	const struct machine *m = *state;
	struct cores c;
	cpu_set_t before, one;
	int first = 0;

	assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
	while (!CPU_ISSET(first, &before))
		first++;
	cores_read(&c, m->root);
	assert_int_equal(c.affinity, CPU_COUNT(&before));
	assert_true(c.quota == 0);
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
	cores_read(&c, m->root);
	sched_setaffinity(0, sizeof before, &before);
	assert_int_equal(c.affinity, 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(without_control_groups_there_is_no_limit),
		T(the_limit_of_version_2_is_cpu_max),
		T(a_group_above_limits_too),
		T(the_limit_of_version_1_is_a_quota_of_a_period),
		T(a_group_may_be_mounted_without_those_above_it),
		T(the_least_limit_gives_the_number),
		T(the_affinity_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
