/* SPDX-License-Identifier: Apache-2.0 */
/*
 * presented: a chain of certificates as a peer presents it, read from a file, and the result that a handshake with it
 * would have. No handshake takes place: the peer's possession of the key is not proved.
 */
#ifndef SALLYPORT_PRESENTED_H
#define SALLYPORT_PRESENTED_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "tls/cert.h"
#include "tls/dates.h"
#include "tls/tls.h"

struct ring;

#define PRESENTED_MAX 32 /* certificates; a handshake refuses more than CHAIN_LIMITS_CERTIFICATES */

struct presented_item {
	unsigned char *der; /* owned */
	size_t len;
};

struct presented { /* zero-initialise; freed by presented_free */
	struct presented_item item[PRESENTED_MAX]; /* the leaf first, then its intermediates */
	size_t n;
	struct presented_item signer; /* of a test: verified by this one in place of the ring's signers; der NULL: by those */
};

/*
 * Reads the certificates of PEM text into *p, which is empty, in their order: keys and other blocks are skipped. -1
 * with a sentence that has the line: the text is no PEM, a certificate is none, there is none, or there are too many.
 */
int presented_read(struct presented *p, const char *pem, size_t len, struct fault *f);
/* The same for the pair `label` ("" the default) of a ring. -1 with a sentence. */
int presented_take(struct presented *p, const struct ring *r, const char *label, struct fault *f);
/*
 * Adds the DER of one certificate. -1 with a sentence: the bytes are no certificate, there are too many, or there is no
 * memory.
 */
int presented_add(struct presented *p, const unsigned char *der, size_t len, struct fault *f);
void presented_free(struct presented *p);
/* Appends the certificates as PEM text. -1: no memory, or no room. */
int presented_print(const struct presented *p, struct buf *b);
/* The same for the signer, which is there. */
int presented_print_signer(const struct presented *p, struct buf *b);
/* Reads the one certificate of PEM text as the signer of *p. -1 with a sentence. */
int presented_read_signer(struct presented *p, const char *pem, size_t len, struct fault *f);

/*
 * Judges the chain as the callback of a handshake by c does (chain_limits.h, chain_verify.h), at the time `now`
 * (seconds since 1970). c NULL: as one with a ring without signers. Returns a new reference. NULL with *why: a limit, a
 * malformed certificate, or no memory. p is not empty.
 */
struct certificate *presented_verify(const struct presented *p, const struct tls_config *c, enum way way, int64_t now, struct cert_fault *why);
/*
 * The times around `now` at which presented_verify judges the chain alike: up to the next date of a presented
 * certificate, or of a certificate or CRL of the ring of c. -1: a certificate is malformed, or there is no memory.
 */
int presented_span(const struct presented *p, const struct tls_config *c, int64_t now, struct span *out);
/*
 * The suite that c chooses for a peer that offers every suite of that version (12, 13); static. NULL: c does not speak
 * that version.
 */
const char *presented_suite(const struct tls_config *c, int version);

#endif
