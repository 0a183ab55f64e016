/* SPDX-License-Identifier: Apache-2.0 */
/* ring_strict: what OpenSSL's strict checking (X509_V_FLAG_X509_STRICT: RFC 5280 to the letter) finds in the certificates of a ring. */
#ifndef SALLYPORT_RING_STRICT_H
#define SALLYPORT_RING_STRICT_H

#include "tls/ring_item.h"

/* Warns, for each LABEL.pem, of each error that only strict checking finds in its chain: up to a signer, or as far as the ring has it. */
void ring_strict_warn(const struct ring_items *l, struct faults *faults);

#endif
