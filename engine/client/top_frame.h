/* SPDX-License-Identifier: Apache-2.0 */
/* top_frame: one picture of `sallyport top` as lines of text: a sample, in the order that the operator chose. */
#ifndef SALLYPORT_TOP_FRAME_H
#define SALLYPORT_TOP_FRAME_H

#include "client/screen.h"
#include "client/top_sample.h"

enum top_sort { TOP_SORT_REQUESTS, TOP_SORT_RATE, TOP_SORT_IN_USE, TOP_SORT_NAME, TOP_SORT_COUNT };

struct top_view { /* zero-initialise, then set columns and lines */
	int columns, lines;
	enum top_sort sort;
	bool paused;
	char chosen[CONNECTION_SIZE]; /* the connection of the chosen refusal; "": the newest one */
	bool explaining;              /* the lower part explains the chosen refusal */
	int scroll;                   /* the first line of the explanation that is shown; corrected by top_frame_make */
	bool keys;                    /* the last line names the keys */
};

/* The index of the chosen refusal in the sample; -1: the sample has no refusal. */
int top_frame_chosen(const struct top_view *v, const struct top_sample *s);
/*
 * Writes at most v->lines lines. Returns their number. A window of fewer than 24 lines leaves out lines at the end.
 */
int top_frame_make(struct top_view *v, const struct top_sample *s, struct screen_line line[SCREEN_LINES]);

#endif
