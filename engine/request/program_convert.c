/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_convert: converts the data of a request, or its answer, from one code page into another. Short data is
 * converted at once. Long data waits in a line: in each turn of the loop, the first conversion of the line does one
 * slice and goes to the end. So the loop never waits for longer than one slice.
 */
#include "request/program.h"

#include "base/ccsid.h"
#include "net/timer.h"

#include <stdlib.h>

#define SLICE ((size_t)256 * 1024) /* bytes of output; about a millisecond */

struct converting { /* t->running */
	struct converting *next; /* in a ring; worker->converting points to the last */
	struct task *task;
	struct ccsid_conversion conversion;
	struct timer turn;       /* runs while this conversion is the first */
	void (*done)(struct task *t, const char *why);
};

/* --- the line --------------------------------------------------------------------------------- */

static void
next_turn(const struct worker *w)
{
	if (w->converting != NULL)
		timer_set(&w->converting->next->turn, 0);
}

static void
line_up(struct worker *w, struct converting *x)
{
	struct converting *last = w->converting;

	x->next = last != NULL ? last->next : x;
	if (last != NULL)
		last->next = x;
	w->converting = x;
	if (last == NULL)
		next_turn(w);
}

static void
leave(struct worker *w, struct converting *x)
{
	struct converting *before = w->converting;

	while (before->next != x)
		before = before->next;
	before->next = x->next;
	if (w->converting == x)
		w->converting = before != x ? before : NULL;
	timer_stop(&x->turn);
	next_turn(w);
}

/* --- one of it -------------------------------------------------------------------------------- */

static void
forget(struct task *t)
{
	struct converting *x = t->running;

	leave(t->worker, x);
	free(x);
	t->running = NULL;
	t->stop = NULL;
}

static void
program_convert_stop(struct task *t)
{
	struct converting *x = t->running;

	ccsid_abandon(&x->conversion);
	forget(t);
}

/* Converts one slice. 1: more is left; 0: done; -1: the data cannot be converted. */
static int
slice(struct task *t, struct ccsid_conversion *c, const char **why)
{
	int r = ccsid_go_on(c, SLICE, why);

	if (r < 0 || t->holds(t))
		return r;
	if (r == 1)
		ccsid_abandon(c);
	*why = "the region holds too much data of conversations";
	return -1;
}

static void
program_convert_on_turn(void *arg)
{
	struct converting *x = arg;
	struct task *t = x->task;
	void (*done)(struct task *, const char *) = x->done;
	const char *why;
	int r = slice(t, &x->conversion, &why);

	if (r == 1) {
		t->worker->converting = x;
		next_turn(t->worker);
		return;
	}
	forget(t);
	done(t, r == 0 ? NULL : why);
}

/* Lines up the rest of the conversion. -1: no memory. */
static int
go_on_later(struct task *t, const struct ccsid_conversion *c, void (*done)(struct task *t, const char *why))
{
	struct converting *x = calloc(1, sizeof *x);

	if (x == NULL)
		return -1;
	x->task = t;
	x->conversion = *c;
	x->done = done;
	timer_init(&x->turn, t->worker->loop, program_convert_on_turn, x);
	t->running = x;
	t->stop = program_convert_stop;
	line_up(t->worker, x);
	return 0;
}

bool
program_convert_needed(int from, int to)
{
	return from != 0 && to != 0 && from != to;
}

void
program_convert_begin(struct task *t, int from, int to, const void *in, size_t len, void (*done)(struct task *t, const char *why))
{
	struct ccsid_conversion c;
	const char *why;
	int r = ccsid_begin(&c, from, to, in, len, &t->converted, &why);

	if (r == 0)
		r = slice(t, &c, &why);
	if (r == 1 && go_on_later(t, &c, done) < 0) {
		ccsid_abandon(&c);
		why = "there is no memory for the conversion";
		r = -1;
	}
	if (r < 1)
		done(t, r == 0 ? NULL : why);
}
