/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version: the sources of a generation, as bytes: region.lua with its included files and the values of its
 * variables, the scripts, their data files, and fingerprints of the rings and the saf. A version is kept when its
 * generation has ended, so that an operator can read it, compare it and use it again. It holds no private key and no
 * password hash. Counted atomically: the loader's thread and the thread of version_store hold versions too.
 */
#ifndef SALLYPORT_VERSION_H
#define SALLYPORT_VERSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/name.h"
#include "policy/generation.h"
#include "policy/inputs.h"

#define VERSION_NOTE 201 /* bytes of a note, with NUL */
#define VERSION_BY 48
#define VERSION_DIGEST 65

/* The kinds of files: region.lua, its included files, scripts, data files, values of variables that env reads. */
#define VERSION_KIND_REGION "region"
#define VERSION_KIND_INCLUDE "include"
#define VERSION_KIND_SCRIPT "script"
#define VERSION_KIND_DATA "data"
#define VERSION_KIND_ENV "env"

struct version_blob { /* bytes that several versions may share */
	_Atomic unsigned refs;
	atomic_bool stored;          /* its file is on disk (version_files) */
	char digest[VERSION_DIGEST]; /* SHA-256 of the bytes, in lower-case hex */
	size_t len;
	char bytes[];
};

struct version_file {
	const char *kind; /* static: a VERSION_KIND */
	char name[INPUT_NAME]; /* "region.lua"; "conf.d/partners.lua"; of a script its name, without .lua; "partners.csv"; "HOST" */
	struct version_blob *blob; /* counted */
};

struct version_print { /* a fingerprint; no secret can be read out of it */
	char what[LABEL_SIZE + 16]; /* "certificate LABEL", "signer", "crl" or "saf" */
	char digest[VERSION_DIGEST];
};

struct version_urm { /* an urm that an operator set (set tcpipservice NAME urm=SCRIPT) over region.lua */
	char tcpipservice[NAME_SIZE], urm[SCRIPT_SIZE];
};

struct bundle;

struct version {
	_Atomic unsigned refs;
	atomic_bool stored;   /* it is on disk, whole or damaged (version_files) */
	uint64_t number;      /* of its generation */
	uint64_t former;      /* the version that was current before; 0: none */
	uint64_t of;          /* the version that `policy use` or `policy rollback` took; 0: files were loaded */
	double time;          /* seconds since 1970: when its generation came into use */
	char note[VERSION_NOTE]; /* "" none */
	char by[VERSION_BY];     /* "start", "signal", "watch" or "uid 0 pid 4711" */
	char applid[NAME_SIZE], networkid[NAME_SIZE]; /* of its region */
	char hash[SCRIPT_HASH_SIZE]; /* of the generation */
	struct version_file *file; /* owned; by kind: region.lua, its included files, scripts, data files, variables; each in the order of their load */
	size_t files;
	struct version_print *print; /* owned; sorted */
	size_t prints;
	struct version_urm *urm; /* owned */
	size_t urms;
	char content[VERSION_DIGEST]; /* of the names and bytes of its files, and its urms (version_seal) */
	struct bundle *rules; /* counted; the published rules that its generation was loaded with, until it is in use. NULL: none */
	char *damage; /* owned; why it can be listed only: a sentence about its files on disk. NULL: it is whole */
};

/*
 * Makes the version of g: all members up to note are zero. Bytes that the version `like` (NULL: none) has too are
 * shared with it, unless it is damaged. The caller owns one reference. NULL without memory.
 */
struct version *version_of(const struct generation *g, const struct version *like);
struct version *version_ref(struct version *v); /* returns v; NULL is fine */
void version_unref(struct version *v);          /* the last one frees; NULL is fine */

/* Reads the definition of v, with the operator's urms. `file` is the name of region.lua on disk. NULL with faults. */
struct definition *version_definition(const struct version *v, const char *file, struct faults *faults);
/* The `give` of generation_options; arg: the version, borrowed. */
int version_give(void *arg, struct sources *s);
/* Adds the urms of `from` to v, then (tcpipservice not NULL) this one, which replaces an older one. -1: no memory. */
int version_take_urms(struct version *v, const struct version *from, const char *tcpipservice, const char *urm);

/* The file of that name: "region.lua", or a script with or without ".lua". NULL: none. */
const struct version_file *version_file(const struct version *v, const char *name);
/* The file of that kind and exactly that name. NULL: none. */
const struct version_file *version_file_of(const struct version *v, const char *kind, const char *name);
/* The kind of that spelling, as a static string. NULL: no kind has it. */
const char *version_kind(const char *kind);
/*
 * Checks the note of a version: one line of text that fits VERSION_NOTE, since it is printed in a table and in the log.
 * NULL is fine. -1 with a sentence, which names the option --note.
 */
int version_judge_note(const char *note, struct fault *f);
/* Sets `content`, when v is complete. */
void version_seal(struct version *v);
/* Whether both were loaded from the same bytes, with the same urms. Rings and the saf do not count. */
bool version_same(const struct version *a, const struct version *b);

/* Makes a blob that the caller holds. NULL without memory. */
struct version_blob *version_blob(const void *bytes, size_t len);
/* The same without the bytes, which are not known: only the digest is right. */
struct version_blob *version_blob_named(const char digest[VERSION_DIGEST]);
struct version_blob *version_blob_ref(struct version_blob *b); /* returns b */
void version_blob_unref(struct version_blob *b); /* the last one frees; NULL is fine */
/* Adds a file (blob counted anew) or a fingerprint. -1: no memory. kind is static. */
int version_add_file(struct version *v, const char *kind, const char *name, struct version_blob *blob);
int version_add_print(struct version *v, const char *what, const char *digest);
/* An empty version, with one reference. NULL without memory. */
struct version *version_new(void);

#endif
