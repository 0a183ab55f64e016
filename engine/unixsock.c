/* SPDX-License-Identifier: Apache-2.0 */
#include "unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static int
address(struct sockaddr_un *un, const char *path, struct fault *f)
{
	size_t n = strlen(path);

	if (n == 0 || n > UNIXSOCK_PATH_MAX)
		return fault_set(f, "control socket %.40s%s: the path has %zu bytes, 1 to %d are possible; choose a shorter one", path,
			n > 40 ? "..." : "", n, UNIXSOCK_PATH_MAX);
	memset(un, 0, sizeof *un);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, n);
	return 0;
}

/* Sticky directories are safe: others cannot take away what is ours. */
static int
judge_directory(const char *dir, const struct stat *st, struct fault *f)
{
	if (st->st_uid != geteuid())
		return fault_set(f, "directory %s belongs to uid %u, not to the region's user (uid %u); choose a directory of your own", dir,
			(unsigned)st->st_uid, (unsigned)geteuid());
	if ((st->st_mode & 022) != 0 && (st->st_mode & S_ISVTX) == 0)
		return fault_set(f, "directory %s can be written by others; chmod 700 %s", dir, dir);
	return 0;
}

/* The directory, locked against a second region starting at the same moment; the lock ends with the descriptor. */
static int
hold_directory(const char *path, struct fault *f)
{
	char copy[UNIXSOCK_PATH_MAX + 1];
	const char *dir;
	struct stat st;
	int fd;

	snprintf(copy, sizeof copy, "%s", path);
	dir = dirname(copy);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return fault_set(f, "directory %s: %s", dir, strerrordesc_np(errno));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(f, "directory %s: %s", dir, strerrordesc_np(errno));
	if (fstat(fd, &st) == 0 && judge_directory(dir, &st, f) == 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
fresh_socket(struct fault *f)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd >= 0 ? fd : fault_set(f, "no socket: %s", strerrordesc_np(errno));
}

/* 0: the path is free (now). */
static int
clear_path(const struct sockaddr_un *un, struct fault *f)
{
	struct stat st;
	int fd, rc, error;

	if (lstat(un->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : fault_set(f, "control socket %s: %s", un->sun_path, strerrordesc_np(errno));
	if (!S_ISSOCK(st.st_mode))
		return fault_set(f, "control socket %s: something that is not a socket is in the way", un->sun_path);
	if ((fd = fresh_socket(f)) < 0)
		return -1;
	rc = connect(fd, (const struct sockaddr *)un, sizeof *un);
	error = errno;
	close(fd);
	if (rc == 0 || error == EAGAIN)
		return fault_set(f, "control socket %s: another region answers there", un->sun_path);
	if (error == ENOENT)
		return 0;
	if (error != ECONNREFUSED || unlink(un->sun_path) < 0)
		return fault_set(f, "control socket %s is in the way: %s", un->sun_path, strerrordesc_np(error));
	return 0;
}

/* The mode is set on the socket before bind gives it a name: at no moment is it wider than 0600. */
static int
bind_private(const struct sockaddr_un *un, struct fault *f)
{
	int fd = fresh_socket(f);

	if (fd < 0)
		return -1;
	if (fchmod(fd, 0600) == 0 && bind(fd, (const struct sockaddr *)un, sizeof *un) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	fault_set(f, "control socket %s: %s", un->sun_path, strerrordesc_np(errno));
	close(fd);
	return -1;
}

int
unixsock_listen(const char *path, struct fault *f)
{
	struct sockaddr_un un;
	int dir, fd = -1;

	if (address(&un, path, f) < 0)
		return -1;
	dir = hold_directory(path, f);
	if (dir < 0)
		return fault_wrap(f, "control socket %s", path);
	if (clear_path(&un, f) == 0)
		fd = bind_private(&un, f);
	close(dir);
	return fd;
}

int
unixsock_connect(const char *path, struct fault *f)
{
	struct sockaddr_un un;
	int fd;

	if (address(&un, path, f) < 0 || (fd = fresh_socket(f)) < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&un, sizeof un) == 0)
		return fd;
	if (errno == EACCES || errno == EPERM)
		fault_set(f, "control socket %s belongs to another user", path);
	else if (errno == EAGAIN)
		fault_set(f, "the region at %s is busy with other operators; try again", path);
	else
		fault_set(f, "no region answers at %s (%s)", path, strerrordesc_np(errno));
	close(fd);
	return -1;
}
