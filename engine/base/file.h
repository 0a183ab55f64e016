/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: the only functions that open a file or a directory whose name comes from a definition or a command line. They
 * never block on a FIFO or a device; they limit the size and check owner and mode. A stalled file system can block the
 * calling thread, so a running region calls these functions in the loader's thread or in a thread of the threadpool,
 * never on the loop.
 *
 * A sentence in `f` does not begin with the path: a caller that does not print the path elsewhere adds it with
 * fault_wrap(f, "%s", path).
 */
#ifndef SALLYPORT_FILE_H
#define SALLYPORT_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/fault.h"

enum file_class {
	FILE_PLAIN,  /* a certificate, a CRL: everybody may read it */
	FILE_SCRIPT, /* Lua code or a file of rules: file_doubt warns when its group may write it */
	FILE_SECRET, /* a private key or a saf: a fault when others may read it or the group may write it */
};

struct file_rule {
	enum file_class class;
	size_t max;          /* bytes */
	const char *advice;  /* the remedy when the file is larger, for the end of the sentence; NULL: none */
	bool head;           /* of a larger file its first max bytes are read */
};

struct file_content {
	char *bytes;     /* owned; a NUL stands behind the last byte. file_free wipes it */
	size_t len;
	struct stat st;  /* of the opened file, after following all links; zero when it was not opened */
	int error;       /* after -1: errno of the call that failed (ENOENT: it is not there), 0: the file was opened and is refused */
};

/*
 * Reads a whole file into *out. 0; or -1 with a sentence that has a remedy, and nothing to free: the file cannot be
 * opened or read; it is not a regular file after following its symbolic links; it is larger than rule->max (unless
 * rule->head); everybody may write it; it is a secret that others may read, that its group may write, or that its group
 * may read while its owner is neither root nor the region's user (the effective user of this process).
 */
int file_read(const char *path, const struct file_rule *rule, struct file_content *out, struct fault *f);
/* The same for a name in the opened directory `dir`. Refuses a symbolic link. The sentence does not name the file. */
int file_read_at(int dir, const char *name, const struct file_rule *rule, struct file_content *out, struct fault *f);
/* Wipes and frees the bytes. A zeroed struct, or one from a failed call, is fine. */
void file_free(struct file_content *c);

enum file_doubt {
	FILE_SOUND,         /* 0 */
	FILE_FOREIGN,       /* its owner is neither root nor the region's user */
	FILE_GROUP_WRITES,  /* it is a script and its group may write it */
};

/* The doubt about a file that may be read, with the sentence for a warning. st: from file_read or file_opendir. */
enum file_doubt file_doubt(const char *path, enum file_class class, const struct stat *st, struct fault *f);
/* Adds the same as a FAULT_WARNING of that file to `faults`. more: appended to the sentence, "" nothing. */
void file_warn(const char *path, enum file_class class, const struct stat *st, const char *more, struct faults *faults);

/*
 * Opens a directory for listing; the caller closes it with closedir(). NULL with a sentence, and errno: it cannot be
 * opened (ENOENT: it does not exist), it is not a directory, or everybody may add files to it (errno is EPERM then).
 * The last rule does not apply to a file system that is mounted read-only: Kubernetes mounts a secret in a directory of
 * mode 1777. st: receives the directory's status, may be NULL.
 */
DIR *file_opendir(const char *path, struct stat *st, struct fault *f);

/* Whether both names lead to one file or directory that exists. */
bool file_same(const char *a, const char *b);

/*
 * 0 when a file may be written at `path`: other users must not be able to replace the file, so the directory is not
 * writable by others, or is sticky. -1 with a sentence that names the directory. 0 too when the directory cannot be
 * opened: opening the file reports why.
 */
int file_directory_safe(const char *path, struct fault *f);

/*
 * Opens a directory whose files the region keeps for itself; `path` is relative to the opened directory `at`, or
 * AT_FDCWD. writes: creates it with mode 0700 when it is not there, and its owner must be root or the region's user.
 * The caller closes the descriptor. -1 with a sentence, and errno (ENOENT: it is not there): it is a symbolic link or
 * no directory, it has another owner, or others may read or write it.
 */
int file_private_directory(int at, const char *path, bool writes, struct fault *f);
/* Makes the directory of `path` with mode 0700. Does nothing when it is there, or its own directory is not. */
void file_make_parent(const char *path);

/*
 * Opens a log for appending; created with mode 0600. A pipe (FIFO) is opened without waiting for a reader: lines
 * written before the reader comes wait in the pipe. A terminal or another character device is allowed. The descriptor
 * is non-blocking and close-on-exec. -1 with a sentence: it cannot be opened, it is a directory, a socket or a disk,
 * everybody may write it, or its directory is unsafe (file_directory_safe).
 */
int file_open_log(const char *path, struct fault *f);

/*
 * Replaces the file at `path` as a whole: writes PATH.new (created anew, mode 0600), fsync, rename, fsync of the
 * directory. A file, link or FIFO at PATH.new is removed first. -1 with a sentence; the old file is unchanged then.
 * Blocks for as long as the disk does.
 */
int file_replace(const char *path, const void *bytes, size_t len, struct fault *f);
/* The same for a name in the opened directory `dir`, which is not judged. */
int file_replace_at(int dir, const char *name, const void *bytes, size_t len, struct fault *f);

#endif
