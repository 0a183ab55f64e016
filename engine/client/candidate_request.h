/* SPDX-License-Identifier: Apache-2.0 */
/*
 * candidate_request: the commands shadow and canary as requests to the region, and the answers of `inquire shadow` and
 * `inquire canary` as text.
 */
#ifndef SALLYPORT_CANDIDATE_REQUEST_H
#define SALLYPORT_CANDIDATE_REQUEST_H

#include <jansson.h>

#include "client/command_words.h"
#include "client/table.h"

/*
 * Sets the options share, tcpipservice and rules, and, when the word is a path and no number of a generation, file (of
 * a region.lua) or policies (a directory of scripts), as absolute paths.
 */
void candidate_request_options(const struct command *c, json_t *options);
/* Prints the rows of the kind shadow or canary. False: the kind is another one, and nothing was printed. */
bool candidate_request_show(const char *kind, const json_t *rows, const struct terminal *t);

#endif
