/* SPDX-License-Identifier: Apache-2.0 */
#include "base/filelock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int
say_holder(int fd, const char *name, const char *what, const char *remedy, struct fault *f)
{
	char pid[24] = "";
	ssize_t n = pread(fd, pid, sizeof pid - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
	return fault_set(f, "%s: the process %s writes to it (lock file %s); %s", what, pid[0] != '\0' ? pid : "of another region", name, remedy);
}

/* Writes the number of this process. It is for a sentence only: the lock holds without it, on a full disk too. */
static void
sign(int fd)
{
	char pid[24];
	int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());

	if (pwrite(fd, pid, (size_t)n, 0) != n || ftruncate(fd, n) < 0)
		return;
}

static int
lock(int fd, const char *name, const char *what, const char *remedy, struct fault *f)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fault_set(f, "%s: lock file %s: %s", what, name, strerrordesc_np(errno));
	if (!S_ISREG(st.st_mode))
		return fault_set(f, "%s: lock file %s: not a regular file; move it away", what, name);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? say_holder(fd, name, what, remedy, f) : fault_set(f, "%s: lock file %s: %s", what, name, strerrordesc_np(errno));
	sign(fd);
	return 0;
}

int
filelock_take(int dir, const char *name, const char *what, const char *remedy, struct fault *f)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);

	if (fd < 0)
		return fault_set(f, "%s: lock file %s: %s", what, name, errno == ELOOP ? "it is a symbolic link; remove it" : strerrordesc_np(errno));
	if (lock(fd, name, what, remedy, f) == 0)
		return fd;
	close(fd);
	return -1;
}
