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
struct note;

/* Adds the facts as an object; key as in jsontext.h. */
void facts_json(struct jsontext *j, const char *key, const struct facts *f);
/* Adds the counts as the member `load`. */
void facts_json_load(struct jsontext *j, const struct facts_load *l);
/* Adds the value of a note: an integer has no point, another number has a point or an exponent. */
void facts_json_note(struct jsontext *j, const char *key, const struct note *note);
/* Returns bytes of a peer or a script as a JSON string, in the form of jsontext_text. NULL without memory. */
json_t *facts_json_text(const char *bytes, size_t n);
/*
 * Returns a sentence for people as a JSON string. Its backslashes stay as they are: names in it are escaped already. In
 * the form of jsontext_text are only sentences with control characters, or that are no UTF-8. NULL without memory.
 */
json_t *facts_json_sentence(const char *sentence);
/*
 * The bytes of such a string: copies at most size - 1 of them, and a NUL, to out. Returns their number, also when out
 * is too small; 0 for another value.
 */
size_t facts_json_bytes(const json_t *string, char *out, size_t size);
/* The same for the len bytes of a string; NULL: 0. */
size_t facts_json_unescape(const char *string, size_t len, char *out, size_t size);

#endif
