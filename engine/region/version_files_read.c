/* SPDX-License-Identifier: Apache-2.0 */
/* version_files_read: the versions of a directory, and the damage to them. */
#include "region/version_files_internal.h"

#include "policy/dataset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPARE (1ull << 32) /* numbers that a process may give */

/* --- reading ---------------------------------------------------------------------------------- */

struct numbers {
	uint64_t *item; /* owned */
	size_t n;
};

struct blobs { /* those that were read, by digest */
	struct version_blob **item; /* borrowed from the versions */
	size_t n, cap;
};

static int
add_number(struct numbers *list, uint64_t number)
{
	uint64_t *more = realloc(list->item, (list->n + 1) * sizeof *more);

	if (more == NULL)
		return -1;
	list->item = more;
	more[list->n++] = number;
	return 0;
}

static int
version_files_by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The numbers of all manifests, in their order. */
static int
list_numbers(const struct version_files *d, struct numbers *list, struct fault *f)
{
	DIR *names = version_files_names(d, d->dir, f);
	struct dirent *e;
	uint64_t number;
	int rc = names != NULL ? 0 : -1;

	while (rc == 0 && (e = readdir(names)) != NULL) {
		int is = version_files_number(e->d_name, &number);

		if (is < 0)
			rc = fault_set(f, "%s/%.80s: the name has no number of a generation; move it away", d->path, e->d_name);
		else if (is > 0 && (rc = add_number(list, number)) < 0)
			fault_set(f, "no memory");
	}
	if (names != NULL)
		closedir(names);
	if (list->n > 1)
		qsort(list->item, list->n, sizeof *list->item, version_files_by_number);
	return rc;
}

int
version_files_check(const struct version_files *d, struct fault *f)
{
	struct numbers list = { NULL, 0 };
	int rc = list_numbers(d, &list, f);

	free(list.item);
	return rc;
}

/* Where the digest is in the list, or belongs. */
static size_t
place_of(const struct blobs *known, const char *digest)
{
	size_t low = 0, high = known->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(known->item[middle]->digest, digest) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
remember(struct blobs *known, size_t at, struct version_blob *b)
{
	struct version_blob **more = known->item;

	if (known->n == known->cap) {
		more = realloc(known->item, (known->cap + 64) * sizeof *more);
		if (more == NULL)
			return; /* its bytes are not shared */
		known->cap += 64;
	}
	known->item = more;
	memmove(more + at + 1, more + at, (known->n - at) * sizeof *more);
	more[at] = b;
	known->n++;
}

/* Reads the object of that digest. NULL with a sentence. */
static struct version_blob *
read_object(const struct version_files *d, const char *digest, struct fault *f)
{
	static const struct file_rule rule = { .class = FILE_PLAIN, .max = DATASET_BYTES_MAX };
	struct version_blob *b = NULL;
	struct file_content c = { .bytes = NULL };

	if (d->objects < 0)
		fault_set(f, "%s/" VERSION_FILES_OBJECTS ": it is not there", d->path);
	else if (file_read_at(d->objects, digest, &rule, &c, f) < 0)
		fault_wrap(f, "%s/" VERSION_FILES_OBJECTS "/%s", d->path, digest);
	else if ((b = version_blob(c.bytes, c.len)) == NULL)
		fault_set(f, "no memory");
	file_free(&c);
	if (b == NULL || strcmp(b->digest, digest) == 0)
		return b;
	version_blob_unref(b);
	fault_set(f, "%s/" VERSION_FILES_OBJECTS "/%s: its bytes do not fit its name", d->path, digest);
	return NULL;
}

/* Gives the file its bytes. */
static int
fetch(const struct version_files *d, struct version_file *file, struct blobs *known, struct fault *f)
{
	size_t at = place_of(known, file->blob->digest);
	struct version_blob *b;

	if (at < known->n && strcmp(known->item[at]->digest, file->blob->digest) == 0) {
		b = version_blob_ref(known->item[at]);
	} else {
		b = read_object(d, file->blob->digest, f);
		if (b == NULL)
			return -1;
		atomic_store(&b->stored, true);
		remember(known, at, b);
	}
	version_blob_unref(file->blob);
	file->blob = b;
	return 0;
}

/* Reads the manifest; NULL with a sentence. *time: of its last change. */
static struct version *
read_manifest(const struct version_files *d, uint64_t number, double *time, struct fault *f)
{
	struct version *v = NULL;
	struct file_content c;
	char name[40];

	snprintf(name, sizeof name, "%" PRIu64 VERSION_FILES_ENDING, number);
	if (version_files_text(d, name, &c, f) == 0)
		v = version_text_read(c.bytes, c.len, d->head.store, f);
	*time = (double)c.st.st_mtime;
	file_free(&c);
	if (v != NULL && v->number == number)
		return v;
	if (v != NULL)
		fault_set(f, "it is the manifest of generation %" PRIu64, v->number);
	version_unref(v);
	version_files_complain(d, name, "", f);
	return NULL;
}

/* The version of that number, which may be damaged. NULL: no memory. */
static struct version *
read_version(const struct version_files *d, uint64_t number, struct blobs *known)
{
	struct fault f = { "" };
	double time;
	struct version *v = read_manifest(d, number, &time, &f);
	bool whole = v != NULL;

	if (v == NULL && (v = version_new()) == NULL)
		return NULL;
	if (!whole) {
		v->number = number;
		v->time = time;
	}
	for (size_t i = 0; whole && i < v->files; i++)
		whole = fetch(d, &v->file[i], known, &f) == 0;
	atomic_store(&v->stored, true);
	version_seal(v);
	if (whole || (v->damage = strdup(f.text)) != NULL)
		return v;
	version_unref(v);
	return NULL;
}

int
version_files_read(struct version_files *d, struct versions *vs, uint64_t *last, struct fault *f)
{
	struct numbers list = { NULL, 0 };
	struct blobs known = { NULL, 0, 0 };
	int rc = list_numbers(d, &list, f);

	for (size_t i = list.n > VERSION_FILES_MOST ? list.n - VERSION_FILES_MOST : 0; rc == 0 && i < list.n; i++) {
		struct version *v = read_version(d, list.item[i], &known);

		if (v == NULL || versions_restore(vs, v) < 0)
			rc = fault_set(f, "no memory");
	}
	*last = list.n > 0 && list.item[list.n - 1] > d->head.last ? list.item[list.n - 1] : d->head.last;
	if (rc == 0 && *last > VERSION_NUMBER_MAX - SPARE)
		rc = fault_set(f, "%s: the number of generation %" PRIu64 " leaves none for others; move its manifest away, or the directory", d->path, *last);
	free(list.item);
	free(known.item);
	return rc;
}
