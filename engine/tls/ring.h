/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring: a key ring read from a directory (certs/README.md): LABEL.pem (certificate, then its intermediates), LABEL.key
 * (0600), default (one line), signers/ and crls/ (*.pem, *.crt, *.cer, *.crl), permit (who may use it). Immutable once loaded, counted. All of it is
 * read before any of it is believed: a directory that changes between two reads (its files' identity, size and mtime are compared before and
 * after) is read again, at most 20 times in 2 s. Content that the reader does not understand is a fault.
 */
#ifndef SALLYPORT_RING_H
#define SALLYPORT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/name.h"
#include "tls/certificate.h"
#include "base/fault.h"

struct dn;
struct ring;
struct ssl_ctx_st;

/*
 * CRLs: a certificate whose issuer has a CRL in the ring is checked against it, at every depth of the chain; of several CRLs
 * of one issuer the newest counts, and an expired one fails the chain. An issuer without a CRL in the ring is not checked:
 * a second authority that publishes none does not lock out its partners.
 */

/*
 * Loads the ring in `dir`. NULL with a fault for each thing that is wrong, with file, line and remedy: missing directory, key readable by group or
 * world ("chmod 600 …"), key that does not fit its certificate, two pairs and no `default`, whatever is not read, no signers. Warnings: certificates and
 * CRLs out of their time, entries that do not belong to a ring, a ring whose signers can verify no partner.
 */
struct ring *ring_load(const char *dir, struct faults *faults);
struct ring *ring_ref(struct ring *r);
void ring_unref(struct ring *r); /* NULL is fine */

const char *ring_dir(const struct ring *r);
/* Of the names and bytes of its files (sum.h), maps.lua not among them; 0: r is NULL. */
uint64_t ring_sum(const struct ring *r);
/* True when the ring has a certificate with that label; label "" means the default one. */
bool ring_has(const struct ring *r, const char *label);
/* Whether is(arg, subject) is true of a signer, or of an intermediate of a pair. False as well when memory ran out. */
bool ring_any_authority(const struct ring *r, bool (*is)(void *arg, const struct dn *subject), void *arg);
/* Whether a signer has that SHA-256 fingerprint, in lower-case hex. False as well when memory ran out. */
bool ring_is_signer(const struct ring *r, const char *sha256);
/* Whether the names of the signers fit into a request for a certificate; they are sent only then (RFC 5246 and 8446 allow none). */
bool ring_names_fit(const struct ring *r);
/* Whether the region's user may use it, by the file `permit` (permit.h). -1 with a sentence. */
int ring_permits(const struct ring *r, const char *user, struct fault *f);

struct ring_user { /* a definition that uses a ring, for sentences; borrowed */
	const char *file;
	int line;
	const char *kind, *name; /* "tcpipservice", "IPICSEC" */
};

/* Warns when the pair `label` ("" = default; none: nothing) does not fit its use by u, with the suites and versions of ctx. For tls_config.c. */
void ring_judge(const struct ring *r, const char *label, enum way way, const struct ssl_ctx_st *ctx, const struct ring_user *u, struct faults *faults);

/*
 * Puts the labelled pair and its explicit chain ("" = default; a ring without pair: nothing, and that is no fault when
 * `optional`) and the trust store (signers, CRLs with full-chain checking when any CRL is present) into an SSL_CTX. For tls.c.
 */
int ring_use(const struct ring *r, const char *label, bool optional, struct ssl_ctx_st *ctx, struct fault *f);

#endif
