/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/ring_files.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tls/pem.h"

#define FILES_MAX 1000
#define FILE_BYTES (1024 * 1024)
#define DEPTH_MAX 3 /* levels of foreign directories that are searched */
#define TRIES 20
#define PAUSE_NS (10 * 1000 * 1000L) /* the n-th pause is n times this: 1.9 s in all */
/*
 * Two changes within one tick of the kernel's clock have the same time: a file that changed less than this ago may
 * change again unseen.
 */
#define SETTLED_NS (20 * 1000 * 1000LL)
#define SKEW_NS (2000 * 1000 * 1000LL)

enum reading { READ_DONE, READ_CHANGED, READ_FAILED };

/* The state of one attempt: the files found so far, and why it ended. */
struct attempt {
	struct ring_files *l;
	const char *dir;
	struct fault why;
	char where[RING_PATH];
};

/*
 * The entries of a ring, by directory and name (a name that begins with a dot is an ending). certmap_read reads
 * maps.lua.
 */
static const struct {
	const char *under, *name;
	enum ring_file_kind kind;
} rooms[] = {
	{ "", ".pem", RING_FILE_PEM },
	{ "", ".key", RING_FILE_KEY },
	{ "", "default", RING_FILE_DEFAULT },
	{ "", "permit", RING_FILE_PERMIT },
	{ "", "maps.lua", RING_FILE_DIR },
	{ "", "signers", RING_FILE_DIR },
	{ "", "crls", RING_FILE_DIR },
	{ "/signers", ".pem", RING_FILE_SIGNER },
	{ "/signers", ".crt", RING_FILE_SIGNER },
	{ "/signers", ".cer", RING_FILE_SIGNER },
	{ "/signers", ".crl", RING_FILE_SIGNER },
	{ "/crls", ".pem", RING_FILE_CRL },
	{ "/crls", ".crt", RING_FILE_CRL },
	{ "/crls", ".cer", RING_FILE_CRL },
	{ "/crls", ".crl", RING_FILE_CRL },
};

/* Stores the fault, which is reported unless a later attempt succeeds. Returns READ_FAILED. */
static enum reading
failed(struct attempt *a, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));

static enum reading
failed(struct attempt *a, const char *path, const char *format, ...)
{
	va_list ap;

	snprintf(a->where, sizeof a->where, "%s", path);
	va_start(ap, format);
	vsnprintf(a->why.text, sizeof a->why.text, format, ap);
	va_end(ap);
	return READ_FAILED;
}

