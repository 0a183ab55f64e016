/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: a key ring read from a directory (certs/README.md): LABEL.pem (certificate, then its intermediates), LABEL.key
 * (0600), default (one line), signers/ and crls/ (*.pem, *.crt, *.cer, *.crl), permit (who may use it). Immutable once
 * loaded; reference-counted. All files are read before any is used: when the directory changes during a read (identity,
 * size and mtime of its files are compared before and after), it is read again, at most 20 times in 2 s. Content that
 * cannot be understood is a fault.
 */
#ifndef SALLYPORT_RING_H
#define SALLYPORT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/name.h"
#include "tls/certificate.h"
#include "base/fault.h"

struct cert_fault;
struct chain_counts;
struct chain_terms;
struct dates;
struct dn;
struct ring;
struct ssl_ctx_st;
struct x509_st;
struct x509_store_ctx_st;

/*
 * CRLs: a certificate whose issuer has a CRL in the ring is checked against it, at every depth of the chain. Of several
 * CRLs of one issuer the newest counts; an expired one fails the chain. A certificate whose issuer has no CRL in the
 * ring is not checked: a second authority without CRLs does not lock out its partners.
 */

/*
 * Loads the ring in `dir`. NULL with a fault for each error, with file, line and remedy: missing directory, key
 * readable by group or world ("chmod 600 ..."), key that does not belong to its certificate, two pairs and no
 * `default`, content that is not read, no signers. Warnings: certificates and CRLs that are expired or not yet valid,
 * entries that do not belong to a ring, a ring whose signers can verify no partner.
 */
struct ring *ring_load(const char *dir, struct faults *faults);
/* Takes a further reference; ring_unref drops one, and the last frees. Both are thread-safe. */
struct ring *ring_ref(struct ring *r);
void ring_unref(struct ring *r); /* NULL is fine */

/* The directory as it was given to ring_load. */
const char *ring_dir(const struct ring *r);
/* The checksum (sum.h) of the names and bytes of its files, without maps.lua; 0: r is NULL. */
uint64_t ring_sum(const struct ring *r);
/* Of its signers and CRLs; borrowed. */
const struct dates *ring_dates(const struct ring *r);
/* Lets each thread keep up to `most` verified chains (chain_cache.h). To be called before another thread has r. */
void ring_keep_chains(struct ring *r, size_t most);
/*
 * Verifies the chain of x, whose store is that of the ring (chain_cache_verify). Returns a new reference; NULL with
 * *why.
 */
struct certificate *ring_verify(struct ring *r, struct x509_store_ctx_st *x, const struct chain_terms *t, bool *hit, struct cert_fault *why);
/* Its verifications, over all threads. Any thread may call it. */
struct chain_counts ring_chain_counts(const struct ring *r);
/* True when the ring has a certificate with that label; label "" means the default one. */
bool ring_has(const struct ring *r, const char *label);
/* Whether is(arg, subject) is true for a signer or for an intermediate of a pair. False too when memory ran out. */
bool ring_any_authority(const struct ring *r, bool (*is)(void *arg, const struct dn *subject), void *arg);
/*
 * Calls say(arg, what, sha256) for each certificate and CRL of the ring: what is "certificate LABEL" (the pair's and
 * its intermediates), "signer" or "crl"; sha256 the fingerprint of its DER, in lower-case hex. No key is read. r may be
 * NULL.
 */
void ring_fingerprints(const struct ring *r, void (*say)(void *arg, const char *what, const char *sha256), void *arg);
/*
 * Calls say(arg, kind, label, end) for each certificate and CRL of the ring. kind: "certificate" (of a pair) and
 * "intermediate", whose label is that of the pair; "signer", whose label is its subject; "crl", whose label is its
 * issuer. end: notAfter or nextUpdate in seconds since 1970; a CRL without nextUpdate is left out.
 */
void ring_each_end(const struct ring *r, void (*say)(void *arg, const char *kind, const char *label, int64_t end), void *arg);
/* Whether a signer has that SHA-256 fingerprint, in lower-case hex. False too when memory ran out. */
bool ring_is_signer(const struct ring *r, const char *sha256);
/*
 * Whether the names of the signers fit into a request for a certificate. Only then are they sent; RFC 5246 and 8446
 * allow an empty list.
 */
bool ring_names_fit(const struct ring *r);
/*
 * Calls take(arg, x) for the certificate of the pair `label` ("" = default) and then for each of its intermediates,
 * until it returns -1, which is returned. -1 too when there is no such pair.
 */
int ring_each_own(const struct ring *r, const char *label, int (*take)(void *arg, const struct x509_st *x), void *arg);
/* Whether the region's user may use the ring, by its file `permit` (permit.h). -1 with a sentence. */
int ring_permits(const struct ring *r, const char *user, struct fault *f);

struct ring_user { /* a definition that uses a ring, for sentences; borrowed */
	const char *file;
	int line;
	const char *kind, *name; /* "tcpipservice", "IPICSEC" */
};

/*
 * Warns when the pair `label` ("" = default) does not fit its use by u, with the suites and versions of ctx. Does
 * nothing when there is no such pair. For tls_config.c.
 */
void ring_judge(const struct ring *r, const char *label, enum way way, const struct ssl_ctx_st *ctx, const struct ring_user *u, struct faults *faults);

/*
 * Puts a pair with its explicit chain and the trust store (signers; CRLs with full-chain checking when there is a CRL)
 * into an SSL_CTX. label "" means the default pair. A ring without a pair is a fault unless `optional`. -1 with a
 * sentence.
 */
int ring_use(const struct ring *r, const char *label, bool optional, struct ssl_ctx_st *ctx, struct fault *f);
/* The same without a pair: the trust store alone. */
int ring_trust(const struct ring *r, struct ssl_ctx_st *ctx, struct fault *f);

#endif
