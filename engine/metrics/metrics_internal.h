/* SPDX-License-Identifier: Apache-2.0 */
/* metrics_internal: the memory that the loops write and the exporter reads. */
#ifndef SALLYPORT_METRICS_INTERNAL_H
#define SALLYPORT_METRICS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/name.h"
#include "config/resource.h"
#include "metrics/histogram.h"
#include "metrics/lag.h"
#include "metrics/metrics.h"
#include "metrics/series.h"

enum { TABLE_CONNECTIONS, TABLE_DECISIONS, TABLE_REQUESTS, TABLE_COUNT }; /* in the order of FAMILIES */

struct metrics {
	pthread_mutex_t counting;   /* held while an event is counted in a table */
	struct series_table table[TABLE_COUNT];
	struct histogram door[DOOR_COUNT], handshake, wait[WAIT_KINDS];
	_Atomic int64_t figure[FIGURE_COUNT];
	char build[SERIES_TEXT];    /* the labels of build_info; constant */
	pthread_mutex_t lock;       /* guards the pointer below; held for the length of a few instructions */
	struct expiries *expiries;  /* counted; NULL: none */
	struct lag lag[WORKERS_MAX]; /* of each worker's loop */
	_Atomic int64_t beat;       /* nanoseconds of the last beat; 0: none yet */
	_Atomic int readiness;      /* enum metrics_readiness */
	_Atomic uint64_t closed;    /* the bytes of the name of a tcpipservice that is not open */
};

/* The end dates, counted for the caller; NULL: no end date is known. Any thread. */
struct expiries *metrics_get_expiries(struct metrics *m);

#endif
