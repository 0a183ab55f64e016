/* SPDX-License-Identifier: Apache-2.0 */
/* row_filter: the rows of inquire that an operator wants: names by a pattern, and a status. */
#ifndef SALLYPORT_ROW_FILTER_H
#define SALLYPORT_ROW_FILTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether the name is a pattern: * and ? stand for other characters. */
bool row_filter_is_pattern(const char *name);
/*
 * Returns a new array of the rows of that kind whose name fits the pattern (NULL: any) and one of whose states is
 * `status` (NULL: any): connstatus, servstatus, openstatus, status, state or stage. Both in upper or lower case.
 */
json_t *row_filter_rows(const char *what, const json_t *rows, const char *pattern, const char *status);
/*
 * Whether a row of that kind can have the state, in upper or lower case. The states of region, tcpipservice, ipconn,
 * socket, program and transaction are known; another kind can have any. False: out has the states, as a list.
 */
bool row_filter_is_status(const char *what, const char *status, char *out, size_t size);
/* Whether a row tells a state in one of these members, or there is no row. */
bool row_filter_tells_status(const json_t *rows);

#endif
