/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefixes are sorted by their first address, shorter ones first. The last prefix that does not begin after the address
 * is either the longest one that holds the address or lies inside that one. Each entry knows the entry around it, so a
 * look-up is a binary search and a short walk outwards. The addresses are an array of their own, so that a search reads
 * few lines of the cache; in a large set it begins where the first differing bits of the address lead.
 */
#include "base/ipset.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define NO_ENTRY UINT32_MAX
#define PART_BITS 16      /* the bits by which entries are parted, behind those that all have in common */
#define PARTS (1u << PART_BITS)
#define PARTED_FROM 4096  /* entries; a smaller side has one part */

struct entry { /* a prefix as it was added */
	uint8_t bytes[16];
	uint32_t value, order;
	uint8_t bits;
};

struct side { /* the prefixes of one address family */
	struct entry *entry; /* owned; NULL once sealed */
	size_t cap;
	size_t n;
	unsigned width;      /* bytes of an address: 4 or 16 */
	uint8_t *first;      /* owned; n * width */
	struct rest *rest;   /* owned; of the same entries */
	uint32_t *part;      /* owned; part p has the entries from part[p] to part[p + 1]; NULL: one part */
	unsigned common;     /* bits that all first addresses have in common */
};

struct rest {
	uint32_t around; /* the longest shorter prefix that holds this one, or NO_ENTRY */
	uint32_t value;
	uint8_t bits;
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
	free(d->rest);
	free(d->part);
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

	if (s->sealed || p->family == 0 || value < 0 || value > UINT32_MAX || side_grow(d) < 0)
		return -1;
	e = &d->entry[d->n];
	memcpy(e->bytes, p->bytes, sizeof e->bytes);
	e->bits = p->bits;
	e->value = (uint32_t)value;
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
	while (i != NO_ENTRY && !holds(d->first + (size_t)i * d->width, d->rest[i].bits, bytes))
		i = d->rest[i].around;
	return i;
}

/* --- parts ------------------------------------------------------------------------------------ */

/* The part of an address: its bits behind the common ones. Of an address without these, any part. */
static uint32_t
part_of(const struct side *d, const uint8_t *bytes)
{
	unsigned from = d->common / 8;
	uint32_t four = 0;

	for (unsigned i = 0; i < 4; i++)
		four = four << 8 | (from + i < d->width ? bytes[from + i] : 0);
	return four << d->common % 8 >> (32 - PART_BITS);
}

/* How many leading bits the first addresses of all entries have in common. */
static unsigned
common_bits(const struct side *d)
{
	uint64_t differ[2] = { 0 }, zero[2], one[2];
	unsigned n = 0;

	memcpy(zero, d->entry[0].bytes, sizeof zero);
	for (size_t i = 1; i < d->n; i++) {
		memcpy(one, d->entry[i].bytes, sizeof one);
		differ[0] |= one[0] ^ zero[0];
		differ[1] |= one[1] ^ zero[1];
	}
	while (n < d->width * 8 && (((const uint8_t *)differ)[n / 8] >> (7 - n % 8) & 1) == 0)
		n++;
	return n;
}

/* Parts the entries into d->part, in an array that replaces d->entry; sorts each part. -1: no memory. */
static int
sort_parts(struct side *d)
{
	struct entry *parted = malloc(d->n * sizeof *parted);
	uint32_t *end = calloc(PARTS + 1, sizeof *end); /* of part p, while entries are put into it: end[p] */

	d->common = common_bits(d);
	if (parted == NULL || end == NULL) {
		free(parted);
		free(end);
		return -1;
	}
	for (size_t i = 0; i < d->n; i++)
		end[part_of(d, d->entry[i].bytes) + 1]++;
	for (uint32_t p = 1; p < PARTS; p++)
		end[p + 1] += end[p];
	for (size_t i = 0; i < d->n; i++)
		parted[end[part_of(d, d->entry[i].bytes)]++] = d->entry[i];
	for (uint32_t p = 0, from = 0; p < PARTS; from = end[p++])
		if (end[p] - from > 1)
			qsort(parted + from, end[p] - from, sizeof *parted, ipset_compare);
	free(end);
	free(d->entry);
	d->entry = parted;
	return 0;
}

/* Notes where each part of the sorted entries begins. -1: no memory. */
static int
index_parts(struct side *d)
{
	uint32_t p = 0;

	d->part = malloc((PARTS + 1) * sizeof *d->part);
	if (d->part == NULL)
		return -1;
	for (size_t i = 0; i < d->n; i++)
		for (uint32_t of = part_of(d, d->entry[i].bytes); p <= of; p++)
			d->part[p] = (uint32_t)i;
	for (; p <= PARTS; p++)
		d->part[p] = (uint32_t)d->n;
	return 0;
}

static int
sort_side(struct side *d)
{
	if (d->n < PARTED_FROM) {
		qsort(d->entry, d->n, sizeof *d->entry, ipset_compare);
		drop_doubles(d);
		return 0;
	}
	if (sort_parts(d) < 0)
		return -1;
	drop_doubles(d);
	return index_parts(d);
}

static int
side_seal(struct side *d)
{
	if (d->n == 0)
		return 0;
	if (sort_side(d) < 0)
		return -1;
	d->first = malloc(d->n * d->width);
	d->rest = malloc(d->n * sizeof *d->rest);
	if (d->first == NULL || d->rest == NULL)
		return -1;
	for (size_t i = 0; i < d->n; i++) {
		const struct entry *e = &d->entry[i];

		memcpy(d->first + i * d->width, e->bytes, d->width);
		d->rest[i] = (struct rest){ .around = i == 0 ? NO_ENTRY : outwards(d, (uint32_t)i - 1, e->bytes), .value = e->value, .bits = e->bits };
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

/* Whether the address has the bits that all entries have in common. */
static bool
has_common(const struct side *d, const uint8_t *bytes)
{
	return holds(d->first, d->common, bytes);
}

/* The last entry that does not begin after the address; NO_ENTRY: there is none. */
static uint32_t
last_before(const struct side *d, const uint8_t *bytes)
{
	uint32_t part = d->part != NULL ? part_of(d, bytes) : 0;
	size_t low = d->part != NULL ? d->part[part] : 0, high = d->part != NULL ? d->part[part + 1] : d->n;

	if (d->part != NULL && !has_common(d, bytes)) /* it lies before all entries, or behind them */
		return behind(d->first, bytes, d->width) ? NO_ENTRY : (uint32_t)d->n - 1;
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
		*longest = (struct addr_prefix){ .family = a->family, .bits = d->rest[i].bits };
		memcpy(longest->bytes, d->first + (size_t)i * d->width, d->width);
	}
	if (value != NULL)
		*value = d->rest[i].value;
	return true;
}
