/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources: the bytes of a generation's scripts, each file read once and kept, so that every worker compiles the same
 * bytes. A name is found in the library directory (`policy`, `policy.ip`, … and nothing else) or in the script directory.
 */
#ifndef SALLYPORT_SOURCES_H
#define SALLYPORT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/name.h"

/* What a script may be long. Lua's parser is charged to nobody, and some texts take time in the square of their length: 64 KiB took 150 ms at
 * worst. Data that large belongs into several scripts. */
#define SOURCE_BYTES_MAX (64 * 1024)
/* How often one expression may be indexed: t.a.b.c is three times. To name the culprit of an error Lua 5.4 goes back over such a chain, and
 * for each link over the function before it: a chain of 64 KiB took 1.2 s, uncharged, and longer ones overran the stack. */
#define SOURCE_CHAIN_MAX 24

struct source {
	struct source *next;
	char name[SCRIPT_SIZE]; /* "lan", "team/lan", "policy.ip" */
	char path[2 * PATH_SIZE];
	bool library;
	char *bytes; /* owned */
	size_t len;
	char hash[13]; /* of its bytes: the first digits of their SHA-256 */
	size_t kept;   /* bytes that the state keeps since it was loaded there, without what it required; 0: not loaded yet */
	struct stat st; /* of the opened file: file_warn judges it */
};

struct sources;

/* Both directories are copied. NULL: no memory. */
struct sources *sources_new(const char *library_dir, const char *policies_dir);
void sources_free(struct sources *s);
/* The source of that name, read now or before. NULL with a sentence: no such file, too large, indexed too often (SOURCE_CHAIN_MAX), unreadable, not a good name
 * ([a-z0-9_]+ with at most one '/'; for the library the dotted form), a script named like a library module, or a file or directory that everybody
 * may write. */
const struct source *sources_get(struct sources *s, const char *name, struct fault *f);
/* Notes what loading one has kept. */
void sources_kept(struct sources *s, const struct source *one, size_t bytes);
/* The end of a fault of a script that is not there, which the definition `file` names: whether it is in the current directory (path_elsewhere). */
const char *sources_elsewhere(const struct sources *s, const char *name, const char *file, char *out, size_t size);
const struct source *sources_first(const struct sources *s);
/* Adds a warning for each directory that holds doubtful scripts among those read so far (file_doubt): it names the first and counts the others. */
void sources_doubts(const struct sources *s, struct faults *faults);
/* Calls found() for every script of the script directory and of its subdirectories (one level), in the order of their names; files that
 * no script name can mean are passed over. -1 with a sentence when a directory cannot be read. */
int sources_scan(const struct sources *s, void (*found)(void *arg, const char *name), void *arg, struct fault *f);
/* Where the Lua library is: "lua" beside the running binary, else ../share/sallyport/lua. out at least PATH_SIZE. -1 with a sentence. */
int sources_library(char *out, size_t size, struct fault *f);

#endif
