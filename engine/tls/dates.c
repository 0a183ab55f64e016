/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/dates.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <stdlib.h>

#include "tls/ring_item.h"

#define EACH 4 /* a date of an object may change the judgement before and behind it; an object has two dates */

/* A chain may be judged otherwise at the date than before it, and after it than at it. */
static size_t
edges_of(const ASN1_TIME *date, int64_t out[2])
{
	if (date == NULL || ring_item_seconds(date, &out[0]) < 0)
		return 0;
	out[1] = out[0] + 1;
	return 2;
}

static size_t
edges_of_object(const X509_OBJECT *one, int64_t out[EACH])
{
	const X509 *x = X509_OBJECT_get0_X509(one);
	const X509_CRL *crl = X509_OBJECT_get0_X509_CRL((X509_OBJECT *)one);
	size_t n = 0;

	if (x != NULL)
		n = edges_of(X509_get0_notBefore(x), out), n += edges_of(X509_get0_notAfter(x), out + n);
	else if (crl != NULL)
		n = edges_of(X509_CRL_get0_lastUpdate(crl), out), n += edges_of(X509_CRL_get0_nextUpdate(crl), out + n);
	return n;
}

static int
dates_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int
dates_of_store(struct dates *out, const struct x509_store_st *store)
{
	const STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(store);
	int objects = sk_X509_OBJECT_num(all);

	*out = (struct dates){ .n = 0 };
	if (objects <= 0)
		return 0;
	out->at = calloc((size_t)objects, EACH * sizeof *out->at);
	if (out->at == NULL)
		return -1;
	for (int i = 0; i < objects; i++)
		out->n += edges_of_object(sk_X509_OBJECT_value(all, i), out->at + out->n);
	qsort(out->at, out->n, sizeof *out->at, dates_order);
	return 0;
}

void
dates_free(struct dates *d)
{
	free(d->at);
	*d = (struct dates){ .n = 0 };
}

static void
cut(int64_t edge, int64_t now, struct span *s)
{
	if (edge <= now && edge > s->from)
		s->from = edge;
	if (edge > now && edge < s->until)
		s->until = edge;
}

void
dates_cut(const struct dates *d, int64_t now, struct span *s)
{
	size_t low = 0, high = d->n;

	while (low < high) { /* finds the first edge after now */
		size_t middle = low + (high - low) / 2;

		if (d->at[middle] <= now)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0)
		cut(d->at[low - 1], now, s);
	if (low < d->n)
		cut(d->at[low], now, s);
}

void
dates_cut_certificate(const struct x509_st *x, int64_t now, struct span *s)
{
	int64_t edge[EACH];
	size_t n = edges_of(X509_get0_notBefore(x), edge);

	n += edges_of(X509_get0_notAfter(x), edge + n);
	for (size_t i = 0; i < n; i++)
		cut(edge[i], now, s);
}
