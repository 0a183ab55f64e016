/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version_files: the directory of region { versions = }. `objects` has the files of all versions, each once, under the
 * SHA-256 of its bytes; N.version is the manifest of version N, `pinned` the number of the pinned version, `store` the
 * head of the directory (version_text.h), `lock` the lock of the one region that writes. A file is written under
 * another name, flushed and renamed, and the files that it names are there before it: a process that is killed leaves a
 * directory that can be read.
 *
 * Every function may block for as long as the disk does. Sentences name the file.
 */
#ifndef SALLYPORT_VERSION_FILES_H
#define SALLYPORT_VERSION_FILES_H

#include "region/version_text.h"
#include "region/versions.h"

#define VERSION_FILES_MOST 200 /* versions that are read: the newest ones */

struct version_files;

/*
 * Opens the directory and reads its head and its pin. write: takes its lock, and makes it when it is not there. NULL
 * with a sentence: another process writes to it; others may read or write it; it is
 * a symbolic link; the head or the pin is damaged; it cannot be read or made.
 */
struct version_files *version_files_open(const char *path, bool write, struct fault *f);
void version_files_close(struct version_files *d); /* NULL is fine */

const char *version_files_path(const struct version_files *d);
uint64_t version_files_pinned(const struct version_files *d); /* 0: none */

/* Looks at the names of the manifests. -1 with a sentence: one has no number. */
int version_files_check(const struct version_files *d, struct fault *f);
/*
 * Adds the versions of the directory to vs, in the order of their numbers. One whose files are not as they were written
 * has `damage`. *last: the greatest number that a generation has had. -1 with a sentence: no memory, or the name of a
 * manifest is none.
 */
int version_files_read(struct version_files *d, struct versions *vs, uint64_t *last, struct fault *f);

struct version_set { /* the wanted content of the directory */
	struct version **item; /* owned, and each a counted version */
	size_t n;
	uint64_t last;   /* the greatest number that a generation has had */
	uint64_t pinned; /* 0: none */
};

/* NULL is fine. */
void version_set_free(struct version_set *set);

/*
 * Makes the directory have that set: writes the missing files, sets `stored` in the entries on disk, then removes the
 * manifests of other versions and the objects that no manifest names. -1 with a sentence: a part could not be done; the
 * others are.
 */
int version_files_write(struct version_files *d, const struct version_set *set, struct fault *f);

#endif
