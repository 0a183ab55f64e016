/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts_json: facts as JSON, with the members of the table of facts (policies/README.md). Members that are not known
 * are absent.
 */
#ifndef SALLYPORT_FACTS_JSON_H
#define SALLYPORT_FACTS_JSON_H

#include <jansson.h>
#include <stddef.h>

#include "policy/facts.h"

struct jsontext;

/* Adds the facts as an object; key as in jsontext.h. */
void facts_json(struct jsontext *j, const char *key, const struct facts *f);
/* Adds the counts as the member `load`. */
void facts_json_load(struct jsontext *j, const struct facts_load *l);
/*
 * Returns bytes of a peer or a script as a JSON string: unchanged when they are UTF-8 without control characters, else
 * with \xHH for each byte that is not printable ASCII and with each backslash doubled. NULL without memory.
 */
json_t *facts_json_text(const char *bytes, size_t n);

#endif
