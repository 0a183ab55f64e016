/* SPDX-License-Identifier: Apache-2.0 */
/* authorities: the authorities of a key ring as issuers of certificates that a search makes, with keys of its own. */
#ifndef SALLYPORT_AUTHORITIES_H
#define SALLYPORT_AUTHORITIES_H

#include "candidate/minted.h"
#include "candidate/values.h"

struct ring;

/*
 * Adds the authorities of the ring whose subject has only the parts C, ST, L, O, OU and CN in the order of a row, to m
 * and, as a row writes them, to the values. ring: NULL is fine. At most MINTED_AUTHORITIES.
 */
void authorities_take(const struct ring *ring, struct minted *m, struct values *v);

#endif
