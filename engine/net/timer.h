/* SPDX-License-Identifier: Apache-2.0 */
/* timer: one deadline on a worker's loop. It belongs to the state it guards: entering a state sets it, leaving stops it. */
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

/* Prepares a timer that is not running; fire(arg) is called once per set. */
void timer_init(struct timer *t, struct ev_loop *loop, void (*fire)(void *arg), void *arg);
/* (Re)starts it: fires once in `seconds` (fractions allowed; <= 0 fires in the next turn). */
void timer_set(struct timer *t, double seconds);
void timer_stop(struct timer *t);
bool timer_running(const struct timer *t);

#endif
