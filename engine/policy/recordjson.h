/* SPDX-License-Identifier: Apache-2.0 */
/* recordjson: one record as `explain` tells it. */
#ifndef SALLYPORT_RECORDJSON_H
#define SALLYPORT_RECORDJSON_H

#include <jansson.h>

struct record;

/* New object with the keys of `explain --json` and record.h; times are milliseconds since the record was opened. NULL without memory. */
json_t *recordjson(const struct record *r);

#endif
