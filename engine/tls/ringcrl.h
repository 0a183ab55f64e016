/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ringcrl: which CRLs OpenSSL would misread or pass over in silence. Without its extended CRL support a delta CRL counts as the whole list, and one that
 * is indirect or for some reasons only is not looked at; revoked certificates would be let in. RFC 5280 5.2, 5.3.
 */
#ifndef SALLYPORT_RINGCRL_H
#define SALLYPORT_RINGCRL_H

#include "tls/ringitem.h"

/* A fault for each CRL that cannot be applied as it was meant. */
void ringcrl_judge(const struct ringitems *l, struct faults *faults);
/* Warnings of those that can: past nextUpdate, before thisUpdate, an issuer that no certificate of the ring can be. */
void ringcrl_warn(const struct ringitems *l, struct faults *faults);

#endif
