/* SPDX-License-Identifier: Apache-2.0 */
/* table: rows of JSON for a reader at a terminal: columns, one long listing, or CEMT's two lines. Strangers' bytes are escaped. */
#ifndef SALLYPORT_TABLE_H
#define SALLYPORT_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define TABLE_CELL 512

/* One value in words: YES/NO for booleans, lists joined by ", ", "-" for what is empty or absent. Returns out. */
const char *table_cell(const json_t *value, char *out, size_t size);
/* The columns a CEMT user knows for that kind of row (region tcpipservice ipconn session conversation socket policy); statistics as a
 * table for each sort of record. */
void table_columns(FILE *to, const char *what, const json_t *rows);
/* Everything a row holds, a line each. */
void table_listing(FILE *to, const json_t *row);
/* CEMT's form (IPIC.md 5.3); ipconn and tcpipservice have one. */
bool table_has_cemt(const char *what);
void table_cemt(FILE *to, const char *what, const json_t *rows);

#endif
