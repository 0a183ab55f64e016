/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lag: how long the turns of one loop take, and how much of the time they take together. The thread of the loop tells;
 * other threads may read at the same time.
 */
#ifndef SALLYPORT_LAG_H
#define SALLYPORT_LAG_H

#include <stdatomic.h>
#include <stdint.h>

struct lag { /* zero-initialise; times are nanoseconds of clock_span() */
	_Atomic int64_t turn;   /* when the turn began; 0: the loop waits */
	_Atomic int64_t worked; /* in the turns that have ended */
	_Atomic int64_t first;  /* when the first turn began; 0: none has */
	_Atomic int64_t recent; /* as lag_recent says, when the last turn ended */
	_Atomic int64_t ended;  /* when the last turn ended */
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
/* The longest turn of the last one to two minutes, or the present one, in seconds. now: clock_span(). Any thread. */
double lag_seconds(const struct lag *l, double now);
/* The seconds in the turns that have ended. Any thread. -1: there was no turn. */
double lag_worked(const struct lag *l);
/*
 * The share of the time in which the loop worked, 0 to 1, over about the last half second; an older turn has less
 * weight. 1 during a turn that is longer than turns with many events are. now: clock_span(), which may be some
 * milliseconds old. Any thread.
 */
double lag_recent(const struct lag *l, double now);
/* Fills *out. now: clock_span(). Any thread. */
void lag_look(const struct lag *l, double now, struct lag_view *out);

#endif
