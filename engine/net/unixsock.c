/* SPDX-License-Identifier: Apache-2.0 */
#include "net/unixsock.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 16
#define LOCK_TRIES 20
#define LOCK_PAUSE_NS (10 * 1000 * 1000L)

struct place { /* the parts of a path */
	const char *path;
	const char *name;   /* its last part */
	char dir[PATH_MAX]; /* the directories before it, absolute */
	int fd;             /* of the directory, owned; -1 before it is opened */
	struct sockaddr_un un;
};

const char *
unixsock_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static int
take_apart(struct place *p, const char *path, struct fault *f)
{
	char dir[PATH_MAX] = ".";
	size_t n, before;

	*p = (struct place){ .path = path, .name = unixsock_name(path), .fd = -1 };
	n = strlen(p->name);
	before = (size_t)(p->name - path);
	if (n == 0 || n > UNIXSOCK_NAME_MAX)
		return fault_set(f, "socket %.80s%s: the file name has %zu bytes, 1 to %d are possible; choose a shorter one", path,
			strlen(path) > 80 ? "..." : "", n, UNIXSOCK_NAME_MAX);
	if (before >= sizeof dir)
		return fault_set(f, "socket %.80s...: the directory's path is too long", path);
	if (before > 0)
		snprintf(dir, sizeof dir, "%.*s", (int)(before > 1 ? before - 1 : before), path);
	path_absolute(p->dir, sizeof p->dir, dir);
	return 0;
}

/*
 * The address of the socket through the descriptor of its opened directory, so that the length of the directory's path
 * does not matter.
 */
static int
address(struct place *p, struct fault *f)
{
	char text[sizeof p->un.sun_path + UNIXSOCK_NAME_MAX];
	int n = snprintf(text, sizeof text, "/proc/self/fd/%d/%s", p->fd, p->name);

	if (n < 0 || (size_t)n >= sizeof p->un.sun_path)
		return fault_set(f, "the name %s is too long while the directory has descriptor %d; choose a shorter one", p->name, p->fd);
	p->un.sun_family = AF_UNIX;
	memcpy(p->un.sun_path, text, (size_t)n + 1);
	return 0;
}

/* Sticky directories are safe: other users cannot remove the region's files. */
static int
judge_directory(const struct place *p, struct stat *st, struct fault *f)
{
	if (fstat(p->fd, st) < 0)
		return fault_set(f, "directory %s: %s", p->dir, strerrordesc_np(errno));
	if (st->st_uid != geteuid())
		return fault_set(f, "directory %s belongs to uid %u, not to the region's user (uid %u); choose a directory of your own", p->dir,
			(unsigned)st->st_uid, (unsigned)geteuid());
	if ((st->st_mode & 022) != 0 && (st->st_mode & S_ISVTX) == 0)
		return fault_set(f, "directory %s can be written by others; chmod 700 %s", p->dir, p->dir);
	return 0;
}

/* The process that holds a flock() lock on this file, according to /proc/locks; 0: not found. */
static int
lock_holder(const struct stat *st)
{
	FILE *locks = fopen("/proc/locks", "re");
	unsigned major, minor;
	unsigned long inode;
	char line[256];
	int pid, found = 0;

	while (locks != NULL && found == 0 && fgets(line, sizeof line, locks) != NULL)
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major, &minor, &inode) == 4 && inode == st->st_ino &&
			makedev(major, minor) == st->st_dev)
			found = pid;
	if (locks != NULL)
		fclose(locks);
	return found;
}

static int
say_locked(const struct place *p, const struct stat *st, struct fault *f)
{
	int pid = lock_holder(st);
	char holder[48] = "another process";

	if (pid > 0)
		snprintf(holder, sizeof holder, "process %d", pid);
	return fault_set(f, "directory %s is locked by %s; end that process, or keep others out: chmod 700 %s", p->dir, holder, p->dir);
}

/* Locks against a second region that starts at the same moment. Closing the descriptor ends the lock. */
static int
lock_directory(const struct place *p, const struct stat *st, struct fault *f)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(p->fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return fault_set(f, "directory %s cannot be locked: %s", p->dir, strerrordesc_np(errno));
		nanosleep(&pause, NULL);
	}
	return say_locked(p, st, f);
}

