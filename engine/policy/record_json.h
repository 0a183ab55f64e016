/* SPDX-License-Identifier: Apache-2.0 */
/* record_json: one record as text: `explain` shows it, and the file of records keeps it. */
#ifndef SALLYPORT_RECORD_JSON_H
#define SALLYPORT_RECORD_JSON_H

#include <jansson.h>
#include <stdbool.h>

struct jsontext;
struct record;
struct record_entry;

#define RECORD_JSON_MAX (64u * 1024) /* bytes of a record in a file */

/*
 * Returns a new object with the keys of `explain --json` (engine/admin/README.md); times are milliseconds after the
 * record was opened. NULL without memory.
 */
json_t *record_json(const struct record *r);
/*
 * Adds the same as text, without the list of requests unless `requests`. j->max bounds it: parts that have no room are
 * left out, and the member `incomplete` is true then. False: not even the other parts have room, or there is no memory.
 */
bool record_json_put(struct jsontext *j, const struct record *r, bool requests);
/* Adds one entry of the record, as an element of `doors` or (of a request) of `requests`. */
void record_json_entry(struct jsontext *j, const struct record *r, const struct record_entry *e);
/* The same as the member `key`; with the member `why` when record_why has set it. */
void record_json_member(struct jsontext *j, const char *key, const struct record *r, const struct record_entry *e);
/* Adds the verdict of an entry as the member `key`: policy, file, line, verdict, code, text and granted. */
void record_json_verdict(struct jsontext *j, const char *key, const struct record_entry *e);

#endif
