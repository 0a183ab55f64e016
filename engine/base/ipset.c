/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefixes are sorted by their first address, shorter ones first. The last prefix that does not begin after the address
 * is either the longest one that holds the address or lies inside that one; each entry knows the entry around it.
 *
 * A look-up costs as much as the memory that it waits for. So the entries are parted by the bits behind those that all
 * of them have in common, and each part has a line of the cache: of its first entries the next 16 bits, their lengths
 * and which one lies around which. This is enough to find the entry, so a look-up of a random address reads the line,
 * and then the entry when there is one. A part with more entries than a line has places is searched in the entries.
 *
 * An address is a number of 128 bits that is aligned to the left; of an IPv4 address the first 32 bits are used.
 * Entry 0 is no prefix. It lies around all others, so that each walk outwards ends there.
 */
#include "base/ipset.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define PLACES 16   /* of a line, for an entry each */
#define KEY_BITS 16 /* of an entry, in a line */
#define MORE 0xff   /* entries of a part: too many for its line */

typedef uint16_t eight_keys __attribute__((vector_size(16))); /* the size of a register on each machine */

struct number { /* 128 bits */
	uint64_t high, low;
};

struct added { /* a prefix as it was added */
	struct number first;
	uint32_t value, order;
	uint8_t bits;
};

struct entry4 {
	uint32_t first, value;
	uint32_t outer; /* 24 bits: the longest shorter prefix that holds this one, or 0; then 8 bits: the length */
};

struct entry6 {
	struct number first;
	uint32_t value, outer;
};

/*
 * A part. Its places count from 1; place 0 stands for `outer`, the longest prefix that began before the part, and so
 * holds all of it.
 */
struct line {
	uint16_t key[PLACES];  /* of the entry of each place: the bits behind those of the part; 0xffff: none */
	uint8_t reach[PLACES]; /* how many bits of its key belong to the prefix; KEY_BITS + 1: all and more */
	uint64_t around;       /* 4 bits for each: the place of the entry around it */
	uint32_t base;         /* the entry of place 1 */
	uint32_t outer;        /* 24 bits: an entry, or 0; then 8 bits: the number of entries, or MORE */
};

_Static_assert(sizeof(struct line) == 64, "a line of the cache");

struct side { /* the prefixes of one address family */
	struct added *added; /* owned; NULL once sealed */
	size_t cap;
	size_t n;            /* of prefixes: the entries 1 to n */
	bool is4;
	union {
		struct entry4 *entry4; /* owned: is4 */
		struct entry6 *entry6; /* owned: not is4 */
	};
	struct line *line;   /* owned; of each part, and one behind the last, which has a base only */
	unsigned common;     /* bits that all first addresses have in common */
	unsigned part_bits;  /* those behind the common ones, by which entries are parted */
	struct number lowest; /* the first address of the first entry */
};

struct ipset {
	struct side v4, v6;
	bool sealed;
};

struct ipset *
ipset_new(void)
{
	struct ipset *s = calloc(1, sizeof *s);

	if (s != NULL)
		s->v4.is4 = true;
	return s;
}

