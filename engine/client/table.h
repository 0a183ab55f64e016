/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: prints rows of JSON for a terminal: in columns, as a listing, or in CEMT's two lines. Text of peers is
 * escaped.
 */
#ifndef SALLYPORT_TABLE_H
#define SALLYPORT_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "client/terminal.h"

#define TABLE_CELL 512 /* bytes of a cell */

/*
 * Prints one value: YES or NO for a boolean, a list with ", " between, "-" for an empty or absent value. Returns out.
 */
const char *table_cell(const json_t *value, char *out, size_t size);
/*
 * Prints rows of a kind of INQUIRE_KINDS in columns; statistics have a table for each kind of record. Columns on the
 * right that do not fit the terminal are left out, and a last line counts them; t all zero: nothing is left out, and
 * nothing is coloured.
 */
void table_columns(FILE *to, const char *what, const json_t *rows, const struct terminal *t);
/* Prints every member of a row on a line of its own. */
void table_listing(FILE *to, const json_t *row);
/* True when rows of that kind have CEMT's form (IPIC.md 5.3): ipconn and tcpipservice. */
bool table_has_cemt(const char *what);
/* Prints rows of such a kind in CEMT's form. */
void table_cemt(FILE *to, const char *what, const json_t *rows);

#endif
