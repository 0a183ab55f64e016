/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dataset: the rows of a data file, for policy.data: a CSV file with a header (RFC 4180), or a JSON list of flat
 * objects. The rows are plain data in C and do not change; rows are found by the value of one column, the key.
 */
#ifndef SALLYPORT_DATASET_H
#define SALLYPORT_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define DATASET_BYTES_MAX (32 * 1024 * 1024) /* of a file */
#define DATASET_COLUMNS_MAX 64
#define DATASET_NAME_MAX 64      /* bytes of a column's name */
#define DATASET_CELLS_MAX 2000000

enum dataset_form { DATASET_CSV, DATASET_JSON };
enum cell_kind { CELL_TEXT, CELL_INTEGER, CELL_NUMBER, CELL_FLAG };

struct cell {
	uint8_t column;
	uint8_t kind; /* enum cell_kind */
	uint32_t len; /* of a text */
	union {
		const char *text; /* in the dataset's bytes, without NUL at its end */
		int64_t integer;
		double number;
		bool flag;
	};
};

struct dataset_row {
	uint32_t line;  /* of the file, from 1 */
	uint32_t first; /* index of its first cell */
	uint32_t n;     /* cells; a column that the row does not have has none */
};

struct dataset {
	char *bytes; /* owned */
	char **column; /* owned: the names, NULL ends them; near_word takes them so */
	size_t columns;
	struct cell *cell; /* owned */
	size_t cells;
	struct dataset_row *row; /* owned */
	size_t rows;
	uint32_t *order; /* owned: the rows by their keys; NULL: no key */
	int key;         /* its column; -1: none */
};

/*
 * Reads the bytes of a file; takes them (malloc, with a NUL behind the last byte), also when it fails. key: the name of
 * the key's column; NULL: none. NULL with "LINE: sentence" in f when the fault is of a line: the form is wrong, a row
 * has no key or one that another row has, a value is neither text, number nor boolean, or there is too much.
 */
struct dataset *dataset_parse(char *bytes, size_t len, enum dataset_form form, const char *key, struct fault *f);
void dataset_free(struct dataset *d); /* NULL is fine */
/* The column of that name; -1 with a sentence that has `what`: no column has that name. The dataset has a column. */
int dataset_find_column(const struct dataset *d, const char *name, const char *what, struct fault *f);
/* The value of a row in a column; NULL: it has none. */
const struct cell *dataset_cell(const struct dataset *d, const struct dataset_row *row, int column);
/* The row with that key; NULL: none. The dataset has a key. */
const struct dataset_row *dataset_find(const struct dataset *d, const char *value, size_t len);

#endif
