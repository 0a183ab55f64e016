/* SPDX-License-Identifier: Apache-2.0 */
/*
 * telemetry: the metrics of a region: the turns of its loop, the figures that are read once a second, and the exporter
 * at the address that the current generation names.
 */
#ifndef SALLYPORT_TELEMETRY_H
#define SALLYPORT_TELEMETRY_H

#include <ev.h>
#include <stdbool.h>

#include "base/fault.h"
#include "net/timer.h"

struct exporter;
struct generation;
struct metrics;
struct region;
struct worker;

struct turns_watch { /* the watchers of the turns of one worker's loop; zero-initialise */
	struct worker *worker; /* borrowed; NULL: nothing is watched */
	ev_check begins;       /* the first callback of a turn */
	ev_prepare ends;       /* the last one */
};

/* Counts the turns of the worker's loop, and the calls for which its scripts wait, in its metrics. */
void telemetry_watch(struct turns_watch *t, struct worker *w);
/* Ends that, while the loop exists. */
void telemetry_unwatch(struct turns_watch *t);

struct telemetry { /* zero-initialise */
	struct metrics *metrics;   /* owned; the worker borrows it */
	struct exporter *exporter; /* owned; NULL: the generation names no address */
	struct exporter *incoming; /* owned: opened by a reload, which puts it in force by its swap */
	bool moves;                /* the reload under way changes the address */
	struct timer beat;
	struct turns_watch turns;  /* of the region's loop */
	bool begun;
};

/* Begins to count, in the worker of r, whose loop exists. version, commit: of the engine, copied. -1: no memory. */
int telemetry_begin(struct region *r, const char *version, const char *commit);
/* Opens the exporter of the first generation. -1 with a fault. Message SP0125. */
int telemetry_open(struct region *r, struct faults *faults);
/* Publishes the state of the region after a change: its listeners, its drain, its generation. */
void telemetry_update(struct region *r);

/*
 * For a reload. telemetry_prepare opens the exporter that g names, when its address differs from the present one, which
 * stays open; -1 with a fault. telemetry_swap puts it in force and closes the other one (SP0125, SP0126);
 * telemetry_undo closes what telemetry_prepare has opened.
 */
int telemetry_prepare(struct region *r, const struct generation *g, struct faults *faults);
void telemetry_swap(struct region *r);
void telemetry_undo(struct region *r);

/* Closes the exporter; no event of the region is counted afterwards. The loop still exists. */
void telemetry_end(struct region *r);

#endif
