/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_crl: which CRLs OpenSSL would misread or pass over in silence. Without its extended CRL support a delta CRL counts as the whole list, and one that
 * is indirect or for some reasons only is not looked at; revoked certificates would be let in. RFC 5280 5.2, 5.3.
 */
#ifndef SALLYPORT_RING_CRL_H
#define SALLYPORT_RING_CRL_H

#include "tls/ring_item.h"

/* A fault for each CRL that cannot be applied as it was meant. */
void ring_crl_judge(const struct ring_items *l, struct faults *faults);
/* Warnings of those that can: past nextUpdate, before thisUpdate, an issuer that no certificate of the ring can be. */
void ring_crl_warn(const struct ring_items *l, struct faults *faults);

#endif
