/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: a key ring read from a directory (DESIGN 3.3): LABEL.pem (certificate, then its intermediates), LABEL.key
 * (0600), default (one line), signers/ and crls/ (each *.pem). Immutable once loaded, counted. All of it is read before any of it
 * is believed: a directory that changes between two reads (its files' identity, size and mtime are compared before and
 * after) is read again, at most 20 times in 2 s.
 */
#ifndef SALLYPORT_RING_H
#define SALLYPORT_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

struct dn;
struct ring;
struct ssl_ctx_st;

/*
 * CRLs: a certificate whose issuer has a CRL in the ring is checked against it, at every depth of the chain; of several CRLs
 * of one issuer the newest counts, and an expired one fails the chain. An issuer without a CRL in the ring is not checked:
 * a second authority that publishes none does not lock out its partners.
 */

/*
 * Loads the ring in `dir`. NULL with a sentence naming the file and the remedy: missing directory, key readable by group or
 * world ("chmod 600 …"), key that does not fit its certificate, two pairs and no `default`, unreadable PEM, no signers.
 */
struct ring *ring_load(const char *dir, struct fault *f);
struct ring *ring_ref(struct ring *r);
void ring_unref(struct ring *r); /* NULL is fine */

const char *ring_dir(const struct ring *r);
/* True when the ring has a certificate with that label; label "" means the default one. */
bool ring_has(const struct ring *r, const char *label);
/* Whether is(arg, subject) is true of a signer, or of an intermediate of a pair. False as well when memory ran out. */
bool ring_any_authority(const struct ring *r, bool (*is)(void *arg, const struct dn *subject), void *arg);

/*
 * Puts the labelled pair and its explicit chain ("" = default; a ring without pair: nothing, and that is no fault when
 * `optional`) and the trust store (signers, CRLs with full-chain checking when any CRL is present) into an SSL_CTX. For tls.c.
 */
int ring_use(const struct ring *r, const char *label, bool optional, struct ssl_ctx_st *ctx, struct fault *f);

#endif