static void
side_free(struct side *d)
{
	free(d->added);
	if (d->is4)
		free(d->entry4);
	else
		free(d->entry6);
	free(d->line);
	*d = (struct side){ .is4 = d->is4 };
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

/* --- numbers ---------------------------------------------------------------------------------- */

static uint64_t
eight(const uint8_t *bytes)
{
	uint64_t n;

	memcpy(&n, bytes, sizeof n);
	return be64toh(n);
}

static struct number
number_of(const uint8_t bytes[16])
{
	return (struct number){ eight(bytes), eight(bytes + 8) };
}

static void
put_number(uint8_t bytes[16], struct number n)
{
	n = (struct number){ htobe64(n.high), htobe64(n.low) };
	memcpy(bytes, &n, 16);
}

static bool
is_below(struct number x, struct number y)
{
	return x.high < y.high || (x.high == y.high && x.low < y.low);
}

/* Whether the first bits of both are equal. */
static bool
same_bits(struct number x, struct number y, unsigned bits)
{
	uint64_t high = x.high ^ y.high, low = x.low ^ y.low;

	if (bits <= 64)
		return bits == 0 || high >> (64 - bits) == 0;
	return high == 0 && low >> (128 - bits) == 0;
}

/* The n bits behind the first `from` ones; bits behind the last one are 0. n is 0 to 32. */
static uint32_t
bits_behind(struct number x, unsigned from, unsigned n)
{
	uint64_t high = x.high;

	if (n == 0 || from >= 128)
		return 0;
	if (from >= 64)
		high = x.low << (from - 64);
	else if (from > 0)
		high = x.high << from | x.low >> (64 - from);
	return (uint32_t)(high >> (64 - n));
}

/* --- adding ----------------------------------------------------------------------------------- */

static int
side_grow(struct side *d)
{
	size_t cap = d->cap != 0 ? d->cap * 2 : 16;
	struct added *more;

	if (d->n < d->cap)
		return 0;
	if (d->n >= IPSET_MAX)
		return -1;
	more = realloc(d->added, cap * sizeof *more);
	if (more == NULL)
		return -1;
	d->added = more;
	d->cap = cap;
	return 0;
}

int
ipset_add(struct ipset *s, const struct addr_prefix *p, long value)
{
	struct side *d = p->family == 4 ? &s->v4 : &s->v6;

	if (s->sealed || p->family == 0 || value < 0 || value > UINT32_MAX || side_grow(d) < 0)
		return -1;
	d->added[d->n] = (struct added){ .first = number_of(p->bytes), .value = (uint32_t)value, .order = (uint32_t)d->n, .bits = p->bits };
	d->n++;
	return 0;
}

/* --- sorting ---------------------------------------------------------------------------------- */

static bool
same_prefix(const struct added *x, const struct added *y)
{
	return x->bits == y->bits && x->first.high == y->first.high && x->first.low == y->first.low;
}

/* qsort is not stable: equal prefixes are compared by the order in which they were added. */
static int
ipset_compare(const void *a, const void *b)
{
	const struct added *x = a, *y = b;

	if (is_below(x->first, y->first))
		return -1;
	if (is_below(y->first, x->first))
		return 1;
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
		if (kept > 0 && same_prefix(&d->added[kept - 1], &d->added[i]))
			kept--;
		d->added[kept++] = d->added[i];
	}
	d->n = kept;
}

/* How many leading bits the first addresses of all entries have in common. */
static unsigned
common_bits(const struct side *d)
{
	struct number zero = d->added[0].first, differ = { 0, 0 };
	unsigned n = 0;

	for (size_t i = 1; i < d->n; i++) {
		differ.high |= d->added[i].first.high ^ zero.high;
		differ.low |= d->added[i].first.low ^ zero.low;
	}
	while (n < 128 && bits_behind(differ, n, 1) == 0)
		n++;
	return n;
}

/* The part of an address that has the common bits. */
static uint32_t
part_of(const struct side *d, struct number a)
{
	return bits_behind(a, d->common, d->part_bits);
}

static uint32_t
parts(const struct side *d)
{
	return (uint32_t)1 << d->part_bits;
}

/* Parts the added prefixes, in an array that replaces d->added; sorts each part. -1: no memory. */
static int
sort_parts(struct side *d)
{
	struct added *parted = malloc(d->n * sizeof *parted);
	uint32_t *end = calloc(parts(d) + 1, sizeof *end); /* of part p, while entries are put into it: end[p] */

	if (parted == NULL || end == NULL) {
		free(parted);
		free(end);
		return -1;
	}
	for (size_t i = 0; i < d->n; i++)
		end[part_of(d, d->added[i].first) + 1]++;
	for (uint32_t p = 1; p < parts(d); p++)
		end[p + 1] += end[p];
	for (size_t i = 0; i < d->n; i++)
		parted[end[part_of(d, d->added[i].first)]++] = d->added[i];
	for (uint32_t p = 0, from = 0; p < parts(d); from = end[p++])
		if (end[p] - from > 1)
			qsort(parted + from, end[p] - from, sizeof *parted, ipset_compare);
	free(end);
	free(d->added);
	d->added = parted;
	return 0;
}

/* --- entries ---------------------------------------------------------------------------------- */

static struct number
first_of(const struct side *d, uint32_t i)
{
	return d->is4 ? (struct number){ (uint64_t)d->entry4[i].first << 32, 0 } : d->entry6[i].first;
}

static uint32_t
value_of(const struct side *d, uint32_t i)
{
	return d->is4 ? d->entry4[i].value : d->entry6[i].value;
}

