/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sources: the texts of a generation's scripts. Each file is read once and kept, so that each state compiles the same
 * bytes. A name is found in the library directory (`policy`, `policy.ip` and the others of the library) or in the
 * script directory. One thread uses them until they are sealed; then they do not change, and each thread may read them.
 */
#ifndef SALLYPORT_SOURCES_H
#define SALLYPORT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/name.h"

/*
 * Length limit of a script. No script is charged for Lua's parser, and the time for some texts grows with the square of
 * their length: 64 KiB took at most 150 ms. More data than that fits into several scripts.
 */
#define SOURCE_BYTES_MAX (64 * 1024)
/*
 * Limit of indexes in one expression; t.a.b.c has three. Lua 5.4 reads such a chain backwards to name the value of an
 * error, and for each index also the function before it. A chain of 64 KiB took 1.2 s that no script was charged for,
 * and longer ones overran the stack.
 */
#define SOURCE_CHAIN_MAX 24

struct source {
	struct source *next;
	char name[SCRIPT_SIZE]; /* "lan", "team/lan", "policy.ip" */
	char path[2 * PATH_SIZE];
	bool library;
	char *bytes; /* owned */
	size_t len;
	char hash[SCRIPT_HASH_SIZE]; /* the first digits of the SHA-256 of its bytes */
	size_t kept;   /* bytes that it keeps in a state, without the scripts that it requires; 0: not loaded yet */
	struct stat st; /* of the opened file, for file_warn */
};

struct sources;

/* The directory of scripts; it belongs to s. */
const char *sources_directory(const struct sources *s);
/* Copies both names. NULL: no memory. */
struct sources *sources_new(const char *library_dir, const char *policies_dir);
void sources_free(struct sources *s);
/*
 * Gives s a script or a data file as bytes, which are copied. From the first call on, scripts are found among the given
 * ones only and no file of the script directory is read. from: their origin, for messages ("generation 3"), copied.
 * -1: no memory.
 */
int sources_give(struct sources *s, const char *from, const char *name, const char *bytes, size_t len);
/*
 * The bytes of a data file that was given, which belong to s; NULL: none of that name. *only: files are given, so that
 * none is read from the directory.
 */
const char *sources_given(const struct sources *s, const char *name, size_t *len, bool *only);
/*
 * Returns the source of that name, which belongs to s and is read at the first call. NULL with a fault: no such file;
 * too large; indexed too often (SOURCE_CHAIN_MAX); unreadable; not a valid name ([a-z0-9_]+ with at most one '/', or
 * '.' in the library); a script with the name of a library module; a file or directory that all users may write; the
 * sources are sealed and do not have it.
 */
const struct source *sources_get(struct sources *s, const char *name, struct fault *f);
/*
 * From now on no file is read and nothing is recorded: sources_get finds the scripts that were read, and says of others
 * that they were not.
 */
void sources_seal(struct sources *s);
/* Records the bytes that the loaded script keeps. No effect on sealed sources. */
void sources_kept(struct sources *s, const struct source *one, size_t bytes);
/*
 * Writes the end of a fault about a missing script that the definition `file` names: whether the script is in the
 * current directory (path_elsewhere). Returns out.
 */
const char *sources_elsewhere(const struct sources *s, const char *name, const char *file, char *out, size_t size);
const struct source *sources_first(const struct sources *s);
/*
 * Adds a warning for each directory with doubtful scripts (file_doubt) among those read so far. It names the first
 * script and counts the others.
 */
void sources_doubts(const struct sources *s, struct faults *faults);
/*
 * Calls found() for each script of the script directory and its subdirectories (one level), sorted by name. Skips files
 * that are not valid script names. -1 with a fault: a directory cannot be read.
 */
int sources_scan(const struct sources *s, void (*found)(void *arg, const char *name), void *arg, struct fault *f);
/*
 * Finds the Lua library: "lua" next to the running binary, or ../share/sallyport/lua. out has at least PATH_SIZE bytes.
 * -1 with a fault: there is none.
 */
int sources_library(char *out, size_t size, struct fault *f);

#endif
