/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefixes are sorted by their first address, shorter ones first. The last prefix that does not begin after the address
 * is either the longest one that holds the address or lies inside that one. Each entry knows the entry around it, so a
 * look-up is a binary search and a short walk outwards. Each column is an array of its own: a search reads addresses
 * only.
 */
#include "base/ipset.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define NO_ENTRY UINT32_MAX

struct entry { /* a prefix as it was added */
	uint8_t bytes[16];
	long value;
	uint32_t order;
	uint8_t bits;
};

struct side { /* the prefixes of one address family */
	struct entry *entry; /* owned; NULL once sealed */
	size_t cap;
	size_t n;
	unsigned width;      /* bytes of an address: 4 or 16 */
	uint8_t *first;      /* owned; n * width */
	uint8_t *bits;       /* owned */
	uint32_t *around;    /* owned; the longest shorter prefix that holds this one, or NO_ENTRY */
	long *value;         /* owned */
};

struct ipset {
	struct side v4, v6;
	bool sealed;
};

struct ipset *
ipset_new(void)
{
	struct ipset *s = calloc(1, sizeof *s);

	if (s != NULL) {
		s->v4.width = 4;
		s->v6.width = 16;
	}
	return s;
}

static void
side_free(struct side *d)
{
	free(d->entry);
	free(d->first);
	free(d->bits);
	free(d->around);
	free(d->value);
	*d = (struct side){ .width = d->width };
}

void
ipset_free(struct ipset *s)
{
	if (s == NULL)
		return;
	side_free(&s->v4);
	side_free(&s->v6);
	free(s);
}

static int
side_grow(struct side *d)
{
	size_t cap = d->cap != 0 ? d->cap * 2 : 16;
	struct entry *more;

	if (d->n < d->cap)
		return 0;
	if (d->n >= NO_ENTRY / 2)
		return -1;
	more = realloc(d->entry, cap * sizeof *more);
	if (more == NULL)
		return -1;
	d->entry = more;
	d->cap = cap;
	return 0;
}

int
ipset_add(struct ipset *s, const struct addr_prefix *p, long value)
{
	struct side *d = p->family == 4 ? &s->v4 : &s->v6;
	struct entry *e;

	if (s->sealed || p->family == 0 || side_grow(d) < 0)
		return -1;
	e = &d->entry[d->n];
	memcpy(e->bytes, p->bytes, sizeof e->bytes);
	e->bits = p->bits;
	e->value = value;
	e->order = (uint32_t)d->n++;
	return 0;
}

static int
same_prefix(const struct entry *x, const struct entry *y)
{
	return x->bits == y->bits && memcmp(x->bytes, y->bytes, sizeof x->bytes) == 0;
}

/* qsort is not stable: equal prefixes are compared by the order in which they were added. */
static int
ipset_compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = memcmp(x->bytes, y->bytes, sizeof x->bytes);

	if (c != 0)
		return c;
	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Of equal prefixes the one added last stays. */
static void
drop_doubles(struct side *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n; i++) {
		if (kept > 0 && same_prefix(&d->entry[kept - 1], &d->entry[i]))
			kept--;
		d->entry[kept++] = d->entry[i];
	}
	d->n = kept;
}

static bool
holds(const uint8_t *first, unsigned bits, const uint8_t *bytes)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(first, bytes, whole) != 0)
		return false;
	return rest == 0 || ((first[whole] ^ bytes[whole]) >> (8 - rest)) == 0;
}

/* Walks from entry i outwards to the first entry that holds these bytes. */
static uint32_t
outwards(const struct side *d, uint32_t i, const uint8_t *bytes)
{
	while (i != NO_ENTRY && !holds(d->first + (size_t)i * d->width, d->bits[i], bytes))
		i = d->around[i];
	return i;
}

static int
side_seal(struct side *d)
{
	if (d->n == 0)
		return 0;
	qsort(d->entry, d->n, sizeof *d->entry, ipset_compare);
	drop_doubles(d);
	d->first = malloc(d->n * d->width);
	d->bits = malloc(d->n);
	d->around = malloc(d->n * sizeof *d->around);
	d->value = malloc(d->n * sizeof *d->value);
	if (d->first == NULL || d->bits == NULL || d->around == NULL || d->value == NULL)
		return -1;
	for (size_t i = 0; i < d->n; i++) {
		memcpy(d->first + i * d->width, d->entry[i].bytes, d->width);
		d->bits[i] = d->entry[i].bits;
		d->value[i] = d->entry[i].value;
		d->around[i] = i == 0 ? NO_ENTRY : outwards(d, (uint32_t)i - 1, d->entry[i].bytes);
	}
	free(d->entry);
	d->entry = NULL;
	return 0;
}

int
ipset_seal(struct ipset *s)
{
	if (s->sealed)
		return 0;
	s->sealed = side_seal(&s->v4) == 0 && side_seal(&s->v6) == 0;
	if (s->sealed)
		return 0;
	side_free(&s->v4);
	side_free(&s->v6);
	return -1;
}

size_t
ipset_count(const struct ipset *s)
{
	return s->v4.n + s->v6.n;
}

/* Compares addresses in network order as numbers; IPv4 without memcmp, which is slower for four bytes. */
static bool
behind(const uint8_t *first, const uint8_t *bytes, unsigned width)
{
	uint32_t x, y;

	if (width != 4)
		return memcmp(first, bytes, width) > 0;
	memcpy(&x, first, 4);
	memcpy(&y, bytes, 4);
	return ntohl(x) > ntohl(y);
}

/* The last entry that does not begin after the address; NO_ENTRY: there is none. */
static uint32_t
last_before(const struct side *d, const uint8_t *bytes)
{
	size_t low = 0, high = d->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (behind(d->first + middle * d->width, bytes, d->width))
			high = middle;
		else
			low = middle + 1;
	}
	return low == 0 ? NO_ENTRY : (uint32_t)(low - 1);
}

bool
ipset_find(const struct ipset *s, const struct addr *a, struct addr_prefix *longest, long *value)
{
	const struct side *d = a->family == 4 ? &s->v4 : &s->v6;
	uint32_t i;

	if (!s->sealed || a->family == 0 || d->n == 0)
		return false;
	i = outwards(d, last_before(d, a->bytes), a->bytes);
	if (i == NO_ENTRY)
		return false;
	if (longest != NULL) {
		*longest = (struct addr_prefix){ .family = a->family, .bits = d->bits[i] };
		memcpy(longest->bytes, d->first + (size_t)i * d->width, d->width);
	}
	if (value != NULL)
		*value = d->value[i];
	return true;
}
