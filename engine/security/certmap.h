/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certmap: a user ID for a certificate, by filters like those of RACF's class DIGTNMAP: a fingerprint, or the names of its subject and issuer
 * (IPIC.md 7.8). Immutable once loaded; its owner is a generation (a ring's maps.lua) or a script (cert.filter).
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

struct filter_text { /* one filter as it was written; borrowed. NULL: not given */
	const char *userid;  /* checked by the reader */
	const char *sha256;  /* 64 hex digits; colons are allowed, case does not count */
	const char *subject; /* dn.h */
	const char *issuer;
	const char *anchor;  /* written as sha256 is: of the signer that the chain must end in */
};

struct certmap *certmap_new(void); /* NULL: no memory */
/* Of its file's bytes (sum.h); 0: m is NULL, or none was set. */
uint64_t certmap_sum(const struct certmap *m);
void certmap_set_sum(struct certmap *m, uint64_t sum);
void certmap_free(struct certmap *m); /* NULL is fine */
/* Adds a filter: sha256 alone, or subject, issuer or both. -1 with a sentence: neither or both kinds, a text that cannot be read, an anchor beside
 * a fingerprint or alone, a filter that is there already, no memory. */
int certmap_add(struct certmap *m, const struct filter_text *given, struct fault *f);
size_t certmap_filters(const struct certmap *m);
/*
 * The user ID of the first filter that fits, in RACF's order: a fingerprint; a subject with an issuer; a subject; an issuer; of one kind the filter with
 * the most parts. A subject alone or an issuer alone is the end of the certificate's name; an issuer beside a subject is the whole name. An anchor
 * narrows a filter and does not change its place; of two that are else the same the one with an anchor is tried first. Names count only
 * when the chain verified: else they are a claim. NULL: none fits, or c or m is NULL. Borrowed from m.
 */
const char *certmap_userid(const struct certmap *m, const struct certificate *c);
/* What certify's answer makes of it: the user ID it said, else the map's; out "" when neither has one. */
void certmap_decide(const struct certmap *m, const struct certificate *c, const char *said, char out[NAME_SIZE]);
/* Adds a warning for each filter whose issuer no signer and no intermediate of the ring is named by. `file`: the map's. */
void certmap_check(const struct certmap *m, const struct ring *r, const char *file, struct faults *faults);

#endif
