/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposition: families and samples as text, in the format 0.0.4 of Prometheus or in OpenMetrics 1.0.0. The formats
 * differ in the names of counters, in the units and in the end.
 */
#ifndef SALLYPORT_EXPOSITION_H
#define SALLYPORT_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "metrics/families.h"

struct exposition {
	struct buf text; /* owned */
	bool openmetrics;
	bool short_of_memory; /* a part is missing */
	const char *name;     /* of the family under way, without prefix; static */
	enum family_kind kind;
};

/* Begins an empty text. The caller frees it with buf_free(&e->text). */
void exposition_begin(struct exposition *e, bool openmetrics);
/* Begins a family: its help, type and unit. */
void exposition_family(struct exposition *e, enum family f);
/*
 * Adds a sample. suffix: "" or that of a histogram ("_bucket"); a counter gets _total. labels: escaped, as
 * series_label prints them; "": none.
 */
void exposition_number(struct exposition *e, const char *suffix, const char *labels, int64_t value);
void exposition_seconds(struct exposition *e, const char *suffix, const char *labels, double value);
/* Ends the text. -1: memory was short. */
int exposition_end(struct exposition *e);
/* The value of Content-Type; static. */
const char *exposition_type(bool openmetrics);
/*
 * Whether the value of an Accept header (NULL: none) prefers OpenMetrics 1.0.0 to text: it names
 * application/openmetrics-text with no lower q than text/plain. Only the first 1024 bytes are read. Any bytes are fine.
 */
bool exposition_wants_openmetrics(const char *accept);

#endif
