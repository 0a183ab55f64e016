/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The length of the directory's name with its last /; 0: the current directory. */
static size_t
directory_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash != NULL ? (size_t)(slash - file) + 1 : 0;
}

int
path_beside(char *out, size_t size, const char *file, const char *path)
{
	char joined[PATH_MAX];
	size_t dir = path[0] == '/' ? 0 : directory_of(file);
	bool own = dir > 0 && strcmp(path, ".") == 0;
	int n = snprintf(joined, sizeof joined, "%.*s%s", (int)(own && dir > 1 ? dir - 1 : dir), file, own ? "" : path);

	if (n < 0 || (size_t)n >= sizeof joined || (size_t)n >= size)
		return -1;
	memcpy(out, joined, (size_t)n + 1);
	return 0;
}

const char *
path_absolute(char *out, size_t size, const char *path)
{
	char here[PATH_MAX];
	const char *rest = path;
	int n = -1;

	while (strncmp(rest, "./", 2) == 0)
		rest += 2;
	rest += strcmp(rest, ".") == 0;
	if (path[0] != '/' && getcwd(here, sizeof here) != NULL)
		n = snprintf(out, size, "%s%s%s", strcmp(here, "/") == 0 ? "" : here, *rest != '\0' ? "/" : "", rest);
	if (n < 0 || (size_t)n >= size)
		snprintf(out, size, "%s", path);
	return out;
}

bool
path_is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

const char *
path_elsewhere(char *out, size_t size, const char *file, const char *path)
{
	size_t dir = directory_of(file);
	const char *written = strncmp(file, path, dir) == 0 ? path + dir : path;
	char here[PATH_MAX];

	out[0] = '\0';
	if (dir > 0 && written != path && access(written, F_OK) == 0)
		snprintf(out, size, "; %s is in the current directory, %s, but a path in a definition is relative to the file that contains it",
			written, path_absolute(here, sizeof here, "."));
	return out;
}

bool
path_gone(const char *path, const char *file, int line, const char *attribute, struct faults *faults)
{
	char place[2 * PATH_MAX], elsewhere[3 * PATH_MAX];

	if (access(path, F_OK) == 0 || errno != ENOENT)
		return false;
	faults_add(faults, FAULT_ERROR, "file", file, line, "%s: %s: No such file or directory%s", attribute, path_absolute(place, sizeof place, path),
		path_elsewhere(elsewhere, sizeof elsewhere, file, path));
	return true;
}

bool
path_misplaced(const char *path, const char *file, int line, const char *attribute, struct faults *faults)
{
	char elsewhere[3 * PATH_MAX];

	return path_elsewhere(elsewhere, sizeof elsewhere, file, path)[0] != '\0' && path_gone(path, file, line, attribute, faults);
}
