/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_files: reads the files of a key ring's directory as bytes, without OpenSSL. The identity, size and time of every
 * file and directory are taken before and after all of them are read. When they differ, or when something changed just
 * now, everything is read again, at most 20 times in 2 s. So a ring that is being replaced is read in its old or its
 * new state, never in between.
 */
#ifndef SALLYPORT_RING_FILES_H
#define SALLYPORT_RING_FILES_H

#include <sys/types.h>
#include <time.h>

#include "base/fault.h"

#define RING_LABEL 256 /* a file's name fits */
#define RING_PATH 1024

enum ring_file_kind {
	RING_FILE_DIR,     /* the directory itself, signers/ and crls/: no bytes; only their changes matter */
	RING_FILE_PEM,     /* LABEL.pem */
	RING_FILE_KEY,     /* LABEL.key */
	RING_FILE_DEFAULT, /* default */
	RING_FILE_PERMIT,  /* permit */
	RING_FILE_SIGNER,  /* signers/LABEL.pem, .crt, .cer or .crl */
	RING_FILE_CRL,     /* crls/ likewise */
	RING_FILE_OTHER,   /* any other entry of the three directories; only its first PEM_LOOK bytes are read */
	RING_FILE_BELOW,   /* a file in such an entry that is a directory; likewise */
};

struct ring_file {
	enum ring_file_kind kind;
	char label[RING_LABEL]; /* the file's name, without its ending where the kind has one */
	char path[RING_PATH];
	dev_t dev;
	ino_t ino;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	off_t size;
	struct timespec changed; /* the later of mtime and ctime */
	struct fault why;        /* RING_FILE_OTHER and _BELOW: a sentence when it cannot be read, else "" */
	char *bytes;             /* owned, `len` of them; NULL: a directory, or no regular file */
	size_t len;
};

struct ring_files {
	struct ring_file *file; /* owned; by kind, then by name */
	size_t n;
};

/*
 * Reads all files. Names that begin with a dot are skipped, symbolic links are followed. -1 with one more fault, at the
 * file or directory: no such directory; a file or directory that file.h refuses or that is above 1 MiB; a link to
 * nothing; more than 1000 files; a directory that did not stop changing. On -1 nothing is to be freed. Adds the
 * warnings of file_doubt.
 */
int ring_files_read(struct ring_files *l, const char *dir, struct faults *faults);
void ring_files_free(struct ring_files *l); /* wipes the keys' bytes */

/* The first file of that kind and label; NULL: not found. */
const struct ring_file *ring_files_find(const struct ring_files *l, enum ring_file_kind kind, const char *label);
/* The number of files of that kind. */
size_t ring_files_count(const struct ring_files *l, enum ring_file_kind kind);

/*
 * Adds a fault for each foreign file that contains -----BEGIN or DER in its first 64 KiB and for each entry that cannot
 * be read, and a warning for each other entry. A second name of a file that is read (a link of `openssl rehash`) is
 * allowed; lost+found may be unreadable.
 */
void ring_files_judge_others(const struct ring_files *files, struct faults *faults);

#endif
