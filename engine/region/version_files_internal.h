/* SPDX-License-Identifier: Apache-2.0 */
/* version_files_internal: the parts of an opened directory of versions, for the files version_files*.c. */
#ifndef SALLYPORT_VERSION_FILES_INTERNAL_H
#define SALLYPORT_VERSION_FILES_INTERNAL_H

#include "region/version_files.h"

#include "base/file.h"

#include <dirent.h>

#define VERSION_FILES_OBJECTS "objects"
#define VERSION_FILES_HEAD "store"
#define VERSION_FILES_PIN "pinned"
#define VERSION_FILES_LOCK "lock"
#define VERSION_FILES_ENDING ".version"
#define VERSION_FILES_FRESH ".new" /* file_replace_at */

struct version_files {
	char path[PATH_SIZE];
	int dir, objects, lock; /* descriptors; -1: none */
	struct version_head head;
	uint64_t pinned;
	bool swept; /* no object is there that no manifest names */
};

/* The sentence in f, with the file before it and a remedy after it ("": none). Returns -1. */
int version_files_complain(const struct version_files *d, const char *name, const char *remedy, struct fault *f);
/* Reads a text. 1: the file is not there. -1 with a sentence that does not name it. The caller frees c. */
int version_files_text(const struct version_files *d, const char *name, struct file_content *c, struct fault *f);
/* Writes the text, unless rc is -1 and f has the reason, and frees it. */
int version_files_replace(struct version_files *d, const char *name, struct buf *text, int rc, struct fault *f);
/* Writes the head. */
int version_files_head(struct version_files *d, const struct version_head *h, struct fault *f);
/* Opens a list of the names in a directory; the caller closes it. NULL with a sentence. */
DIR *version_files_names(const struct version_files *d, int dir, struct fault *f);
bool version_files_ends(const char *name, const char *ending);
/* The number in the name of a manifest: 1 and *number; 0: not a manifest; -1: the number is impossible. */
int version_files_number(const char *name, uint64_t *number);

#endif
