/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/lag.h"

#define WINDOW_SECONDS 60
#define SECOND 1000000000
#define RECENT (SECOND / 2)      /* the time of `recent` */
#define COUNT (SECOND / 1000)    /* the least time between two counts of the CPU time */
#define LONG_TURN (SECOND / 100) /* net/backlog ends a turn with many events before */

static int64_t
nanoseconds(double seconds)
{
	return (int64_t)(seconds * 1e9);
}

static int64_t
get(const _Atomic int64_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

static void
set(_Atomic int64_t *n, int64_t value)
{
	atomic_store_explicit(n, value, memory_order_relaxed);
}

static void
begin_window(struct lag *l, int64_t now)
{
	set(&l->window[1].began, get(&l->window[0].began));
	set(&l->window[1].worked, get(&l->window[0].worked));
	set(&l->window[1].longest, get(&l->window[0].longest));
	set(&l->window[0].began, now);
	set(&l->window[0].worked, get(&l->worked));
	set(&l->window[0].longest, 0);
}

void
lag_begins(struct lag *l, double now)
{
	int64_t begin = nanoseconds(now);

	if (get(&l->first) == 0) {
		set(&l->first, begin);
		set(&l->window[0].began, begin);
		set(&l->window[1].began, begin);
	}
	if (begin - get(&l->window[0].began) > (int64_t)WINDOW_SECONDS * SECOND)
		begin_window(l, begin);
	set(&l->turn, begin);
}

/* The weight of earlier work after some time. */
static int64_t
faded(int64_t work, int64_t time)
{
	return time <= 0 ? work : time < RECENT ? work - work * time / RECENT : 0;
}

void
lag_ends(struct lag *l, double now)
{
	int64_t began = get(&l->turn), took = nanoseconds(now) - began;

	if (began > 0)
		set(&l->worked, get(&l->worked) + took);
	if (began > 0 && took > get(&l->window[0].longest))
		set(&l->window[0].longest, took);
	set(&l->turn, 0);
}

bool
lag_cpu_due(const struct lag *l, double now)
{
	return nanoseconds(now) - get(&l->counted) >= COUNT;
}

void
lag_cpu(struct lag *l, double now, double cpu)
{
	int64_t at = nanoseconds(now), used = nanoseconds(cpu), counted = get(&l->counted);
	int64_t recent = counted > 0 ? faded(get(&l->recent), at - counted) + used - get(&l->cpu) : 0;

	set(&l->recent, recent < RECENT ? recent : RECENT);
	set(&l->cpu, used);
	set(&l->counted, at);
}

/* The length of the present turn; 0: the loop waits. */
static int64_t
present(const struct lag *l, double now)
{
	int64_t began = get(&l->turn);

	return began > 0 ? nanoseconds(now) - began : 0;
}

double
lag_seconds(const struct lag *l, double now)
{
	int64_t lag = present(l, now);

	for (unsigned i = 0; i < 2; i++) {
		int64_t longest = get(&l->window[i].longest);

		if (longest > lag)
			lag = longest;
	}
	return (double)lag / 1e9;
}

double
lag_worked(const struct lag *l)
{
	return get(&l->first) > 0 ? (double)get(&l->worked) / 1e9 : -1;
}

/* Readers do not stop the loop: a turn may end between two reads. */
static double
share(int64_t worked, int64_t time)
{
	double s = time > 0 ? (double)worked / (double)time : 0;

	return s < 0 ? 0 : s > 1 ? 1 : s;
}

double
lag_recent(const struct lag *l, double now)
{
	if (present(l, now) > LONG_TURN)
		return 1;
	return share(faded(get(&l->recent), nanoseconds(now) - get(&l->counted)), RECENT);
}

void
lag_look(const struct lag *l, double now, struct lag_view *out)
{
	int64_t at = nanoseconds(now), first = get(&l->first), before = get(&l->window[1].began);
	int64_t worked = get(&l->worked) + present(l, now);

	out->busy = first > 0 ? share(worked, at - first) : 0;
	out->lately = first > 0 ? share(worked - get(&l->window[1].worked), at - before) : 0;
	out->longest = lag_seconds(l, now);
}
