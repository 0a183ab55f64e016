/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FLAGS (O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define FRESH ".new"

/* --- judging ---------------------------------------------------------------------------------- */

static const char *
kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return "a directory";
	case S_IFIFO: return "a pipe (FIFO)";
	case S_IFSOCK: return "a socket";
	case S_IFCHR: case S_IFBLK: return "a device";
	default: return "of an unknown kind";
	}
}

/* Root can change every file anyway. */
static bool
foreign(const struct stat *st)
{
	return st->st_uid != 0 && st->st_uid != geteuid();
}

static int
judge_secret(const char *path, const struct stat *st, struct fault *f)
{
	if ((st->st_mode & S_IROTH) != 0)
		return fault_set(f, "holds secrets and can be read by everybody (mode %04o); chmod 600 %s", (unsigned)st->st_mode & 07777, path);
	if ((st->st_mode & S_IWGRP) != 0)
		return fault_set(f, "holds secrets and can be written by its group (mode %04o); chmod 600 %s", (unsigned)st->st_mode & 07777, path);
	if ((st->st_mode & S_IRGRP) != 0 && foreign(st))
		return fault_set(f, "holds secrets, can be read by its group and belongs to uid %u, which is neither root nor the region's user (uid %u); "
			"chown it to the region's user, or chmod 600 %s", (unsigned)st->st_uid, (unsigned)geteuid(), path);
	return 0;
}

static int
judge(const char *path, const struct file_rule *rule, const struct stat *st, struct fault *f)
{
	if (!S_ISREG(st->st_mode))
		return fault_set(f, "is %s, not a regular file", kind_of(st->st_mode));
	if ((st->st_mode & S_IWOTH) != 0)
		return fault_set(f, "can be written by everybody (mode %04o); chmod o-w %s", (unsigned)st->st_mode & 07777, path);
	return rule->class == FILE_SECRET ? judge_secret(path, st, f) : 0;
}

enum file_doubt
file_doubt(const char *path, enum file_class class, const struct stat *st, struct fault *f)
{
	if (foreign(st)) {
		fault_set(f, "belongs to uid %u, which is neither root nor the region's user (uid %u); chown it to one of them", (unsigned)st->st_uid,
			(unsigned)geteuid());
		return FILE_FOREIGN;
	}
	if (class != FILE_SCRIPT || (st->st_mode & S_IWGRP) == 0)
		return FILE_SOUND;
	fault_set(f, "can be written by its group (gid %u); chmod g-w %s", (unsigned)st->st_gid, path);
	return FILE_GROUP_WRITES;
}

void
file_warn(const char *path, enum file_class class, const struct stat *st, const char *more, struct faults *faults)
{
	struct fault f;

	switch (file_doubt(path, class, st, &f)) {
	case FILE_SOUND:
		break;
	case FILE_FOREIGN:
		faults_add(faults, FAULT_WARNING, "file_owner", path, 0, "%s%s", f.text, more);
		break;
	case FILE_GROUP_WRITES:
		faults_add(faults, FAULT_WARNING, "file_group", path, 0, "%s%s", f.text, more);
		break;
	}
}

/* --- reading ---------------------------------------------------------------------------------- */

static int
cannot(struct file_content *out, const char *what, struct fault *f)
{
	out->error = errno;
	return fault_set(f, "%s: %s", what, strerrordesc_np(out->error));
}

/*
 * Reads one byte more than the limit: the size that fstat reports may differ from the number of bytes that can be read.
 */
