/* SPDX-License-Identifier: Apache-2.0 */
/* dataset_internal: a data file that is being read, for dataset.c and the readers of the two forms. */
#ifndef SALLYPORT_DATASET_INTERNAL_H
#define SALLYPORT_DATASET_INTERNAL_H

#include "policy/dataset.h"

struct reading {
	struct dataset *d;
	char *at, *end; /* in the bytes; *end is NUL */
	uint32_t line;
	struct fault *f;
};

/* Sets the fault "LINE: sentence". Returns -1. */
int dataset_wrong(struct reading *r, uint32_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The column of that name, a new one when there is none; -1 with a fault: too many, or no name of a column. */
int dataset_column(struct reading *r, const char *name, size_t len);
/*
 * Begins a row; adds a cell to the last row. -1 with a fault: too many, no memory, or (cell) the column is there
 * twice.
 */
int dataset_add_row(struct reading *r, uint32_t line);
int dataset_add_cell(struct reading *r, const struct cell *c);

/* Read the whole file. 0, or -1 with a fault. */
int dataset_csv_read(struct reading *r);
int dataset_json_read(struct reading *r);

#endif
