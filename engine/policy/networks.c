/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/networks.h"

#include "base/ipset.h"
#include "base/keyed.h"

#include <stdlib.h>
#include <string.h>

struct different { /* a value that some rows have */
	struct keyed_link link; /* first; while the set is made */
	size_t number;          /* of the prefixes in the set: from 1; 0 stands for no value */
	struct cell cell;       /* a text is in `text` */
	char text[];
};

struct networks {
	struct ipset *set;        /* owned */
	struct different **value; /* owned, with the objects; value[number - 1] */
	size_t values, room;
};

struct making {
	const struct dataset *d;
	int prefix, value;    /* columns; -1: none */
	struct networks *n;
	struct keyed known;   /* the values */
	struct fault *f;
};

void
networks_free(struct networks *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->values; i++)
		free(n->value[i]);
	free(n->value);
	ipset_free(n->set);
	free(n);
}

/* --- values ----------------------------------------------------------------------------------- */

/* The bytes by which values are compared: the text, or the number. */
static const void *
bytes_of(const struct cell *c, size_t *len)
{
	*len = c->kind == CELL_TEXT ? c->len : c->kind == CELL_FLAG ? sizeof c->flag : sizeof c->integer;
	return c->kind == CELL_TEXT ? (const void *)c->text : c->kind == CELL_FLAG ? (const void *)&c->flag : (const void *)&c->integer;
}

static bool
same_cell(const struct cell *x, const struct cell *y)
{
	size_t n, m;
	const void *a = bytes_of(x, &n), *b = bytes_of(y, &m);

	return x->kind == y->kind && n == m && memcmp(a, b, n) == 0;
}

static struct different *
find_value(const struct making *m, const struct cell *c, uint64_t hash)
{
	struct keyed_link *l = keyed_next(&m->known, NULL, hash);

	while (l != NULL && !same_cell(&((struct different *)l)->cell, c))
		l = keyed_next(&m->known, l, hash);
	return (struct different *)l;
}

/* Copies a value into the set. NULL: no memory. */
static struct different *
add_value(struct making *m, const struct cell *c, uint64_t hash)
{
	struct networks *n = m->n;
	size_t len = c->kind == CELL_TEXT ? c->len : 0, room = n->room != 0 ? 2 * n->room : 16;
	struct different *one, **more = n->value;

	if (n->values == n->room && (more = realloc(n->value, room * sizeof(struct different *))) == NULL)
		return NULL;
	n->room = n->values == n->room ? room : n->room;
	n->value = more;
	one = calloc(1, sizeof *one + len);
	if (one == NULL)
		return NULL;
	one->cell = *c;
	if (c->kind == CELL_TEXT) {
		memcpy(one->text, c->text, len);
		one->cell.text = one->text;
	}
	n->value[n->values++] = one;
	one->number = n->values;
	keyed_add(&m->known, &one->link, hash);
	return one;
}

/* The number of a row's value in the set. -1: no memory. */
static long
number_of(struct making *m, const struct dataset_row *row)
{
	const struct cell *c = m->value >= 0 ? dataset_cell(m->d, row, m->value) : NULL;
	struct different *one;
	const void *bytes;
	uint64_t hash;
	size_t len;

	if (c == NULL)
		return 0;
	bytes = bytes_of(c, &len);
	hash = keyed_hash(&m->known, bytes, len);
	one = find_value(m, c, hash);
	if (one == NULL)
		one = add_value(m, c, hash);
	return one != NULL ? (long)one->number : -1;
}

/* --- the set ---------------------------------------------------------------------------------- */

static int
take_row(struct making *m, const struct dataset_row *row)
{
	const struct cell *c = dataset_cell(m->d, row, m->prefix);
	const char *column = m->d->column[m->prefix];
	unsigned long line = row->line;
	struct addr_prefix p;
	long number;

	if (c == NULL)
		return fault_set(m->f, "%lu: the row has no %s", line, column);
	if (c->kind != CELL_TEXT)
		return fault_set(m->f, "%lu: %s is no string", line, column);
	if (addr_prefix_parse(&p, c->text, c->len, m->f) < 0)
		return fault_wrap(m->f, "%lu: %s", line, column);
	number = number_of(m, row);
	if (number < 0 || ipset_add(m->n->set, &p, number) < 0)
		return fault_set(m->f, "out of memory");
	return 0;
}

/* Fills in the set of the rows, of which there are some. */
static int
take_rows(struct making *m, const char *prefix, const char *value)
{
	m->prefix = dataset_find_column(m->d, prefix, "prefixes", m->f);
	m->value = value != NULL ? dataset_find_column(m->d, value, "values", m->f) : -1;
	if (m->prefix < 0 || (value != NULL && m->value < 0))
		return -1;
	for (size_t i = 0; i < m->d->rows; i++)
		if (take_row(m, &m->d->row[i]) < 0)
			return -1;
	return 0;
}

struct networks *
networks_make(const struct dataset *d, const char *prefix, const char *value, struct fault *f)
{
	struct networks *n = calloc(1, sizeof *n);
	struct making m = { .d = d, .n = n, .f = f };
	int rc = -1;

	if (n == NULL || (n->set = ipset_new()) == NULL || keyed_open(&m.known) < 0)
		fault_set(f, "out of memory");
	else if (d->columns == 0 || take_rows(&m, prefix, value) == 0) /* [] has no columns */
		rc = ipset_seal(n->set) == 0 ? 0 : fault_set(f, "out of memory");
	keyed_close(&m.known);
	if (rc == 0)
		return n;
	networks_free(n);
	return NULL;
}

bool
networks_find(const struct networks *n, const struct addr *a, struct addr_prefix *longest, const struct cell **value)
{
	long number;

	if (!ipset_find(n->set, a, longest, &number))
		return false;
	*value = number > 0 ? &n->value[number - 1]->cell : NULL;
	return true;
}