static uint32_t
packed_of(const struct side *d, uint32_t i)
{
	return d->is4 ? d->entry4[i].outer : d->entry6[i].outer;
}

static uint32_t
outer_of(const struct side *d, uint32_t i)
{
	return packed_of(d, i) >> 8;
}

static uint8_t
length_of(const struct side *d, uint32_t i)
{
	return (uint8_t)packed_of(d, i);
}

/* Walks from entry i outwards to the first entry that holds the address; 0: no entry holds it. */
static uint32_t
outwards(const struct side *d, uint32_t i, struct number a)
{
	while (!same_bits(first_of(d, i), a, length_of(d, i)))
		i = outer_of(d, i);
	return i;
}

static void
put_entry(struct side *d, uint32_t i, const struct added *from)
{
	uint32_t outer = outwards(d, i - 1, from->first) << 8 | from->bits;

	if (d->is4)
		d->entry4[i] = (struct entry4){ (uint32_t)(from->first.high >> 32), from->value, outer };
	else
		d->entry6[i] = (struct entry6){ from->first, from->value, outer };
}

/* Makes the array of the entries, of the added prefixes that are sorted. -1: no memory. */
static int
make_entries(struct side *d)
{
	void *entry = calloc(d->n + 1, d->is4 ? sizeof *d->entry4 : sizeof *d->entry6);

	if (entry == NULL)
		return -1;
	if (d->is4)
		d->entry4 = entry;
	else
		d->entry6 = entry;
	d->lowest = d->added[0].first;
	for (size_t i = 0; i < d->n; i++)
		put_entry(d, (uint32_t)i + 1, &d->added[i]);
	free(d->added);
	d->added = NULL;
	return 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* The bits of an address that stand in a line. */
static uint16_t
key_of(const struct side *d, struct number a)
{
	return (uint16_t)bits_behind(a, d->common + d->part_bits, KEY_BITS);
}

static uint8_t
reach_of(const struct side *d, uint32_t i)
{
	unsigned bits = length_of(d, i), before = d->common + d->part_bits;

	return (uint8_t)(bits <= before ? 0 : bits - before <= KEY_BITS ? bits - before : KEY_BITS + 1);
}

/* Whether an entry that begins before a part holds all of it; entry 0 holds all parts. */
static bool
holds_part(const struct side *d, uint32_t i, uint32_t p)
{
	unsigned bits = length_of(d, i), before = d->common + d->part_bits;
	unsigned shift = bits > d->common ? before - bits : d->part_bits;

	return bits <= before && part_of(d, first_of(d, i)) >> shift == p >> shift;
}

/* Fills in the line of part p, which has the n entries from base on. */
static void
put_line(struct side *d, uint32_t p, uint32_t base, uint32_t n)
{
	struct line *l = &d->line[p];
	uint32_t outer = base - 1;

	while (!holds_part(d, outer, p))
		outer = outer_of(d, outer);
	*l = (struct line){ .base = base, .outer = outer << 8 | (n <= PLACES ? n : MORE) };
	memset(l->key, 0xff, sizeof l->key);
	for (uint32_t k = 0; k < n && k < PLACES; k++) {
		uint32_t around = outer_of(d, base + k);

		l->key[k] = key_of(d, first_of(d, base + k));
		l->reach[k] = reach_of(d, base + k);
		l->around |= (uint64_t)(around < base ? 0 : around - base + 1) << 4 * k;
	}
}

/* Makes the lines of the sorted entries. -1: no memory. */
static int
make_lines(struct side *d)
{
	d->line = aligned_alloc(sizeof *d->line, (parts(d) + 1) * sizeof *d->line);
	if (d->line == NULL)
		return -1;
	d->line[parts(d)].base = (uint32_t)d->n + 1;
	for (uint32_t p = 0, from = 1, to = 1; p < parts(d); p++, from = to) {
		while (to <= d->n && part_of(d, first_of(d, to)) == p)
			to++;
		put_line(d, p, from, to - from);
	}
	return 0;
}

static int
side_seal(struct side *d)
{
	if (d->n == 0)
		return 0;
	d->common = common_bits(d);
	while (d->n >> d->part_bits > PLACES / 2)
		d->part_bits++;
	if (sort_parts(d) < 0)
		return -1;
	drop_doubles(d);
	return make_entries(d) < 0 ? -1 : make_lines(d);
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

/* --- looking up ------------------------------------------------------------------------------- */

size_t
ipset_count(const struct ipset *s)
{
	return s->v4.n + s->v6.n;
}

/* The last of the n entries from base on that does not begin after the address; base - 1: none of them. */
static uint32_t
last_before(const struct side *d, uint32_t base, uint32_t n, struct number a)
{
	while (n > 0) {
		uint32_t half = (n + 1) / 2;

		if (!is_below(a, first_of(d, base + half - 1)))
			base += half;
		n -= half;
	}
	return base - 1;
}

/* How many keys of a line are not above this one; unused places may count. */
static uint32_t
count_keys(const struct line *l, uint16_t key)
{
	eight_keys k[2], counted;
	uint64_t sum[2];

	memcpy(k, l->key, sizeof k);
	counted = ((eight_keys)(k[0] <= key) & 1) + ((eight_keys)(k[1] <= key) & 1);
	memcpy(sum, &counted, sizeof sum);
	return (uint32_t)((sum[0] + sum[1]) * 0x0001000100010001u >> 48);
}

/*
 * Whether neither the entry of a place, the last one whose key is not above this one, nor one around it holds the
 * address, by the bits of the line; most addresses end here. The caller has one branch for all of it, because a branch
 * that the processor guesses wrongly costs as much as the line.
 */
static bool
is_outside(const struct line *l, uint32_t place, uint16_t key)
{
	uint32_t at = place - (place > 0), reach = l->reach[at] < KEY_BITS ? l->reach[at] : KEY_BITS;
	bool other = (uint32_t)(l->key[at] ^ key) >> (KEY_BITS - reach) != 0, alone = (l->around >> 4 * at & 15) == 0;

	return (place == 0) | (other & alone);
}

/* Whether the entry of a place, which does not begin after the address, holds it. */
static bool
place_holds(const struct side *d, const struct line *l, uint32_t place, uint16_t key, struct number a)
{
	unsigned reach = l->reach[place - 1];
	uint32_t entry = l->base + place - 1;

	if (reach <= KEY_BITS)
		return (uint32_t)(l->key[place - 1] ^ key) >> (KEY_BITS - reach) == 0;
	return l->key[place - 1] == key && same_bits(first_of(d, entry), a, length_of(d, entry));
}

/* The longest prefix that holds an address of the part, which has more entries than places. */
static uint32_t
search_part(const struct side *d, const struct line *l, struct number a)
{
	uint32_t last = last_before(d, l->base, l[1].base - l->base, a);

	return last < l->base ? l->outer >> 8 : outwards(d, last, a);
}

/* The longest prefix that holds an address with the common bits; 0: no prefix holds it. */
static uint32_t
part_find(const struct side *d, struct number a)
{
	const struct line *l = &d->line[part_of(d, a)];
	uint16_t key = key_of(d, a);
	uint32_t n = l->outer & MORE, place;

	if (n == MORE)
		return search_part(d, l, a);
	place = count_keys(l, key);
	place = place < n ? place : n;
	if (is_outside(l, place, key))
		return l->outer >> 8;
	while (place > 0 && l->key[place - 1] == key && is_below(a, first_of(d, l->base + place - 1)))
		place--; /* it begins after the address, behind the bits of the key */
	while (place > 0 && !place_holds(d, l, place, key, a))
		place = l->around >> 4 * (place - 1) & 15;
	return place > 0 ? l->base + place - 1 : l->outer >> 8;
}

/* The longest prefix that holds the address; 0: no entry holds it. */
static uint32_t
side_find(const struct side *d, struct number a)
{
	if (same_bits(d->lowest, a, d->common))
		return part_find(d, a);
	return outwards(d, is_below(a, d->lowest) ? 0 : (uint32_t)d->n, a); /* it lies before all entries, or behind them */
}

bool
ipset_find(const struct ipset *s, const struct addr *a, struct addr_prefix *longest, long *value)
{
	const struct side *d = a->family == 4 ? &s->v4 : &s->v6;
	uint32_t i;

	if (!s->sealed || a->family == 0 || d->n == 0)
		return false;
	i = side_find(d, number_of(a->bytes));
	if (i == 0)
		return false;
	if (longest != NULL) {
		*longest = (struct addr_prefix){ .family = a->family, .bits = length_of(d, i) };
		put_number(longest->bytes, first_of(d, i));
	}
	if (value != NULL)
		*value = value_of(d, i);
	return true;
}
