/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/process.h"

#include "base/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	double n = -1; /* the descriptor of the directory itself is not counted */

	if (d == NULL)
		return -1;
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d))
		if (e->d_name[0] != '.')
			n++;
	closedir(d);
	return n;
}

/* Field 22 of stat counts from the boot, in ticks. The name in field 2 may contain blanks and brackets. */
static void
read_stat(const char *stat, struct process_usage *out)
{
	const char *after = strrchr(stat, ')');
	unsigned long long user, system, start, bytes;
	long pages;
	double tick = (double)sysconf(_SC_CLK_TCK);
	struct timespec boot;

	if (after == NULL || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu %llu %ld",
		&user, &system, &start, &bytes, &pages) != 5 || clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
		return;
	out->cpu_seconds = (double)(user + system) / tick;
	out->virtual_bytes = (double)bytes;
	out->resident_bytes = (double)pages * (double)sysconf(_SC_PAGESIZE);
	out->start = clock_wall() - ((double)boot.tv_sec + (double)boot.tv_nsec / 1e9) + (double)start / tick;
}

void
process_read(struct process_usage *out)
{
	FILE *f = fopen("/proc/self/stat", "re");
	char stat[1024];
	struct rlimit most;

	*out = (struct process_usage){ -1, -1, -1, -1, -1, -1 };
	if (f != NULL && fgets(stat, sizeof stat, f) != NULL)
		read_stat(stat, out);
	if (f != NULL)
		fclose(f);
	out->open_fds = count_fds();
	if (getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_cur != RLIM_INFINITY)
		out->max_fds = (double)most.rlim_cur;
}
