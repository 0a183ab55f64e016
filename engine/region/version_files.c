/* SPDX-License-Identifier: Apache-2.0 */
#include "region/version_files_internal.h"

#include "base/filelock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define UNPIN "put back a copy of it, or remove it, and the region loads its own files"
#define RESTORE "put back a copy of it, or move the directory away: the generations that it has are lost then"

/* --- the texts of the directory --------------------------------------------------------------- */

int
version_files_complain(const struct version_files *d, const char *name, const char *remedy, struct fault *f)
{
	char why[sizeof f->text];

	snprintf(why, sizeof why, "%s", f->text);
	return fault_set(f, "%s/%s: %.600s%s%s", d->path, name, why, remedy[0] != '\0' ? "; " : "", remedy);
}

int
version_files_text(const struct version_files *d, const char *name, struct file_content *c, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = VERSION_TEXT_MAX };

	if (file_read_at(d->dir, name, &rule, c, f) == 0)
		return 0;
	return c->error == ENOENT ? 1 : -1;
}

int
version_files_replace(struct version_files *d, const char *name, struct buf *text, int rc, struct fault *f)
{
	if (rc == 0)
		rc = file_replace_at(d->dir, name, buf_bytes(text), buf_len(text), f);
	buf_free(text);
	return rc < 0 ? version_files_complain(d, name, "", f) : 0;
}

int
version_files_head(struct version_files *d, const struct version_head *h, struct fault *f)
{
	struct buf text;
	int rc = version_text_put_head(&text, h, f);

	rc = version_files_replace(d, VERSION_FILES_HEAD, &text, rc, f);
	if (rc == 0)
		d->head = *h;
	return rc;
}

/* --- names ------------------------------------------------------------------------------------ */

DIR *
version_files_names(const struct version_files *d, int dir, struct fault *f)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = fd >= 0 ? fdopendir(fd) : NULL;

	if (names == NULL)
		fault_set(f, "%s: cannot be read: %s", d->path, strerrordesc_np(errno));
	if (names == NULL && fd >= 0)
		close(fd);
	return names;
}

bool
version_files_ends(const char *name, const char *ending)
{
	size_t n = strlen(name), m = strlen(ending);

	return n > m && strcmp(name + n - m, ending) == 0;
}

int
version_files_number(const char *name, uint64_t *number)
{
	char digits[24];
	size_t n = strlen(name) - (sizeof VERSION_FILES_ENDING - 1);

	if (!version_files_ends(name, VERSION_FILES_ENDING))
		return 0;
	snprintf(digits, sizeof digits, "%.*s", (int)n, name);
	return n < sizeof digits && version_number(digits, number) ? 1 : -1;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Whether a manifest is there. -1 with a sentence. */
static int
has_manifests(const struct version_files *d, struct fault *f)
{
	DIR *names = version_files_names(d, d->dir, f);
	struct dirent *e;
	int any = 0;

	if (names == NULL)
		return -1;
	while (any == 0 && (e = readdir(names)) != NULL)
		any = version_files_ends(e->d_name, VERSION_FILES_ENDING);
	closedir(names);
	return any;
}

/* The head of a new directory. */
static int
begin(struct version_files *d, bool write, struct fault *f)
{
	unsigned char bits[(LOGNAME_SIZE - 1) / 2];
	struct version_head h = { .last = 0 };
	int any = has_manifests(d, f);

	if (any != 0)
		return any < 0 ? -1 : fault_set(f, "%s/" VERSION_FILES_HEAD ": it is not there; " RESTORE, d->path);
	if (!write)
		return 0;
	if (getrandom(bits, sizeof bits, 0) != (ssize_t)sizeof bits)
		return fault_set(f, "%s: no random bytes", d->path);
	for (size_t i = 0; i < sizeof bits; i++)
		snprintf(h.store + 2 * i, 3, "%02x", bits[i]);
	return version_files_head(d, &h, f);
}

static int
read_head(struct version_files *d, bool write, struct fault *f)
{
	struct file_content c;
	int rc = version_files_text(d, VERSION_FILES_HEAD, &c, f);

	if (rc == 1)
		return begin(d, write, f);
	if (rc == 0)
		rc = version_text_read_head(c.bytes, c.len, &d->head, f);
	file_free(&c);
	return rc < 0 ? version_files_complain(d, VERSION_FILES_HEAD, RESTORE, f) : 0;
}

static int
read_pin(struct version_files *d, struct fault *f)
{
	struct file_content c;
	int rc = version_files_text(d, VERSION_FILES_PIN, &c, f);

	if (rc == 0)
		rc = version_text_read_pin(c.bytes, c.len, d->head.store, &d->pinned, f);
	file_free(&c);
	return rc < 0 ? version_files_complain(d, VERSION_FILES_PIN, UNPIN, f) : 0;
}

static int
open_directories(struct version_files *d, bool write, struct fault *f)
{
	if (write)
		file_make_parent(d->path);
	if (file_directory_safe(d->path, f) < 0)
		return -1;
	d->dir = file_private_directory(AT_FDCWD, d->path, write, f);
	if (d->dir < 0)
		return fault_wrap(f, "%s", d->path);
	if (write && (d->lock = filelock_take(d->dir, VERSION_FILES_LOCK, d->path, "give each region a directory of its own", f)) < 0)
		return -1;
	d->objects = file_private_directory(d->dir, VERSION_FILES_OBJECTS, write, f);
	return d->objects >= 0 || (!write && errno == ENOENT) ? 0 : version_files_complain(d, VERSION_FILES_OBJECTS, "", f);
}

struct version_files *
version_files_open(const char *path, bool write, struct fault *f)
{
	struct version_files *d = calloc(1, sizeof *d);

	if (d == NULL) {
		fault_set(f, "no memory");
		return NULL;
	}
	d->dir = d->objects = d->lock = -1;
	if ((size_t)snprintf(d->path, sizeof d->path, "%s", path) >= sizeof d->path)
		fault_set(f, "%.80s...: the path is too long", path);
	else if (open_directories(d, write, f) == 0 && read_head(d, write, f) == 0 && read_pin(d, f) == 0)
		return d;
	version_files_close(d);
	return NULL;
}

void
version_files_close(struct version_files *d)
{
	if (d == NULL)
		return;
	if (d->objects >= 0)
		close(d->objects);
	if (d->dir >= 0)
		close(d->dir);
	if (d->lock >= 0)
		close(d->lock);
	free(d);
}

const char *
version_files_path(const struct version_files *d)
{
	return d->path;
}

uint64_t
version_files_pinned(const struct version_files *d)
{
	return d->pinned;
}
