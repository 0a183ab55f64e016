/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expiries: the end dates of a ring's certificates and CRLs. Immutable once sealed; reference-counted, and counted
 * atomically, because the loop makes them and another thread prints them.
 */
#ifndef SALLYPORT_EXPIRIES_H
#define SALLYPORT_EXPIRIES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics/series.h"

#define EXPIRY_TEXT 480 /* bytes of the printed labels */

struct expiry {
	char labels[EXPIRY_TEXT]; /* as they are printed */
	int64_t end;              /* seconds since 1970 */
};

struct expiries {
	_Atomic unsigned refs;
	struct expiry *item; /* owned; the first ends first */
	size_t n, room;
	uint64_t folded;     /* items above SERIES_MAX, which are one item with the labels "other" */
};

/* An empty list with one reference, which the caller owns. NULL: no memory. */
struct expiries *expiries_new(void);
struct expiries *expiries_ref(struct expiries *e); /* NULL is fine */
void expiries_unref(struct expiries *e);           /* the last one frees; NULL is fine */
/*
 * Adds an end date (seconds since 1970). Texts are copied; ring is cut at 64 bytes, label at 128. Of items with equal
 * labels one stays: of the kinds "signer" and "crl" the one that ends last, since a newer one replaces an older one, of
 * other kinds the one that ends first. Without memory the item is left out and counted in `folded`.
 */
void expiries_add(struct expiries *e, const char *ring, const char *label, const char *kind, int64_t end);
/* Sorts the list by end dates and cuts it to SERIES_MAX items. Nothing is added afterwards. */
void expiries_seal(struct expiries *e);

#endif
