/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_verify: verifying the chain that a peer presents. Every error is noted and the walk goes on, so that the certify script sees all of
 * them, but it ends at the first of these: a key that nothing is computed with (chain_limits.h), no trust anchor, a chain that is too long, a
 * signature that does not verify. The peer can invent everything beyond these, and decides what each further step costs.
 *
 * Signatures are verified from the anchor down, before revocation lists are looked at: a list's signature is computed only with a key that a
 * verified signature vouches for. Where the walk ended early, the leaf's own dates, purpose, key size, extensions and, when it is
 * self-signed, its signature are still verified and their errors listed, at depth 0.
 */
#ifndef SALLYPORT_CHAIN_VERIFY_H
#define SALLYPORT_CHAIN_VERIFY_H

#include "tls/cert.h"

struct x509_store_ctx_st;

/*
 * The facts of the leaf that is to be verified, and how verifying its chain went (facts.h: chain). Keys and signatures below OpenSSL's
 * security `level` are errors. A new reference, or NULL and why: the leaf or the chain cannot be described, and nothing was verified.
 */
struct certificate *chain_verify_chain(struct x509_store_ctx_st *x, int level, struct cert_fault *why);

#endif
