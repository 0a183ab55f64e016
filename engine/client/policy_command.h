/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_command: the answers of the command policy. The region sends the files of one or two kept generations; this
 * program joins their pieces and compares them, so that no comparison runs on the loop of the region.
 */
#ifndef SALLYPORT_POLICY_COMMAND_H
#define SALLYPORT_POLICY_COMMAND_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Replaces the rows of the answer (NULL, or a refusal, is fine). show, for JSON: one row, generation name hash text.
 * diff: rows of kind name change text, where the text of a changed script is a unified diff. Other words: the rows
 * stay.
 */
void policy_command_prepare(const char *word, bool json, json_t *answer);
/* Prints the rows of list, show or diff on stdout. */
void policy_command_show(const char *word, const json_t *rows);

#endif
