/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chains: the certificates of recorded connections, judged by the rings of a candidate. A chain is read from the file
 * of records once, and verified once for each listener and span of time in which the judgement is the same.
 */
#ifndef SALLYPORT_CHAINS_H
#define SALLYPORT_CHAINS_H

#include <stdint.h>

#include "base/fault.h"
#include "candidate/account.h"
#include "tls/cert.h"
#include "tls/tls.h"

struct chains;
struct record_reader;

/* reader: borrowed. The caller owns the chains. NULL: no memory. */
struct chains *chains_new(struct record_reader *reader);
void chains_free(struct chains *s); /* NULL is fine */

/*
 * The certificate whose recorded facts are given, as a handshake by c (borrowed, must outlive the chains) judges it at
 * `now`, in seconds since 1970. Returns a new reference. NULL with *why; *lost is set when the file does not have its
 * bytes.
 */
struct certificate *chains_verify(struct chains *s, struct account_value certificate, const struct tls_config *c, enum way way, int64_t now,
	struct cert_fault *why, bool *lost);

#endif