static struct ring_file *
add(struct attempt *a, enum ring_file_kind kind, const char *label, const char *path)
{
	struct ring_files *l = a->l;
	struct ring_file *grown;

	if (l->n >= FILES_MAX) {
		failed(a, path, "more than %d files in one ring", FILES_MAX);
		return NULL;
	}
	grown = realloc(l->file, (l->n + 1) * sizeof *grown);
	if (grown == NULL || strlen(label) >= sizeof grown->label) {
		if (grown)
			l->file = grown;
		failed(a, path, "%s", grown ? "the name is too long" : "out of memory");
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
note(struct ring_file *file, const struct stat *st)
{
	bool later = st->st_ctim.tv_sec > st->st_mtim.tv_sec
		|| (st->st_ctim.tv_sec == st->st_mtim.tv_sec && st->st_ctim.tv_nsec > st->st_mtim.tv_nsec);

	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->mode = st->st_mode;
	file->uid = st->st_uid;
	file->gid = st->st_gid;
	file->size = S_ISDIR(st->st_mode) ? 0 : st->st_size;
	file->changed = later ? st->st_ctim : st->st_mtim;
}

/* The permit file contains rules, as a script does. */
static enum file_class
class_of(enum ring_file_kind kind)
{
	return kind == RING_FILE_KEY ? FILE_SECRET : kind == RING_FILE_PERMIT ? FILE_SCRIPT : FILE_PLAIN;
}

static bool
is_foreign(enum ring_file_kind kind)
{
	return kind == RING_FILE_OTHER || kind == RING_FILE_BELOW;
}

static void
cannot(struct ring_file *file, const char *why)
{
	fault_set(&file->why, "%s", why);
}

/* READ_CHANGED: the entry was removed a moment ago, or the target of the link does not exist yet. */
static enum reading
not_there(struct attempt *a, const char *path)
{
	failed(a, path, "the target of this link does not exist");
	return READ_CHANGED;
}

/* Adds one entry with its stat data. */
static enum reading
see(struct attempt *a, enum ring_file_kind kind, const char *label, const char *path)
{
	struct ring_file *file;
	struct stat st;
	int error = stat(path, &st) < 0 ? errno : 0;

	if (error == ENOENT)
		return not_there(a, path);
	if (error != 0 && !is_foreign(kind))
		return failed(a, path, "%s", strerrordesc_np(error));
	file = add(a, kind, label, path);
	if (file == NULL)
		return READ_FAILED;
	if (error == 0)
		note(file, &st);
	else
		cannot(file, strerrordesc_np(error));
	return READ_DONE;
}

static enum reading see_below(struct attempt *a, const char *path, int depth);

/* Adds a foreign entry: reads the first bytes of a file, searches a directory. */
static enum reading
see_foreign(struct attempt *a, enum ring_file_kind kind, const char *name, const char *path, int depth)
{
	enum reading r = see(a, kind, name, path);
	size_t at = a->l->n - 1;

	if (r == READ_DONE && S_ISDIR(a->l->file[at].mode) && depth < DEPTH_MAX)
		r = see_below(a, path, depth + 1);
	return r;
}

static enum reading
see_entry(struct attempt *a, const char *under, const char *name)
{
	char path[RING_PATH], label[RING_LABEL];
	size_t i, n = strlen(name);

	if ((size_t)snprintf(path, sizeof path, "%s%s/%s", a->dir, under, name) >= sizeof path || n >= sizeof label)
		return failed(a, a->dir, "%s: the name is too long", name);
	for (i = 0; i < sizeof rooms / sizeof *rooms; i++) {
		size_t end = rooms[i].name[0] == '.' ? strlen(rooms[i].name) : 0;

		if (strcmp(rooms[i].under, under) != 0 || n < end || strcmp(name + (end ? n - end : 0), rooms[i].name) != 0)
			continue;
		snprintf(label, sizeof label, "%.*s", (int)(n - end), name);
		if (rooms[i].kind == RING_FILE_DIR)
			return access(path, F_OK) == 0 || errno != ENOENT ? READ_DONE : not_there(a, path);
		return see(a, rooms[i].kind, label, path);
	}
	return see_foreign(a, RING_FILE_OTHER, name, path, 0);
}

static enum reading
see_entry_below(struct attempt *a, const char *dir, const char *name, int depth)
{
	char path[RING_PATH];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path)
		return failed(a, dir, "%s: the name is too long", name);
	return see_foreign(a, RING_FILE_BELOW, name, path, depth);
}

static enum reading
see_below(struct attempt *a, const char *path, int depth)
{
	struct ring_file *dir = &a->l->file[a->l->n - 1];
	enum reading r = READ_DONE;
	struct dirent *e;
	struct fault f;
	DIR *d = file_opendir(path, NULL, &f);

	if (d == NULL) {
		cannot(dir, f.text);
		return READ_DONE;
	}
	while (r == READ_DONE && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			r = see_entry_below(a, path, e->d_name, depth);
	closedir(d);
	return r;
}

/* Without `must` a missing directory counts as an empty one. */
static enum reading
see_dir(struct attempt *a, const char *under, bool must)
{
	char path[RING_PATH];
	enum reading r;
	struct dirent *e;
	struct fault f;
	DIR *d;

	if ((size_t)snprintf(path, sizeof path, "%s%s", a->dir, under) >= sizeof path)
		return failed(a, a->dir, "the name is too long");
	d = file_opendir(path, NULL, &f);
	if (d == NULL && errno == ENOENT && !must)
		return READ_DONE;
	if (d == NULL)
		return failed(a, path, "%s%s", f.text, errno == ENOTDIR || errno == ENOENT ? "; a key ring is a directory, and so are its signers and crls" : "");
	r = see(a, RING_FILE_DIR, under, path);
	while (r == READ_DONE && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			r = see_entry(a, under, e->d_name);
	closedir(d);
	return r;
}

static int
ring_files_by_kind_and_name(const void *a, const void *b)
{
	const struct ring_file *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->path, y->path);
}

static enum reading
see_all(struct attempt *a)
{
	enum reading r;

	memset(a->l, 0, sizeof *a->l);
	r = see_dir(a, "", true);
	if (r == READ_DONE)
		r = see_dir(a, "/signers", false);
	if (r == READ_DONE)
		r = see_dir(a, "/crls", false);
	if (r == READ_DONE)
		qsort(a->l->file, a->l->n, sizeof *a->l->file, ring_files_by_kind_and_name);
	else
		ring_files_free(a->l);
	return r;
}

/* The content of a foreign file may change; its existence is compared. */
static bool
same(const struct ring_file *a, const struct ring_file *b)
{
	if (a->kind != b->kind || strcmp(a->path, b->path) != 0)
		return false;
	return is_foreign(a->kind) || (a->dev == b->dev && a->ino == b->ino && a->mode == b->mode && a->size == b->size
		&& a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec);
}

static bool
settled(const struct ring_file *file, const struct timespec *now)
{
	int64_t age = (int64_t)(now->tv_sec - file->changed.tv_sec) * 1000000000 + (now->tv_nsec - file->changed.tv_nsec);

	/* far in the future: the clock was set back, so the time means nothing */
	return is_foreign(file->kind) || age < -SKEW_NS || age > SETTLED_NS;
}

/* True when the directory is still as `before` has it, and has been so for longer than a tick of the clock. */
static bool
unchanged(const struct ring_files *before, const char *dir, const struct timespec *began)
{
	struct ring_files after;
	struct attempt again = { .l = &after, .dir = dir };
	bool ok;
	size_t i;

	if (see_all(&again) != READ_DONE)
		return false;
	ok = before->n == after.n;
	for (i = 0; ok && i < before->n; i++)
		ok = same(&before->file[i], &after.file[i]) && settled(&after.file[i], began);
	ring_files_free(&after);
	return ok;
}

static enum reading
read_file(struct attempt *a, struct ring_file *file)
{
	const struct file_rule rule = { .class = class_of(file->kind), .max = FILE_BYTES };
	struct file_content c;
	struct fault f;

	if (file_read(file->path, &rule, &c, &f) < 0) {
		failed(a, file->path, "%s", f.text);
		return c.error == ENOENT ? READ_CHANGED : READ_FAILED;
	}
	file->bytes = c.bytes;
	file->len = c.len;
	return c.st.st_ino == file->ino && c.st.st_dev == file->dev && c.len == (size_t)file->size ? READ_DONE : READ_CHANGED;
}

/* Reads the first bytes of a foreign entry; ring_files_judge_others reports an entry that cannot be read. */
static void
peek(struct ring_file *file)
{
	const struct file_rule rule = { .class = FILE_PLAIN, .max = PEM_LOOK, .head = true };
	struct file_content c;
	struct fault f;

	if (!S_ISREG(file->mode) || file->why.text[0] != '\0')
		return;
	if (file_read(file->path, &rule, &c, &f) < 0)
		cannot(file, f.text);
	file->bytes = c.bytes;
	file->len = c.len;
}

static enum reading
read_once(struct attempt *a)
{
	struct timespec began;
	enum reading r;
	size_t i;

	clock_gettime(CLOCK_REALTIME, &began);
	r = see_all(a);
	for (i = 0; r == READ_DONE && i < a->l->n; i++)
		if (is_foreign(a->l->file[i].kind))
			peek(&a->l->file[i]);
		else if (a->l->file[i].kind != RING_FILE_DIR)
			r = read_file(a, &a->l->file[i]);
	if (r == READ_DONE && !unchanged(a->l, a->dir, &began)) {
		failed(a, a->dir, "changed during each of %d reads; load it when it does not change", TRIES);
		r = READ_CHANGED;
	}
	if (r != READ_DONE)
		ring_files_free(a->l);
	return r;
}

static void
warn(const struct ring_files *l, struct faults *faults)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ring_file *file = &l->file[i];
		struct stat st = { .st_mode = file->mode, .st_uid = file->uid, .st_gid = file->gid };

		if (!is_foreign(file->kind))
			file_warn(file->path, class_of(file->kind), &st, "", faults);
	}
}

