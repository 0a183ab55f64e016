/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_strict: finds the errors of OpenSSL's strict checking (X509_V_FLAG_X509_STRICT: RFC 5280 to the letter) in the
 * certificates of a ring.
 */
#ifndef SALLYPORT_RING_STRICT_H
#define SALLYPORT_RING_STRICT_H

#include "tls/ring_item.h"

/*
 * Adds a warning for each error that only strict checking finds in the chain of a LABEL.pem: up to a signer, or as far
 * as the ring has the chain.
 */
void ring_strict_warn(const struct ring_items *l, struct faults *faults);

#endif
