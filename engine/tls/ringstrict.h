/* SPDX-License-Identifier: Apache-2.0 */
/* ringstrict: what OpenSSL's strict checking (X509_V_FLAG_X509_STRICT: RFC 5280 to the letter) finds in the certificates of a ring. */
#ifndef SALLYPORT_RINGSTRICT_H
#define SALLYPORT_RINGSTRICT_H

#include "tls/ringitem.h"

/* Warns, for each LABEL.pem, of each error that only strict checking finds in its chain: up to a signer, or as far as the ring has it. */
void ringstrict_warn(const struct ringitems *l, struct faults *faults);

#endif
