/* SPDX-License-Identifier: Apache-2.0 */
/* path: a path inside a file is relative to that file's directory; and how a path that leads nowhere is shown. */
#ifndef SALLYPORT_PATH_H
#define SALLYPORT_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

/*
 * `path`, which stands in the file `file`, as it is from the current directory: an absolute path stays, any other is put behind
 * the directory of `file` as that was named (links are not resolved); "." is that directory. -1: longer than size - 1 bytes.
 * out may be path itself.
 */
int path_beside(char *out, size_t size, const char *file, const char *path);
/* The path behind the current directory, unless it is absolute or there is no room for that; nothing is resolved. Returns out. */
const char *path_absolute(char *out, size_t size, const char *path);
/* True when a directory is there (links are followed). */
bool path_is_directory(const char *path);
/*
 * For a path that is not there: the same words of `file` may lead somewhere from the current directory. If so, out gets the end of a
 * fault that says it ("; x is in the current directory …"), else "". Returns out.
 */
const char *path_elsewhere(char *out, size_t size, const char *file, const char *path);
/* True: nothing is at this path, and a fault with its absolute form, and where else it may be meant, was added at file:line. */
bool path_gone(const char *path, const char *file, int line, const char *attribute, struct faults *faults);
/* The same for a path at which a file may be made: only when the same words lead somewhere from the current directory. */
bool path_misplaced(const char *path, const char *file, int line, const char *attribute, struct faults *faults);

#endif
