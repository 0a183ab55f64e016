/* SPDX-License-Identifier: Apache-2.0 */
/* record_json: one record as `explain` tells it. */
#ifndef SALLYPORT_RECORD_JSON_H
#define SALLYPORT_RECORD_JSON_H

#include <jansson.h>

struct record;

/* New object with the keys of `explain --json` and record.h; times are milliseconds since the record was opened. NULL without memory. */
json_t *record_json(const struct record *r);

#endif
