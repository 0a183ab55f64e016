/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_walk: the records that `explain` asks for, as JSON, in slices. Records may come, change and go between two
 * slices.
 */
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
	bool refused;           /* only connections that were refused, also by a later generation, or that had a request refused */
};

/* Begins a walk. The strings of q are copied. The walk must end before the records are freed. NULL without memory. */
struct record_walk *record_walk_begin(struct records *rs, const struct record_query *q);
/*
 * One step, of about ten microseconds at most: appends at most one row to `rows`, oldest record first. A row has the
 * keys of `explain --json` (engine/admin/README.md). False: there are no more rows. A record that is freed between two
 * steps is skipped.
 */
bool record_walk_more(struct record_walk *w, json_t *rows);
void record_walk_end(struct record_walk *w); /* ends a walk; NULL is fine */

/* All steps at once, for tests. Returns a new array; NULL without memory. */
json_t *records_explain(struct records *rs, const struct record_query *q);

#endif
