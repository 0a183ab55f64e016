/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_crl: finds the CRLs that OpenSSL would misread or skip silently. Without its extended CRL support it takes a
 * delta CRL for the complete list and skips an indirect CRL and one for some reasons only; revoked certificates would
 * be accepted. RFC 5280 5.2, 5.3.
 */
#ifndef SALLYPORT_RING_CRL_H
#define SALLYPORT_RING_CRL_H

#include "tls/ring_item.h"

/* Adds a fault for each CRL that cannot be applied as its issuer meant it. */
void ring_crl_judge(const struct ring_items *l, struct faults *faults);
/* Adds warnings about usable CRLs: past nextUpdate, before thisUpdate, an issuer that is no certificate of the ring. */
void ring_crl_warn(const struct ring_items *l, struct faults *faults);

#endif