int
ring_files_read(struct ring_files *l, const char *dir, struct faults *faults)
{
	struct attempt a = { .l = l, .dir = dir };
	struct timespec pause = { 0, 0 };
	enum reading r = READ_CHANGED;
	int i;

	for (i = 0; i < TRIES && r == READ_CHANGED; i++) {
		pause.tv_nsec = i * PAUSE_NS;
		nanosleep(&pause, NULL);
		r = read_once(&a);
	}
	if (r == READ_DONE) {
		warn(l, faults);
		return 0;
	}
	faults_add(faults, FAULT_ERROR, "ring_file", a.where, 0, "%s", a.why.text);
	return -1;
}

void
ring_files_free(struct ring_files *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (l->file[i].bytes)
			explicit_bzero(l->file[i].bytes, l->file[i].len);
		free(l->file[i].bytes);
	}
	free(l->file);
	memset(l, 0, sizeof *l);
}

const struct ring_file *
ring_files_find(const struct ring_files *l, enum ring_file_kind kind, const char *label)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->file[i].kind == kind && strcmp(l->file[i].label, label) == 0)
			return &l->file[i];
	return NULL;
}

size_t
ring_files_count(const struct ring_files *l, enum ring_file_kind kind)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		n += l->file[i].kind == kind;
	return n;
}

