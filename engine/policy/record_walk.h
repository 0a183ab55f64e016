/* SPDX-License-Identifier: Apache-2.0 */
/* record_walk: the records that `explain` asks for, made into JSON in slices: records may come, change and go between two of them. */
#ifndef SALLYPORT_RECORD_WALK_H
#define SALLYPORT_RECORD_WALK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "policy/facts.h"

struct records;
struct record_walk;

struct record_query {
	const char *connection; /* its id; or NULL */
	const char *peer;       /* address text, or NULL */
	size_t last;            /* 0: all that match */
	bool refused;           /* those that were refused, that another generation refused later, or a request of which was refused */
};

/* Begins; the strings of q are copied. To be ended before the records are freed. NULL: no memory. */
struct record_walk *record_walk_begin(struct records *rs, const struct record_query *q);
/* One step, of at most some ten microseconds: appends no or one row to `rows`, oldest first. A row has the keys of
 * `explain --json` (engine/admin/README.md). False: that was the last. A record forgotten between two steps is skipped. */
bool record_walk_more(struct record_walk *w, json_t *rows);
void record_walk_end(struct record_walk *w); /* NULL is fine */

/* All steps at once, for tests. New array; NULL: no memory. */
json_t *records_explain(struct records *rs, const struct record_query *q);

#endif
