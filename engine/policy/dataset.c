/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/dataset.h"

#include "base/luatext.h"
#include "base/near.h"
#include "base/text.h"
#include "policy/dataset_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
dataset_wrong(struct reading *r, uint32_t line, const char *format, ...)
{
	char text[sizeof r->f->text - 16];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	return fault_set(r->f, "%lu: %s", (unsigned long)line, text);
}

/* Makes room for one more of n items of that size; rooms double. NULL without memory. */
static void *
room(void *list, size_t n, size_t size)
{
	bool full = n == 0 || (n >= 16 && (n & (n - 1)) == 0);

	return full ? realloc(list, (n < 16 ? 16 : 2 * n) * size) : list;
}

/* --- columns ---------------------------------------------------------------------------------- */

static int
find_column(const struct dataset *d, const char *name, size_t len)
{
	for (size_t i = 0; i < d->columns; i++)
		if (strlen(d->column[i]) == len && memcmp(d->column[i], name, len) == 0)
			return (int)i;
	return -1;
}

int
dataset_column(struct reading *r, const char *name, size_t len)
{
	struct dataset *d = r->d;
	int found = find_column(d, name, len);

	if (found >= 0)
		return found;
	if (len == 0 || len > DATASET_NAME_MAX || memchr(name, '\0', len) != NULL)
		return dataset_wrong(r, r->line, "the name of a column has 1 to %d bytes without NUL", DATASET_NAME_MAX);
	if (d->columns == DATASET_COLUMNS_MAX)
		return dataset_wrong(r, r->line, "there are more than %d columns", DATASET_COLUMNS_MAX);
	d->column[d->columns] = strndup(name, len);
	if (d->column[d->columns] == NULL)
		return fault_set(r->f, "out of memory");
	return (int)d->columns++;
}

int
dataset_find_column(const struct dataset *d, const char *name, const char *what, struct fault *f)
{
	int column = find_column(d, name, strlen(name));
	const char *near = near_word((const char *const *)d->column, name);
	char list[200];

	if (column >= 0)
		return column;
	if (near != NULL)
		return fault_set(f, "there is no column '%.64s' for the %s; is '%s' meant?", name, what, near);
	return fault_set(f, "there is no column '%.64s' for the %s; there are %s", name, what, text_list((const char *const *)d->column, list, sizeof list));
}

const struct cell *
dataset_cell(const struct dataset *d, const struct dataset_row *row, int column)
{
	for (uint32_t i = 0; i < row->n; i++)
		if (d->cell[row->first + i].column == column)
			return &d->cell[row->first + i];
	return NULL;
}

/* --- rows ------------------------------------------------------------------------------------- */

int
dataset_add_row(struct reading *r, uint32_t line)
{
	struct dataset *d = r->d;
	struct dataset_row *grown = d->rows < DATASET_CELLS_MAX ? room(d->row, d->rows, sizeof *grown) : NULL;

	if (d->rows == DATASET_CELLS_MAX)
		return dataset_wrong(r, line, "there are more than %d rows", DATASET_CELLS_MAX);
	if (grown == NULL)
		return fault_set(r->f, "out of memory");
	d->row = grown;
	grown[d->rows++] = (struct dataset_row){ .line = line, .first = (uint32_t)d->cells };
	return 0;
}

int
dataset_add_cell(struct reading *r, const struct cell *c)
{
	struct dataset *d = r->d;
	struct dataset_row *row = &d->row[d->rows - 1];
	struct cell *grown;

	for (size_t i = row->first; i < d->cells; i++)
		if (d->cell[i].column == c->column)
			return dataset_wrong(r, r->line, "'%s' is there twice in one row", d->column[c->column]);
	if (d->cells == DATASET_CELLS_MAX)
		return dataset_wrong(r, r->line, "there are more than %d values; split the file", DATASET_CELLS_MAX);
	grown = room(d->cell, d->cells, sizeof *grown);
	if (grown == NULL)
		return fault_set(r->f, "out of memory");
	d->cell = grown;
	grown[d->cells++] = *c;
	row->n++;
	return 0;
}

/* --- the key ---------------------------------------------------------------------------------- */

static const struct cell *
key_of(const struct dataset *d, const struct dataset_row *row)
{
	return dataset_cell(d, row, d->key);
}

