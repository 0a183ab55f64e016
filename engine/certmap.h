/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certmap: a user ID for a certificate, by filters like RACF's DIGTNMAP: a fingerprint, or the ends of its subject's and issuer's names
 * (IPIC.md 7.8). Immutable once loaded; a generation owns it.
 */
#ifndef SALLYPORT_CERTMAP_H
#define SALLYPORT_CERTMAP_H

#include <stddef.h>

#include "facts.h"
#include "fault.h"

struct certmap;

struct certmap *certmap_new(void); /* NULL: no memory */
void certmap_free(struct certmap *m); /* NULL is fine */
/* One filter more; texts not given are NULL: sha256 (64 hex digits, colons and case as they come) alone, or subject, issuer or both (dn.h). -1 with a sentence:
 * none of them or both kinds, what is none, a filter that is there already, no memory. userid is checked by the reader. */
int certmap_add(struct certmap *m, const char *userid, const char *sha256, const char *subject, const char *issuer, struct fault *f);
/* The user ID of the most specific filter that fits: a fingerprint, else the one with most parts of the subject's name, else of the issuer's. Names
 * count only when the chain verified: else they are a claim. NULL: none fits, or c or m is NULL. Borrowed from m. */
const char *certmap_userid(const struct certmap *m, const struct certificate *c);
/* What certify's answer makes of it: the user ID it said, else the map's; out "" when neither has one. */
void certmap_decide(const struct certmap *m, const struct certificate *c, const char *said, char out[NAME_SIZE]);

#endif
