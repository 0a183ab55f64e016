/* SPDX-License-Identifier: Apache-2.0 */
#include "candidate/canary_window.h"

#include <stdlib.h>
#include <string.h>

static void
plus(struct canary_tally *to, const struct canary_tally *t)
{
	to->asked += t->asked;
	to->refused += t->refused;
	to->errors += t->errors;
}

/* Empties a bucket, whose counts leave the sum. */
static void
drop(struct canary_window *w, struct canary_tally *bucket)
{
	w->sum.asked -= bucket->asked;
	w->sum.refused -= bucket->refused;
	w->sum.errors -= bucket->errors;
	memset(bucket, 0, sizeof *bucket);
}

int
canary_window_begin(struct canary_window *w, unsigned seconds, double now)
{
	*w = (struct canary_window){ .seconds = seconds, .at = (int64_t)now };
	if (seconds > 0)
		w->bucket = calloc(seconds, sizeof *w->bucket);
	return seconds == 0 || w->bucket != NULL ? 0 : -1;
}

void
canary_window_move(struct canary_window *w, double now)
{
	int64_t second = (int64_t)now, steps = second - w->at;

	if (w->seconds == 0 || steps <= 0)
		return;
	if (steps > w->seconds)
		steps = w->seconds;
	for (int64_t s = second - steps + 1; s <= second; s++)
		drop(w, &w->bucket[s % w->seconds]);
	w->at = second;
}

void
canary_window_add(struct canary_window *w, const struct canary_tally *t, double now)
{
	canary_window_move(w, now);
	plus(&w->sum, t);
	if (w->seconds > 0)
		plus(&w->bucket[w->at % w->seconds], t);
}

void
canary_window_free(struct canary_window *w)
{
	free(w->bucket);
	w->bucket = NULL;
}
