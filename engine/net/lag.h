/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lag: how long the turns of a loop take. An event that comes during a turn waits until the turn ends, so the longest
 * turn of late is the lag of the loop.
 */
#ifndef SALLYPORT_LAG_H
#define SALLYPORT_LAG_H

#include <ev.h>

#define LAG_WINDOW 10.0 /* seconds */

struct lag { /* zeroed: not started */
	struct ev_loop *loop; /* borrowed */
	ev_check begins;
	ev_prepare ends;
	double began;           /* clock_span() of the turn under way; 0: the loop waits */
	double since;           /* the begin of the present window */
	double longest, former; /* seconds: the longest turn of the present window, and of the window before */
};

void lag_start(struct lag *l, struct ev_loop *loop);
/* l may be zeroed. */
void lag_stop(struct lag *l);
/* The longest turn, in seconds, of the last one to two windows; of a turn under way the part that is over. */
double lag_seconds(const struct lag *l);

#endif
