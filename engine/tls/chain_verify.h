/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_verify: verifies the chain that a peer presents. Errors are collected and verification continues, so that the
 * certify script sees all of them. It ends at the first of these: a key that the region does not compute with
 * (chain_limits.h), no trust anchor, a chain that is too long, a signature that does not verify. The peer could invent
 * everything after these and would decide the cost of each further step.
 *
 * Signatures are verified from the anchor down, before revocation: the signature of a CRL is computed only with a key
 * whose certificate was verified. When verification ended early, the leaf's own dates, purpose, key size and extensions
 * are still checked, and its signature when it is self-signed; these errors are listed at depth 0.
 */
#ifndef SALLYPORT_CHAIN_VERIFY_H
#define SALLYPORT_CHAIN_VERIFY_H

#include "tls/cert.h"

struct x509_store_ctx_st;

/*
 * Reads the leaf that is to be verified into a struct certificate and verifies its chain (certificate.h: chain). Keys
 * and signatures below OpenSSL's security `level` are errors. Returns a new reference. NULL with *why: the leaf or the
 * chain cannot be described, and nothing was verified.
 */
struct certificate *chain_verify_chain(struct x509_store_ctx_st *x, int level, struct cert_fault *why);

#endif
