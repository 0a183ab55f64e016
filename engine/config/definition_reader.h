/* SPDX-License-Identifier: Apache-2.0 */
/*
 * definition_reader: from where a definition takes its included files and the variables of its environment: the disk
 * and the environment of the process, or the values kept of an earlier load.
 */
#ifndef SALLYPORT_DEFINITION_READER_H
#define SALLYPORT_DEFINITION_READER_H

#include <stddef.h>

#include "base/fault.h"
#include "base/file.h"
#include "config/definition.h"

struct definition_reader {
	/* Reads the file whose name and path `one` has into *out, for file_free. -1 with a sentence that names it. */
	int (*file)(void *arg, const struct definition_include *one, struct file_content *out, struct fault *f);
	/* The value of the variable, borrowed until the definition is read. NULL: it is not set. */
	const char *(*env)(void *arg, const char *name);
	void *arg;
};

struct definition_files { /* paths; a zeroed one is empty */
	char (*path)[PATH_SIZE]; /* owned */
	size_t n;
};

/* Adds a path. Without memory it is missing. */
void definition_files_add(struct definition_files *files, const char *path);
void definition_files_free(struct definition_files *files);

/* The disk and the environment of the process. */
extern const struct definition_reader definition_reader_disk;

#endif
