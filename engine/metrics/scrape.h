/* SPDX-License-Identifier: Apache-2.0 */
/* scrape: the answers of the exporter: all metrics as text, and the health of the region as one line. Any thread. */
#ifndef SALLYPORT_SCRAPE_H
#define SALLYPORT_SCRAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct metrics;

/* Writes all families to *out, which the caller frees. -1: no memory; *out is empty then. */
int scrape_metrics(struct metrics *m, bool openmetrics, struct buf *out);
/*
 * True when the loop has turned in the last 10 seconds; now: clock_span(). Writes one line to out: "ok", or the reason.
 */
bool scrape_healthy(const struct metrics *m, double now, char *out, size_t size);
/* True when each listener that the definition opens is open, and the region does not drain. As above. */
bool scrape_ready(const struct metrics *m, char *out, size_t size);

#endif
