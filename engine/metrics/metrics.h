/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics: the counters and gauges of a region that other processes may read over HTTP (exporter.h). The threads of
 * the loops write them; the exporter's thread reads them as relaxed atomics, takes no lock of the loops and never asks
 * them. Events, metrics_add and turns are for any thread with a loop; the other functions are for one thread, that of
 * the region's loop. m is NULL in a worker that does not run (region/draft.h): then nothing is counted.
 */
#ifndef SALLYPORT_METRICS_H
#define SALLYPORT_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "metrics/expiries.h"
#include "metrics/families.h"
#include "metrics/lag.h"
#include "policy/door.h"
#include "policy/policy.h"
#include "policy/waits.h"

struct metrics;

/* version, commit: for build_info, copied. NULL: no memory. The caller owns it. */
struct metrics *metrics_new(const char *version, const char *commit);
/* No exporter may read it any more. NULL is fine. */
void metrics_free(struct metrics *m);

/* --- events --- */

enum metrics_connection { METRICS_ACCEPTED, METRICS_REFUSED, METRICS_FAILED };
/* Makes the counts of a listener, which begin with 0. */
void metrics_listener(struct metrics *m, const char *tcpipservice);
/* Counts the outcome of an accepted socket; once for each socket. */
void metrics_connection(struct metrics *m, const char *tcpipservice, enum metrics_connection outcome);

/* Counts an answered question to a door and the time that it took. */
void metrics_answered(struct metrics *m, const struct ask *a);
/* Counts a decision that no script made. door: the name of a door, or of the stage in which the engine refused. */
void metrics_decision(struct metrics *m, const char *door, const struct verdict *v);
/* Adds the time of a decision at a door. */
void metrics_door_time(struct metrics *m, enum door door, double seconds);
/* Adds the time of a TLS handshake that succeeded. */
void metrics_handshake(struct metrics *m, double seconds);

/* Adds the time of a call for which a script was suspended. */
void metrics_waited(struct metrics *m, enum wait_kind kind, double seconds);

enum metrics_request { METRICS_ANSWERED, METRICS_NOT_RUN, METRICS_PROGRAM_FAILED, METRICS_CANCELLED };
/* Counts the end of a request. program: "" when no defined program was found. */
void metrics_request(struct metrics *m, const char *program, enum metrics_request outcome);

/* --- figures --- */

void metrics_set(struct metrics *m, enum families_figure f, int64_t value);
void metrics_add(struct metrics *m, enum families_figure f, int64_t by);
/* The value of a figure. Any thread. m is not NULL. */
int64_t metrics_figure(const struct metrics *m, enum families_figure f);
/* Takes the end dates of the ring of the current generation; NULL: the ring has no end date. */
void metrics_expiries(struct metrics *m, struct expiries *e);

/* --- the loop and the state of the region --- */

/*
 * A turn of a worker's loop begins, after it has waited; it ends, before it waits again. worker: its number, below
 * WORKERS_MAX. now: clock_span().
 */
void metrics_turn_begins(struct metrics *m, unsigned worker, double now);
void metrics_turn_ends(struct metrics *m, unsigned worker, double now);
/* Whether it is time for metrics_cpu (lag_cpu_due). now: clock_span(). m may be NULL: false. */
bool metrics_cpu_due(const struct metrics *m, unsigned worker, double now);
/* Counts the CPU time of a worker, in its thread. now: clock_span(). cpu: clock_cpu(). m is not NULL. */
void metrics_cpu(struct metrics *m, unsigned worker, double now, double cpu);
/*
 * The seconds that an event may have waited for the loop of a worker: the longest turn of the last one to two minutes,
 * or the present one. now: clock_span(). Any thread. m is not NULL.
 */
double metrics_lag(const struct metrics *m, unsigned worker, double now);
/* The CPU time that a worker has used lately, 0 to 1 (lag_recent). now: clock_span(). Any thread. m is not NULL. */
double metrics_recent(const struct metrics *m, unsigned worker, double now);
/* The shares of the time in which the loop of a worker works, and its longest turn. now: clock_span(). Any thread. */
void metrics_loop(const struct metrics *m, unsigned worker, double now, struct lag_view *out);
/* The longest lag of all workers. */
double metrics_longest_lag(const struct metrics *m, double now);
/* The timer of the region's loop has fired, once a second: the loop turns. */
void metrics_beat(struct metrics *m, double now);

enum metrics_readiness { METRICS_STARTING, METRICS_READY, METRICS_DRAINING, METRICS_CLOSED };
/* tcpipservice: of METRICS_CLOSED the first one that is not open, copied; else NULL. */
void metrics_ready(struct metrics *m, enum metrics_readiness r, const char *tcpipservice);

#endif
