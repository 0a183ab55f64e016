/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version_text: the texts in a directory of versions (version_files): the manifest of a version, the head of the
 * directory, the pin. Each is a heading, lines of a key and a value, and a last line with the SHA-256 of the others.
 */
#ifndef SALLYPORT_VERSION_TEXT_H
#define SALLYPORT_VERSION_TEXT_H

#include "base/buf.h"
#include "region/version.h"

#define VERSION_TEXT_MAX (1024 * 1024) /* bytes of a text */
#define VERSION_TEXT_FILES 4096        /* files of a version */
#define VERSION_TEXT_URMS 1000         /* urms that operators set: as many as there are tcpipservices */
#define VERSION_NUMBER_MAX (1ull << 52) /* every reader of JSON keeps it */

struct version_head {
	char store[LOGNAME_SIZE]; /* 16 hex digits at random: they tell the texts of this directory from those of another one */
	uint64_t last;            /* the greatest number that a generation has had */
};

/* Reads a number of 1 to VERSION_NUMBER_MAX without leading zeros. False: the text is not such a number. */
bool version_number(const char *text, uint64_t *out);
/*
 * Whether a text may name a file of a version. No name is used as a path; a name that could be none of a script or a
 * data file is refused nevertheless. included: it may be in another directory.
 */
bool version_name_ok(const char *name, bool included);

/* Each writes a text into `to`, which the caller frees. -1 with a sentence: it would be too long, or no memory. */
int version_text_put(struct buf *to, const struct version *v, const char *store, struct fault *f);
int version_text_put_head(struct buf *to, const struct version_head *h, struct fault *f);
int version_text_put_pin(struct buf *to, const char *store, uint64_t number, struct fault *f);

/*
 * Reads the manifest of a version of that directory. Its blobs have no bytes (version_blob_named). The caller owns the
 * version, which is not sealed. NULL with a sentence that does not name the file.
 */
struct version *version_text_read(const char *bytes, size_t len, const char *store, struct fault *f);
/* The same for the other texts. -1 with a sentence. */
int version_text_read_head(const char *bytes, size_t len, struct version_head *out, struct fault *f);
int version_text_read_pin(const char *bytes, size_t len, const char *store, uint64_t *number, struct fault *f);

#endif
