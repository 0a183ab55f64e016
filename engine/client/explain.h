/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: prints the record of a connection: the peer, each door with its verdict and reason, the facts, the events.
 */
#ifndef SALLYPORT_EXPLAIN_H
#define SALLYPORT_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

/* Prints each element of `records` (the rows of explain, borrowed). Text of a peer or a script is escaped. */
void explain_print(FILE *to, const json_t *records);
/* Prints each element of `doors`, the member of such a row (borrowed; may be NULL). */
void explain_doors(FILE *to, const json_t *doors);

#endif