static int
compare_bytes(const char *a, size_t na, const char *b, size_t nb)
{
	int c = memcmp(a, b, na < nb ? na : nb);

	return c != 0 ? c : (na > nb) - (na < nb);
}

static int
dataset_compare(const void *a, const void *b, void *arg)
{
	const struct dataset *d = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct cell *x = key_of(d, &d->row[i]), *y = key_of(d, &d->row[j]);
	int c = compare_bytes(x->text, x->len, y->text, y->len);

	return c != 0 ? c : (i > j) - (i < j);
}

static int
check_key(struct reading *r, const struct dataset_row *row)
{
	const char *name = r->d->column[r->d->key];
	const struct cell *c = key_of(r->d, row);

	if (c == NULL)
		return dataset_wrong(r, row->line, "the row has no %s, which is the key", name);
	if (c->kind != CELL_TEXT)
		return dataset_wrong(r, row->line, "%s, the key, is no string", name);
	if (c->len == 0) /* a line without text, which a partner without a name would find */
		return dataset_wrong(r, row->line, "%s, the key, is empty", name);
	return 0;
}

/* Of two rows with one key, the first two such lines of the file are named. */
static int
check_twice(struct reading *r)
{
	const struct dataset *d = r->d;
	const struct dataset_row *again = NULL, *before = NULL;
	char printed[80];

	for (size_t i = 1; i < d->rows; i++) {
		const struct dataset_row *a = &d->row[d->order[i - 1]], *b = &d->row[d->order[i]];
		const struct cell *x = key_of(d, a), *y = key_of(d, b);

		if (compare_bytes(x->text, x->len, y->text, y->len) == 0 && (again == NULL || b->line < again->line)) {
			before = a;
			again = b;
		}
	}
	if (again == NULL)
		return 0;
	text_printable(printed, sizeof printed, key_of(d, again)->text, key_of(d, again)->len);
	return dataset_wrong(r, again->line, "%s %s is there twice; the first is at line %lu", d->column[d->key], printed, (unsigned long)before->line);
}

static int
sort_by_key(struct reading *r, const char *key)
{
	struct dataset *d = r->d;

	d->key = d->columns > 0 ? dataset_find_column(d, key, "key", r->f) : dataset_column(r, key, strlen(key)); /* [] has no columns */
	if (d->key < 0)
		return -1;
	for (size_t i = 0; i < d->rows; i++)
		if (check_key(r, &d->row[i]) < 0)
			return -1;
	d->order = malloc((d->rows + 1) * sizeof *d->order);
	if (d->order == NULL)
		return fault_set(r->f, "out of memory");
	for (size_t i = 0; i < d->rows; i++)
		d->order[i] = (uint32_t)i;
	qsort_r(d->order, d->rows, sizeof *d->order, dataset_compare, d);
	return check_twice(r);
}

const struct dataset_row *
dataset_find(const struct dataset *d, const char *value, size_t len)
{
	size_t low = 0, high = d->rows;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct dataset_row *row = &d->row[d->order[middle]];
		const struct cell *c = key_of(d, row);
		int order = compare_bytes(c->text, c->len, value, len);

		if (order == 0)
			return row;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* --- the whole -------------------------------------------------------------------------------- */

void
dataset_free(struct dataset *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->columns; i++)
		free(d->column[i]);
	free(d->column);
	free(d->cell);
	free(d->row);
	free(d->order);
	free(d->bytes);
	free(d);
}

struct dataset *
dataset_parse(char *bytes, size_t len, enum dataset_form form, const char *key, struct fault *f)
{
	struct dataset *d = calloc(1, sizeof *d);
	struct reading r = { .d = d, .at = bytes + luatext_mark(bytes, len), .end = bytes + len, .line = 1, .f = f };

	if (d == NULL) {
		free(bytes);
		fault_set(f, "out of memory");
		return NULL;
	}
	d->bytes = bytes;
	d->key = -1;
	d->column = calloc(DATASET_COLUMNS_MAX + 1, sizeof *d->column);
	if (d->column == NULL)
		fault_set(f, "out of memory");
	else if ((form == DATASET_CSV ? dataset_csv_read(&r) : dataset_json_read(&r)) == 0 && (key == NULL || sort_by_key(&r, key) == 0))
		return d;
	dataset_free(d);
	return NULL;
}
