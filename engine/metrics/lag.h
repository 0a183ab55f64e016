/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lag: how long the turns of one loop take, how much of the time they take together, and the CPU time of its thread.
 * The thread of the loop tells; other threads may read at the same time.
 */
#ifndef SALLYPORT_LAG_H
#define SALLYPORT_LAG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lag { /* zero-initialise; times are nanoseconds of clock_span() */
	_Atomic int64_t turn;   /* when the turn began; 0: the loop waits */
	_Atomic int64_t worked; /* in the turns that have ended */
	_Atomic int64_t first;  /* when the first turn began; 0: none has */
	_Atomic int64_t cpu;     /* the CPU time of the thread at its last count */
	_Atomic int64_t counted; /* when that was; 0: not yet */
	_Atomic int64_t recent;  /* as lag_recent says, at that time */
	struct {
		_Atomic int64_t began, worked; /* when it began, and `worked` then */
		_Atomic int64_t longest;       /* the longest turn that ended in it */
	} window[2]; /* the present one and the one before; of at least a minute */
};

struct lag_view { /* the use of the loop's time */
	double busy;     /* the share of the time since the first turn in which it worked, 0 to 1 */
	double lately;   /* the same since the begin of the window before: for one to two minutes, longer for a quiet loop */
	double longest;  /* lag_seconds */
};

/* A turn of the loop begins, after it has waited; it ends, before it waits again. now: clock_span(). */
void lag_begins(struct lag *l, double now);
void lag_ends(struct lag *l, double now);
/* Whether the last count of the CPU time is a millisecond old. now: clock_span(). */
bool lag_cpu_due(const struct lag *l, double now);
/* Counts the CPU time of the loop's thread. now: clock_span(). cpu: clock_cpu(). */
void lag_cpu(struct lag *l, double now, double cpu);
/* The longest turn of the last one to two minutes, or the present one, in seconds. now: clock_span(). Any thread. */
double lag_seconds(const struct lag *l, double now);
/* The seconds in the turns that have ended. Any thread. -1: there was no turn. */
double lag_worked(const struct lag *l);
/*
 * The CPU time of the loop's thread as a share of about the last half second, 0 to 1; older time has less weight. 0
 * when it is not counted. 1 during a turn that is longer than turns with many events are. now: clock_span(), which may
 * be some milliseconds old. Any thread.
 */
double lag_recent(const struct lag *l, double now);
/* Fills *out. now: clock_span(). Any thread. */
void lag_look(const struct lag *l, double now, struct lag_view *out);

#endif
