/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle: rules for several regions as one file: scripts, data files and included files of a version, under a manifest
 * that is signed (tls/signing.h). The manifest is lines of text:
 *
 *   sallyport bundle 1
 *   sysplex PLEX1
 *   serial 7
 *   created 1764170000
 *   expires 0
 *   note the partners of November
 *   key SHA256
 *   include SIZE SHA256 NAME        (a line for each file: include, script, data, saf; by name)
 *   signature 128 HEX DIGITS        (of all bytes before this line)
 *
 * The file of kind saf is named saf, and is an envelope (security/saf_envelope.h): its size and SHA-256 are those of
 * the encrypted bytes. The bytes of the files follow, in that order, and nothing else. Each bundle has one spelling.
 * One that is not signed has sysplex -, serial 0, created 0, expires 0, key - and signature -.
 */
#ifndef SALLYPORT_BUNDLE_H
#define SALLYPORT_BUNDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "region/version.h"
#include "tls/signing.h"

#define BUNDLE_MAX (16 * 1024 * 1024) /* bytes */
#define BUNDLE_SAF "saf" /* the kind, and the name, of the encrypted saf among the files */

struct bundle_head {
	char sysplex[NAME_SIZE];  /* whose regions may take it; "": it is not signed */
	uint64_t serial;          /* 1 to VERSION_NUMBER_MAX; 0: it is not signed */
	uint64_t created, expires; /* seconds since 1970; expires 0: never */
	char note[VERSION_NOTE];
	char key[SIGNING_ID];     /* the id of the key; "": it is not signed */
};

struct bundle { /* immutable, and counted: the loader's thread holds bundles too */
	_Atomic unsigned refs;
	struct bundle_head head;
	struct version *files;       /* owned; with number 0 and no region.lua */
	char *bytes;                 /* owned: the whole bundle */
	size_t len, signed_len;      /* its size, and that of the signed part */
	unsigned char signature[SIGNING_BYTES];
	char digest[VERSION_DIGEST]; /* of the whole bundle */
};

/*
 * Writes a bundle of the scripts, data files, included files and encrypted saf of v for which `leave` (NULL: none is
 * left) answers false. h and key NULL: not signed; else h->key is not read. The caller frees out (buf_free), after a
 * failure too. -1 with a sentence: a name leads out of the directory of region.lua, v has no file to write, or the
 * bundle would be larger than BUNDLE_MAX.
 */
int bundle_write(const struct bundle_head *h, const struct version *v, bool (*leave)(void *arg, const struct version_file *file), void *arg,
	const struct signing_key *key, struct buf *out, struct fault *f);
/*
 * Reads a bundle and checks its form, the sizes and the digests; not the signature. The bytes are copied. The caller
 * owns one reference. NULL with a sentence.
 */
struct bundle *bundle_read(const void *bytes, size_t len, struct fault *f);
/*
 * Whether a region of that sysplex with these keys may take it: 0. -1 with a sentence: it is not signed, by another
 * key, or the signature is wrong; it is for another sysplex; its serial is not above `last`.
 */
int bundle_judge(const struct bundle *b, const struct signing_keys *keys, const char *sysplex, uint64_t last, struct fault *f);
/* The encrypted saf; borrowed. NULL: it has none. */
const struct version_blob *bundle_saf(const struct bundle *b);
/* Whether it has expired at that time, in seconds since 1970. */
bool bundle_has_expired(const struct bundle *b, double now);

struct bundle *bundle_ref(struct bundle *b); /* returns b; NULL is fine */
void bundle_unref(struct bundle *b);         /* NULL is fine */

#endif
