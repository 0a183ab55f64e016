/* SPDX-License-Identifier: Apache-2.0 */
/* interrupt: SIGINT and SIGTERM on the loop of a program that has something to finish first. */
#ifndef SALLYPORT_INTERRUPT_H
#define SALLYPORT_INTERRUPT_H

#include <ev.h>

struct interrupt { /* zeroed: not started */
	struct ev_loop *loop; /* borrowed */
	ev_signal watcher[2];
	void (*fire)(void *arg);
	void *arg;
};

/* From now on fire(arg) is called on the loop at each of the two signals, which end the process no more. Started once only. */
void interrupt_start(struct interrupt *i, struct ev_loop *loop, void (*fire)(void *arg), void *arg);
/* They end the process again. One that was not started is fine. */
void interrupt_stop(struct interrupt *i);

#endif