static int
hold_directory(struct place *p, struct fault *f)
{
	struct stat st;

	if (mkdir(p->dir, 0700) < 0 && errno != EEXIST)
		return fault_set(f, "directory %s: %s", p->dir, strerrordesc_np(errno));
	p->fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->fd < 0)
		return fault_set(f, "directory %s: %s", p->dir, strerrordesc_np(errno));
	if (judge_directory(p, &st, f) < 0 || lock_directory(p, &st, f) < 0)
		return -1;
	return address(p, f);
}

static int
fresh_socket(struct fault *f)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd >= 0 ? fd : fault_set(f, "no socket: %s", strerrordesc_np(errno));
}

/* fd is connected, or its connection was refused because of a full queue; then the listening process is unknown. */
static int
say_answered(int fd, struct fault *f)
{
	struct ucred who = { .pid = 0 };
	socklen_t n = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.pid > 0)
		return fault_set(f, "another region answers there, process %d; sallyport shutdown ends it", (int)who.pid);
	return fault_set(f, "another region answers there");
}

/* Checks whether a process answers at the existing socket. 0: none does, and the name is free now. */
static int
replace_dead(const struct place *p, struct fault *f)
{
	int fd = fresh_socket(f), answer = 0, error;

	if (fd < 0)
		return -1;
	error = connect(fd, (const struct sockaddr *)&p->un, sizeof p->un) == 0 ? 0 : errno;
	if (error == 0 || error == EAGAIN)
		answer = say_answered(fd, f);
	else if (error != ENOENT && (error != ECONNREFUSED || unlinkat(p->fd, p->name, 0) < 0))
		answer = fault_set(f, "the existing socket cannot be replaced: %s", strerrordesc_np(error));
	close(fd);
	return answer;
}

static int
clear_name(const struct place *p, struct fault *f)
{
	struct stat st;

	if (fstatat(p->fd, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fault_set(f, "%s", strerrordesc_np(errno));
	if (!S_ISSOCK(st.st_mode))
		return fault_set(f, "a file that is not a socket is there");
	return replace_dead(p, f);
}

/* The mode is set before bind() creates the name: at no moment is it wider than 0600. */
static int
bind_private(const struct place *p, struct fault *f)
{
	int fd = fresh_socket(f);

	if (fd < 0)
		return -1;
	if (fchmod(fd, 0600) == 0 && bind(fd, (const struct sockaddr *)&p->un, sizeof p->un) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	fault_set(f, "%s (at %s)", strerrordesc_np(errno), p->un.sun_path);
	close(fd);
	return -1;
}

int
unixsock_listen(const char *path, const char *what, struct fault *f)
{
	struct place p;
	int fd = -1;

	if (take_apart(&p, path, f) < 0)
		return -1;
	if (hold_directory(&p, f) == 0 && clear_name(&p, f) == 0)
		fd = bind_private(&p, f);
	if (fd < 0)
		fault_wrap(f, "%s %s", what, path);
	if (p.fd >= 0)
		close(p.fd);
	return fd;
}

void
unixsock_note(const char *path, struct unixsock_mark *m)
{
	struct stat st;

	*m = (struct unixsock_mark){ 0 };
	if (lstat(path, &st) == 0)
		*m = (struct unixsock_mark){ .dev = st.st_dev, .ino = st.st_ino };
}

bool
unixsock_is_there(const char *path, const struct unixsock_mark *m)
{
	struct stat st;

	return m->ino != 0 && lstat(path, &st) == 0 && st.st_dev == m->dev && st.st_ino == m->ino;
}

void
unixsock_remove(const char *path, const struct unixsock_mark *m)
{
	if (unixsock_is_there(path, m))
		unlink(path);
}

/* Explains by errno why no region was reached. */
static int
say_unreached(const char *path, struct fault *f)
{
	int error = errno;

	if (error == EACCES || error == EPERM)
		return fault_set(f, "control socket %s belongs to another user", path);
	if (error == EAGAIN)
		return fault_set(f, "the region at %s is busy with other operators; try again", path);
	return fault_set(f, "no region answers at %s (%s)", path, strerrordesc_np(error));
}

static int
dial(struct place *p, struct fault *f)
{
	int fd;

	p->fd = open(p->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->fd < 0)
		return say_unreached(p->path, f);
	if (address(p, f) < 0 || (fd = fresh_socket(f)) < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&p->un, sizeof p->un) == 0)
		return fd;
	say_unreached(p->path, f);
	close(fd);
	return -1;
}

int
unixsock_connect(const char *path, struct fault *f)
{
	struct place p;
	int fd = take_apart(&p, path, f) == 0 ? dial(&p, f) : -1;

	if (p.fd >= 0)
		close(p.fd);
	return fd;
}
