/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_row: prints the decisions of a connection as rows of decision tables (policies/README.md), for a
 * NAME_spec.lua.
 */
#ifndef SALLYPORT_EXPLAIN_ROW_H
#define SALLYPORT_EXPLAIN_ROW_H

#include <jansson.h>
#include <stdio.h>

/*
 * Prints a row for each door that a script answered, in each element of `records` (the rows of explain, borrowed), with
 * the facts, the answers of the region as its mock, and the verdict. A comment before a row says for which table it is,
 * and which answers a row cannot have. Without a row stderr has a sentence.
 */
void explain_row_print(FILE *to, const json_t *records);

#endif
