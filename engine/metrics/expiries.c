/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/expiries.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_BYTES 129 /* of a subject, with its NUL */
#define RING_BYTES 65

struct expiries *
expiries_new(void)
{
	struct expiries *e = calloc(1, sizeof *e);

	if (e != NULL)
		e->refs = 1;
	return e;
}

struct expiries *
expiries_ref(struct expiries *e)
{
	if (e != NULL)
		atomic_fetch_add(&e->refs, 1);
	return e;
}

void
expiries_unref(struct expiries *e)
{
	if (e == NULL || atomic_fetch_sub(&e->refs, 1) != 1)
		return;
	free(e->item);
	free(e);
}

/* A free item at the end of the list; NULL: no memory. */
static struct expiry *
room(struct expiries *e)
{
	size_t more = e->room == 0 ? 16 : e->room * 2;
	struct expiry *bigger;

	if (e->n < e->room)
		return &e->item[e->n];
	bigger = realloc(e->item, more * sizeof *bigger);
	if (bigger == NULL)
		return NULL;
	e->item = bigger;
	e->room = more;
	return &e->item[e->n];
}

static void
print_labels(char out[EXPIRY_TEXT], const char *ring, const char *label, const char *kind)
{
	char cut[LABEL_BYTES], name[RING_BYTES];

	out[0] = '\0';
	snprintf(name, sizeof name, "%s", ring);
	snprintf(cut, sizeof cut, "%s", label);
	series_label(out, EXPIRY_TEXT, "ring", name);
	series_label(out, EXPIRY_TEXT, "label", cut);
	series_label(out, EXPIRY_TEXT, "kind", kind);
}

void
expiries_add(struct expiries *e, const char *ring, const char *label, const char *kind, int64_t end)
{
	struct expiry *one = room(e);

	if (one == NULL) {
		e->folded++;
		return;
	}
	print_labels(one->labels, ring, label, kind);
	one->end = end;
	e->n++;
}

/* A quote of a label has a backslash before it, so that no label looks like a kind. */
static bool
last_counts(const char *labels)
{
	return strstr(labels, ",kind=\"signer\"") != NULL || strstr(labels, ",kind=\"crl\"") != NULL;
}

/* By labels; of equal ones the item that stays comes first. */
static int
expiries_by_labels(const void *a, const void *b)
{
	const struct expiry *x = a, *y = b;
	int order = strcmp(x->labels, y->labels);

	if (order != 0 || x->end == y->end)
		return order;
	return (x->end < y->end) == last_counts(x->labels) ? 1 : -1;
}

static int
expiries_by_end(const void *a, const void *b)
{
	const struct expiry *x = a, *y = b;

	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return strcmp(x->labels, y->labels);
}

static void
drop_equals(struct expiries *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < e->n; i++)
		if (kept == 0 || strcmp(e->item[kept - 1].labels, e->item[i].labels) != 0)
			e->item[kept++] = e->item[i];
	e->n = kept;
}

void
expiries_seal(struct expiries *e)
{
	if (e->n == 0)
		return;
	qsort(e->item, e->n, sizeof *e->item, expiries_by_labels);
	drop_equals(e);
	qsort(e->item, e->n, sizeof *e->item, expiries_by_end);
	if (e->n <= SERIES_MAX)
		return;
	e->folded += e->n - (SERIES_MAX - 1);
	e->n = SERIES_MAX;
	print_labels(e->item[SERIES_MAX - 1].labels, SERIES_OTHER, SERIES_OTHER, SERIES_OTHER);
}
