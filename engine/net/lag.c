/* SPDX-License-Identifier: Apache-2.0 */
#include "net/lag.h"

#include <stddef.h>

#include "base/clock.h"

static void
lag_on_begin(struct ev_loop *loop, ev_check *watcher, int events)
{
	struct lag *l = watcher->data;

	(void)loop;
	(void)events;
	l->began = clock_span();
}

/* Begins another window when the present one is over. */
static void
turn_window(struct lag *l, double now)
{
	if (now < l->since + LAG_WINDOW)
		return;
	l->former = now < l->since + 2 * LAG_WINDOW ? l->longest : 0;
	l->longest = 0;
	l->since = now;
}

static void
lag_on_end(struct ev_loop *loop, ev_prepare *watcher, int events)
{
	struct lag *l = watcher->data;
	double now = clock_span();

	(void)loop;
	(void)events;
	if (l->began == 0)
		return;
	turn_window(l, now);
	if (now - l->began > l->longest)
		l->longest = now - l->began;
	l->began = 0;
}

void
lag_start(struct lag *l, struct ev_loop *loop)
{
	l->loop = loop;
	l->since = clock_span();
	ev_check_init(&l->begins, lag_on_begin);
	ev_prepare_init(&l->ends, lag_on_end);
	ev_set_priority(&l->begins, EV_MAXPRI); /* before the events of the turn */
	l->begins.data = l->ends.data = l;
	ev_check_start(loop, &l->begins);
	ev_prepare_start(loop, &l->ends);
	ev_unref(loop); /* the watchers must not keep the loop running */
	ev_unref(loop);
}

void
lag_stop(struct lag *l)
{
	if (l->loop == NULL)
		return;
	ev_ref(l->loop);
	ev_ref(l->loop);
	ev_check_stop(l->loop, &l->begins);
	ev_prepare_stop(l->loop, &l->ends);
	l->loop = NULL;
}

double
lag_seconds(const struct lag *l)
{
	double now = clock_span(), longest = l->longest;

	if (now < l->since + LAG_WINDOW && l->former > longest)
		longest = l->former;
	if (now >= l->since + 2 * LAG_WINDOW)
		longest = 0;
	if (l->began != 0 && now - l->began > longest)
		longest = now - l->began;
	return longest;
}
