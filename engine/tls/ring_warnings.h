/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_warnings: warnings about well-formed certificates that are of no use: dates, purpose, key; and about a ring
 * whose signers can verify no partner.
 */
#ifndef SALLYPORT_RING_WARNINGS_H
#define SALLYPORT_RING_WARNINGS_H

#include "tls/ring.h"
#include "tls/ring_item.h"

struct x509_store_st;

/*
 * Adds warnings about certificates of LABEL.pem and signers that have expired or are not yet valid, about certificates
 * of LABEL.pem that end within 30 days, about a signer that can verify no partner, and about a ring that has only such
 * signers.
 */
void ring_warnings_warn(const struct ring_items *l, struct x509_store_st *store, const char *dir, struct faults *faults);

/*
 * Adds warnings at u when the certificate x of the file `path` does not fit its use: its purpose (extended key usage,
 * key usage) for a TLS server (way in) or client (way out), its key for the suites and versions of ctx.
 */
void ring_warnings_use(struct x509_st *x, const char *path, enum way way, const struct ssl_ctx_st *ctx, const struct ring_user *u, struct faults *faults);

#endif