static int
read_all(int fd, const struct file_rule *rule, struct file_content *out, struct fault *f)
{
	size_t cap = 0;
	ssize_t n = 1;

	while (n > 0 && out->len <= rule->max) {
		char *more = out->bytes;

		if (out->len == cap) {
			cap = cap == 0 ? (size_t)out->st.st_size + 1 : 2 * cap;
			cap = cap > rule->max + 1 ? rule->max + 1 : cap;
			more = realloc(out->bytes, cap + 1);
		}
		if (more == NULL)
			return fault_set(f, "out of memory");
		out->bytes = more;
		n = read(fd, out->bytes + out->len, cap - out->len);
		out->len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return cannot(out, "cannot be read", f);
	if (rule->head && out->len > rule->max)
		out->len = rule->max;
	if (out->len > rule->max)
		return fault_set(f, "is larger than %zu bytes%s%s", rule->max, rule->advice != NULL ? "; " : "", rule->advice != NULL ? rule->advice : "");
	out->bytes[out->len] = '\0';
	return 0;
}

/* Reads the file that was opened as fd (below 0: with errno), and closes it. */
static int
read_opened(int fd, const char *path, const struct file_rule *rule, struct file_content *out, struct fault *f)
{
	int rc;

	*out = (struct file_content){ .bytes = NULL };
	if (fd < 0 && errno == ENXIO) /* a socket, or a device without a driver */
		return fault_set(f, "is not a regular file");
	if (fd < 0)
		return cannot(out, "cannot be read", f);
	if (fstat(fd, &out->st) < 0)
		rc = cannot(out, "cannot be read", f);
	else if ((rc = judge(path, rule, &out->st, f)) == 0)
		rc = read_all(fd, rule, out, f);
	close(fd);
	if (rc < 0) {
		file_free(out);
		out->len = 0;
	}
	return rc;
}

int
file_read(const char *path, const struct file_rule *rule, struct file_content *out, struct fault *f)
{
	return read_opened(open(path, O_RDONLY | FLAGS), path, rule, out, f);
}

int
file_read_at(int dir, const char *name, const struct file_rule *rule, struct file_content *out, struct fault *f)
{
	int rc = read_opened(openat(dir, name, O_RDONLY | O_NOFOLLOW | FLAGS), name, rule, out, f);

	return rc < 0 && out->error == ELOOP ? fault_set(f, "is a symbolic link, not a regular file") : rc;
}

void
file_free(struct file_content *c)
{
	if (c->bytes != NULL)
		explicit_bzero(c->bytes, c->len);
	free(c->bytes);
	c->bytes = NULL;
}

/* --- directories ------------------------------------------------------------------------------ */

static bool
read_only(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

/* 0, or -1 with errno. */
static int
judge_listed(int fd, const char *path, struct stat *st, struct fault *f)
{
	if (fstat(fd, st) < 0)
		return fault_set(f, "cannot be read: %s", strerrordesc_np(errno));
	if ((st->st_mode & S_IWOTH) == 0 || read_only(fd))
		return 0;
	errno = EPERM;
	return fault_set(f, "is a directory to which everybody can add files (mode %04o); chmod o-w %s", (unsigned)st->st_mode & 07777, path);
}

DIR *
file_opendir(const char *path, struct stat *st, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | FLAGS), error;
	struct stat mine;
	DIR *dir = NULL;

	if (fd < 0) {
		error = errno;
		fault_set(f, "cannot be read: %s", strerrordesc_np(error));
		errno = error;
		return NULL;
	}
	if (judge_listed(fd, path, st != NULL ? st : &mine, f) == 0 && (dir = fdopendir(fd)) == NULL)
		fault_set(f, "cannot be read: %s", strerrordesc_np(errno));
	if (dir != NULL)
		return dir;
	error = errno;
	close(fd);
	errno = error;
	return NULL;
}

/* Opens the directory that holds `path`: O_RDONLY, or O_PATH where it need not be readable. -1 with a sentence. */
static int
open_directory_of(const char *path, int how, char dir[PATH_MAX], struct fault *f)
{
	char *slash;
	int fd;

	if ((size_t)snprintf(dir, PATH_MAX, "%s", path) >= PATH_MAX)
		return fault_set(f, "the name is too long");
	slash = strrchr(dir, '/');
	if (slash == NULL)
		strcpy(dir, ".");
	else
		slash[slash == dir ? 1 : 0] = '\0';
	fd = open(dir, how | O_DIRECTORY | FLAGS);
	return fd >= 0 ? fd : fault_set(f, "the directory %s: %s", dir, strerrordesc_np(errno));
}

/* In a sticky directory other users cannot remove or rename the region's files. */
static int
judge_written(int fd, const char *dir, struct fault *f)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fault_set(f, "the directory %s: %s", dir, strerrordesc_np(errno));
	if ((st.st_mode & S_IWOTH) == 0 || (st.st_mode & S_ISVTX) != 0)
		return 0;
	return fault_set(f, "the directory %s can be written by everybody (mode %04o); chmod o-w %s", dir, (unsigned)st.st_mode & 07777, dir);
}

