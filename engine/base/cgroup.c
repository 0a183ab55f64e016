/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cgroup.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hierarchy { /* one mount of cgroups */
	bool second;          /* of version 2 */
	char top[PATH_MAX];   /* the group that is mounted, "/" in most cases */
	char place[PATH_MAX]; /* where */
	char group[PATH_MAX]; /* the group of the process in it */
};

struct search {
	const char *root;
	double least; /* 0: no limit yet */
};

/* True when the word is in a list with commas. */
static bool
listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, n) == 0 && (at[n] == ',' || at[n] == '\0'))
			return true;
	}
	return false;
}

static FILE *
open_file(const struct search *s, const char *path)
{
	char whole[2 * PATH_MAX];

	snprintf(whole, sizeof whole, "%s%s", s->root, path);
	return fopen(whole, "re");
}

/* Reads the two words of a small file, of which the second may be missing. False: there is no such file. */
static bool
read_words(const struct search *s, const char *dir, const char *name, char first[32], char second[32])
{
	char path[PATH_MAX + 32];
	FILE *f;
	int n;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = open_file(s, path);
	if (f == NULL)
		return false;
	n = fscanf(f, "%31s %31s", first, second);
	fclose(f);
	return n >= 1;
}

static void
take(struct search *s, const char *quota, const char *period)
{
	double q = strtod(quota, NULL), p = strtod(period, NULL); /* "max" and -1 are no limit */

	if (q > 0 && p > 0 && (s->least == 0 || q / p < s->least))
		s->least = q / p;
}

/* The limit of one group. */
static void
take_group(struct search *s, const struct hierarchy *h, const char *dir)
{
	char quota[32], period[32], rest[32];

	if (h->second && read_words(s, dir, "cpu.max", quota, period))
		take(s, quota, period);
	else if (!h->second && read_words(s, dir, "cpu.cfs_quota_us", quota, rest) && read_words(s, dir, "cpu.cfs_period_us", period, rest))
		take(s, quota, period);
}

/* The limits of the group of the process and of those above it, as far as they are mounted. */
static void
take_groups(struct search *s, const struct hierarchy *h)
{
	size_t top = strcmp(h->top, "/") == 0 ? 0 : strlen(h->top), end;
	bool below = strncmp(h->group, h->top, top) == 0 && (h->group[top] == '/' || h->group[top] == '\0');
	char dir[2 * PATH_MAX];

	/* a group that is not below the mounted one is seen from another namespace; the mounted group is the nearest */
	snprintf(dir, sizeof dir, "%s%s", h->place, below ? h->group + top : "");
	for (end = strlen(dir); end >= strlen(h->place); end--) {
		if (dir[end] != '/' && dir[end] != '\0')
			continue;
		dir[end] = '\0';
		take_group(s, h, dir);
	}
}

	/* a group that is not below the mounted one is seen from another namespace; the mounted one is the nearest */
static bool
read_group(const char *line, struct hierarchy *h)
{
	char list[256];
	int at = 0;

	if (h->second)
		return sscanf(line, "0::%4095s", h->group) == 1;
	return sscanf(line, "%*u:%255[^:]:%n", list, &at) == 1 && at > 0 && listed(list, "cpu") && sscanf(line + at, "%4095s", h->group) == 1;
}

/* Reads a line of mountinfo: 36 35 98:0 /top /place options [more ...] - type source options. */
static bool
read_mount(const char *line, struct hierarchy *h)
{
	const char *tail = strstr(line, " - ");
	char type[32], options[256];

	if (tail == NULL || sscanf(tail, " - %31s %*s %255s", type, options) != 2 || sscanf(line, "%*s %*s %*s %4095s %4095s", h->top, h->place) != 2)
		return false;
	h->second = strcmp(type, "cgroup2") == 0;
	return h->second || (strcmp(type, "cgroup") == 0 && listed(options, "cpu"));
}

static bool
find_group(const struct search *s, struct hierarchy *h)
{
	FILE *f = open_file(s, "/proc/self/cgroup");
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	while (f != NULL && !found && getline(&line, &size, f) > 0)
		found = read_group(line, h);
	free(line);
	if (f != NULL)
		fclose(f);
	return found;
}

double
cgroup_cpus(const char *root)
{
	struct search s = { .root = root };
	struct hierarchy h;
	FILE *f = open_file(&s, "/proc/self/mountinfo");
	char *line = NULL;
	size_t size = 0;

	while (f != NULL && getline(&line, &size, f) > 0)
		if (read_mount(line, &h) && find_group(&s, &h))
			take_groups(&s, &h);
	free(line);
	if (f != NULL)
		fclose(f);
	return s.least;
}
