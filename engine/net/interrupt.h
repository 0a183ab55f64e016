/* SPDX-License-Identifier: Apache-2.0 */
/* interrupt: SIGINT and SIGTERM on the loop, for a program that must finish some work before it ends. */
#ifndef SALLYPORT_INTERRUPT_H
#define SALLYPORT_INTERRUPT_H

#include <ev.h>

struct interrupt { /* zeroed: not started */
	struct ev_loop *loop; /* borrowed */
	ev_signal watcher[2];
	void (*fire)(void *arg);
	void *arg;
};

/* From now on the two signals do not end the process: each calls fire(arg) on the loop. May be called once. */
void interrupt_start(struct interrupt *i, struct ev_loop *loop, void (*fire)(void *arg), void *arg);
/* From now on the two signals end the process again. i may be zeroed. */
void interrupt_stop(struct interrupt *i);

#endif
