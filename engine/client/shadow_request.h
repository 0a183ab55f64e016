/* SPDX-License-Identifier: Apache-2.0 */
/* shadow_request: the command shadow as a request to the region, and the answer of `inquire shadow` as text. */
#ifndef SALLYPORT_SHADOW_REQUEST_H
#define SALLYPORT_SHADOW_REQUEST_H

#include <jansson.h>

#include "client/command_words.h"
#include "client/table.h"

/*
 * Sets the options share, tcpipservice, and, when the word is a path and no number of a generation, file (of a
 * region.lua) or policies (a directory of scripts), as absolute paths.
 */
void shadow_request_options(const struct command *c, json_t *options);
/* Prints the shadow, and its differences by door and codes. */
void shadow_request_show(const json_t *rows, const struct terminal *t);

#endif
