/* SPDX-License-Identifier: Apache-2.0 */
/* canary_window: counts the answers of doors over the last seconds, in one bucket a second. */
#ifndef SALLYPORT_CANARY_WINDOW_H
#define SALLYPORT_CANARY_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct canary_tally {
	uint64_t asked;   /* answers of the scripts of admit, certify, bind and install */
	uint64_t refused; /* of these, the refusals */
	uint64_t errors;  /* answers policy_error and policy_limit of any door */
};

struct canary_window { /* zero-initialise */
	unsigned seconds;            /* its length; 0: since the beginning */
	struct canary_tally sum;     /* of the window at the last canary_window_add or canary_window_move */
	struct canary_tally *bucket; /* owned: as many as seconds; a ring by the second */
	int64_t at;                  /* the second of the newest bucket */
};

/* Makes an empty window of that length. now: clock_span(). -1: no memory. */
int canary_window_begin(struct canary_window *w, unsigned seconds, double now);
/* Forgets the counts older than the window at `now`. */
void canary_window_move(struct canary_window *w, double now);
/* Adds a tally at `now`. */
void canary_window_add(struct canary_window *w, const struct canary_tally *t, double now);
void canary_window_free(struct canary_window *w);

#endif
