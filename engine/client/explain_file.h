/* SPDX-License-Identifier: Apache-2.0 */
/* explain_file: the rows of `explain` from a file of records. */
#ifndef SALLYPORT_EXPLAIN_FILE_H
#define SALLYPORT_EXPLAIN_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct explain_search { /* NULL, 0 or false: any */
	const char *connection, *peer;
	size_t last;
	bool refused;
};

/*
 * Adds the records of the file that fit to the rows of a region's answer (borrowed), which go before: a record that the
 * region still has is taken from it. Returns a new array, oldest first, with the last q->last of all; NULL with a
 * sentence: the file cannot be read.
 */
json_t *explain_file_rows(const char *path, const struct explain_search *q, const json_t *rows, struct fault *f);

/*
 * Gives each row the member `shadow`, if there are such: the last verdicts of shadows about the connection that differ,
 * oldest first. -1 with a sentence: the file cannot be read.
 */
int explain_file_shadows(const char *path, json_t *rows, struct fault *f);

#endif
