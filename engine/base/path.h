/* SPDX-License-Identifier: Apache-2.0 */
/* path: resolves a path that is relative to the file that contains it; explains a path that does not exist. */
#ifndef SALLYPORT_PATH_H
#define SALLYPORT_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

/*
 * Resolves `path`, found in the file `file`, relative to the current directory: an absolute path is unchanged; any
 * other is appended to the directory of `file` as it was named (links are not resolved); "." is that directory. -1:
 * longer than size - 1 bytes. out may be path itself.
 */
int path_beside(char *out, size_t size, const char *file, const char *path);
/*
 * Puts the current directory before the path, unless it is absolute or there is no room; resolves no links. Returns
 * out.
 */
const char *path_absolute(char *out, size_t size, const char *path);
/* True when `path` is a directory (links are followed). */
bool path_is_directory(const char *path);
/*
 * For a path that does not exist: when `text`, taken relative to the current directory, exists, out gets the end of a
 * sentence that says so ("; x is in the current directory, ..."), else "". Returns out.
 */
const char *path_elsewhere(char *out, size_t size, const char *file, const char *path);
/*
 * True: nothing exists at this path; a fault at file:line was added, with the absolute path and path_elsewhere's hint.
 */
bool path_gone(const char *path, const char *file, int line, const char *attribute, struct faults *faults);
/*
 * The same for a path at which a file may be created: a fault only when the same text exists relative to the current
 * directory.
 */
bool path_misplaced(const char *path, const char *file, int line, const char *attribute, struct faults *faults);

#endif
