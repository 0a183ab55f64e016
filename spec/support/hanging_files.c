/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hanging_files: a library to be preloaded. Calls about chosen files do not return, as on a network file system whose
 * server is gone. While the file that HANGING_FILES names exists, open, openat and stat of a path that contains the text
 * of that file wait, and so do fsync when the text is "fsync", renameat when it is "rename NAME" (the new name), and
 * unlinkat when it is "unlink NAME". Each call that begins to wait adds a byte to HANGING_FILES.seen
 * (spec/support/hanging_files.lua).
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int (*next_open)(const char *, int, ...), (*next_openat)(int, const char *, int, ...), (*next_fsync)(int), (*next_stat)(const char *, struct stat *);
static int (*next_renameat)(int, const char *, int, const char *), (*next_unlinkat)(int, const char *, int);

/* Whether HANGING_FILES exists and names that path now. */
static int
named(const char *order, const char *path)
{
	char text[256];
	int fd = next_open(order, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 && strstr(path, text) != NULL;
}

static void
tell(const char *order)
{
	char seen[300];
	int fd;

	snprintf(seen, sizeof seen, "%s.seen", order);
	fd = next_open(seen, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0 && write(fd, ".", 1) == 1)
		close(fd);
}

static void
hang(const char *path)
{
	const char *file = getenv("HANGING_FILES");
	struct timespec moment = { 0, 5000000 };

	if (next_open == NULL)
		next_open = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	if (file == NULL || !named(file, path))
		return;
	tell(file);
	while (named(file, path))
		nanosleep(&moment, NULL);
}

#define MODE(flags, mode) \
	if (((flags) & O_CREAT) != 0) { \
		va_list ap; \
		va_start(ap, flags); \
		mode = va_arg(ap, mode_t); \
		va_end(ap); \
	}

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE(flags, mode)
	hang(path);
	return next_open(path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE(flags, mode)
	hang(path);
	if (next_openat == NULL)
		next_openat = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
	return next_openat(dir, path, flags, mode);
}

int
stat(const char *restrict path, struct stat *restrict st)
{
	hang(path);
	if (next_stat == NULL)
		next_stat = (int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, "stat");
	return next_stat(path, st);
}

int
fsync(int fd)
{
	hang("fsync");
	if (next_fsync == NULL)
		next_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	return next_fsync(fd);
}

static void
hang_verb(const char *verb, const char *name)
{
	char text[400];

	snprintf(text, sizeof text, "%s %s", verb, name);
	hang(text);
}

int
renameat(int from, const char *old, int to, const char *name)
{
	hang_verb("rename", name);
	if (next_renameat == NULL)
		next_renameat = (int (*)(int, const char *, int, const char *))dlsym(RTLD_NEXT, "renameat");
	return next_renameat(from, old, to, name);
}

int
unlinkat(int dir, const char *name, int flags)
{
	hang_verb("unlink", name);
	if (next_unlinkat == NULL)
		next_unlinkat = (int (*)(int, const char *, int))dlsym(RTLD_NEXT, "unlinkat");
	return next_unlinkat(dir, name, flags);
}
