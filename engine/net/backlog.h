/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backlog: the steps of sockets for which a turn of a loop had no time. A turn of libev serves each descriptor that is
 * ready; when thousands are ready at once, timers and other partners would wait for all of them. After some
 * milliseconds the further steps of a turn wait here for the next turns, in the order in which they became due. Only in
 * loops of loop_new; in others each step runs at once.
 */
#ifndef SALLYPORT_BACKLOG_H
#define SALLYPORT_BACKLOG_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct backlog_item { /* a member of an object that has steps; zero but for `run` at first */
	struct backlog_item *next, *prev;
	uint64_t number;                     /* in the order of arrival */
	bool waits;
	void (*run)(struct backlog_item *i); /* takes the step that has waited; may free the object */
};

struct backlog { /* of a loop; zero-initialise */
	struct backlog_item *first, *last; /* those that wait */
	uint64_t put;                      /* how many have waited until now */
	ev_timer due;                      /* runs while one waits */
	bool ready;                        /* `due` was initialised */
	unsigned turn, steps;              /* the number of the turn, and of its steps */
	double until;                      /* clock_span(): no step of the turn begins later */
};

/*
 * A turn has begun at now (clock_span()). Work of the turn that has no steps, such as a slice of a reload, leaves less
 * time for steps. Without this call a turn begins with its first step.
 */
void backlog_turn_begins(struct ev_loop *loop, double now);
/*
 * A step of i is due. True: the caller takes it now. False: run(i) is called in a later turn, once, also when i waits
 * already.
 */
bool backlog_admit(struct ev_loop *loop, struct backlog_item *i);
/* i, which may wait, has no step any more. */
void backlog_leave(struct ev_loop *loop, struct backlog_item *i);
/* A mark behind all steps that wait now; and whether all steps before a mark were taken or left. */
uint64_t backlog_mark(struct ev_loop *loop);
bool backlog_passed(struct ev_loop *loop, uint64_t mark);

#endif
