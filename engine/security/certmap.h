/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certmap: maps a certificate to a user ID by filters like those of RACF's class DIGTNMAP: by fingerprint, or by the
 * names of subject and issuer (IPIC.md 7.8). Immutable after loading. A generation (a ring's maps.lua) or a script
 * (cert.filter) owns it.
 */
#ifndef SALLYPORT_CERTMAP_H
#define SALLYPORT_CERTMAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/name.h"
#include "tls/certificate.h"
#include "base/fault.h"

struct certmap;
struct ring;

struct filter_text { /* the text of one filter; borrowed. NULL: not given */
	const char *userid;  /* checked by the reader */
	const char *sha256;  /* 64 hex digits in any case; colons are allowed */
	const char *subject; /* a distinguished name (dn.h) */
	const char *issuer;
	const char *anchor;  /* SHA-256 of the signer at the end of the chain, written like sha256 */
};

struct certmap *certmap_new(void); /* NULL: no memory */
/* The sum of the file's bytes (sum.h). 0: m is NULL, or it was not set. */
uint64_t certmap_sum(const struct certmap *m);
void certmap_set_sum(struct certmap *m, uint64_t sum);
void certmap_free(struct certmap *m); /* NULL is allowed */
/*
 * Adds a filter: sha256 alone, or subject, issuer or both. -1 with a fault: neither or both kinds, an unreadable text,
 * an anchor with a fingerprint or alone, a filter that exists already, no memory.
 */
int certmap_add(struct certmap *m, const struct filter_text *given, struct fault *f);
size_t certmap_filters(const struct certmap *m); /* the number of filters */
/*
 * Returns the user ID of the first filter that matches, in RACF's order: a fingerprint; a subject with an issuer; a
 * subject; an issuer; within a kind the filter with the most parts. A subject alone or an issuer alone matches the end
 * of the certificate's name; an issuer with a subject matches the whole name. An anchor restricts a filter and does not
 * change its place; of two equal filters the one with an anchor comes first. Names match only when the chain is
 * verified. NULL: no filter matches, or c or m is NULL. The text belongs to m.
 */
const char *certmap_userid(const struct certmap *m, const struct certificate *c);
/* Writes the link user of a certify answer to out: `said` by the script, or the map's user ID; "": neither. */
void certmap_decide(const struct certmap *m, const struct certificate *c, const char *said, char out[NAME_SIZE]);
/*
 * Adds a warning for each filter whose issuer is the name of no signer and no intermediate of the ring. `file`: the
 * map's.
 */
void certmap_check(const struct certmap *m, const struct ring *r, const char *file, struct faults *faults);

#endif
