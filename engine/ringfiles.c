/* SPDX-License-Identifier: Apache-2.0 */
#include "ringfiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 1000
#define FILE_BYTES (1024 * 1024)
#define TRIES 20
#define PAUSE_NS (10 * 1000 * 1000L) /* the n-th pause is n times this: 1.9 s in all */
/* Two changes within one tick of the kernel's clock leave the same time behind: what is younger than this may still change unseen. */
#define SETTLED_NS (20 * 1000 * 1000LL)
#define SKEW_NS (2000 * 1000 * 1000LL)

enum reading { READ_DONE, READ_CHANGED, READ_FAILED };

/* What belongs to a ring, by place and ending. Anything else in the directory is none of ours. */
static const struct {
	const char *under, *ending;
	enum ringfile_kind kind;
} rooms[] = {
	{ "", ".pem", RINGFILE_PEM },
	{ "", ".key", RINGFILE_KEY },
	{ "", "default", RINGFILE_DEFAULT },
	{ "/signers", ".pem", RINGFILE_SIGNER },
	{ "/crls", ".pem", RINGFILE_CRL },
};

static bool
ends(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n >= m && strcmp(name + n - m, ending) == 0;
}

static struct ringfile *
add(struct ringfiles *l, enum ringfile_kind kind, const char *label, const char *path, struct fault *f)
{
	struct ringfile *grown;

	if (l->n >= FILES_MAX) {
		fault_set(f, "%s: more than %d files in one ring", path, FILES_MAX);
		return NULL;
	}
	grown = realloc(l->file, (l->n + 1) * sizeof *grown);
	if (grown == NULL || strlen(label) >= sizeof grown->label || strlen(path) >= sizeof grown->path) {
		if (grown)
			l->file = grown;
		fault_set(f, "%s: %s", path, grown ? "the name is too long" : "out of memory");
		return NULL;
	}
	l->file = grown;
	memset(&grown[l->n], 0, sizeof *grown);
	grown[l->n].kind = kind;
	strcpy(grown[l->n].label, label);
	strcpy(grown[l->n].path, path);
	return &grown[l->n++];
}

static void
note(struct ringfile *file, const struct stat *st)
{
	bool later = st->st_ctim.tv_sec > st->st_mtim.tv_sec
		|| (st->st_ctim.tv_sec == st->st_mtim.tv_sec && st->st_ctim.tv_nsec > st->st_mtim.tv_nsec);

	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->mode = st->st_mode;
	file->size = S_ISDIR(st->st_mode) ? 0 : st->st_size;
	file->changed = later ? st->st_ctim : st->st_mtim;
}

