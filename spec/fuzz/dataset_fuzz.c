/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that are read as a data file have rows whose cells lie in the bytes, and each key finds its own row; others have
 * a fault. The first byte chooses the form and whether there is a key, which is the column "k".
 */
#include "policy/dataset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(const struct dataset *d, size_t size)
{
	for (size_t i = 0; i < d->rows; i++) {
		const struct dataset_row *row = &d->row[i];

		assert(row->first + row->n <= d->cells && row->line > 0);
		for (uint32_t n = 0; n < row->n; n++) {
			const struct cell *c = &d->cell[row->first + n];

			assert(c->column < d->columns);
			assert(c->kind != CELL_TEXT || (c->text >= d->bytes && c->text + c->len <= d->bytes + size));
			if (d->key == c->column)
				assert(dataset_find(d, c->text, c->len) == row);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault f = { "" };
	struct dataset *d;
	char *bytes;

	if (size == 0)
		return 0;
	bytes = malloc(size);
	if (bytes == NULL)
		return 0;
	memcpy(bytes, data + 1, size - 1);
	bytes[size - 1] = '\0';
	d = dataset_parse(bytes, size - 1, data[0] & 1 ? DATASET_JSON : DATASET_CSV, data[0] & 2 ? "k" : NULL, &f);
	assert((d != NULL) == (f.text[0] == '\0'));
	if (d != NULL)
		look(d, size);
	dataset_free(d);
	return 0;
}