int
file_directory_safe(const char *path, struct fault *f)
{
	char dir[PATH_MAX];
	int fd = open_directory_of(path, O_PATH, dir, NULL), rc;

	if (fd < 0)
		return 0;
	rc = judge_written(fd, dir, f);
	close(fd);
	return rc;
}

static int
judge_private(int fd, const char *path, bool writes, struct fault *f)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fault_set(f, "%s", strerrordesc_np(errno));
	if (writes && foreign(&st))
		return fault_set(f, "belongs to uid %u, which is neither root nor the region's user (uid %u); chown it to the region's user",
			(unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & 077) != 0)
		return fault_set(f, "others may read or write it (mode %04o); chmod 700 %s", (unsigned)st.st_mode & 07777, path);
	return 0;
}

int
file_private_directory(int at, const char *path, bool writes, struct fault *f)
{
	int fd = -1;

	if (!writes || mkdirat(at, path, 0700) == 0 || errno == EEXIST)
		fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | FLAGS);
	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
		fault_set(f, "is a symbolic link or no directory; give the path of a directory itself");
		errno = ENOTDIR;
		return -1;
	}
	if (fd < 0) {
		int error = errno;

		fault_set(f, "%s", strerrordesc_np(error));
		errno = error;
		return -1;
	}
	if (judge_private(fd, path, writes, f) == 0)
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

void
file_make_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (slash == NULL || slash == path || (size_t)(slash - path) >= sizeof dir)
		return;
	snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
	mkdir(dir, 0700);
}

/* --- writing ---------------------------------------------------------------------------------- */

static int
judge_log(const char *path, const struct stat *st, struct fault *f)
{
	if (S_ISCHR(st->st_mode))
		return 0;
	if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode))
		return fault_set(f, "is %s; a log is a file, a pipe or a terminal", kind_of(st->st_mode));
	if ((st->st_mode & S_IWOTH) != 0)
		return fault_set(f, "can be written by everybody (mode %04o); chmod o-w %s", (unsigned)st->st_mode & 07777, path);
	return 0;
}

/* open(2) for writing fails on a FIFO without a reader. Linux allows a FIFO to be opened for reading and writing. */
static int
open_appending(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | FLAGS, 0600);

	return fd < 0 && errno == ENXIO ? open(path, O_RDWR | O_APPEND | FLAGS) : fd;
}

int
file_open_log(const char *path, struct fault *f)
{
	struct stat st;
	int fd;

	if (file_directory_safe(path, f) < 0)
		return -1;
	fd = open_appending(path);
	if (fd < 0)
		return fault_set(f, "%s", strerrordesc_np(errno));
	if (fstat(fd, &st) < 0)
		fault_set(f, "%s", strerrordesc_np(errno));
	else if (judge_log(path, &st, f) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return fsync(fd);
}

bool
file_same(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* A partly written file is removed: it may use the space that the disk lacks. */
static int
write_fresh(int dir, const char *fresh, const void *bytes, size_t len)
{
	int fd, rc, error;

	if (unlinkat(dir, fresh, 0) < 0 && errno != ENOENT)
		return -1;
	fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | FLAGS, 0600);
	if (fd < 0)
		return -1;
	rc = write_all(fd, bytes, len);
	error = errno;
	if (close(fd) < 0 && rc == 0) {
		rc = -1;
		error = errno;
	}
	if (rc < 0)
		unlinkat(dir, fresh, 0);
	errno = error;
	return rc;
}

int
file_replace_at(int dir, const char *name, const void *bytes, size_t len, struct fault *f)
{
	char fresh[NAME_MAX + sizeof FRESH];

	if ((size_t)snprintf(fresh, sizeof fresh, "%s" FRESH, name) >= sizeof fresh)
		return fault_set(f, "the name is too long");
	if (write_fresh(dir, fresh, bytes, len) == 0 && renameat(dir, fresh, dir, name) == 0 && fsync(dir) == 0)
		return 0;
	return fault_set(f, "%s", strerrordesc_np(errno));
}

int
file_replace(const char *path, const void *bytes, size_t len, struct fault *f)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd = open_directory_of(path, O_RDONLY, dir, f), rc;

	if (fd < 0)
		return -1;
	rc = judge_written(fd, dir, f) < 0 ? -1 : file_replace_at(fd, slash != NULL ? slash + 1 : path, bytes, len, f);
	close(fd);
	return rc;
}
