/* SPDX-License-Identifier: Apache-2.0 */
/* version_rows: the files of versions, from the rows in which a region sends them (admin/operator_policy.c). */
#ifndef SALLYPORT_VERSION_ROWS_H
#define SALLYPORT_VERSION_ROWS_H

#include <jansson.h>
#include <stddef.h>

#include "base/buf.h"
#include "region/version.h"

/* Appends the bytes of the file whose pieces begin at row i to out. Returns the index of the row after them. */
size_t version_rows_join(const json_t *rows, size_t i, struct buf *out);
/*
 * Reads the version whose rows begin at *i, which is the index after them then. *file: the path of its region.lua,
 * borrowed from the rows. The caller owns one reference. NULL without memory.
 */
struct version *version_rows_read(const json_t *rows, size_t *i, const char **file);

#endif
