/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer: one deadline on a worker's loop. A timer belongs to a state: entering the state sets it, leaving the state
 * stops it.
 */
#ifndef SALLYPORT_TIMER_H
#define SALLYPORT_TIMER_H

#include <ev.h>
#include <stdbool.h>

struct timer {
	struct ev_loop *loop; /* borrowed */
	ev_timer watcher;
	void (*fire)(void *arg);
	void *arg;
};

/* Prepares a timer that does not run; fire(arg) is called once per timer_set. */
void timer_init(struct timer *t, struct ev_loop *loop, void (*fire)(void *arg), void *arg);
/* Starts or restarts t: it fires once, in `seconds` (fractions allowed; <= 0: in the next turn). */
void timer_set(struct timer *t, double seconds);
/* Stops t; a timer that does not run is fine. */
void timer_stop(struct timer *t);
/* True between timer_set and the call of fire or timer_stop. */
bool timer_running(const struct timer *t);

#endif
