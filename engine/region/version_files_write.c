/* SPDX-License-Identifier: Apache-2.0 */
/* version_files_write: makes a directory of versions have a set. */
#include "region/version_files_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- writing ---------------------------------------------------------------------------------- */

void
version_set_free(struct version_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->n; i++)
		version_unref(set->item[i]);
	free(set->item);
	free(set);
}

/* Whether an object of these bytes is on disk. */
static bool
is_stored(const struct version_set *set, const struct version_blob *b)
{
	if (atomic_load(&b->stored))
		return true;
	for (size_t i = 0; i < set->n; i++) {
		const struct version *v = set->item[i];

		for (size_t k = 0; k < v->files; k++)
			if (atomic_load(&v->file[k].blob->stored) && strcmp(v->file[k].blob->digest, b->digest) == 0)
				return true;
	}
	return false;
}

static int
write_object(struct version_files *d, const struct version_set *set, struct version_blob *b, struct fault *f)
{
	if (!is_stored(set, b) && file_replace_at(d->objects, b->digest, b->bytes, b->len, f) < 0)
		return fault_wrap(f, "%s/" VERSION_FILES_OBJECTS "/%s", d->path, b->digest);
	atomic_store(&b->stored, true);
	return 0;
}

/* Writes the objects of a version, then its manifest. */
static int
write_version(struct version_files *d, const struct version_set *set, struct version *v, struct fault *f)
{
	struct buf text;
	char name[40];
	int rc;

	for (size_t i = 0; i < v->files; i++)
		if (write_object(d, set, v->file[i].blob, f) < 0)
			return -1;
	snprintf(name, sizeof name, "%" PRIu64 VERSION_FILES_ENDING, v->number);
	rc = version_text_put(&text, v, d->head.store, f);
	rc = version_files_replace(d, name, &text, rc, f);
	if (rc == 0)
		atomic_store(&v->stored, true);
	return rc;
}

static struct version *
find(const struct version_set *set, uint64_t number)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->item[i]->number == number)
			return set->item[i];
	return NULL;
}

/* Writes the pin, or removes it (0). */
static int
write_pin(struct version_files *d, uint64_t number, struct fault *f)
{
	struct buf text;
	int rc = 0;

	if (number != 0) {
		rc = version_text_put_pin(&text, d->head.store, number, f);
		rc = version_files_replace(d, VERSION_FILES_PIN, &text, rc, f);
	} else if ((unlinkat(d->dir, VERSION_FILES_PIN, 0) < 0 && errno != ENOENT) || fsync(d->dir) < 0) {
		fault_set(f, "cannot be removed: %s", strerrordesc_np(errno));
		rc = version_files_complain(d, VERSION_FILES_PIN, "", f);
	}
	if (rc == 0)
		d->pinned = number;
	return rc;
}

/* Head and pin, when they differ. A pin is written when its version is there. */
static int
write_state(struct version_files *d, const struct version_set *set, struct fault *f)
{
	struct version_head h = d->head;
	const struct version *pinned = find(set, set->pinned);
	int rc = 0;

	h.last = set->last;
	if (h.last != d->head.last)
		rc = version_files_head(d, &h, f);
	if (set->pinned != d->pinned && (set->pinned == 0 || (pinned != NULL && atomic_load(&pinned->stored))))
		rc |= write_pin(d, set->pinned, f);
	return rc;
}

/* --- removing --------------------------------------------------------------------------------- */

static int
remove_name(const struct version_files *d, int dir, const char *name, struct fault *f)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	return fault_set(f, "%s: %.80s cannot be removed: %s", d->path, name, strerrordesc_np(errno));
}

/* Whether the name is that of a text which was not written to its end. */
static bool
is_fresh(const char *name)
{
	char base[64];
	uint64_t number;

	if (!version_files_ends(name, VERSION_FILES_FRESH) || strlen(name) >= sizeof base)
		return false;
	snprintf(base, sizeof base, "%.*s", (int)(strlen(name) - (sizeof VERSION_FILES_FRESH - 1)), name);
	return strcmp(base, VERSION_FILES_HEAD) == 0 || strcmp(base, VERSION_FILES_PIN) == 0 || version_files_number(base, &number) == 1;
}

/* Removes the manifests of versions that are neither in the set nor pinned on disk, and files without their end. */
static int
remove_manifests(struct version_files *d, const struct version_set *set, struct fault *f)
{
	DIR *names = version_files_names(d, d->dir, f);
	struct dirent *e;
	uint64_t number;
	int rc = names != NULL ? 0 : -1;

	while (names != NULL && (e = readdir(names)) != NULL) {
		bool gone = version_files_number(e->d_name, &number) == 1 && number != d->pinned && find(set, number) == NULL;

		if (!gone && !is_fresh(e->d_name))
			continue;
		rc |= remove_name(d, d->dir, e->d_name, f);
		d->swept = false;
	}
	if (names != NULL)
		closedir(names);
	return rc == 0 && !d->swept && fsync(d->dir) < 0 ? fault_set(f, "%s: %s", d->path, strerrordesc_np(errno)) : rc;
}

static int
version_files_by_digest(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The digests of all files of the set, sorted; owned. NULL: no memory. */
static const char **
list_digests(const struct version_set *set, size_t *n)
{
	const char **all;

	*n = 0;
	for (size_t i = 0; i < set->n; i++)
		*n += set->item[i]->files;
	all = malloc((*n + 1) * sizeof *all);
	*n = 0;
	for (size_t i = 0; all != NULL && i < set->n; i++)
		for (size_t k = 0; k < set->item[i]->files; k++)
			all[(*n)++] = set->item[i]->file[k].blob->digest;
	if (*n > 1)
		qsort(all, *n, sizeof *all, version_files_by_digest);
	return all;
}

/* A manifest that cannot be read may name any object. */
static bool
has_unread(const struct version_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->item[i]->files == 0)
			return true;
	return false;
}

/* Removes the objects that no version of the set names. */
static int
remove_objects(struct version_files *d, const struct version_set *set, struct fault *f)
{
	DIR *names = version_files_names(d, d->objects, f);
	size_t n;
	const char **named = list_digests(set, &n);
	struct dirent *e;
	int rc = names != NULL ? 0 : -1;

	while (names != NULL && named != NULL && (e = readdir(names)) != NULL) {
		const char *name = e->d_name;
		size_t digits = strspn(name, "0123456789abcdef");
		bool object = digits == VERSION_DIGEST - 1 && name[digits] == '\0' && !has_unread(set);
		bool fresh = digits == VERSION_DIGEST - 1 && strcmp(name + digits, VERSION_FILES_FRESH) == 0;

		if ((object && bsearch(&name, named, n, sizeof *named, version_files_by_digest) == NULL) || fresh)
			rc |= remove_name(d, d->objects, name, f);
	}
	free(named);
	if (names != NULL)
		closedir(names);
	return rc;
}

int
version_files_write(struct version_files *d, const struct version_set *set, struct fault *f)
{
	struct fault later; /* f has the first sentence */
	int rc = 0;

	for (size_t i = 0; i < set->n; i++)
		if (!atomic_load(&set->item[i]->stored))
			rc |= write_version(d, set, set->item[i], rc < 0 ? &later : f);
	rc |= write_state(d, set, rc < 0 ? &later : f);
	rc |= remove_manifests(d, set, rc < 0 ? &later : f);
	if (!d->swept && rc == 0) {
		rc = remove_objects(d, set, f);
		d->swept = rc == 0;
	}
	return rc < 0 ? -1 : 0;
}
