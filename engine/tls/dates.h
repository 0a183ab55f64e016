/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dates: the times at which the judgement about a chain can change: the dates of its certificates, and those of the
 * certificates and CRLs of a trust store. Between two of them the same chain is judged alike.
 */
#ifndef SALLYPORT_DATES_H
#define SALLYPORT_DATES_H

#include <stddef.h>
#include <stdint.h>

struct x509_st;
struct x509_store_st;

struct dates { /* of a trust store; all zero: it has none */
	int64_t *at; /* owned; sorted; seconds since 1970 */
	size_t n;
};

struct span { /* times of one judgement: from `from` on and before `until`, in seconds since 1970 */
	int64_t from, until;
};

#define SPAN_ALWAYS ((struct span){ INT64_MIN, INT64_MAX })

/* Collects the dates of the store into out, which dates_free empties. -1: no memory. */
int dates_of_store(struct dates *out, const struct x509_store_st *store);
void dates_free(struct dates *d);
/* Narrows s, which contains `now`, to the times around `now` without a date of the store, or of the certificate. */
void dates_cut(const struct dates *d, int64_t now, struct span *s);
void dates_cut_certificate(const struct x509_st *x, int64_t now, struct span *s);

#endif
