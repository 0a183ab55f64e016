/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filelock: a lock file with the number of the process that holds the lock, for files that one process may write. The
 * system gives the lock back when the process ends, in any way. The file stays.
 */
#ifndef SALLYPORT_FILELOCK_H
#define SALLYPORT_FILELOCK_H

#include "base/fault.h"

/*
 * Takes the lock of the file `name` in the opened directory `dir` (AT_FDCWD: a path), which is created with mode 0600.
 * `what` is locked by it; remedy: the end of the sentence when another process has the lock. Returns a descriptor; the
 * lock lasts until it is closed. -1 with a sentence: another process has the lock, the file is a symbolic link or no
 * regular file, or it cannot be created.
 */
int filelock_take(int dir, const char *name, const char *what, const char *remedy, struct fault *f);

#endif
