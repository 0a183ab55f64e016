/* SPDX-License-Identifier: Apache-2.0 */
#include "net/interrupt.h"

#include <signal.h>
#include <stddef.h>

static void
interrupt_on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct interrupt *i = watcher->data;

	(void)loop;
	(void)events;
	i->fire(i->arg);
}

void
interrupt_start(struct interrupt *i, struct ev_loop *loop, void (*fire)(void *arg), void *arg)
{
	static const int signals[] = { SIGINT, SIGTERM };

	if (i->loop != NULL)
		return;
	i->loop = loop;
	i->fire = fire;
	i->arg = arg;
	for (size_t n = 0; n < sizeof signals / sizeof *signals; n++) {
		ev_signal_init(&i->watcher[n], interrupt_on_signal, signals[n]);
		i->watcher[n].data = i;
		ev_signal_start(loop, &i->watcher[n]);
		ev_unref(loop); /* the watcher must not keep the loop running */
	}
}

void
interrupt_stop(struct interrupt *i)
{
	for (size_t n = 0; i->loop != NULL && n < sizeof i->watcher / sizeof *i->watcher; n++) {
		ev_ref(i->loop);
		ev_signal_stop(i->loop, &i->watcher[n]);
	}
	i->loop = NULL;
}