/* Adds one entry with what stat says of it. READ_CHANGED: it was there a moment ago. */
static enum reading
see(struct ringfiles *l, enum ringfile_kind kind, const char *label, const char *path, struct fault *f)
{
	struct ringfile *file;
	struct stat st;

	if (stat(path, &st) < 0) {
		fault_set(f, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? READ_CHANGED : READ_FAILED;
	}
	file = add(l, kind, label, path, f);
	if (file == NULL)
		return READ_FAILED;
	note(file, &st);
	return READ_DONE;
}

static enum reading
see_entry(struct ringfiles *l, const char *dir, const char *under, const char *name, struct fault *f)
{
	char path[RING_PATH], label[RING_LABEL];
	size_t i;

	for (i = 0; i < sizeof rooms / sizeof *rooms; i++) {
		if (strcmp(rooms[i].under, under) != 0 || !ends(name, rooms[i].ending))
			continue;
		if (rooms[i].kind == RINGFILE_DEFAULT && strcmp(name, rooms[i].ending) != 0)
			continue;
		if ((size_t)snprintf(path, sizeof path, "%s%s/%s", dir, under, name) >= sizeof path)
			return fault_set(f, "%s%s/%s: the name is too long", dir, under, name), READ_FAILED;
		if ((size_t)snprintf(label, sizeof label, "%s", name) >= sizeof label)
			return fault_set(f, "%s%s/%s: the name is too long", dir, under, name), READ_FAILED;
		if (rooms[i].kind != RINGFILE_DEFAULT)
			label[strlen(name) - strlen(rooms[i].ending)] = '\0';
		return see(l, rooms[i].kind, label, path, f);
	}
	return READ_DONE;
}

/* Without `must` a directory that is not there is an empty one. */
static enum reading
see_dir(struct ringfiles *l, const char *dir, const char *under, bool must, struct fault *f)
{
	char path[RING_PATH];
	enum reading r = READ_DONE;
	struct dirent *e;
	DIR *d;

	if ((size_t)snprintf(path, sizeof path, "%s%s", dir, under) >= sizeof path)
		return fault_set(f, "%s: the name is too long", dir), READ_FAILED;
	d = opendir(path);
	if (d == NULL && errno == ENOENT && !must)
		return READ_DONE;
	if (d == NULL)
		return fault_set(f, "%s: %s; a key ring is a directory", path, strerror(errno)), READ_FAILED;
	r = see(l, RINGFILE_DIR, under, path, f);
	while (r == READ_DONE && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			r = see_entry(l, dir, under, e->d_name, f);
	closedir(d);
	return r;
}

static int
by_kind_and_name(const void *a, const void *b)
{
	const struct ringfile *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->path, y->path);
}

static enum reading
see_all(struct ringfiles *l, const char *dir, struct fault *f)
{
	enum reading r;

	memset(l, 0, sizeof *l);
	r = see_dir(l, dir, "", true, f);
	if (r == READ_DONE)
		r = see_dir(l, dir, "/signers", false, f);
	if (r == READ_DONE)
		r = see_dir(l, dir, "/crls", false, f);
	if (r == READ_DONE)
		qsort(l->file, l->n, sizeof *l->file, by_kind_and_name);
	else
		ringfiles_free(l);
	return r;
}

static bool
same(const struct ringfile *a, const struct ringfile *b)
{
	return a->kind == b->kind && strcmp(a->path, b->path) == 0 && a->dev == b->dev && a->ino == b->ino
		&& a->mode == b->mode && a->size == b->size
		&& a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool
settled(const struct ringfile *file, const struct timespec *now)
{
	int64_t age = (int64_t)(now->tv_sec - file->changed.tv_sec) * 1000000000 + (now->tv_nsec - file->changed.tv_nsec);

	return age < -SKEW_NS || age > SETTLED_NS; /* far in the future: the clock was set back, and its time tells nothing */
}

/* True when the directory is now as `before` saw it, and has been so for longer than its clock's grain. */
static bool
unchanged(const struct ringfiles *before, const char *dir, const struct timespec *began)
{
	struct ringfiles after;
	bool ok;
	size_t i;

	if (see_all(&after, dir, NULL) != READ_DONE)
		return false;
	ok = before->n == after.n;
	for (i = 0; ok && i < before->n; i++)
		ok = same(&before->file[i], &after.file[i]) && settled(&after.file[i], began);
	ringfiles_free(&after);
	return ok;
}

static enum reading
read_bytes(struct ringfile *file, int fd, struct fault *f)
{
	size_t have = 0, want = (size_t)file->size;
	ssize_t n = 1;

	if (want == 0)
		return READ_DONE;
	file->bytes = malloc(want);
	if (file->bytes == NULL)
		return fault_set(f, "%s: out of memory", file->path), READ_FAILED;
	while (have < want && (n = read(fd, file->bytes + have, want - have)) > 0)
		have += (size_t)n;
	if (n < 0)
		return fault_set(f, "%s: cannot be read: %s", file->path, strerror(errno)), READ_FAILED;
	return have == want ? READ_DONE : READ_CHANGED;
}

/* Refuses what must not be read at all. */
static enum reading
permit(const struct ringfile *file, struct fault *f)
{
	if (!S_ISREG(file->mode))
		return fault_set(f, "%s: is not a regular file", file->path), READ_FAILED;
	if (file->size > FILE_BYTES)
		return fault_set(f, "%s: is larger than %d bytes", file->path, FILE_BYTES), READ_FAILED;
	if (file->kind == RINGFILE_KEY && (file->mode & 077))
		return fault_set(f, "%s: this key is accessible to group or world; chmod 600 %s", file->path, file->path), READ_FAILED;
	return READ_DONE;
}

static enum reading
read_file(struct ringfile *file, struct fault *f)
{
	enum reading r = permit(file, f);
	struct stat st;
	int fd;

	if (r != READ_DONE)
		return r;
	fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		fault_set(f, "%s: cannot be read: %s", file->path, strerror(errno));
		return errno == ENOENT ? READ_CHANGED : READ_FAILED;
	}
	if (fstat(fd, &st) < 0 || st.st_ino != file->ino || st.st_dev != file->dev)
		r = READ_CHANGED;
	else
		r = read_bytes(file, fd, f);
	close(fd);
	return r;
}

static enum reading
read_once(struct ringfiles *l, const char *dir, struct fault *f)
{
	struct timespec began;
	enum reading r;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &began);
	r = see_all(l, dir, f);
	for (i = 0; r == READ_DONE && i < l->n; i++)
		if (l->file[i].kind != RINGFILE_DIR)
			r = read_file(&l->file[i], f);
	if (r == READ_DONE && !unchanged(l, dir, &began))
		r = READ_CHANGED;
	if (r != READ_DONE)
		ringfiles_free(l);
	return r;
}

int
ringfiles_read(struct ringfiles *l, const char *dir, struct fault *f)
{
	struct timespec pause = { 0, 0 };
	enum reading r = READ_CHANGED;
	int i;

	for (i = 0; i < TRIES && r == READ_CHANGED; i++) {
		pause.tv_nsec = i * PAUSE_NS;
		nanosleep(&pause, NULL);
		r = read_once(l, dir, f);
	}
	if (r == READ_CHANGED)
		fault_set(f, "%s: changed each of %d times it was read; load it when it is at rest", dir, TRIES);
	return r == READ_DONE ? 0 : -1;
}

void
ringfiles_free(struct ringfiles *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (l->file[i].bytes)
			explicit_bzero(l->file[i].bytes, (size_t)l->file[i].size);
		free(l->file[i].bytes);
	}
	free(l->file);
	memset(l, 0, sizeof *l);
}

const struct ringfile *
ringfiles_find(const struct ringfiles *l, enum ringfile_kind kind, const char *label)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->file[i].kind == kind && strcmp(l->file[i].label, label) == 0)
			return &l->file[i];
	return NULL;
}

size_t
ringfiles_count(const struct ringfiles *l, enum ringfile_kind kind)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		n += l->file[i].kind == kind;
	return n;
}

int
ringfile_line(const struct ringfile *file, char *out, size_t size)
{
	const char *from = file->bytes, *to = from ? from + file->size : from;

	while (from < to && strchr(" \t\r\n", *from))
		from++;
	while (to > from && strchr(" \t\r\n", to[-1]))
		to--;
	if (from == to || (size_t)(to - from) >= size || memchr(from, '\n', (size_t)(to - from)))
		return -1;
	memcpy(out, from, (size_t)(to - from));
	out[to - from] = '\0';
	return 0;
}