/* --- Entries that are not read. */

/* True when the same file is read under another name. */
static bool
is_ring_file(const struct ring_files *l, const struct ring_file *other)
{
	for (size_t i = 0; i < l->n && l->file[i].kind < RING_FILE_OTHER; i++)
		if (l->file[i].ino == other->ino && l->file[i].dev == other->dev)
			return true;
	return false;
}

static bool
is_lost_found(const struct ring_file *f)
{
	return S_ISDIR(f->mode) && strcmp(f->label, "lost+found") == 0;
}

static const char *
remedy(const struct ring_file *f)
{
	if (f->kind == RING_FILE_BELOW)
		return "the directories of a key ring are signers/ and crls/; move it into one of them, or out of the ring";
	return "a key ring has LABEL.pem and LABEL.key, signers/ and crls/ with files named *.pem, *.crt, *.cer or *.crl; rename it, or move it "
		"out of the ring";
}

static void
judge_other(const struct ring_files *l, const struct ring_file *f, struct faults *faults)
{
	if (f->why.text[0] != '\0' && !is_lost_found(f))
		faults_add(faults, FAULT_ERROR, "ring_entry", f->path, 0, "%s; correct that, or move it out of the ring", f->why.text);
	else if (f->bytes != NULL && pem_suspect(f->bytes, f->len) && !is_ring_file(l, f))
		faults_add(faults, FAULT_ERROR, "ring_entry", f->path, 0, "holds %s and is not read: %s",
			pem_is_der(f->bytes, f->len) ? "DER" : "a PEM block", remedy(f));
	else if (f->kind == RING_FILE_OTHER && !is_ring_file(l, f))
		faults_add(faults, FAULT_WARNING, "ring_entry", f->path, 0, "is not part of a key ring and is not read");
}

void
ring_files_judge_others(const struct ring_files *files, struct faults *faults)
{
	for (size_t i = 0; i < files->n; i++)
		if (is_foreign(files->file[i].kind))
			judge_other(files, &files->file[i], faults);
}
