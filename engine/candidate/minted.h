/* SPDX-License-Identifier: Apache-2.0 */
/* minted: certificates made for supposed connections, each once for its names, and judged as in a handshake. */
#ifndef SALLYPORT_MINTED_H
#define SALLYPORT_MINTED_H

#include <stdbool.h>

#include "base/fault.h"
#include "tls/certificate.h"
#include "tls/issue.h"

#define MINTED_AUTHORITIES 32 /* besides the plain one */

struct minted;
struct tls_config;

/* Makes the authorities. The caller owns them (minted_free). NULL with a sentence. */
struct minted *minted_new(struct fault *f);
void minted_free(struct minted *m); /* NULL is fine */
/* Makes an authority with the n parts as its subject. 0, or -1: there are too many, or there is no memory. */
int minted_add(struct minted *m, const struct issue_text *part, size_t n);
/*
 * The certificate with the names and dates of l, by the authority `by` (0: the plain one; else in the order of
 * minted_add), as a handshake by c judges it at `now`, seconds since 1970; verified: that
 * authority is a signer, otherwise another one is. Borrowed until the next call. NULL: the engine refuses such a
 * certificate unasked, or there is no memory.
 */
struct certificate *minted_certificate(struct minted *m, size_t by, const struct issue_leaf *l, bool verified, const struct tls_config *c, int64_t now);

#endif
