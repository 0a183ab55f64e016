/* SPDX-License-Identifier: Apache-2.0 */
/* record_json: one record as `explain` shows it. */
#ifndef SALLYPORT_RECORD_JSON_H
#define SALLYPORT_RECORD_JSON_H

#include <jansson.h>

struct record;

/*
 * Returns a new object with the keys of `explain --json` (engine/admin/README.md); times are milliseconds after the
 * record was opened. NULL without memory.
 */
json_t *record_json(const struct record *r);

#endif
