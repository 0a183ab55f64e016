/* SPDX-License-Identifier: Apache-2.0 */
/* lag: how long the turns of one loop take. The thread of the loop tells; other threads may read at the same time. */
#ifndef SALLYPORT_LAG_H
#define SALLYPORT_LAG_H

#include <stdatomic.h>
#include <stdint.h>

struct lag { /* zero-initialise; times are nanoseconds of clock_span() */
	_Atomic int64_t turn;       /* when the turn began; 0: the loop waits */
	_Atomic int64_t longest[2]; /* the longest turn since `window`, and of the window before */
	int64_t window;             /* when the window began; of the loop's thread alone */
};

/* A turn of the loop begins, after it has waited; it ends, before it waits again. now: clock_span(). */
void lag_begins(struct lag *l, double now);
void lag_ends(struct lag *l, double now);
/* The longest turn of the last one to two minutes, or the present one, in seconds. now: clock_span(). Any thread. */
double lag_seconds(const struct lag *l, double now);

#endif
